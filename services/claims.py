"""Claims of coins on their way: reviewed (评议), approved, on notice; refused, withdrawn, contested, appealed.

What an approval decides is judged under the ledger's lock, so that two approvals never pass the same cap.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db
from models.claims import ClaimAct, ClaimState, ClaimStep, CoinClaim
from models.people import Household
from models.point_rules import RuleItem
from queries.caps import Cap, caps
from queries.claims import open_to_objection
from queries.purses import own_household
from services.access import require
from services.audit import record_audit
from services.claim_duties import (
    may_object,
    refuse_other_than_arbiter,
    refuse_other_than_decider,
    refuse_partial,
    under_review,
)
from services.locking import advance, lock
from services.posting import open_ledger
from services.refusals import NotFound, Refusal
from services.transaction import transaction

NOTE_LENGTH = 200
CAP_OF = {"person": _l("每人每月"), "household": _l("每户每月"), "village": _l("全村每月")}
OPEN = frozenset({ClaimState.FILED, ClaimState.AGREED})


class ClaimMoved(Refusal):
    status = 409
    message = _l("这条申报已经到了别的环节，请刷新页面再看。")


class NoteMissing(Refusal):
    field = "note"
    message = _l("请写明原因。")


class CapReached(Refusal):
    """Coins of this item are used up for the month."""

    field = "points"

    def __init__(self, cap: Cap) -> None:
        super().__init__(
            _l(
                "超过这一项的上限：%(of)s最多 %(most)s，已经有 %(gone)s，还能给 %(left)s。",
                of=CAP_OF[cap.of],
                most=cap.most,
                gone=cap.gone,
                left=cap.left,
            )
        )


@transaction
def agree(claim: CoinClaim, *, note: str = "", actor: Actor, at: datetime) -> CoinClaim:
    """Agree in 评议: the claim goes to approval."""
    _begin(claim, "claim:review", {ClaimState.FILED}, actor)
    if not claim.item.review:
        raise ClaimMoved
    refuse_partial(claim, actor)
    step(claim, ClaimAct.AGREE, ClaimState.AGREED, note=note, actor=actor, at=at)
    return claim


@transaction
def approve(claim: CoinClaim, *, note: str = "", actor: Actor, at: datetime, today: date) -> CoinClaim:
    """Approve: the notice begins, for the days of the rule. Raises CapReached, OwnClaim, OwnRefusal, ClaimMoved."""
    open_ledger()
    _begin(claim, "claim:approve", OPEN, actor)
    if under_review(claim, actor):
        raise ClaimMoved
    refuse_other_than_decider(claim, actor)
    refuse_over(claim.item, claim.household, claim.resident_id, claim.points, on=claim.done_on)
    days = claim.item.notice_days
    claim.notice_until = today + timedelta(days=days) if days else today - timedelta(days=1)
    step(claim, ClaimAct.APPROVE, ClaimState.NOTICE, note=note, actor=actor, at=at)
    return claim


def approve_all(
    claims: Iterable[CoinClaim], *, actor: Actor, at: datetime, today: date
) -> list[tuple[CoinClaim, Refusal]]:
    """Approve each of some claims, one act each; return those that were not approved, with the reason."""
    refused: list[tuple[CoinClaim, Refusal]] = []
    for claim in claims:
        try:
            approve(claim, actor=actor, at=at, today=today)
        except Refusal as refusal:
            refused.append((claim, refusal))
    return refused


@transaction
def refuse(claim: CoinClaim, *, note: str, actor: Actor, at: datetime) -> CoinClaim:
    """Refuse with a reason: in 评议 whoever reviews, later whoever approves."""
    reviewed = under_review(lock(claim), actor)
    _begin(claim, "claim:review" if reviewed else "claim:approve", OPEN, actor)
    if reviewed:
        refuse_partial(claim, actor)
    else:
        refuse_other_than_decider(claim, actor)
    step(claim, ClaimAct.REFUSE, ClaimState.REFUSED, note=_reason(note), actor=actor, at=at)
    return claim


@transaction
def withdraw(claim: CoinClaim, *, actor: Actor, at: datetime) -> CoinClaim:
    """Take one's own claim back before it was approved."""
    _of_filer(lock(claim), actor)
    if claim.state not in OPEN:
        raise ClaimMoved
    step(claim, ClaimAct.WITHDRAW, ClaimState.WITHDRAWN, actor=actor, at=at)
    return claim


@transaction
def object_to(claim: CoinClaim, *, note: str, actor: Actor, at: datetime, today: date) -> CoinClaim:
    """Object during the notice: the claim stands still until that is decided.

    To a deduction only its household objects, or an official who writes down what the household says.
    """
    lock(claim)
    if not may_object(claim, actor):
        raise NotFound
    if not open_to_objection(claim, today):
        raise ClaimMoved
    step(claim, ClaimAct.OBJECT, ClaimState.CONTESTED, note=_reason(note), actor=actor, at=at)
    return claim


@transaction
def settle_objection(claim: CoinClaim, *, upheld: bool, note: str, actor: Actor, at: datetime) -> CoinClaim:
    """Decide an objection, with the reason: upheld, the claim is refused; else it goes on.

    Raises OwnApproval, OwnObjection for whoever approved it or objected.
    """
    _begin(claim, "claim:approve", {ClaimState.CONTESTED}, actor)
    refuse_other_than_arbiter(claim, actor)
    act, state = (ClaimAct.UPHOLD, ClaimState.REFUSED) if upheld else (ClaimAct.OVERRULE, ClaimState.NOTICE)
    step(claim, act, state, note=_reason(note), actor=actor, at=at)
    return claim


@transaction
def appeal(claim: CoinClaim, *, note: str, actor: Actor, at: datetime) -> CoinClaim:
    """Ask once more after a refusal, once: the claim begins again at 评议, and whoever refused it keeps out of it."""
    home = own_household(actor)
    if home is None or home.id != lock(claim).household_id:
        _of_filer(lock(claim), actor)
    if claim.state != ClaimState.REFUSED or claim.appealed:
        raise ClaimMoved
    claim.appealed, claim.notice_until = True, None
    step(claim, ClaimAct.APPEAL, ClaimState.FILED, note=_reason(note), actor=actor, at=at)
    return claim


def refuse_over(
    item: RuleItem, household: Household, resident_id: int | None, points: int, *, on: date,
    apart_from: int | None = None,
) -> None:  # fmt: skip
    """Refuse points beyond the item's limits in the month of a day. Raises CapReached."""
    for cap in caps(item, household, resident_id, on, apart_from=apart_from):
        if points > cap.left:
            raise CapReached(cap)


def step(claim: CoinClaim, act: ClaimAct, state: ClaimState, *, note: str = "", actor: Actor, at: datetime) -> None:
    """Move a claim on and write down the step."""
    before = claim.state
    claim.state, claim.updated_at, claim.waits_for = state, at, ""
    advance(claim)
    db.session.add(
        ClaimStep(
            claim_id=claim.id, act=act, note=note.strip()[:NOTE_LENGTH], actor_id=actor.user_id,
            actor_name=actor.name, at=at,
        )
    )  # fmt: skip
    record_audit(
        "claim:step", claim, actor=actor, at=at, before={"state": before}, after={"state": state},
        label=f"{claim.item.name} {claim.household.code}",
    )  # fmt: skip


# ---------- what they share ----------


def _begin(claim: CoinClaim, permission: str, states: Iterable[ClaimState], actor: Actor) -> None:
    lock(claim)
    require(actor, permission, claim)
    if claim.state not in states:
        raise ClaimMoved


def _of_filer(claim: CoinClaim, actor: Actor) -> None:
    if actor.user_id is None or claim.filer_id != actor.user_id:
        raise NotFound


def _reason(note: str) -> str:
    if not note.strip():
        raise NoteMissing
    return note
