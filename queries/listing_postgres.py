"""SQL of record lists as PostgreSQL needs it.

It merges no arms that are to be sorted: it reads each whole, a million rows for a page of fifty. So each arm says its
own end, and all arms of a field are one statement that is planned once: LATERAL, for each township and value. Seeing an
order, a limit and probes at once, it leaves the index of the walk for another, or joins what should be looked up row by
row; OFFSET 0 keeps it from either. As each arm fills a page by itself, fifteen townships probe fifteen times too many
rows: so the newest 512 are looked through first, then four times as many, and everything last. And its word index
has no order. So it also has words that say where a record stands among all, for the same way of looking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from engine.bigrams import bigrams
from models.prepared import Prepared
from models.records import SEARCHED, STRETCHES, Record, standing
from queries.conditions import Condition, Words
from queries.indexing import NUMBER, IndexedField, tokens_of
from queries.listing import TOWN, Arms, Rows
from queries.scope import Slice

# How the word index is read: by itself, lest the planner walk the records newest first and compare; or up to an end.
AT_ONCE, BY_AND_BY = "AS MATERIALIZED", "AS NOT MATERIALIZED"
NO_END = 2**62
NEAR, FARTHER, TIMES = 512, 4, 3  # driving rows that are looked through first, how many times more next, how often
_NEWEST = Prepared(sa.select(sa.func.max(Record.id).label("id")))


class PostgresArms(Arms):
    """The arms of one statement for PostgreSQL."""

    fence = " OFFSET 0"
    words: Sequence[str] = ()
    from_the_newest = False  # whether the newest are looked through before all

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bind.values |= {"most": NO_END, "behind": 0}  # see rows(); counts know no end

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
        if values and asked and self.sort is None:
            self.from_the_newest = True
            parts.append("i.record_id > %(behind)s")
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
        self.words = tokens_of(self.scope.form_id, sorted({pair for one in words for pair in bigrams(one.text)}))
        self.bind.values["words"] = self.words
        places = self._places()
        where = f"{SEARCHED} @> CAST(%(words)s AS text[])"
        where += f" AND {SEARCHED} && CAST({self.bind(places)} AS text[])" if places else ""
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
        sql = f"{' UNION ALL '.join(self.sql)} {self.ending(limit)}"
        found: Rows = []
        for behind in self._steps():
            found = self._rows(sql)
            if sum(ident > behind for _value, ident in found) >= limit:
                break
        return found[:limit]

    def count_found(self, most: int, *, visits: int, enough: int) -> tuple[int, bool]:
        number, most = 0, min(most, visits)
        for behind in self._steps():
            if not behind:
                self.sql = [arm.replace(AT_ONCE, BY_AND_BY) for arm in self.sql]
            number = self.count(most + 1)
            if number > most or (behind and number >= enough):
                return min(number, most), False
        return number, True

    def _held(self, rows: str, probes: Sequence[Condition]) -> str:
        """One value is looked for among the numbers of a township at once: from leaf to leaf, not from the root each.

        A record carries a value once, so that carriers are counted.
        """
        values, absent = self._asked_for(probes[0]) if len(probes) == 1 else ((), False)
        if len(values) != 1 or probes[0].is_range:
            return super()._held(rows, probes)
        field = probes[0].field
        towns = f"SELECT town, count(*) AS seen, array_agg(id ORDER BY id) AS ids FROM ({rows}) AS i GROUP BY town"  # noqa: S608 - bound
        carriers = (
            f"SELECT count(*) AS n FROM {field.table} AS p WHERE p.form_id = {self.form} "  # noqa: S608 - bound
            f"AND p.fid = {self.bind(field.fid)} AND p.town_id = t.town AND p.value = {self.bind(values[0])} "
            "AND p.record_id = ANY(t.ids)"
        )
        held = "t.seen - c.n" if absent else "c.n"
        counts = f"coalesce(sum(t.seen), 0), coalesce(sum({held}), 0)"
        return f"SELECT {counts} FROM ({towns}) AS t CROSS JOIN LATERAL ({carriers}) AS c"  # noqa: S608 - bound

    def _steps(self) -> Iterator[int]:
        """Say ever wider what is looked through, all at last; yield the number behind which that is complete."""
        if self.words and self.sort is None:
            for shift in STRETCHES:
                if not self._begins >> shift:
                    break
                self.bind.values["words"] = [*self.words, standing(self._begins, shift)]
                yield (self._begins >> shift << shift) - 1
            self.bind.values["words"] = self.words
        elif self.from_the_newest:
            for step in range(TIMES):
                behind = int(self._begins - NEAR * FARTHER**step * self.spread)
                if behind <= 0:
                    break
                self.bind.values["behind"] = behind
                yield behind
            self.bind.values["behind"] = 0
        yield 0

    @cached_property
    def _begins(self) -> int:
        return self.cursor[1] - 1 if self.cursor else _NEWEST.all()[0].id or 0
