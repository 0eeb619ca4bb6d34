"""A household's statement: what it had, what came and went, what is left, as the ledger said it at one moment.

Everything is read up to one journal, the head of the chain, so that figures of one paper agree while others post. What
belongs to the span is told by the day on which it became effective, as months are closed; it stands in the order in
which it was booked, so that balances are those that the lines state unless something was booked for an earlier span.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from models.base import db
from models.coins import (
    AccountKind,
    CoinAccount,
    CoinHold,
    CoinJournal,
    CoinLine,
    CoinLot,
    CoinLotUse,
    JournalKind,
)
from models.people import Household
from models.point_rules import RuleItem
from models.stations import CoinStation
from queries.ledger_head import Head, head_now


@dataclass(frozen=True)
class Move:
    """One journal that touched the household: what came in and went out of its coins, and what that left."""

    number: int
    on: date
    kind: JournalKind
    item: str
    memo: str
    came: int
    went: int
    balance: int
    owed: int


@dataclass(frozen=True)
class Statement:
    """A household's coins over a span of days."""

    household: Household
    first: date
    last: date
    opening: int
    opening_owed: int
    moves: Sequence[Move]
    lots: Sequence[tuple[date | None, int]]  # the last day on which they can be spent, how many
    holds: Sequence[Any]  # code, amount, expires_at, station
    head: Head

    @property
    def came(self) -> int:
        return sum(move.came for move in self.moves)

    @property
    def went(self) -> int:
        return sum(move.went for move in self.moves)

    @property
    def closing(self) -> int:
        return self.opening + self.came - self.went

    @property
    def owed(self) -> int:
        return self.moves[-1].owed if self.moves else self.opening_owed

    @property
    def owes_or_owed(self) -> bool:
        """Tell whether there was a debt at any time of the span: most households never have one."""
        return bool(self.opening_owed) or any(move.owed for move in self.moves)

    @property
    def held(self) -> int:
        return sum(hold.amount for hold in self.holds)

    @property
    def available(self) -> int:
        return self.closing - self.held


def statement_of(household: Household, first: date, last: date) -> Statement:
    """Return a household's statement from one day to another; all zeros where it never had coins."""
    head = head_now()
    accounts = _accounts(household)
    purse, debt = accounts.get(AccountKind.HOUSEHOLD, 0), accounts.get(AccountKind.DEBT, 0)
    before = sum(_sums(purse, head, CoinJournal.effective_on < first))
    owed = -sum(_sums(debt, head, CoinJournal.effective_on < first))
    moves = _moves(household, head, (first, last), before, owed)
    lots, holds = _lots(purse, head, last), _holds(purse, head, last)
    return Statement(household, first, last, before, owed, moves, lots, holds, head)


def _accounts(household: Household) -> dict[AccountKind, int]:
    query = sa.select(CoinAccount.kind, CoinAccount.id).where(CoinAccount.household_id == household.id)
    return {AccountKind(row.kind): row.id for row in db.session.execute(query)}


def _both_ways(account: sa.ColumnElement[bool] | Any) -> sa.Subquery:
    """Return the lines of accounts from their side: journal, account, what came, what went."""
    nothing = sa.literal(0)
    to = sa.select(
        CoinLine.journal_id, CoinLine.to_id.label("account"), CoinLine.amount.label("came"), nothing.label("went")
    )
    out = sa.select(CoinLine.journal_id, CoinLine.from_id, nothing, CoinLine.amount)
    return to.where(CoinLine.to_id.in_(account)).union_all(out.where(CoinLine.from_id.in_(account))).subquery()


def _sums(account: int, head: Head, *where: sa.ColumnElement[bool]) -> tuple[int, int]:
    """Return what came into an account and (below 0) what went out of it."""
    lines = _both_ways([account])
    row = db.session.execute(
        sa.select(sa.func.sum(lines.c.came), sa.func.sum(lines.c.went))
        .join(CoinJournal, CoinJournal.id == lines.c.journal_id)
        .where(CoinJournal.id <= head.number, *where)
    ).one()
    return int(row[0] or 0), -int(row[1] or 0)


def _moves(household: Household, head: Head, span: tuple[date, date], balance: int, owed: int) -> list[Move]:
    mine = sa.select(CoinAccount.id).where(CoinAccount.household_id == household.id)
    lines = _both_ways(mine)
    own = CoinAccount.kind == AccountKind.HOUSEHOLD
    came, went = (sa.func.sum(sa.case((own, column), else_=0)) for column in (lines.c.came, lines.c.went))
    paid = sa.func.sum(sa.case((own, 0), else_=lines.c.came - lines.c.went))
    journal = (CoinJournal.id, CoinJournal.effective_on, CoinJournal.kind, RuleItem.name, CoinJournal.memo)
    query = (
        sa.select(*journal, came.label("came"), went.label("went"), paid.label("paid"))
        .select_from(lines)
        .join(CoinJournal, CoinJournal.id == lines.c.journal_id)
        .join(CoinAccount, CoinAccount.id == lines.c.account)
        .outerjoin(RuleItem, RuleItem.id == CoinJournal.rule_item_id)
        .where(CoinJournal.id <= head.number, CoinJournal.effective_on.between(*span))
        .group_by(*journal)
        .order_by(CoinJournal.id)
    )
    moves = []
    for row in db.session.execute(query):
        balance += int(row.came) - int(row.went)
        owed -= int(row.paid)
        kind = JournalKind(row.kind)
        came_now, went_now = int(row.came), int(row.went)
        moves.append(Move(row.id, row.effective_on, kind, row.name or "", row.memo, came_now, went_now, balance, owed))
    return moves


def _lots(purse: int, head: Head, last: date) -> list[tuple[date | None, int]]:
    """Return what lay in lots at the end of a day, by their last days, those that expire first before others."""
    until = CoinJournal.id <= head.number, CoinJournal.effective_on <= last
    came = sa.select(CoinLot.expires_on, sa.func.sum(CoinLot.amount)).join(
        CoinJournal, CoinJournal.id == CoinLot.journal_id
    )
    went = (
        sa.select(CoinLot.expires_on, -sa.func.sum(CoinLotUse.amount))
        .join(CoinLotUse, CoinLotUse.lot_id == CoinLot.id)
        .join(CoinJournal, CoinJournal.id == CoinLotUse.journal_id)
    )
    left: dict[date | None, int] = {}
    for query in (came, went):
        rows = db.session.execute(query.where(CoinLot.account_id == purse, *until).group_by(CoinLot.expires_on))
        for day, amount in rows:
            left[day] = left.get(day, 0) + int(amount)
    return sorted(((day, n) for day, n in left.items() if n), key=lambda lot: (lot[0] is None, lot[0] or last))


def _holds(purse: int, head: Head, last: date) -> Sequence[Any]:
    """Return the vouchers that were open at the end of a day."""
    made, ended = aliased(CoinJournal), aliased(CoinJournal)
    over = sa.select(ended.id).where(ended.resolves == CoinHold.id, ended.id <= head.number, ended.effective_on <= last)
    query = (
        sa.select(CoinHold.code, CoinHold.amount, CoinHold.expires_at, CoinStation.name.label("station"))
        .join(made, made.id == CoinHold.id)
        .join(CoinStation, CoinStation.id == CoinHold.station_id)
        .where(CoinHold.account_id == purse, made.id <= head.number, made.effective_on <= last, ~over.exists())
        .order_by(CoinHold.id)
    )
    return db.session.execute(query).all()
