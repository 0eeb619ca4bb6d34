"""Claims on the phone: filed in under a minute, followed, withdrawn, appealed against, objected to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from field.blueprint import bp
from forms.claims import ClaimForm, offer, refused_field
from models.claims import CoinClaim
from models.people import Household
from models.point_rules import RuleItem
from queries import claims as reads
from queries.point_rules import DEDUCT, claimable
from queries.purses import own_household
from services import claims
from services.claim_duties import may_object
from services.claim_filing import Asked, ClaimRefused, file_claim
from services.evidence import keep_photo
from services.purses import village_of
from services.refusals import NotAllowed, NotFound, Refusal
from shell import clock
from shell.access import actor, requires
from shell.files import file_store
from shell.uids import sent_uid


@bp.get("/claims")
@requires("claim:file")
def claims_home() -> str:
    who = actor()
    return render_template(
        "field/claims.html",
        claims=reads.own_claims(who),
        state_told=reads.state_told,
        home=own_household(who),
        deduct=DEDUCT,
    )


@bp.route("/claims/new", methods=["GET", "POST"])
@requires("claim:file")
def new_claim() -> Any:
    household = _household(request.values.get("household", ""))
    if household is None:
        words = request.args.get("q", "").strip()
        return render_template(
            "field/claim_household.html", words=words, found=reads.claimable_households(words, actor()),
            home=own_household(actor()), searches=actor().can("household:list"),
        )  # fmt: skip
    items = claimable(village_of(household), clock.today(), actor())
    form = ClaimForm(data={"done_on": clock.today(), "item": request.args.get("item", type=int)})
    offer(form, items, reads.members(household), records=actor().can("record:list"))
    status = 200
    if form.is_submitted():
        status = Refusal.status
        if form.validate():
            filed = _file(form, household, {item.id: item for item in items})
            if filed is not None:
                flash(_("已申报，接下来等评议和审批。"), "success")
                return redirect(url_for("field.claim", claim_uid=filed), 303)
            household = _household(request.values.get("household", ""))
    form.uid.data = sent_uid()
    return render_template("field/claim_new.html", form=form, household=household, items=items), status


@bp.get("/claims/<claim_uid>")
@requires("claim:file")
def claim(claim_uid: str) -> str:
    found = _claim(claim_uid)
    return render_template(
        "field/claim.html", claim=found, state_told=reads.state_told, acts=reads.ACTS, deduct=DEDUCT,
        may_withdraw=found.filer_id == actor().user_id and found.state in claims.OPEN, mine=_mine(found),
        may_object=reads.open_to_objection(found, clock.today()) and may_object(found, actor()),
        full=_mine(found) or actor().can("household:list"),
    )  # fmt: skip


@bp.post("/claims/<claim_uid>/withdraw")
@requires("claim:file")
def withdraw_claim(claim_uid: str) -> Any:
    return _done(claim_uid, lambda one: claims.withdraw(one, actor=actor(), at=clock.now()), _("已撤回。"))


@bp.post("/claims/<claim_uid>/appeal")
@requires("claim:file")
def appeal_claim(claim_uid: str) -> Any:
    note = request.form.get("note", "")
    return _done(
        claim_uid, lambda one: claims.appeal(one, note=note, actor=actor(), at=clock.now()), _("已申诉，会重新评议。")
    )


@bp.route("/claims/<claim_uid>/object", methods=["GET", "POST"])
@requires("claim:file")
def object_to_claim(claim_uid: str) -> Any:
    """Ask for the reason of an objection, from the board or the claim; nothing but the board's words is shown."""
    found = reads.notice_by_uid(claim_uid, actor(), clock.today())
    if found is None:
        abort(404)
    error, status = "", 200
    if request.method == "POST":
        note = request.form.get("note", "")
        try:
            claims.object_to(found, note=note, actor=actor(), at=clock.now(), today=clock.today())
        except (NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            error, status = str(refusal), refusal.status
        else:
            flash(_("异议已记下，裁定之前不会入账。"), "success")
            return redirect(url_for("desk.coin_notice"), 303)
    return render_template("field/claim_object.html", claim=found, error=error), status


def _claim(claim_uid: str) -> CoinClaim:
    found = reads.claim_by_uid(claim_uid, actor())
    if found is None:
        abort(404)
    return found


def _mine(claim: CoinClaim) -> bool:
    home = own_household(actor())
    return claim.filer_id == actor().user_id or (home is not None and home.id == claim.household_id)


def _household(text: str) -> Household | None:
    """Return the household that the page names, or one's own where a villager can only mean that one."""
    if text:
        found = reads.claimable_household(int(text), actor()) if text.isascii() and text.isdigit() else None
        return found or abort(404)
    return None if actor().can("household:list") else own_household(actor())


def _file(form: Any, household: Household, items: dict[int, RuleItem]) -> str | None:
    """File what was typed; return the claim's uid, or None with what is wrong on the form."""
    ident = household.id
    item_id = form.item.data
    try:
        photo = _photo(form)
        number = form.record_number.data if "record_number" in form else ""
        record = reads.record_by_number(number, actor()) if number else None
        if number and record is None:
            raise ClaimRefused("record_number", _("没有找到这条登记，请核对编号。"))
        asked = Asked(
            item=items[item_id], points=form.points.data, done_on=form.done_on.data, what=form.what.data,
            evidence=form.evidence.data or "", photo=photo, record_id=record.id if record else None,
            resident_id=form.resident_id.data if "resident_id" in form else None,
        )  # fmt: skip
        home = reads.claimable_household(ident, actor()) or abort(404)
        who: dict[str, Any] = {"actor": actor(), "at": clock.now(), "today": clock.today()}
        return file_claim(home, asked, uid=sent_uid(), **who).uid
    except (NotAllowed, NotFound):
        raise
    except Refusal as refusal:
        refused_field(form, refusal)
    return None


def _photo(form: Any) -> str | None:
    """Keep the photograph that came with the page; one that came before stays when the page comes back."""
    sent: Any
    for sent in request.files.getlist("photo"):
        if sent.filename:
            form.sent_photo.data = keep_photo(file_store(), sent.stream, sent.filename, actor=actor(), at=clock.now())
            break
    return form.sent_photo.data or None


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
    return redirect(url_for("field.claim", claim_uid=claim_uid), 303)
