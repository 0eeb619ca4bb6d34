"""Filing a claim of coins: what it says, and what of it the rules in force do not give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db
from models.claims import ClaimAct, ClaimState, CoinClaim
from models.files import File
from models.people import Household, Resident
from models.point_rules import RuleItem
from models.records import Record
from queries.point_rules import items_in_force, may_claim
from queries.purses import own_household
from queries.scope import covers
from services.access import require
from services.claims import step
from services.posting import Place, UidConflict
from services.purses import village_of
from services.refusals import NotAllowed, Refusal
from services.transaction import transaction

LATEST = timedelta(days=92)  # a deed is claimed within about three months


class ClaimRefused(Refusal):
    """Something of a claim that cannot be; `field` names it."""

    def __init__(self, name: str, message: Any) -> None:
        self.field = name
        super().__init__(message)


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
    step(claim, ClaimAct.FILE, ClaimState.FILED, actor=actor, at=at)
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


# ---------- what a claim may name ----------


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
