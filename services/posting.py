"""Posting to the coin ledger: one journal with its lines, chained to the one before, in the act's own transaction.

Written in Core and prepared: a counter is busy, and a journal is a handful of plain rows. Order of locks on PostgreSQL:
the ledger's advisory lock first, then nothing else is waited for; on SQLite the write queue of services.transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar, NamedTuple

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db, table_of
from models.coins import (
    GENESIS,
    AccountKind,
    CoinAccount,
    CoinJournal,
    CoinLine,
    CoinPeriod,
    JournalKind,
    hash_of,
    journal_hash,
)
from models.prepared import Prepared, driver, insertion, literally
from services.refusals import Refusal

LEDGER_LOCK = 0x5A_48_43_4F  # serialises posting on PostgreSQL
MEMO_LENGTH = 200
UID_LENGTH = 32
MOST_ASKED = 5_000  # accounts in one statement
Line = tuple[int, int, int]  # from, to, amount
Stated = tuple[int, int, int, int, int]  # from, to, amount, what from and to are left with

account = table_of(CoinAccount)
journal = table_of(CoinJournal)
line = table_of(CoinLine)
period = table_of(CoinPeriod)
# What a line asks of an account, and no more: the rest would be read for nothing.
HELD_BY = (account.c.id, account.c.code, account.c.kind, account.c.min_balance, account.c.balance, account.c.held)
_NEW_JOURNAL = insertion(journal)
_NEW_LINE = insertion(line)
_LOCK = Prepared(sa.select(sa.func.pg_advisory_xact_lock(LEDGER_LOCK).label("waited")))
_COUNTY = sa.bindparam("county", type_=sa.Integer)
_HEAD = sa.select(journal.c.id, journal.c.hash).order_by(journal.c.id.desc()).limit(literally(1))
_BODY = Prepared(sa.select(journal.c.body_hash).where(journal.c.id == sa.bindparam("id")))
_BY_SOURCE = Prepared(sa.select(journal.c.id).where(journal.c.source_key == sa.bindparam("source")))
_ACCOUNTS = sa.select(*HELD_BY).where(account.c.id.in_(sa.bindparam("ids", expanding=True))).order_by(account.c.id)
_LOCKED = _ACCOUNTS.with_for_update()


class NotEnough(Refusal):
    def __init__(self, *, available: int, wanted: int) -> None:
        self.available, self.wanted = available, wanted
        super().__init__(_l("道德币不够：可用 %(available)s，要用 %(wanted)s。", available=available, wanted=wanted))


class BudgetShort(Refusal):
    """The village has awarded what it was allotted."""

    def __init__(self, *, available: int, wanted: int) -> None:
        self.available, self.wanted = available, wanted
        super().__init__(
            _l(
                "本村这个季度的额度不够：还剩 %(available)s，要发 %(wanted)s。请联系乡镇追加。",
                available=available,
                wanted=wanted,
            )
        )


class UidConflict(Refusal):
    status = 409
    message = _l("这一次提交的内容和刚才用同一个编号提交的不一样，没有再记一次。请刷新页面重新操作。")


class MonthClosed(Refusal):
    def __init__(self, ym: str) -> None:
        super().__init__(_l("%(ym)s 已经结账，不能再记到这个月。", ym=ym))


class NotYet(Refusal):
    message = _l("不能记到今天以后的日期。")


@dataclass(frozen=True)
class Place:
    """The county, township and village that a journal belongs to, and the owning unit."""

    NAMES: ClassVar = ("county_id", "town_id", "village_id", "org_id")

    county_id: int
    town_id: int | None
    village_id: int | None
    org_id: int

    @classmethod
    def of(cls, row: Any) -> Place:
        """Take over the place of a row."""
        return cls(row.county_id, row.town_id, row.village_id, row.org_id)

    def columns(self) -> dict[str, int | None]:
        return {
            "county_id": self.county_id, "town_id": self.town_id, "village_id": self.village_id, "org_id": self.org_id,
        }  # fmt: skip


class Once(NamedTuple):
    """What is done once: the uid of the page that asks, and the hash of what it asks for.

    The same uid with another body is refused. It is made before the ledger is opened: that needs no lock.
    """

    uid: str
    body_hash: str

    @classmethod
    def of(cls, uid: str, body: Mapping[str, Any]) -> Once:
        """Raises UidConflict on a uid that no page of ours mints."""
        if not (0 < len(uid) <= UID_LENGTH and uid.isascii() and uid.isprintable()):
            raise UidConflict
        return cls(uid, hash_of(body))


class Entry(NamedTuple):
    """A journal to be posted."""

    kind: JournalKind
    once: Once
    place: Place
    effective_on: date
    lines: Sequence[Line] = ()
    memo: str = ""
    source_key: str | None = None
    rule_item_id: int | None = None
    resident_id: int | None = None
    reverses: int | None = None
    resolves: int | None = None


@dataclass(frozen=True)
class Receipt:
    """What was posted; the same for a first and a repeated request. `balances` are those left, by account id."""

    journal_id: int
    uid: str
    kind: JournalKind
    effective_on: date
    recorded_at: datetime
    hash: str
    amount: int
    balances: Mapping[int, int] = field(default_factory=dict)


class Ledger(NamedTuple):
    """The ledger as an act finds it: the newest journal, a county's last closed month, what the act posted before."""

    number: int
    hash: str
    closed: str | None
    receipt: Receipt | None


def open_ledger() -> None:
    """Wait for whoever posts now. The first thing in every act on the ledger."""
    db.session.flush()  # an act around this one may have changed what prepared statements read
    if driver()[0].name == "postgresql":
        _LOCK.first()


def ledger_now(once: Once, county_id: int | None) -> Ledger:
    """Return the ledger under its lock, with the receipt of a request that came before. Raises UidConflict."""
    return ledger_of(_NOW.first(county=county_id, uid=once.uid), once)


def ledger_columns(county: sa.ColumnElement[Any]) -> list[sa.Label[Any]]:
    """Return what an act asks of the ledger, for a statement that asks for more: the county's is a column of it."""
    earlier = sa.select(journal.c.id).where(journal.c.uid == sa.bindparam("uid"))
    return [
        _HEAD.with_only_columns(journal.c.id).scalar_subquery().label("number"),
        _HEAD.with_only_columns(journal.c.hash).scalar_subquery().label("hash"),
        _last(county).scalar_subquery().label("closed"),
        earlier.scalar_subquery().label("earlier"),
    ]


def ledger_of(row: Any, once: Once) -> Ledger:
    """Return the ledger as these columns tell of it. Raises UidConflict."""
    known = row.earlier
    if known is not None and not says(known, once):
        raise UidConflict
    return Ledger(row.number or 0, row.hash or GENESIS, row.closed, None if known is None else receipt_of(known))


def _last(county: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return sa.select(sa.func.max(period.c.ym)).where(period.c.county_id == county)


_NOW = Prepared(sa.select(*ledger_columns(_COUNTY)))
_LAST = _last(_COUNTY)


def says(journal_id: int, once: Once) -> bool:
    """Tell whether a journal was made by a request for the same."""
    return bool(_BODY.all(id=journal_id)[0].body_hash == once.body_hash)


def by_source(source_key: str) -> Receipt | None:
    """Return the receipt of the journal that a source (a claim, an award, an expiry) made, None where it made none."""
    row = _BY_SOURCE.first(source=source_key)
    return None if row is None else receipt_of(row.id)


def receipt_of(journal_id: int) -> Receipt:
    """Return what a stored journal says."""
    row = db.session.execute(sa.select(journal).where(journal.c.id == journal_id)).one()
    lines = db.session.execute(
        sa.select(line.c.from_id, line.c.to_id, line.c.amount, line.c.from_after, line.c.to_after)
        .where(line.c.journal_id == journal_id)
        .order_by(line.c.n)
    ).all()
    balances: dict[int, int] = {}
    for one in lines:
        balances |= {one.from_id: one.from_after, one.to_id: one.to_after}
    amount = sum(one.amount for one in lines)
    return Receipt(
        row.id, row.uid, JournalKind(row.kind), row.effective_on, row.recorded_at, row.hash, amount, balances
    )


def head() -> tuple[int, str]:
    """Return the number and the hash of the newest journal, (0, zeros) before the first."""
    row = db.session.execute(_HEAD).first()
    return (row.id, row.hash) if row else (0, GENESIS)


def post(
    entry: Entry,
    ledger: Ledger,
    *,
    released: Mapping[int, int] | None = None,
    between: Callable[[], None] | None = None,
    known: Mapping[int, Any] | None = None,
    actor: Actor,
    at: datetime,
    today: date,
) -> Receipt:
    """Append a journal and move the coins. Raises NotEnough, BudgetShort, MonthClosed or NotYet.

    Must be called inside an act, after `open_ledger` and `ledger_now`. `between` is done when the journal stands and
    before its lines; `released` says which held coins (by account) it lets go; `known` are the rows of the accounts,
    where they were read under the ledger's lock already.
    """
    _refuse_day(entry, today, ledger.closed)
    known = known or _accounts(entry.lines)
    balances = {ident: known[ident].balance for one in entry.lines for ident in one[:2]}
    stated = _stated(entry.lines, released or {}, known, balances)
    row = _row(entry, (ledger.number, ledger.hash), stated, known, actor, at)
    _NEW_JOURNAL.insert([row])
    if between:
        between()
    _NEW_LINE.insert(_line_rows(row["id"], stated))
    amount = sum(one[2] for one in stated)
    return Receipt(row["id"], entry.once.uid, entry.kind, entry.effective_on, at, row["hash"], amount, balances)


def post_all(entries: Sequence[Entry], *, actor: Actor, at: datetime, today: date) -> list[int]:
    """Append many journals in their order; returns their numbers. What they share is read once. Raises what post does.

    Must be called inside an act, after `open_ledger`, with entries that are known to be new.
    """
    closed = {county: last_closed(county) for county in {entry.place.county_id for entry in entries}}
    known = _accounts([one for entry in entries for one in entry.lines])
    balances = {ident: row.balance for ident, row in known.items()}
    newest, numbers = head(), []
    for entry in entries:
        _refuse_day(entry, today, closed[entry.place.county_id])
        stated = _stated(entry.lines, {}, known, balances)
        row = _row(entry, newest, stated, known, actor, at)
        _NEW_JOURNAL.insert([row])
        _NEW_LINE.insert(_line_rows(row["id"], stated))
        newest = row["id"], row["hash"]
        numbers.append(row["id"])
    return numbers


def _row(
    entry: Entry, newest: tuple[int, str], stated: Sequence[Stated], known: Mapping[int, Any], actor: Actor,
    at: datetime,
) -> dict[str, Any]:  # fmt: skip
    """Return the row of a journal behind the newest one."""
    last, prev_hash = newest
    row: dict[str, Any] = {
        "id": last + 1, "uid": entry.once.uid, "body_hash": entry.once.body_hash, "kind": entry.kind.value,
        "effective_on": entry.effective_on, "recorded_at": at, "actor_id": actor.user_id, "actor_name": actor.name,
        "origin": actor.origin[:64], "memo": entry.memo[:MEMO_LENGTH], "rule_item_id": entry.rule_item_id,
        "resident_id": entry.resident_id, "source_key": entry.source_key, "reverses": entry.reverses,
        "resolves": entry.resolves, "prev_hash": prev_hash, **entry.place.columns(),
    }  # fmt: skip
    row["hash"] = journal_hash(row, [(known[one[0]].code, known[one[1]].code, *one[2:]) for one in stated])
    return row


def _line_rows(number: int, stated: Sequence[Stated]) -> list[dict[str, int]]:
    return [
        {
            "journal_id": number, "n": n, "from_id": one[0], "to_id": one[1], "amount": one[2], "from_after": one[3],
            "to_after": one[4],
        }
        for n, one in enumerate(stated, start=1)
    ]  # fmt: skip


def _refuse_day(entry: Entry, today: date, last: str | None) -> None:
    if entry.effective_on > today:
        raise NotYet
    if last is not None and f"{entry.effective_on:%Y-%m}" <= last:
        raise MonthClosed(f"{entry.effective_on:%Y-%m}")


def last_closed(county_id: int) -> str | None:
    """Return the last month ("2026-11") that a county has closed; with it everything before is closed."""
    found: str | None = db.session.scalar(_LAST, {"county": county_id})
    return found


def _accounts(lines: Sequence[Line]) -> dict[int, Any]:
    """Return the accounts of lines, locked in the order of their ids."""
    ids = sorted({ident for one in lines for ident in one[:2]})
    known: dict[int, Any] = {}
    for part in (ids[first : first + MOST_ASKED] for first in range(0, len(ids), MOST_ASKED)):
        connection = db.session.connection()
        query = _LOCKED if connection.dialect.name == "postgresql" else _ACCOUNTS
        known |= {row.id: row for row in connection.execute(query, {"ids": part})}
    return known


def _stated(
    lines: Sequence[Line], released: Mapping[int, int], known: Mapping[int, Any], balances: dict[int, int]
) -> list[Stated]:
    """Return the lines with the balances they leave, and move `balances` on by them."""
    stated: list[Stated] = []
    for giver, taker, amount in lines:
        row = known[giver]
        free = balances[giver] - (row.held - released.get(giver, 0)) - row.min_balance
        if amount > free:
            _refuse(row, free, amount)
        balances[giver] -= amount
        balances[taker] += amount
        stated.append((giver, taker, amount, balances[giver], balances[taker]))
    return stated


def _refuse(row: Any, free: int, amount: int) -> None:
    if row.kind == AccountKind.BUDGET:
        raise BudgetShort(available=free, wanted=amount)
    raise NotEnough(available=free, wanted=amount)
