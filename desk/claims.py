"""Claims for officials: to review (评议), to approve one by one or many, notices and objections; the public board."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from desk.blueprint import bp
from models.claims import ClaimState, CoinClaim
from models.point_rules import RuleItem
from queries import claims as reads
from queries.awards import REVERSE, uid_of
from queries.point_rules import DEDUCT
from queries.public_names import shown_name, shown_words
from queries.settings import name_style
from services import claim_duties as duties
from services import claims
from services.refusals import NotAllowed, NotFound, Refusal
from shell import clock
from shell.access import actor, requires, signed_in
from shell.paging import before_asked


@bp.get("/claims")
@requires("claim:list")
def claim_list() -> str:
    who = actor()
    tab = request.args.get("tab", "")
    counts = reads.counts(who)
    if tab not in reads.TABS:
        tab = next((name for name in (reads.APPROVE, reads.REVIEW) if counts[name]), reads.REVIEW)
    page = reads.listed(tab, who, before=before_asked())
    return render_template(
        "desk/claims/list.html", tab=tab, tabs=reads.TABS, counts=counts, page=page, state_told=reads.state_told,
        deduct=DEDUCT, full=who.can("household:list"),
        may_approve=who.can("claim:approve"), may_file=who.can("claim:file"), size=reads.PAGE,
        may_reverse=who.can(REVERSE),
    )  # fmt: skip


@bp.post("/claims/approve")
@requires("claim:approve")
def approve_claims() -> Any:
    """Approve the ticked ones; those that cannot be approved are named with the reason."""
    chosen = reads.claims_by_uid(request.form.getlist("uid"), actor(), "claim:approve")
    names = {one.id: f"{one.household.code} {one.item.name}" for one in chosen}
    refused = claims.approve_all(chosen, actor=actor(), at=clock.now(), today=clock.today())
    if not chosen:
        flash(_("还没有勾选。"), "warning")
    elif len(chosen) > len(refused):
        flash(_("已通过 %(n)s 条。要公示的期满自动入账，不公示的随后入账。", n=len(chosen) - len(refused)), "success")
    for claim, why in refused:
        flash(_("%(name)s 没有通过：%(why)s", name=names[claim.id], why=str(why)), "danger")
    return redirect(url_for("desk.claim_list", tab=reads.APPROVE), 303)


@bp.get("/claims/<claim_uid>")
@requires("claim:list")
def claim(claim_uid: str) -> str:
    found = _claim(claim_uid)
    who = actor()
    return render_template(
        "desk/claims/one.html", claim=found, state_told=reads.state_told, acts=reads.ACTS, deduct=DEDUCT,
        may_review=duties.under_review(found, who) and who.can("claim:review"),
        may_approve=_waits_for_approval(found) and duties.decides(found, who),
        may_settle=found.state == ClaimState.CONTESTED and duties.decides(found, who),
        may_object=reads.open_to_objection(found, clock.today()) and duties.may_object(found, who),
        booked=uid_of(found.journal_id) if found.journal_id and who.can(REVERSE) else None,
        why_not=duties.why_not(found, who), full=who.can("household:list"),
    )  # fmt: skip


@bp.post("/claims/<claim_uid>/agree")
@requires("claim:review")
def agree_claim(claim_uid: str) -> Any:
    return _done(
        claim_uid, lambda one: claims.agree(one, note=_note(), actor=actor(), at=clock.now()), _("评议同意，转审批。")
    )


@bp.post("/claims/<claim_uid>/approve")
@requires("claim:approve")
def approve_claim(claim_uid: str) -> Any:
    return _done(
        claim_uid,
        lambda one: claims.approve(one, note=_note(), actor=actor(), at=clock.now(), today=clock.today()),
        _approved(_claim(claim_uid).item),
    )


@bp.post("/claims/<claim_uid>/refuse")
@requires("claim:file")
def refuse_claim(claim_uid: str) -> Any:
    return _done(
        claim_uid,
        lambda one: claims.refuse(one, note=_note(), actor=actor(), at=clock.now()),
        _("已退回，原因写在经过里。"),
    )


@bp.post("/claims/<claim_uid>/object")
@requires("claim:file")
def object_to_claim(claim_uid: str) -> Any:
    return _done(
        claim_uid,
        lambda one: claims.object_to(one, note=_note(), actor=actor(), at=clock.now(), today=clock.today()),
        _("异议已记下，裁定之前不会入账。"),
    )


@bp.post("/claims/<claim_uid>/settle")
@requires("claim:approve")
def settle_claim(claim_uid: str) -> Any:
    upheld = request.form.get("upheld") == "1"
    return _done(
        claim_uid,
        lambda one: claims.settle_objection(one, upheld=upheld, note=_note(), actor=actor(), at=clock.now()),
        _("异议已裁定。"),
    )


@bp.get("/coins/notice")
@signed_in
def coin_notice() -> str:
    who = actor()
    shown = reads.on_notice(who, clock.today())
    return render_template(
        "desk/claims/notice.html", claims=shown, today=clock.today(), may_object=who.can("claim:file"),
        styles={county: name_style(county) for county in {one.county_id for one in shown}}, shown_name=shown_name,
        shown_words=shown_words,
    )  # fmt: skip


def _claim(claim_uid: str) -> CoinClaim:
    found = reads.claims_by_uid([claim_uid], actor(), "claim:list")
    if not found:
        abort(404)
    return found[0]


def _waits_for_approval(claim: CoinClaim) -> bool:
    return claim.state in claims.OPEN and not duties.under_review(claim, actor())


def _note() -> str:
    return request.form.get("note", "")


def _approved(item: RuleItem) -> str:
    """Say what follows an approval: a deduction is only told to its household, and some items need no notice."""
    if item.direction == DEDUCT:
        return str(_("已通过，告知期满自动扣分。"))
    return str(_("已通过，公示期满自动入账。") if item.notice_days else _("已通过，不用公示，随后自动入账。"))


def _done(claim_uid: str, act: Callable[[CoinClaim], Any], said: str) -> Any:
    found = _claim(claim_uid)
    try:
        act(found)
    except (NotAllowed, NotFound):
        raise
    except Refusal as refusal:
        flash(str(refusal), "danger")
    else:
        flash(said, "success")
    return redirect(url_for("desk.claim", claim_uid=claim_uid), 303)
