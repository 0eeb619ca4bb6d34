"""The coins of a household as reads: what its account row says, its lots, its history, its vouchers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from models.access import Actor
from models.accounts import User
from models.base import db
from models.coins import AccountKind, CoinAccount, CoinHold, CoinJournal, CoinLine, CoinLot, HoldState
from models.people import Household, Resident
from models.prepared import Prepared, literally, unseen
from models.stations import CoinGood, CoinHoldItem, CoinStation
from queries.scope import in_scope

SOON = timedelta(days=30)
HISTORY = 30
LINES = 2  # of one journal on one side of a household's coins, at most: no act writes more than one
_purse = unseen("purse", sa.BigInteger())
_ACCOUNTS = Prepared(
    sa.select(CoinAccount.id, CoinAccount.kind, CoinAccount.balance, CoinAccount.held).where(
        CoinAccount.household_id == sa.bindparam("household")
    )
)
_LOTS = Prepared(
    sa.select(CoinLot.expires_on, sa.func.sum(CoinLot.remaining).label("remaining"))
    .where(CoinLot.account_id == _purse, CoinLot.remaining > 0)
    .group_by(CoinLot.expires_on)
    .order_by(CoinLot.expires_on.nulls_last())
)


@dataclass(frozen=True)
class Purse:
    """What a household has: the coins, those set aside by vouchers, what it owes, and the lots that lie in it."""

    balance: int
    held: int
    debt: int
    lots: Sequence[Any]  # expires_on, remaining

    @property
    def available(self) -> int:
        return self.balance - self.held

    def expiring(self, today: date) -> list[Any]:
        """Return the lots whose last day is within 30 days."""
        return [lot for lot in self.lots if lot.expires_on is not None and lot.expires_on <= today + SOON]


def purse_of(household: Household) -> Purse:
    """Return what a household has; nothing at all where it never had coins."""
    by_kind = {row.kind: row for row in _ACCOUNTS.all(household=household.id)}
    coins, debt = by_kind.get(AccountKind.HOUSEHOLD), by_kind.get(AccountKind.DEBT)
    return Purse(
        int(coins.balance) if coins else 0,
        int(coins.held) if coins else 0,
        -int(debt.balance) if debt else 0,
        _LOTS.all(purse=coins.id) if coins else [],
    )


def _newest(side: Any, amount: Any) -> sa.Select[Any]:
    """Return the newest lines on one side of an account, as its index gives them, however many there are.

    Said as a range, in whose order only that index is: of an account that has given half of all coins PostgreSQL
    concludes that any may have, and looks for its lines among all, from the newest on.
    """
    lines = sa.select(CoinLine.journal_id, amount.label("gained")).where(side.between(_purse, _purse))
    page = lines.order_by(side.desc(), CoinLine.journal_id.desc()).limit(literally(HISTORY * LINES)).subquery()
    return sa.select(page.c.journal_id, page.c.gained)


def history_statement() -> sa.SelectBase:
    """Return the statement of the last moves of an account, the parameter `purse`.

    The newest journals of both sides are among the newest of each. Lines are not joined a second time: both databases
    would find them by reading all lines of the account, or all lines there are.
    """
    lines = sa.union_all(
        _newest(CoinLine.to_id, CoinLine.amount), _newest(CoinLine.from_id, -CoinLine.amount)
    ).subquery()
    moves = sa.select(lines.c.journal_id, sa.func.sum(lines.c.gained).label("gained")).group_by(lines.c.journal_id)
    last = moves.order_by(lines.c.journal_id.desc()).limit(literally(HISTORY)).subquery()
    told = (CoinJournal.id, CoinJournal.kind, CoinJournal.effective_on, CoinJournal.memo)
    query = sa.select(*told, last.c.gained).join(last, last.c.journal_id == CoinJournal.id)
    return query.order_by(CoinJournal.id.desc())


_PURSE = Prepared(
    sa.select(CoinAccount.id).where(
        CoinAccount.household_id == sa.bindparam("household"), CoinAccount.kind == AccountKind.HOUSEHOLD.value
    )
)
_HISTORY = Prepared(history_statement())


def history_of(household: Household) -> Sequence[Any]:
    """Return the last moves of a household's coins, newest first: kind, on, memo, gained (below 0: spent)."""
    purse = _PURSE.first(household=household.id)
    return _HISTORY.all(purse=purse.id) if purse else []


def own_household_id(actor: Actor) -> int | None:
    """Return the id of the household that an actor's own resident belongs to, or None."""
    query = sa.select(Resident.household_id).join(User, User.resident_id == Resident.id).where(User.id == actor.user_id)
    return db.session.scalar(query)


def own_household(actor: Actor) -> Household | None:
    """Return the household that an actor's own resident belongs to, or None."""
    ident = own_household_id(actor)
    return db.session.get(Household, ident) if ident else None


# ---------- vouchers ----------


@dataclass(frozen=True)
class Voucher:
    """A hold with whose it is, where it is fetched, what of, and the journal that ended it."""

    hold: CoinHold
    household: Household
    station: CoinStation
    goods: Sequence[Any]  # name, unit, quantity, price
    ended_by: str | None  # uid


def voucher_at(station: CoinStation, code: str) -> Voucher | None:
    """Return the voucher with a code that is fetched at this station, used and lapsed ones too."""
    return _voucher(CoinHold.code == code.strip().upper(), CoinHold.station_id == station.id)


def station_of_voucher(code: str, actor: Actor, permission: str) -> CoinStation | None:
    """Return the station where a voucher is fetched, when the actor may do this there; nobody else is told of it."""
    query = sa.select(CoinStation).join(CoinHold, CoinHold.station_id == CoinStation.id)
    where = CoinHold.code == code.strip().upper(), in_scope(CoinStation, actor, permission)
    return db.session.scalars(query.where(*where)).first()


def voucher_of(household: Household, code: str) -> Voucher | None:
    """Return a household's own voucher."""
    return _voucher(CoinHold.code == code, CoinAccount.household_id == household.id)


def open_vouchers(household: Household) -> list[CoinHold]:
    query = (
        sa.select(CoinHold)
        .join(CoinAccount, CoinAccount.id == CoinHold.account_id)
        .where(CoinAccount.household_id == household.id, CoinHold.state == HoldState.OPEN)
    )
    return list(db.session.scalars(query.order_by(CoinHold.id)))


def _voucher(*where: Any) -> Voucher | None:
    query = (
        sa.select(CoinHold, Household, CoinStation)
        .join(CoinAccount, CoinAccount.id == CoinHold.account_id)
        .join(Household, Household.id == CoinAccount.household_id)
        .join(CoinStation, CoinStation.id == CoinHold.station_id)
        .where(*where)
    )
    row = db.session.execute(query).first()
    if row is None:
        return None
    goods = db.session.execute(
        sa.select(CoinGood.name, CoinGood.unit, CoinHoldItem.quantity, CoinHoldItem.price)
        .join(CoinGood, CoinGood.id == CoinHoldItem.good_id)
        .where(CoinHoldItem.hold_id == row.CoinHold.id)
        .order_by(CoinGood.id)
    ).all()
    ended_by = db.session.scalar(sa.select(CoinJournal.uid).where(CoinJournal.resolves == row.CoinHold.id))
    return Voucher(row.CoinHold, row.Household, row.CoinStation, goods, ended_by)
