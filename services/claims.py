"""Claims of coins on their way: filed, reviewed (评议), approved, on notice; refused, withdrawn, contested, appealed.

What an approval decides is judged under the ledger's lock, so that two approvals never pass the same cap.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db
from models.claims import ClaimAct, ClaimState, ClaimStep, CoinClaim
from models.files import File
from models.people import Household, Resident
from models.point_rules import RuleItem
from models.records import Record
from queries.caps import Cap, caps
from queries.point_rules import items_in_force, may_claim
from queries.purses import own_household
from queries.scope import covers
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
from services.posting import Place, UidConflict, open_ledger
from services.purses import village_of
from services.refusals import NotAllowed, NotFound, Refusal
from services.transaction import transaction

LATEST = timedelta(days=92)  # a deed is claimed within about three months
NOTE_LENGTH = 200
CAP_OF = {"person": _l("每人每月"), "household": _l("每户每月"), "village": _l("全村每月")}
OPEN = frozenset({ClaimState.FILED, ClaimState.AGREED})


class ClaimRefused(Refusal):
    """Something of a claim that cannot be; `field` names it."""

    def __init__(self, name: str, message: Any) -> None:
        self.field = name
        super().__init__(message)


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


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a claim says."""

    item: RuleItem
    points: int
    done_on: date
    what: str
    evidence: str = ""
    photo: str | None = None  # uid of an upload of the filer's
    resident_id: int | None = None
    record_id: int | None = None


@transaction
def file_claim(household: Household, asked: Asked, *, uid: str, actor: Actor, at: datetime, today: date) -> CoinClaim:
    """File a claim for a household by the rules in force today. The same uid again is the same claim.

    Raises ClaimRefused, UidConflict, NotFound for a household that the actor files nothing for.
    """
    known = db.session.scalars(sa.select(CoinClaim).where(CoinClaim.uid == uid)).first()
    if known is not None:
        return _same(known, household, asked, actor)
    refuse_unfit(household, asked, actor=actor, today=today)
    claim = CoinClaim(
        uid=uid, household_id=household.id, resident_id=asked.resident_id, rule_item_id=asked.item.id,
        points=asked.points, done_on=asked.done_on, what=asked.what, evidence=asked.evidence, photo=asked.photo,
        record_id=asked.record_id, state=ClaimState.FILED, filer_id=actor.user_id, filed_on=today, updated_at=at,
        row_version=0, **Place.of(household).columns(),
    )  # fmt: skip
    db.session.add(claim)
    db.session.flush()
    _step(claim, ClaimAct.FILE, ClaimState.FILED, actor=actor, at=at)
    return claim


def refuse_unfit(household: Household, asked: Asked, *, actor: Actor, today: date) -> None:
    """Refuse a claim that the rules in force do not give. Raises ClaimRefused, NotAllowed, NotFound."""
    home = own_household(actor)
    if home is None or home.id != household.id:
        require(actor, "household:list", household)
    item, village = asked.item, village_of(household)
    if item.id not in {one.id for one in items_in_force(village, today)}:
        raise ClaimRefused("item", _l("这一项不在现在使用的规则里，请重新选择。"))
    if not may_claim(item, household, actor):
        raise NotAllowed
    for name, wrong, why in (
        ("points", not item.points_min <= asked.points <= item.points_max,
         _l("分值要在 %(least)s 到 %(most)s 之间。", least=item.points_min, most=item.points_max)),
        ("done_on", not today - LATEST <= asked.done_on <= today, _l("只能填今天和之前三个月内的日期。")),
        ("what", not asked.what.strip(), _l("请写明做了什么。")),
        ("evidence", item.evidence == "text" and not asked.evidence.strip(), _l("这一项要写明证明。")),
        ("photo", item.evidence == "photo" and not asked.photo, _l("这一项要有照片。")),
        ("resident_id", not _member(household, asked.resident_id), _l("请从列表里选一项。")),
        ("resident_id", item.cap_person_month is not None and asked.resident_id is None,
         _l("这一项按人计算上限，请选是家里谁做的。")),
        ("household", household.closed_on is not None, _l("这一户已经销户。")),
    ):  # fmt: skip
        if wrong:
            raise ClaimRefused(name, why)
    _refuse_foreign(asked, item, actor)
    if asked.record_id is not None and _claimed_before(household, asked):
        raise ClaimRefused("record_number", _l("这条登记已经为这一户申报过这一项。"))


@transaction
def agree(claim: CoinClaim, *, note: str = "", actor: Actor, at: datetime) -> CoinClaim:
    """Agree in 评议: the claim goes to approval."""
    _begin(claim, "claim:review", {ClaimState.FILED}, actor)
    if not claim.item.review:
        raise ClaimMoved
    refuse_partial(claim, actor)
    _step(claim, ClaimAct.AGREE, ClaimState.AGREED, note=note, actor=actor, at=at)
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
    _step(claim, ClaimAct.APPROVE, ClaimState.NOTICE, note=note, actor=actor, at=at)
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
    _step(claim, ClaimAct.REFUSE, ClaimState.REFUSED, note=_reason(note), actor=actor, at=at)
    return claim


@transaction
def withdraw(claim: CoinClaim, *, actor: Actor, at: datetime) -> CoinClaim:
    """Take one's own claim back before it was approved."""
    _of_filer(lock(claim), actor)
    if claim.state not in OPEN:
        raise ClaimMoved
    _step(claim, ClaimAct.WITHDRAW, ClaimState.WITHDRAWN, actor=actor, at=at)
    return claim


@transaction
def object_to(claim: CoinClaim, *, note: str, actor: Actor, at: datetime, today: date) -> CoinClaim:
    """Object during the notice: the claim stands still until that is decided.

    To a deduction only its household objects, or an official who writes down what the household says.
    """
    lock(claim)
    if not may_object(claim, actor):
        raise NotFound
    if claim.state != ClaimState.NOTICE or claim.notice_until is None or today > claim.notice_until:
        raise ClaimMoved
    _step(claim, ClaimAct.OBJECT, ClaimState.CONTESTED, note=_reason(note), actor=actor, at=at)
    return claim


@transaction
def settle_objection(claim: CoinClaim, *, upheld: bool, note: str, actor: Actor, at: datetime) -> CoinClaim:
    """Decide an objection, with the reason: upheld, the claim is refused; else it goes on.

    Raises OwnApproval, OwnObjection for whoever approved it or objected.
    """
    _begin(claim, "claim:approve", {ClaimState.CONTESTED}, actor)
    refuse_other_than_arbiter(claim, actor)
    act, state = (ClaimAct.UPHOLD, ClaimState.REFUSED) if upheld else (ClaimAct.OVERRULE, ClaimState.NOTICE)
    _step(claim, act, state, note=_reason(note), actor=actor, at=at)
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
    _step(claim, ClaimAct.APPEAL, ClaimState.FILED, note=_reason(note), actor=actor, at=at)
    return claim


def refuse_over(
    item: RuleItem, household: Household, resident_id: int | None, points: int, *, on: date,
    apart_from: int | None = None,
) -> None:  # fmt: skip
    """Refuse points beyond the item's limits in the month of a day. Raises CapReached."""
    for cap in caps(item, household, resident_id, on, apart_from=apart_from):
        if points > cap.left:
            raise CapReached(cap)


def step(claim: CoinClaim, act: ClaimAct, state: ClaimState, *, actor: Actor, at: datetime) -> None:
    """Write down a step of a claim; for the sweep."""
    _step(claim, act, state, actor=actor, at=at)


# ---------- what they share ----------


def _begin(claim: CoinClaim, permission: str, states: Iterable[ClaimState], actor: Actor) -> None:
    lock(claim)
    require(actor, permission, claim)
    if claim.state not in states:
        raise ClaimMoved


def _of_filer(claim: CoinClaim, actor: Actor) -> None:
    if actor.user_id is None or claim.filer_id != actor.user_id:
        raise NotFound


def _step(claim: CoinClaim, act: ClaimAct, state: ClaimState, *, note: str = "", actor: Actor, at: datetime) -> None:
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


def _reason(note: str) -> str:
    if not note.strip():
        raise NoteMissing
    return note


def _member(household: Household, resident_id: int | None) -> bool:
    found = db.session.get(Resident, resident_id) if resident_id is not None else None
    return resident_id is None or (found is not None and found.household_id == household.id)


def _refuse_foreign(asked: Asked, item: RuleItem, actor: Actor) -> None:
    """Refuse a photo that somebody else sent, and a record of another form or beyond the actor's scope."""
    if asked.photo:
        owner = db.session.scalar(sa.select(File.owner_id).where(File.uid == asked.photo))
        if owner is None or owner != actor.user_id:
            raise ClaimRefused("photo", _l("照片没有传上来，请重新选择。"))
    if asked.record_id is not None:
        record = db.session.get(Record, asked.record_id)
        if record is None or record.form_id != item.form_id or not covers(actor, "record:list", record):
            raise ClaimRefused("record_number", _l("没有找到这条登记，请核对编号。"))


def _claimed_before(household: Household, asked: Asked) -> bool:
    """Tell whether the same record was claimed for the household and item already, and not refused or withdrawn."""
    same = sa.select(RuleItem.id).where(RuleItem.code == asked.item.code)
    query = sa.exists().where(
        CoinClaim.household_id == household.id, CoinClaim.record_id == asked.record_id,
        CoinClaim.rule_item_id.in_(same), CoinClaim.state.not_in((ClaimState.REFUSED, ClaimState.WITHDRAWN)),
    )  # fmt: skip
    return bool(db.session.scalar(sa.select(query)))


def _same(known: CoinClaim, household: Household, asked: Asked, actor: Actor) -> CoinClaim:
    told = (known.filer_id, known.household_id, known.rule_item_id, known.points, known.done_on)
    if told != (actor.user_id, household.id, asked.item.id, asked.points, asked.done_on):
        raise UidConflict
    return known
