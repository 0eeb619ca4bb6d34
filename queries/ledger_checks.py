"""What must hold of the coin ledger as it stands: each check names what it found, and what that is about.

The numbers are those of queries/ledger_audit.py, which walks the chain besides (11, and half of 2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from models.base import table_of
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
)
from models.stations import CoinGood, CoinHoldItem, CoinStation, CoinStock, CoinStockMove
from queries.coin_counts import differences

COUNTERS = 15  # the one invariant that is about what is derived from the ledger
_account, _journal, _line = table_of(CoinAccount), table_of(CoinJournal), table_of(CoinLine)
_hold, _lot, _use, _period = table_of(CoinHold), table_of(CoinLot), table_of(CoinLotUse), table_of(CoinPeriod)
_stock, _move, _item = table_of(CoinStock), table_of(CoinStockMove), table_of(CoinHoldItem)
_station, _good = table_of(CoinStation), table_of(CoinGood)
_WITHOUT_LINES = (JournalKind.HOLD.value, JournalKind.VOID.value)
_MAY_OWE = (AccountKind.ISSUER.value, AccountKind.DEBT.value)
# How a hold in each state has ended.
_ENDED_BY = {HoldState.POSTED.value: JournalKind.POST.value, HoldState.VOIDED.value: JournalKind.VOID.value}


@dataclass(frozen=True)
class Breach:
    """One thing that is not as it must be: the invariant's number, what it is about, and what was found."""

    invariant: int
    about: str
    found: str

    def __str__(self) -> str:
        return f"I{self.invariant} {self.about}：{self.found}"


def checks(connection: sa.Connection) -> Iterator[Breach]:
    """Check everything that needs no walk along the chain."""
    for check in (_sums, _floors, _holds, _once, _lots, _goods, _months, _halves, _debts, _counters):
        yield from check(connection)


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


def _floors(connection: sa.Connection) -> Iterator[Breach]:
    below = sa.select(_account.c.code).where(_account.c.balance - _account.c.held < _account.c.min_balance)
    for code in connection.scalars(below):
        yield Breach(3, f"账户 {code}", "可用余额低于下限")
    lowered = sa.select(_account.c.code).where(_account.c.min_balance < 0, _account.c.kind.not_in(_MAY_OWE))
    for code in connection.scalars(lowered):
        yield Breach(3, f"账户 {code}", "下限低于零，这一类账户不能透支")


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
    wanted = sa.case((is_open, 0), else_=1)
    ends = sa.select(sa.func.count()).where(_journal.c.resolves == _hold.c.id)
    fitting = ends.where(_journal.c.kind == sa.case(_ENDED_BY, value=_hold.c.state))
    wrong = sa.select(_hold.c.id).where(sa.or_(ends.scalar_subquery() != wanted, fitting.scalar_subquery() != wanted))
    for ident in connection.scalars(wrong.order_by(_hold.c.id)):
        yield Breach(5, f"兑换券 {ident}", "办结的次数或方式和它的状态对不上")


def _once(connection: sa.Connection) -> Iterator[Breach]:
    many = sa.func.count()
    undone = sa.select(_journal.c.reverses, many).where(_journal.c.reverses.is_not(None)).group_by(_journal.c.reverses)
    for ident, times in connection.execute(undone.having(many > 1)):
        yield Breach(6, f"流水 {ident}", f"被冲正 {times} 次")
    for number, column, words in ((7, _journal.c.uid, "提交编号"), (8, _journal.c.source_key, "来源")):
        first, last = sa.func.min(_journal.c.id), sa.func.max(_journal.c.id)
        same = sa.select(first, last).where(column.is_not(None)).group_by(column).having(many > 1)
        for one, other in connection.execute(same):
            yield Breach(number, f"流水 {other}", f"{words}和流水 {one} 的相同")


def _lots(connection: sa.Connection) -> Iterator[Breach]:
    used = sa.select(_use.c.lot_id, sa.func.sum(_use.c.amount).label("total")).group_by(_use.c.lot_id).subquery()
    left = _lot.c.amount - sa.func.coalesce(used.c.total, 0)
    query = (
        sa.select(_lot.c.id, _lot.c.remaining, left.label("left"), _account.c.code)
        .outerjoin(used, used.c.lot_id == _lot.c.id)
        .outerjoin(_account, _account.c.id == _lot.c.account_id)
        .where(_lot.c.remaining != left)
    )
    for one in connection.execute(query):
        yield Breach(9, f"批次 {one.id}", f"账户 {one.code} 这一批剩 {one.remaining}，按使用记录应当剩 {one.left}")
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
    there = (_stock.c.station_id, _stock.c.good_id, _stock.c.on_hand, _stock.c.reserved)
    nothing = sa.literal(0)
    moves = sa.select(_move.c.station_id, _move.c.good_id, -_move.c.quantity, nothing)
    waiting = (
        sa.select(_hold.c.station_id, _item.c.good_id, nothing, -_item.c.quantity)
        .join(_item, _item.c.hold_id == _hold.c.id)
        .where(_hold.c.state == HoldState.OPEN.value)
    )
    both = sa.select(*there).union_all(moves, waiting).subquery()
    too_many, too_reserved = sa.func.sum(both.c.on_hand), sa.func.sum(both.c.reserved)
    query = (
        sa.select(_station.c.code, _good.c.code.label("good"), too_many.label("more"), too_reserved.label("reserved"))
        .select_from(both)
        .outerjoin(_station, _station.c.id == both.c.station_id)
        .outerjoin(_good, _good.c.id == both.c.good_id)
        .group_by(both.c.station_id, both.c.good_id, _station.c.code, _good.c.code)
        .having(sa.or_(too_many != 0, too_reserved != 0))
    )
    for row in connection.execute(query):
        found = f"库存比出入库记录多 {row.more}，预留比没办完的兑换券多 {row.reserved}"
        yield Breach(10, f"站点 {row.code} 物品 {row.good}", found)


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
        if row.head_hash != (head if row.head_id else GENESIS):
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
    has_item = sa.select(_item.c.good_id).where(_item.c.hold_id == _hold.c.id).exists()
    for ident in connection.scalars(sa.select(_hold.c.id).where(~has_item)):
        yield Breach(13, f"兑换券 {ident}", "没有物品")
    known = sa.select(_journal.c.id).where(_journal.c.id == _line.c.journal_id).exists()
    for ident in connection.scalars(sa.select(_line.c.journal_id).where(~known).distinct()):
        yield Breach(13, f"流水 {ident}", "有分录，没有流水")


def _debts(connection: sa.Connection) -> Iterator[Breach]:
    debt, purse = _account.alias("debt"), _account.alias("purse")
    query = (
        sa.select(debt.c.code)
        .outerjoin(purse, sa.and_(purse.c.household_id == debt.c.household_id, purse.c.kind == "household"))
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
