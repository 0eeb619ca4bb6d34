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
from typing import Any

import sqlalchemy as sa

from models.base import snapshot, table_of
from models.coins import GENESIS, CoinAccount, CoinJournal, CoinLine, journal_hash
from queries.ledger_checks import Breach, checks

CHUNK = 200  # rows of a larger one live long enough to be walked by the garbage collector
_account, _journal, _line = table_of(CoinAccount), table_of(CoinJournal), table_of(CoinLine)


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
        return audit_on(connection, since=since)


def audit_on(connection: sa.Connection, *, since: int = 0) -> Audited:
    """Check the ledger as a connection sees it."""
    walk = _Walk(connection, since)
    breaches = [*walk.run(), *checks(connection)]
    return Audited(walk.journals, walk.head_id, walk.head_hash, breaches)


class _Codes(dict[int, str]):
    """The codes of accounts by id; who is asked for and not there is remembered."""

    def __init__(self, rows: sa.CursorResult[Any]) -> None:
        super().__init__((row.id, row.code) for row in rows)
        self.unknown: set[int] = set()

    def __missing__(self, ident: int) -> str:
        self.unknown.add(ident)
        return f"#{ident}"


class _Walk:
    """Walks the chain: numbers, hashes, and the balances that each line says it leaves."""

    def __init__(self, connection: sa.Connection, since: int) -> None:
        self.connection, self.since = connection, since
        self.journals, self.head_id, self.head_hash = 0, since, GENESIS
        self.codes = _Codes(connection.execute(sa.select(_account.c.id, _account.c.code)))
        self.balances: dict[int, int] = {}
        self.doubted: dict[int, int] = {}

    def run(self) -> Iterator[Breach]:
        if self.since:
            query = sa.select(_journal.c.hash).where(_journal.c.id == self.since)
            self.head_hash = self.connection.scalar(query) or GENESIS
        while chunk := self._chunk():
            lines = self._lines(chunk[0]["id"], chunk[-1]["id"])
            for row in chunk:
                yield from self._journal(row, lines.get(row["id"], ()))
        for ident in sorted(self.codes.unknown):
            yield Breach(2, f"账户 #{ident}", "流水里写着它，账户里没有")

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
        number, codes = row["id"], self.codes
        follows = number == self.head_id + 1
        if not follows:
            yield Breach(11, f"流水 {number}", f"前面少了 {self.head_id + 1}")
        told = [(codes[one[1]], codes[one[2]], one[3], one[4], one[5]) for one in lines]
        if journal_hash(row, told) != row["hash"] or (follows and row["prev_hash"] != self.head_hash):
            yield Breach(11, f"流水 {number}", "内容和校验码对不上，或者接不上前一条")
        for one in lines:
            yield from self._stated(number, one[1], -one[3], one[4])
            yield from self._stated(number, one[2], one[3], one[5])
        self.journals += 1
        self.head_id, self.head_hash = number, row["hash"]

    def _stated(self, number: int, ident: int, change: int, stated: int) -> Iterator[Breach]:
        """Compare what a line says with what came before it.

        After a line that is wrong the next may go on from what it said or from what it should have said: one lie is
        told once.
        """
        before = self.balances.get(ident)
        expected = stated if before is None and self.since else (before or 0) + change
        self.balances[ident] = stated
        doubted = self.doubted.pop(ident, None) if self.doubted else None
        if expected != stated and (doubted is None or doubted + change != stated):
            self.doubted[ident] = expected
            yield Breach(2, f"账户 {self.codes[ident]}", f"流水 {number} 写的余额是 {stated}，应当是 {expected}")
