"""SQL of record lists as PostgreSQL needs it.

It merges no arms that are to be sorted: it reads each whole, a million rows for a page of fifty. So each arm says its
own end, and all arms of a field are one statement that is planned once: LATERAL, for each township and value. Seeing an
order, a limit and probes at once, it leaves the index of the walk for another, or joins what should be looked up row by
row; OFFSET 0 keeps it from either. And its word index has no order: the newest records are looked through first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from engine.bigrams import bigrams
from models.prepared import Prepared
from models.records import Record
from queries.conditions import Condition, Words
from queries.indexing import NUMBER, IndexedField, tokens_of
from queries.listing import TOWN, Arms, Rows
from queries.scope import Slice

FIRST_LOOK, WIDER = 20_000, 10  # how many of the newest records are looked through for words, and how much more then
# How the word index is read: by itself, lest the planner walk the records newest first and compare; or up to an end.
AT_ONCE, BY_AND_BY = "AS MATERIALIZED", "AS NOT MATERIALIZED"
EVERYTHING = 2**62
_NEWEST = Prepared(sa.select(sa.func.max(Record.id).label("id")))


class PostgresArms(Arms):
    """The arms of one statement for PostgreSQL."""

    sure_counts = False
    fence = " OFFSET 0"
    windowed = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bind.values |= {"most": EVERYTHING, "low": 0, "high": EVERYTHING}  # see rows(); counts know no end

    def _field_arms(
        self, field: IndexedField, drive: Condition | None, probes: Sequence[Condition], *, own: bool
    ) -> None:
        joined = self.sort is not None and not own
        values = drive.values if drive and not drive.is_range else ()
        spots = [(town, village or 0, value) for town, village in self.scope.towns for value in values or ("",)]
        if not spots:
            return
        kinds = ["int", "int", *(["float8" if field.table == NUMBER else "text"] if values else [])]
        columns = zip(*spots, strict=True)
        arrays = (f"CAST({self.bind(list(one))} AS {kind}[])" for kind, one in zip(kinds, columns, strict=False))
        spread = f"unnest({', '.join(arrays)}) AS t(town, village{', value' if values else ''})"
        place = "i.town_id = t.town"
        if values:
            place += " AND i.value = t.value" + ("" if field.table == NUMBER else ' COLLATE "C"')
        elif drive:
            place += self._in_range(drive)
        parts = self._field_rows(field, place, joined=joined)
        if any(village for _town, village, _value in spots):
            parts.append("(t.village = 0 OR i.village_id = t.village)")
        asked = [self.probe(one, "i.record_id", "i.town_id") for one in probes]
        row = "s" if joined else "i"
        told = self._told(f"{row}.value", f"{row}.record_id", "i.town_id")
        source = f"{field.table} AS i{self._with_sort(joined=joined)}"
        order = f"i.value {self.way}, i.record_id {self.way}" if own else "i.record_id DESC"
        if joined or (drive is not None and drive.is_range and not own):
            inner = self._whole(told, source, [*parts, *asked])
        else:
            inner = self._ended(told, source, "i", ("i.record_id, i.town_id, i.value", parts, order), asked)
        self.sql.append(f"SELECT a.* FROM {spread} CROSS JOIN LATERAL ({inner}) AS a")  # noqa: S608 - every value is bound

    def _record_arm(self, one: Slice, probes: Iterable[Condition]) -> None:
        told, source, parts = self._told("s.value", "r.id", TOWN), self._record_source, self._record_rows(one)
        asked = [self.probe(each, "r.id", TOWN) for each in probes]
        if self.sort:
            arm = self._whole(told, source, [*parts, *asked])
        else:
            arm = self._ended(told, source, "r", ("r.id, r.town_id", parts, "r.id DESC"), asked)
        self.sql.append(f"SELECT a.* FROM ({arm}) AS a")  # noqa: S608 - bound

    def _found(self, words: Sequence[Words]) -> str:
        grams = tokens_of(self.scope.form_id, sorted({pair for one in words for pair in bigrams(one.text)}))
        places = self._places()
        where = f"grams @> CAST({self.bind(grams)} AS text[])"
        where += f" AND grams && CAST({self.bind(places)} AS text[])" if places else ""
        if self.sort is None:
            self.windowed = True
            where += " AND record_id > %(low)s AND record_id <= %(high)s"
        rows = f"SELECT record_id AS id FROM record_search WHERE {where}"  # noqa: S608 - names are ours, values bound
        return f"(WITH found {AT_ONCE} ({rows}) SELECT id FROM found) AS w"  # noqa: S608 - bound

    def _by_key(self, one: Condition) -> str:
        del one
        return ""

    @staticmethod
    def _whole(told: str, source: str, parts: Iterable[str]) -> str:
        return f"SELECT {told} FROM {source} WHERE {' AND '.join(filter(None, parts))}"  # noqa: S608 - bound

    @staticmethod
    def _ended(told: str, source: str, alias: str, walk: tuple[str, Iterable[str], str], probes: Sequence[str]) -> str:
        """Return an arm that ends where it has given enough; `walk` are columns, conditions and the index's order."""
        columns, parts, order = walk
        where = " AND ".join(filter(None, parts))
        rows = f"SELECT {columns} FROM {source} WHERE {where} ORDER BY {order} OFFSET 0"  # noqa: S608 - bound
        holds = f" WHERE {' AND '.join(probes)}" if probes else ""
        return f"SELECT {told} FROM ({rows}) AS {alias}{holds} ORDER BY {order} LIMIT %(most)s"  # noqa: S608 - bound

    # ---- answers

    def rows(self, limit: int) -> Rows:
        """Return (value, id) in order, each record once."""
        if not self.sql:
            return []
        self.bind.values["most"] = limit * self.times
        if not self.windowed:
            return super().rows(limit)
        sql, found = f"{' UNION ALL '.join(self.sql)} {self.ending(limit)}", []
        for low, high in self._windows():
            self.bind.values |= {"low": low, "high": high}
            found += self._rows(sql)
            if len(found) >= limit:
                break
        return found[:limit]

    def count(self, most: int) -> int:
        """Return how many records there are, at most `most`."""
        self.sql = [arm.replace(AT_ONCE, BY_AND_BY) for arm in self.sql]
        return super().count(most)

    def _windows(self) -> Iterator[tuple[int, int]]:
        """Yield ranges of record ids, the newest first and each wider than the one before."""
        newest = _NEWEST.all()[0].id or 0
        high, width = min(newest, self.cursor[1] - 1) if self.cursor else newest, FIRST_LOOK
        while high > 0:
            yield max(high - width, 0), high
            high, width = high - width, width * WIDER
