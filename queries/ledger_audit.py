"""The audit of the coin ledger: fifteen invariants, read through the read-only connection, each breach named.

1 all balances sum to 0; 2 a balance is the sum of its lines; 3 nobody is below their floor; 4 held is what open holds
say; 5 a hold ends once; 6 a journal is reversed once; 7 a uid and 8 a source stand for one journal; 9 what a household
can spend lies in lots; 10 stock is the sum of its moves; 11 journals are gapless and chained; 12 nothing came later
into a closed month; 13 no act left half of itself; 14 a debt is at most 0 and paid before anything can be spent;
15 the counters that statistics read say what the lines say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from models.base import snapshot, table_of
from models.coins import (
    GENESIS,
    AccountKind,
    CoinAccount,
    CoinHold,
    CoinJournal,
    CoinLine,
    CoinLot,
    CoinLotUse,
    CoinPeriod,
    HoldState,
    JournalKind,
    journal_hash,
)
from models.stations import CoinHoldItem, CoinStock, CoinStockMove
from queries.coin_counts import differences

CHUNK = 2_000
COUNTERS = 15  # the one invariant that is about what is derived from the ledger
_account, _journal, _line = table_of(CoinAccount), table_of(CoinJournal), table_of(CoinLine)
_hold, _lot, _use, _period = table_of(CoinHold), table_of(CoinLot), table_of(CoinLotUse), table_of(CoinPeriod)
_stock, _move, _item = table_of(CoinStock), table_of(CoinStockMove), table_of(CoinHoldItem)
_WITHOUT_LINES = (JournalKind.HOLD.value, JournalKind.VOID.value)


@dataclass(frozen=True)
class Breach:
    """One thing that is not as it must be: the invariant's number, what it is about, and what was found."""

    invariant: int
    about: str
    found: str

    def __str__(self) -> str:
        return f"I{self.invariant} {self.about}：{self.found}"


@dataclass(frozen=True)
class Audited:
    """How many journals were walked, what the head is, and every breach."""

    journals: int
    head_id: int
    head_hash: str
    breaches: Sequence[Breach]

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "journals": self.journals,
            "head_id": self.head_id,
            "head_hash": self.head_hash,
            "breaches": [{"invariant": b.invariant, "about": b.about, "found": b.found} for b in self.breaches],
        }


def audit_ledger(*, since: int = 0) -> Audited:
    """Check the ledger; the chain and the stated balances only behind journal `since`, all else always whole."""
    with snapshot() as connection:
        walk = _Walk(connection, since)
        breaches = [*walk.run(), *_sums(connection), *_holds(connection), *_once(connection), *_lots(connection)]
        breaches += [*_goods(connection), *_months(connection), *_halves(connection), *_debts(connection)]
        breaches += _counters(connection)
        return Audited(walk.journals, walk.head_id, walk.head_hash, breaches)


class _Walk:
    """Walks the chain: numbers, hashes, and the balances that each line says it leaves."""

    def __init__(self, connection: sa.Connection, since: int) -> None:
        self.connection, self.since = connection, since
        self.journals, self.head_id, self.head_hash = 0, since, GENESIS
        self.codes = {row.id: row.code for row in connection.execute(sa.select(_account.c.id, _account.c.code))}
        self.balances: dict[int, int] = {}

    def run(self) -> Iterator[Breach]:
        if self.since:
            query = sa.select(_journal.c.hash).where(_journal.c.id == self.since)
            self.head_hash = self.connection.scalar(query) or GENESIS
        while chunk := self._chunk():
            lines = self._lines(chunk[0]["id"], chunk[-1]["id"])
            for row in chunk:
                yield from self._journal(row, lines.get(row["id"], ()))

    def _chunk(self) -> Sequence[sa.RowMapping]:
        query = sa.select(_journal).where(_journal.c.id > self.head_id).order_by(_journal.c.id).limit(CHUNK)
        return self.connection.execute(query).mappings().all()

    def _lines(self, first: int, last: int) -> dict[int, list[Any]]:
        query = sa.select(
            _line.c.journal_id, _line.c.from_id, _line.c.to_id, _line.c.amount, _line.c.from_after, _line.c.to_after
        ).where(_line.c.journal_id.between(first, last))
        found: dict[int, list[Any]] = {}
        for row in self.connection.execute(query.order_by(_line.c.journal_id, _line.c.n)):
            found.setdefault(row[0], []).append(row)
        return found

    def _journal(self, row: sa.RowMapping, lines: Sequence[Any]) -> Iterator[Breach]:
        number = row["id"]
        if number != self.head_id + 1:
            yield Breach(11, f"流水 {number}", f"前面少了 {self.head_id + 1}")
        told = [(self.codes[one[1]], self.codes[one[2]], one[3], one[4], one[5]) for one in lines]
        if row["prev_hash"] != self.head_hash or journal_hash(row, told) != row["hash"]:
            yield Breach(11, f"流水 {number}", "内容和校验码对不上，或者接不上前一条")
        for one in lines:
            yield from self._stated(number, one[1], -one[3], one[4])
            yield from self._stated(number, one[2], one[3], one[5])
        self.journals += 1
        self.head_id, self.head_hash = number, row["hash"]

    def _stated(self, number: int, ident: int, change: int, stated: int) -> Iterator[Breach]:
        before = self.balances.get(ident)
        expected = stated if before is None and self.since else (before or 0) + change
        if expected != stated:
            yield Breach(2, f"账户 {self.codes[ident]}", f"流水 {number} 写的余额是 {stated}，应当是 {expected}")
        self.balances[ident] = stated


def _sums(connection: sa.Connection) -> Iterator[Breach]:
    total = connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(_account.c.balance), 0)))
    if total:
        yield Breach(1, "全部账户", f"余额相加是 {total}，应当是 0")
    given = sa.select(_line.c.from_id.label("id"), (-_line.c.amount).label("amount"))
    taken = sa.select(_line.c.to_id, _line.c.amount)
    posted = given.union_all(taken).subquery()
    sums = sa.select(posted.c.id, sa.func.sum(posted.c.amount).label("total")).group_by(posted.c.id).subquery()
    expected = sa.func.coalesce(sums.c.total, 0)
    query = (
        sa.select(_account.c.code, _account.c.balance, expected.label("expected"))
        .outerjoin(sums, sums.c.id == _account.c.id)
        .where(_account.c.balance != expected)
    )
    for row in connection.execute(query):
        yield Breach(2, f"账户 {row.code}", f"余额是 {row.balance}，流水相加是 {row.expected}")
    below = sa.select(_account.c.code).where(_account.c.balance - _account.c.held < _account.c.min_balance)
    for code in connection.scalars(below):
        yield Breach(3, f"账户 {code}", "可用余额低于下限")


def _holds(connection: sa.Connection) -> Iterator[Breach]:
    is_open = _hold.c.state == HoldState.OPEN.value
    sums = (
        sa.select(_hold.c.account_id, sa.func.sum(_hold.c.amount).label("total"))
        .where(is_open)
        .group_by(_hold.c.account_id)
        .subquery()
    )
    expected = sa.func.coalesce(sums.c.total, 0)
    query = (
        sa.select(_account.c.code, _account.c.held, expected.label("expected"))
        .outerjoin(sums, sums.c.account_id == _account.c.id)
        .where(_account.c.held != expected)
    )
    for row in connection.execute(query):
        yield Breach(4, f"账户 {row.code}", f"预留是 {row.held}，没办完的兑换券相加是 {row.expected}")
    ends = sa.select(sa.func.count()).where(_journal.c.resolves == _hold.c.id).scalar_subquery()
    wrong = sa.select(_hold.c.id).where(ends != sa.case((is_open, 0), else_=1))
    for ident in connection.scalars(wrong):
        yield Breach(5, f"兑换券 {ident}", "办结的次数不对")


def _once(connection: sa.Connection) -> Iterator[Breach]:
    for number, column, words in (
        (6, _journal.c.reverses, "被冲正多次"), (7, _journal.c.uid, "同一个提交编号有多笔"),
        (8, _journal.c.source_key, "同一个来源有多笔"),
    ):  # fmt: skip
        twice = sa.select(column).where(column.is_not(None)).group_by(column).having(sa.func.count() > 1)
        for value in connection.scalars(twice):
            yield Breach(number, f"流水 {value}", words)


def _lots(connection: sa.Connection) -> Iterator[Breach]:
    used = sa.select(_use.c.lot_id, sa.func.sum(_use.c.amount).label("total")).group_by(_use.c.lot_id).subquery()
    left = _lot.c.amount - sa.func.coalesce(used.c.total, 0)
    query = sa.select(_lot.c.id).outerjoin(used, used.c.lot_id == _lot.c.id).where(_lot.c.remaining != left)
    for ident in connection.scalars(query):
        yield Breach(9, f"批次 {ident}", "剩余和使用记录对不上")
    sums = sa.select(_lot.c.account_id, sa.func.sum(_lot.c.remaining).label("total")).group_by(_lot.c.account_id)
    lots = sums.subquery()
    expected = sa.func.coalesce(lots.c.total, 0)
    free = _account.c.balance - _account.c.held
    spendable = (
        sa.select(_account.c.code, free.label("free"), expected.label("expected"))
        .outerjoin(lots, lots.c.account_id == _account.c.id)
        .where(_account.c.kind == AccountKind.HOUSEHOLD.value, free != expected)
    )
    for row in connection.execute(spendable):
        yield Breach(9, f"账户 {row.code}", f"可用 {row.free}，批次剩余 {row.expected}")


def _goods(connection: sa.Connection) -> Iterator[Breach]:
    same = (_move.c.station_id == _stock.c.station_id, _move.c.good_id == _stock.c.good_id)
    moved = sa.select(sa.func.coalesce(sa.func.sum(_move.c.quantity), 0)).where(*same).scalar_subquery()
    waiting = (
        sa.select(sa.func.coalesce(sa.func.sum(_item.c.quantity), 0))
        .join(_hold, _hold.c.id == _item.c.hold_id)
        .where(
            _hold.c.state == HoldState.OPEN.value,
            _hold.c.station_id == _stock.c.station_id,
            _item.c.good_id == _stock.c.good_id,
        )
        .scalar_subquery()
    )
    query = sa.select(_stock.c.station_id, _stock.c.good_id).where(
        sa.or_(_stock.c.on_hand != moved, _stock.c.reserved != waiting)
    )
    for row in connection.execute(query):
        yield Breach(10, f"站点 {row.station_id} 物品 {row.good_id}", "库存和出入库记录对不上")


def _months(connection: sa.Connection) -> Iterator[Breach]:
    for row in connection.execute(sa.select(_period)):
        after = (date(int(row.ym[:4]), int(row.ym[5:]), 1) + timedelta(days=31)).replace(day=1)
        late = sa.select(_journal.c.id).where(
            _journal.c.county_id == row.county_id,
            _journal.c.id > row.head_id,
            _journal.c.effective_on < after,
        )
        for ident in connection.scalars(late):
            yield Breach(12, f"流水 {ident}", f"记到了 {row.ym} 或更早，已经结账")
        head = connection.scalar(sa.select(_journal.c.hash).where(_journal.c.id == row.head_id))
        if row.head_id and head != row.head_hash:
            yield Breach(12, f"月份 {row.ym}", "结账时的校验码和现在的流水对不上")


def _halves(connection: sa.Connection) -> Iterator[Breach]:
    has_line = sa.select(_line.c.n).where(_line.c.journal_id == _journal.c.id).exists()
    bare = sa.select(_journal.c.id).where(_journal.c.kind.not_in(_WITHOUT_LINES), ~has_line)
    for ident in connection.scalars(bare):
        yield Breach(13, f"流水 {ident}", "没有分录")
    has_hold = sa.select(_hold.c.id).where(_hold.c.id == _journal.c.id).exists()
    lost = sa.select(_journal.c.id).where(_journal.c.kind == JournalKind.HOLD.value, ~has_hold)
    for ident in connection.scalars(lost):
        yield Breach(13, f"流水 {ident}", "预留没有兑换券")


def _debts(connection: sa.Connection) -> Iterator[Breach]:
    debt, purse = _account.alias("debt"), _account.alias("purse")
    query = (
        sa.select(debt.c.code)
        .join(purse, sa.and_(purse.c.household_id == debt.c.household_id, purse.c.kind == "household"))
        .where(
            debt.c.kind == "debt",
            sa.or_(debt.c.balance > 0, sa.and_(debt.c.balance < 0, purse.c.balance > purse.c.held)),
        )
    )
    for code in connection.scalars(query):
        yield Breach(14, f"账户 {code}", "欠着道德币却还有可用的，或欠款大于零")


def _counters(connection: sa.Connection) -> Iterator[Breach]:
    for row in differences(connection):
        where = f"统计 {row.month} 村 {row.village_id} {row.flow} 项目 {row.rule_item_id}"
        yield Breach(COUNTERS, where, f"和流水相加差 {row.n} 笔、{row.coins} 道德币")
