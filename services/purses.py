"""Accounts, opened when first needed, and the lots in which a household's coins lie: spent earliest expiry first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from models.base import Base, db, table_of
from models.coins import NO_FLOOR, AccountKind, CoinLot, CoinLotUse, JournalKind
from models.orgs import OrgUnit
from models.people import Household
from models.prepared import Prepared, insertion, literally, unseen
from services.posting import HELD_BY, Line, NotEnough, Place, account, journal
from services.refusals import NotFound

_lot = table_of(CoinLot)
_use = table_of(CoinLotUse)
_OF_HOUSEHOLDS = frozenset({AccountKind.HOUSEHOLD, AccountKind.DEBT})
_OF_UNITS = frozenset(AccountKind) - _OF_HOUSEHOLDS - {AccountKind.STATION}
_AWARDED = (AccountKind.BUDGET.value, AccountKind.HOUSEHOLD.value, AccountKind.DEBT.value)
_OF_HOUSEHOLD = sa.select(*HELD_BY).where(account.c.household_id == sa.bindparam("household"))
_PURSES = Prepared(_OF_HOUSEHOLD)
_AWARD = Prepared(
    _OF_HOUSEHOLD.union_all(
        sa.select(*HELD_BY).where(account.c.village_id == sa.bindparam("village"), account.c.kind == _AWARDED[0])
    )
)
_SALE = Prepared(_OF_HOUSEHOLD.union_all(sa.select(*HELD_BY).where(account.c.station_id == sa.bindparam("station"))))
_SOME = 40  # lots that most sales can do with, of the hundreds that a household may have
_BY_END = (
    sa.select(_lot.c.id, _lot.c.journal_id, _lot.c.remaining, _lot.c.expires_on)
    .where(_lot.c.account_id == unseen("purse", sa.BigInteger()), _lot.c.remaining > sa.literal_column("0"))
    .order_by(_lot.c.expires_on.nulls_last(), _lot.c.id)
)
_LOTS, _FIRST_LOTS = Prepared(_BY_END), Prepared(_BY_END.limit(literally(_SOME)))
_NEW_LOT = insertion(_lot, "id")
_NEW_USE = insertion(_use)
Uses = dict[int, int]  # by lot: coins taken, below 0 given back


def account_id(kind: AccountKind, row: Any, *, today: date) -> int:
    """Return the id of an account, opening it where it is new. `row` is its county, village, household or station.

    It is found by what it belongs to: codes of households and units may be changed and given to others.
    """
    found = db.session.scalar(sa.select(account.c.id).where(account.c.kind == kind.value, _owner(kind, row)))
    return int(found) if found is not None else _opened(kind, row, today)


def _owner(kind: AccountKind, row: Any) -> sa.ColumnElement[bool]:
    where: sa.ColumnElement[Any]
    if kind in _OF_HOUSEHOLDS:
        where = account.c.household_id
    elif kind == AccountKind.STATION:
        where = account.c.station_id
    else:
        where = account.c.village_id if kind == AccountKind.BUDGET else account.c.county_id
    return where == int(row.id)


def _opened(kind: AccountKind, row: Any, today: date) -> int:
    code = _code(kind, row)
    if db.session.scalar(sa.select(account.c.id).where(account.c.code == code)) is not None:
        code = f"{code}:{row.id}"  # somebody else had this code once
    place = Place(row.county_id, row.town_id, row.village_id, row.id if kind in _OF_UNITS else row.org_id)
    values = {
        "code": code, "kind": kind.value, "opened_on": today, "balance": 0, "held": 0, **place.columns(),
        "household_id": row.id if kind in _OF_HOUSEHOLDS else None,
        "station_id": row.id if kind == AccountKind.STATION else None,
        "min_balance": NO_FLOOR if kind in {AccountKind.ISSUER, AccountKind.DEBT} else 0,
    }  # fmt: skip
    made = db.session.execute(sa.insert(account).values(**values).returning(account.c.id))
    return int(made.scalar_one())


def _code(kind: AccountKind, row: Any) -> str:
    """Return an account's code as it is opened, and stays: the kind and the code of what it belongs to."""
    return f"{kind}:{row.code}" if kind in _OF_UNITS else f"{kind}:{row.county_id}:{row.code}"


def county_of(county_id: int | None) -> OrgUnit:
    """Return a county's unit. Raises NotFound."""
    unit = db.session.get(OrgUnit, county_id) if county_id else None
    if unit is None:
        raise NotFound
    return unit


def id_of(thing: Base) -> int:
    """Return the id of a stored thing without asking the database, also where its row is to be read again."""
    key = sa.inspect(thing).identity
    if key is None:
        raise NotFound
    return int(key[0])


def village_of(household: Any) -> OrgUnit:
    """Return the village whose budget awards a household. Raises NotFound."""
    unit = db.session.get(OrgUnit, household.village_id) if household.village_id else None
    if unit is None:
        raise NotFound
    return unit


def purses(household: Any, *, today: date) -> tuple[int, int]:
    """Return the accounts of a household: its coins, and its debt."""
    found = {row.kind: int(row.id) for row in _PURSES.all(household=household.id)}
    purse, debt = (
        found.get(kind.value) or account_id(kind, household, today=today)
        for kind in (AccountKind.HOUSEHOLD, AccountKind.DEBT)
    )
    return purse, debt


def award_accounts(household: Any, *, today: date) -> tuple[Any, Any, Any]:
    """Return the rows of what an award moves: the budget of the village, the household's coins, its debt.

    Raises NotFound.
    """
    for _ in range(2):
        found = {row.kind: row for row in _AWARD.all(household=household.id, village=household.village_id)}
        if len(found) == len(_AWARDED):
            break
        account_id(AccountKind.BUDGET, village_of(household), today=today)
        purses(household, today=today)
    budget, purse, debt = (found[kind] for kind in _AWARDED)
    return budget, purse, debt


def has_purse(household: Household) -> bool:
    """Tell whether the ledger knows a household."""
    return db.session.scalar(sa.select(account.c.id).where(account.c.household_id == household.id).limit(1)) is not None


def move_purses(household: Household) -> None:
    """Let the accounts of a household belong to the village it lives in now; journals stay where they were made."""
    place = Place.of(household).columns()
    elsewhere = sa.or_(*(account.c[name].is_distinct_from(value) for name, value in place.items()))
    db.session.execute(sa.update(account).where(account.c.household_id == household.id, elsewhere).values(place))


def sale_accounts(household: Any, station: Any, *, today: date) -> tuple[Any, Any]:
    """Return the rows of what a sale moves: the household's coins, and the station's takings."""
    for _ in range(2):
        found = {row.kind: row for row in _SALE.all(household=household.id, station=station.id)}
        if AccountKind.STATION.value in found and AccountKind.HOUSEHOLD.value in found:
            break
        account_id(AccountKind.STATION, station, today=today)
        purses(household, today=today)
    return found[AccountKind.HOUSEHOLD.value], found[AccountKind.STATION.value]


def balance_of(ident: int) -> int:
    """Return the balance of an account, read under the ledger's lock."""
    return int(db.session.scalar(sa.select(account.c.balance).where(account.c.id == ident)) or 0)


# ---------- lots ----------


def add_lot(purse: int, journal_id: int, amount: int, expires_on: date | None) -> None:
    """Put coins that just came into a purse into a lot of their own."""
    if amount:
        values = {"account_id": purse, "journal_id": journal_id, "expires_on": expires_on}
        _NEW_LOT.insert([{**values, "amount": amount, "remaining": amount}])


def spend(purse: int, amount: int, *, on: date) -> Uses:
    """Choose the lots that coins are spent from, those that expire first before others. Raises NotEnough.

    Coins whose last day is over cannot be spent, also before the sweep that takes them away.
    """
    lots = _FIRST_LOTS.all(purse=purse)
    usable, free = _usable(lots, on)
    if amount > free and len(lots) == _SOME:
        usable, free = _usable(_LOTS.all(purse=purse), on)
    if amount > free:
        raise NotEnough(available=free, wanted=amount)
    return chosen(((lot.id, lot.remaining) for lot in usable), amount)


def _usable(lots: Iterable[Any], on: date) -> tuple[list[Any], int]:
    """Return the lots that can be spent on a day, and how many coins lie in them."""
    usable = [lot for lot in lots if lot.expires_on is None or lot.expires_on >= on]
    return usable, sum(lot.remaining for lot in usable)


def whatever(purse: int, *, first: int) -> list[tuple[int, int]]:
    """Return (lot, remaining) of all coins of a purse, those of one journal before the others."""
    lots = sorted(_LOTS.all(purse=purse), key=lambda lot: lot.journal_id != first)
    return [(lot.id, lot.remaining) for lot in lots]


def chosen(lots: Iterable[tuple[int, int]], amount: int) -> Uses:
    """Take an amount from lots in their order."""
    taken: Uses = {}
    for ident, remaining in lots:
        part = min(remaining, amount)
        if part:
            taken[ident] = part
            amount -= part
    return taken


def expired_of(journal_id: int) -> int:
    """Return how many of the coins that a journal brought in have expired."""
    query = (
        sa.select(sa.func.coalesce(sa.func.sum(_use.c.amount), 0))
        .join(_lot, _lot.c.id == _use.c.lot_id)
        .join(journal, journal.c.id == _use.c.journal_id)
        .where(_lot.c.journal_id == journal_id, journal.c.kind == JournalKind.EXPIRE.value)
    )
    return int(db.session.scalar(query) or 0)


def take(journal_id: int, uses: Mapping[int, int]) -> None:
    """Write down which lots a journal took from or gave back to."""
    _NEW_USE.insert(
        {"lot_id": lot, "journal_id": journal_id, "amount": amount} for lot, amount in uses.items() if amount
    )


def given_back(purse: int, debt: int, spent_by: int) -> tuple[list[Line], Uses]:
    """Return what follows when the coins that a journal took come back: uses below 0, and a debt paid off first."""
    rows = db.session.execute(
        sa.select(_use.c.lot_id, _use.c.amount)
        .join(_lot, _lot.c.id == _use.c.lot_id)
        .where(_use.c.journal_id == spent_by)
        .order_by(_lot.c.expires_on.is_(None), _lot.c.expires_on, _lot.c.id)
    ).all()
    owed = min(-balance_of(debt), sum(row.amount for row in rows))
    paid = chosen(((row.lot_id, row.amount) for row in rows), owed)
    uses = {row.lot_id: paid.get(row.lot_id, 0) - row.amount for row in rows}
    return [(purse, debt, owed)] if owed else [], uses
