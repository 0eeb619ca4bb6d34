"""A village's month in public: additions with their households, everything else as sums without names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from models.access import Actor
from models.base import db
from models.coins import AccountKind, CoinAccount, CoinJournal, CoinLine, CoinPeriod, JournalKind
from models.orgs import OrgUnit
from models.people import Household
from models.point_rules import RuleItem
from queries.ledger_head import Head, closing_of, head_now
from queries.orgs import villages
from queries.periods import days_of_month

PURSES = (AccountKind.HOUSEHOLD, AccountKind.DEBT)
AWARDS = (JournalKind.EARN, JournalKind.BONUS)
Sums = dict[tuple[JournalKind, bool], int]  # by kind, and whether inside the month


@dataclass(frozen=True)
class Addition:
    """Coins that a household was given."""

    number: int
    on: date
    kind: JournalKind
    item: str
    household_code: str
    head_name: str
    points: int


@dataclass(frozen=True)
class MonthSheet:
    """What a village's households had at the beginning of a month, what changed, and what they had at its end.

    Debts count below zero. `corrected` is what the named kinds do not explain: reversals, and households that moved.
    """

    village: OrgUnit
    ym: str
    additions: Sequence[Addition]
    opening: int
    redeemed: int
    expired: int
    deducted: int
    closing: int
    period: CoinPeriod | None
    head: Head

    @property
    def issued(self) -> int:
        return sum(one.points for one in self.additions)

    @property
    def corrected(self) -> int:
        return self.closing - self.opening - self.issued + self.redeemed + self.expired + self.deducted

    @property
    def proof(self) -> Head:
        """The head that the paper names: that of the closed month, or the newest one while the month is open."""
        return Head(self.period.head_id, self.period.head_hash) if self.period else self.head


def public_villages(actor: Actor, on: date) -> Sequence[OrgUnit]:
    """Return the villages whose sheets an actor reads: where they work with coins, or live as villagers."""
    found = {one.id: one for permission in ("coin:list", "own:coins") for one in villages(actor, permission, on=on)}
    return list(found.values())


def month_sheet(village: OrgUnit, ym: str) -> MonthSheet:
    """Return the public sheet of a village for a month ("2026-11")."""
    head, (first, last) = head_now(), days_of_month(ym)
    sums = _sums(village, head, first, last)

    def gone(*kinds: JournalKind) -> int:
        return -sum(sums.get((kind, True), 0) for kind in kinds)

    return MonthSheet(
        village,
        ym,
        _additions(village, head, first, last),
        opening=sum(amount for (_kind, inside), amount in sums.items() if not inside),
        redeemed=gone(JournalKind.REDEEM, JournalKind.POST),
        expired=gone(JournalKind.EXPIRE),
        deducted=gone(JournalKind.DEDUCT),
        closing=sum(sums.values()),
        period=closing_of(village.county_id or 0, ym),
        head=head,
    )


def _sums(village: OrgUnit, head: Head, first: date, last: date) -> Sums:
    """Return what the purses and debts of a village's households gained, before and in a month, kind by kind."""
    to = sa.select(CoinLine.journal_id, CoinLine.amount).join(CoinAccount, CoinAccount.id == CoinLine.to_id)
    out = sa.select(CoinLine.journal_id, -CoinLine.amount).join(CoinAccount, CoinAccount.id == CoinLine.from_id)
    ours = CoinAccount.village_id == village.id, CoinAccount.kind.in_(PURSES)
    lines = to.where(*ours).union_all(out.where(*ours)).subquery()
    inside = (CoinJournal.effective_on >= first).label("inside")
    query = (
        sa.select(CoinJournal.kind, inside, sa.func.sum(lines.c.amount).label("amount"))
        .join(CoinJournal, CoinJournal.id == lines.c.journal_id)
        .where(CoinJournal.id <= head.number, CoinJournal.effective_on <= last)
        .group_by(CoinJournal.kind, inside)
    )
    return {(JournalKind(row.kind), bool(row.inside)): int(row.amount) for row in db.session.execute(query)}


def _additions(village: OrgUnit, head: Head, first: date, last: date) -> list[Addition]:
    """Return the additions of a month, in their order. What was taken back within the month is not given out."""
    undone = aliased(CoinJournal)
    until = undone.reverses == CoinJournal.id, undone.id <= head.number, undone.effective_on <= last
    told = (
        CoinJournal.id, CoinJournal.effective_on, CoinJournal.kind, RuleItem.name, Household.code, Household.head_name,
    )  # fmt: skip
    query = (
        sa.select(*told, sa.func.sum(CoinLine.amount).label("points"))
        .select_from(CoinJournal)
        .join(CoinLine, CoinLine.journal_id == CoinJournal.id)
        .join(CoinAccount, CoinAccount.id == CoinLine.to_id)
        .join(Household, Household.id == CoinAccount.household_id)
        .outerjoin(RuleItem, RuleItem.id == CoinJournal.rule_item_id)
        .where(
            CoinJournal.village_id == village.id,
            CoinJournal.kind.in_(AWARDS),
            CoinJournal.effective_on.between(first, last),
            CoinJournal.id <= head.number,
            ~sa.select(undone.id).where(*until).exists(),
        )
        .group_by(*told)
        .order_by(CoinJournal.effective_on, CoinJournal.id)
    )
    return [
        Addition(
            row.id, row.effective_on, JournalKind(row.kind), row.name or "", row.code, row.head_name, int(row.points)
        )
        for row in db.session.execute(query)
    ]
