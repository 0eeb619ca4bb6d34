"""The head of the ledger's chain: what a paper names as its proof, and whether the ledger still says the same."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from models.base import db, table_of
from models.coins import GENESIS, CoinAccount, CoinJournal, CoinLine, CoinPeriod, journal_hash

_journal, _line, _account = table_of(CoinJournal), table_of(CoinLine), table_of(CoinAccount)


@dataclass(frozen=True)
class Head:
    """The newest journal of a moment: whoever has its number and hash on paper can prove what stood before it."""

    number: int
    hash: str


def head_now() -> Head:
    """Return the head of the chain; number 0 before the first journal."""
    row = db.session.execute(
        sa.select(CoinJournal.id, CoinJournal.hash).order_by(CoinJournal.id.desc()).limit(1)
    ).first()
    return Head(row.id, row.hash) if row else Head(0, GENESIS)


def proved_hash(number: int) -> str | None:
    """Return the hash of a stored journal, None where there is no such journal or its contents say another.

    What came before it is proved by `flask ledger audit`, which walks the whole chain.
    """
    row = db.session.execute(sa.select(_journal).where(_journal.c.id == number)).mappings().first()
    if row is None:
        return None
    giver, taker = _account.alias("giver"), _account.alias("taker")
    lines = db.session.execute(
        sa.select(giver.c.code, taker.c.code.label("taker"), _line.c.amount, _line.c.from_after, _line.c.to_after)
        .join(giver, giver.c.id == _line.c.from_id)
        .join(taker, taker.c.id == _line.c.to_id)
        .where(_line.c.journal_id == number)
        .order_by(_line.c.n)
    )
    computed = journal_hash(row, [(one[0], one[1], one[2], one[3], one[4]) for one in lines])
    return computed if computed == row["hash"] else None


def agrees(head: Head, typed: str) -> bool:
    """Tell whether a hash copied from paper is the one that the ledger has for a head."""
    return bool(head.number) and plain_hash(typed) == head.hash == proved_hash(head.number)


def plain_hash(typed: str) -> str:
    """Return a hash as it is stored, however it was copied from paper: in capitals, with spaces, over two lines."""
    return "".join(typed.split()).lower()


def closing_of(county_id: int, ym: str) -> CoinPeriod | None:
    """Return the closing that covers a month of a county: its own, or that of a later month which closed it too."""
    query = sa.select(CoinPeriod).where(CoinPeriod.county_id == county_id, CoinPeriod.ym >= ym)
    return db.session.scalars(query.order_by(CoinPeriod.ym).limit(1)).first()
