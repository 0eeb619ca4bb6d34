"""What the counters of the coin ledger must say, added up from its lines; and where they say otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from models.base import table_of
from models.coin_figures import CoinFlow, CoinMonth
from models.coins import AccountKind, CoinAccount, CoinJournal, CoinLine

# By the kinds of the account that coins leave and the one they come to; the trigger of migration 0007 says the same.
FLOWS: dict[tuple[AccountKind, AccountKind], CoinFlow] = {
    (AccountKind.ISSUER, AccountKind.BUDGET): CoinFlow.ALLOT,
    (AccountKind.BUDGET, AccountKind.ISSUER): CoinFlow.ALLOT_BACK,
    (AccountKind.BUDGET, AccountKind.HOUSEHOLD): CoinFlow.EARN,
    (AccountKind.BUDGET, AccountKind.DEBT): CoinFlow.EARN,
    (AccountKind.HOUSEHOLD, AccountKind.BUDGET): CoinFlow.EARN_BACK,
    (AccountKind.DEBT, AccountKind.BUDGET): CoinFlow.EARN_BACK,
    (AccountKind.HOUSEHOLD, AccountKind.ISSUER): CoinFlow.DEDUCT,
    (AccountKind.ISSUER, AccountKind.HOUSEHOLD): CoinFlow.DEDUCT_BACK,
    (AccountKind.HOUSEHOLD, AccountKind.STATION): CoinFlow.REDEEM,
    (AccountKind.STATION, AccountKind.HOUSEHOLD): CoinFlow.REDEEM_BACK,
    (AccountKind.HOUSEHOLD, AccountKind.EXPIRED): CoinFlow.EXPIRE,
    (AccountKind.EXPIRED, AccountKind.BUDGET): CoinFlow.EXPIRE_BACK,
    (AccountKind.STATION, AccountKind.SETTLED): CoinFlow.SETTLE,
    (AccountKind.SETTLED, AccountKind.STATION): CoinFlow.SETTLE_BACK,
}
counters = table_of(CoinMonth)
KEY = ("county_id", "month", "town_id", "village_id", "flow", "rule_item_id")
_journal, _line, _account = table_of(CoinJournal), table_of(CoinLine), table_of(CoinAccount)


def counted_anew(dialect: str) -> sa.Select[Any]:
    """Build the query whose rows the counters must be, column by column."""
    giver, taker = _account.alias("giver"), _account.alias("taker")
    flow = sa.case(
        *((sa.and_(giver.c.kind == a.value, taker.c.kind == b.value), went.value) for (a, b), went in FLOWS.items())
    )
    day = _journal.c.effective_on
    month = sa.func.to_char(day, "YYYY-MM") if dialect == "postgresql" else sa.func.substr(day, 1, 7)
    place = [sa.func.coalesce(_journal.c[name], 0) for name in ("town_id", "village_id", "rule_item_id")]
    key = [_journal.c.county_id, month, place[0], place[1], flow, place[2]]
    first = sa.case((_line.c.n == 1, 1), else_=0)
    whole = sa.BigInteger()
    sums = [sa.cast(sa.func.sum(first), whole).label("n"), sa.cast(sa.func.sum(_line.c.amount), whole).label("coins")]
    named = [column.label(name) for column, name in zip(key, KEY, strict=True)]
    return (
        sa.select(*named, *sums)
        .join_from(_line, _journal, _journal.c.id == _line.c.journal_id)
        .join(giver, giver.c.id == _line.c.from_id)
        .join(taker, taker.c.id == _line.c.to_id)
        .where(flow.is_not(None))
        .group_by(*(sa.literal_column(str(n)) for n in range(1, len(KEY) + 1)))
    )


def differences(connection: sa.Connection) -> Sequence[Any]:
    """Return where the counters say otherwise than the lines: the key, and by how much they are too high."""
    anew = counted_anew(connection.dialect.name).subquery()
    expected = sa.select(*(anew.c[name] for name in KEY), -anew.c.n, -anew.c.coins)
    stored = sa.select(*(counters.c[name] for name in KEY), counters.c.n, counters.c.coins)
    both = stored.union_all(expected).subquery()
    n, coins = sa.func.sum(both.c.n), sa.func.sum(both.c.coins)
    key = [both.c[name] for name in KEY]
    query = sa.select(*key, n.label("n"), coins.label("coins")).group_by(*key).having(sa.or_(n != 0, coins != 0))
    return connection.execute(query.order_by(*key)).all()
