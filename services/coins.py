"""Acts on the coin ledger besides the counter: allot, earn, deduct, expire, settle a station, close a month.

A uid is minted when a page is opened, so a double click, a retry and a replay are one journal.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db, table_of
from models.coins import MOST_COINS, AccountKind, CoinLot, CoinPeriod, JournalKind
from models.orgs import Level, OrgUnit
from models.people import Household, Resident
from models.prepared import Prepared
from models.stations import CoinStation
from queries.periods import month_before
from services.access import require
from services.audit import record_audit
from services.parties import Parties, parties_at_home
from services.posting import (
    Entry,
    Ledger,
    Line,
    Once,
    Place,
    Receipt,
    by_source,
    head,
    last_closed,
    ledger_now,
    open_ledger,
    post,
    says,
)
from services.purses import (
    account_id,
    add_lot,
    award_accounts,
    balance_of,
    county_of,
    id_of,
    purses,
    spend,
    take,
)
from services.refusals import NotFound, Refusal
from services.transaction import Act, transaction

MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
QUARTER = re.compile(r"[0-9]{4}Q[1-4]")
_lot = table_of(CoinLot)
_resident = table_of(Resident)
_MEMBER = Prepared(
    sa.select(_resident.c.id).where(
        _resident.c.id == sa.bindparam("resident"), _resident.c.household_id == sa.bindparam("household")
    )
)


class OwnHousehold(Refusal):
    message = _l("不能给自己家办道德币，请让别的经办人来办。")


class BadAmount(Refusal):
    field = "amount"
    message = _l("道德币要是 1 以上的整数。")


class SourceConflict(Refusal):
    """A claim or an award has its journal already, and that says something else than what is asked for now."""

    status = 409
    message = _l("这件事已经记过一笔，内容和这一次的不一样，没有再记。请先核对原来的那一笔。")


class NotCloseable(Refusal):
    message = _l("只能给已经过完的月份结账，并且要从前到后一个月一个月地结。")


class ClosedAlready(NotCloseable):
    status = 409

    def __init__(self, ym: str) -> None:
        super().__init__(_l("%(ym)s 已经结过账，不用再结。", ym=ym))


class NothingToSettle(Refusal):
    message = _l("站点现在没有要结算的道德币。")


@transaction
def allot(
    village: OrgUnit, *, amount: int, quarter: str, uid: str, memo: str = "", actor: Actor, at: datetime, today: date
) -> Receipt:
    """Give a village coins to award in a quarter ("2026Q4"). Raises BadAmount."""
    open_ledger()
    require(actor, "coin:allot", village)
    once = Once.of(uid, {"act": "allot", "village": village.id, "amount": checked(amount), "quarter": quarter})
    ledger = ledger_now(once, village.county_id)
    if ledger.receipt:
        return ledger.receipt
    if village.level != Level.VILLAGE or not QUARTER.fullmatch(quarter):
        raise NotFound
    issuer = account_id(AccountKind.ISSUER, county_of(village.county_id), today=today)
    budget = account_id(AccountKind.BUDGET, village, today=today)
    place = Place(village.county_id or 0, village.town_id, village.village_id, village.id)
    entry = Entry(
        kind=JournalKind.ALLOT, once=once, place=place, effective_on=today, lines=[(issuer, budget, amount)],
        memo=memo or quarter,
    )  # fmt: skip
    return post(entry, ledger, actor=actor, at=at, today=today)


def earn(
    household: Household,
    *,
    points: int,
    uid: str,
    effective_on: date,
    expires_on: date | None,
    kind: JournalKind = JournalKind.EARN,
    rule_item_id: int | None = None,
    resident_id: int | None = None,
    source_key: str | None = None,
    memo: str = "",
    actor: Actor,
    at: datetime,
    today: date,
) -> Receipt:
    """Award coins from the village's budget; a debt is paid off first, the rest is one lot.

    A source (claim, award) awards once: asked again for the same, it gets its first receipt. Raises BudgetShort,
    SourceConflict where it asks for something else.
    """
    ident = id_of(household)
    body = {
        "act": kind.value, "household": ident, "points": checked(points), "on": effective_on.isoformat(),
        "item": rule_item_id, "resident": resident_id, "source": source_key,
    }  # fmt: skip
    once = Once.of(uid, body)
    with Act():
        open_ledger()
        parties = parties_at_home(ident, once, actor)
        home = parties.home
        require(actor, "coin:earn", home)
        ledger = _ledger(once, parties, source_key)
        if ledger.receipt:
            return ledger.receipt
        refuse_own(home, parties.own)
        if resident_id is not None and _MEMBER.first(resident=resident_id, household=ident) is None:
            raise NotFound
        budget, purse, debt = award_accounts(home, today=today)
        owed = min(points, -debt.balance)
        lines: list[Line] = [(budget.id, debt.id, owed)] if owed else []
        if points > owed:
            lines.append((budget.id, purse.id, points - owed))
        entry = Entry(
            kind=kind, once=once, place=Place.of(home), effective_on=effective_on, lines=lines, memo=memo,
            source_key=source_key, rule_item_id=rule_item_id, resident_id=resident_id,
        )  # fmt: skip
        known = {row.id: row for row in (budget, purse, debt)}
        receipt = post(entry, ledger, known=known, actor=actor, at=at, today=today)
        add_lot(purse.id, receipt.journal_id, points - owed, expires_on)
        return receipt


@transaction
def deduct(
    household: Household,
    *,
    points: int,
    uid: str,
    effective_on: date,
    rule_item_id: int | None = None,
    source_key: str | None = None,
    memo: str = "",
    actor: Actor,
    at: datetime,
    today: date,
) -> Receipt:
    """Take coins back into the county's issue. Raises NotEnough: a deduction never makes a debt."""
    open_ledger()
    ident = id_of(household)
    body = {
        "act": "deduct", "household": ident, "points": checked(points), "on": effective_on.isoformat(),
        "item": rule_item_id, "source": source_key,
    }  # fmt: skip
    once = Once.of(uid, body)
    parties = parties_at_home(ident, once, actor)
    home = parties.home
    require(actor, "coin:deduct", home)
    ledger = _ledger(once, parties, source_key)
    if ledger.receipt:
        return ledger.receipt
    refuse_own(home, parties.own)
    purse, _debt = purses(home, today=today)
    uses = spend(purse, points, on=today)
    issuer = account_id(AccountKind.ISSUER, county_of(home.county_id), today=today)
    entry = Entry(
        kind=JournalKind.DEDUCT, once=once, place=Place.of(home), effective_on=effective_on,
        lines=[(purse, issuer, points)], memo=memo, source_key=source_key, rule_item_id=rule_item_id,
    )  # fmt: skip
    receipt = post(entry, ledger, actor=actor, at=at, today=today)
    take(receipt.journal_id, uses)
    return receipt


@transaction
def expire_household(household: Household, on: date, *, actor: Actor, at: datetime, today: date) -> int:
    """Take away the coins of a household whose last day is `on` or earlier; returns how many, 0 the second time."""
    open_ledger()
    require(actor, "coin:earn", household)
    source = f"expire:{on.isoformat()}:{household.id}"
    purse, _debt = purses(household, today=today)
    due = sa.select(_lot.c.id, _lot.c.remaining).where(
        _lot.c.account_id == purse, _lot.c.remaining > 0, _lot.c.expires_on <= on
    )
    uses = {ident: int(remaining) for ident, remaining in db.session.execute(due.order_by(_lot.c.id))}
    total = sum(uses.values())
    once = Once.of(hash_uid(source), {"act": "expire", "source": source})
    ledger = ledger_now(once, household.county_id)
    if not total or ledger.receipt:
        return 0
    gone = account_id(AccountKind.EXPIRED, county_of(household.county_id), today=today)
    entry = Entry(
        kind=JournalKind.EXPIRE, once=once, place=Place.of(household), effective_on=on,
        lines=[(purse, gone, total)], source_key=source,
    )  # fmt: skip
    take(post(entry, ledger, actor=actor, at=at, today=today).journal_id, uses)
    return total


@transaction
def settle_station(
    station: CoinStation, *, amount: int | None = None, uid: str, memo: str = "", actor: Actor, at: datetime,
    today: date,
) -> Receipt:  # fmt: skip
    """Clear the coins that a station took, all of them or an amount, after its goods were paid for."""
    open_ledger()
    require(actor, "coin:settle", station)
    till = account_id(AccountKind.STATION, station, today=today)
    once = Once.of(uid, {"act": "settle", "station": station.id, "amount": amount})
    ledger = ledger_now(once, station.county_id)
    if ledger.receipt:
        return ledger.receipt
    wanted = balance_of(till) if amount is None else checked(amount)
    if not wanted:
        raise NothingToSettle
    settled = account_id(AccountKind.SETTLED, county_of(station.county_id), today=today)
    entry = Entry(
        kind=JournalKind.SETTLE, once=once, place=Place.of(station), effective_on=today,
        lines=[(till, settled, wanted)], memo=memo,
    )  # fmt: skip
    return post(entry, ledger, actor=actor, at=at, today=today)


@transaction
def close_month(county: OrgUnit, ym: str, *, actor: Actor, at: datetime, today: date) -> CoinPeriod:
    """Close a month ("2026-11") of a county, and all before it: nothing becomes effective in them any more.

    The head hash is that of the newest journal: whoever has it on paper can prove that nothing before it changed.
    Raises NotCloseable, ClosedAlready.
    """
    open_ledger()
    require(actor, "coin:close", county)
    refuse_closing(county, ym, today=today)
    number, hashed = head()
    closed = CoinPeriod(
        county_id=county.id, ym=ym, closed_at=at, closed_by=actor.user_id, head_id=number, head_hash=hashed
    )
    db.session.add(closed)
    record_audit("coin:close", closed, actor=actor, at=at, after={"ym": ym, "head_id": number, "head_hash": hashed})
    return closed


def refuse_closing(county: OrgUnit, ym: str, *, today: date) -> None:
    """Refuse a month that cannot be closed now. The first one that a county closes may be any that is over."""
    if county.level != Level.COUNTY:
        raise NotFound
    if not MONTH.fullmatch(ym):
        raise NotCloseable
    if ym >= f"{today:%Y-%m}":
        raise NotCloseable(_l("%(ym)s 还没有过完，过完以后才能结账。", ym=ym))
    last = last_closed(county.id)
    if last is not None and ym <= last:
        raise ClosedAlready(ym)
    if last is not None and ym != month_before(last, -1):
        raise NotCloseable(_l("要一个月一个月地结：请先给 %(ym)s 结账。", ym=month_before(last, -1)))


def refuse_own(household: Any, own: int | None) -> None:
    """Refuse what somebody would do for the household they live in. Raises OwnHousehold."""
    if own == household.id:
        raise OwnHousehold


def checked(amount: Any) -> int:
    """Return an amount of coins. Raises BadAmount."""
    if type(amount) is not int or not 0 < amount <= MOST_COINS:
        raise BadAmount
    return amount


def hash_uid(source: str) -> str:
    """Return the uid of a journal that no page asked for, always the same for one source."""
    return hashlib.sha256(source.encode()).hexdigest()[:32]


def _ledger(once: Once, parties: Parties, source_key: str | None) -> Ledger:
    """Return the ledger with the receipt of what this page, or this source, asked for before. Raises SourceConflict."""
    ledger = parties.ledger(once)
    if ledger.receipt or not source_key:
        return ledger
    known = by_source(source_key)
    if known and not says(known.journal_id, once):
        raise SourceConflict
    return ledger._replace(receipt=known)
