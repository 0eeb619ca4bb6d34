"""How much of an item was awarded in a month: what is posted, and what is approved and waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from models.base import db
from models.claims import ClaimState, CoinClaim
from models.coins import CoinAccount, CoinJournal, CoinLine, JournalKind
from models.people import Household
from models.point_rules import RuleItem, RuleSet

COUNTED = (ClaimState.NOTICE, ClaimState.CONTESTED, ClaimState.POSTED)
AWARDS = (JournalKind.EARN, JournalKind.DEDUCT)
CLAIM = "claim:"  # how source keys of claims begin; what was posted without a claim counts by its journal


@dataclass(frozen=True)
class Cap:
    """One limit of an item: of whom, how much a month, and how much of it is gone."""

    of: str  # person, household or village
    most: int
    gone: int

    @property
    def left(self) -> int:
        return max(self.most - self.gone, 0)


def caps(
    item: RuleItem, household: Household, resident_id: int | None, on: date, *, apart_from: int | None = None
) -> Iterator[Cap]:
    """Yield the item's limits for a household (and member) in the month of a day, without one claim."""
    whose = (
        ("person", item.cap_person_month, {"resident_id": resident_id or 0}),
        ("household", item.cap_household_month, {"household_id": household.id}),
        ("village", item.cap_village_month, {"village_id": household.village_id}),
    )
    for of, most, whom in whose:
        if most is not None:
            yield Cap(of, most, _claimed(item, on, whom, apart_from) + _posted(item, on, whom))


def _claimed(item: RuleItem, on: date, whom: dict[str, Any], apart_from: int | None) -> int:
    undone = aliased(CoinJournal)
    query = sa.select(sa.func.coalesce(sa.func.sum(CoinClaim.points), 0)).where(
        CoinClaim.rule_item_id.in_(_same(item)),
        CoinClaim.state.in_(COUNTED),
        CoinClaim.done_on.between(*month_of(on)),
        CoinClaim.id != (apart_from or 0),
        ~sa.exists().where(undone.reverses == CoinClaim.journal_id),
        *(getattr(CoinClaim, name) == value for name, value in whom.items()),
    )
    return int(db.session.scalar(query) or 0)


def _posted(item: RuleItem, on: date, whom: dict[str, Any]) -> int:
    undone = aliased(CoinJournal)
    query = (
        sa.select(sa.func.coalesce(sa.func.sum(CoinLine.amount), 0))
        .join(CoinJournal, CoinJournal.id == CoinLine.journal_id)
        .where(
            CoinJournal.rule_item_id.in_(_same(item)),
            CoinJournal.kind.in_(AWARDS),
            CoinJournal.effective_on.between(*month_of(on)),
            sa.or_(CoinJournal.source_key.is_(None), CoinJournal.source_key.not_like(f"{CLAIM}%")),
            ~sa.exists().where(undone.reverses == CoinJournal.id),
        )
    )
    for name, value in whom.items():
        if name == "household_id":
            account = sa.select(CoinAccount.id).where(CoinAccount.household_id == value)
            query = query.where(sa.or_(CoinLine.to_id.in_(account), CoinLine.from_id.in_(account)))
        else:
            query = query.where(getattr(CoinJournal, name) == value)
    return int(db.session.scalar(query) or 0)


def _same(item: RuleItem) -> sa.Select[int]:
    """Return the item in all versions of its rules: a new version in mid-month opens no second cap."""
    owner = sa.select(RuleSet.org_id).where(RuleSet.id == item.rule_set_id).scalar_subquery()
    return sa.select(RuleItem.id).join(RuleSet).where(RuleItem.code == item.code, RuleSet.org_id == owner)


def month_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of a day's month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
