"""SQL of record lists. Each arm walks one index range in the order asked, the database merges the arms lazily.

`SELECT ... UNION ALL SELECT ... ORDER BY ... LIMIT n` over arms that differ in one equality (a township, a value) is
answered by both engines as a merge of index scans: a page costs some dozens of steps, however many rows match and
however deep it lies. Conditions beyond the driving one are probes of the side index by record. The text is put
together here because SQLAlchemy takes longer to build sixteen arms than the database to answer them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from engine.bigrams import bigrams, runs
from models.base import db
from models.orgs import Level, OrgUnit
from models.prepared import Prepared, rows_of
from queries.conditions import Condition, Words
from queries.indexing import IndexedField, tokens_of
from queries.scope import Slice

MOST_ARMS = 96
TOWN = "coalesce(r.town_id, 0)"
Cursor = tuple[Any, int] | None
Rows = list[tuple[Any, int]]
_TOWNSHIPS = Prepared(
    sa.select(OrgUnit.id)
    .where(OrgUnit.county_id == sa.bindparam("county"), OrgUnit.level == Level.TOWNSHIP)
    .order_by(OrgUnit.id)
)


class Sql:
    """The values of one statement, each named once, so that equal shapes are equal texts.

    The text goes to the driver as it is: SQLAlchemy would take the placeholders of sixteen arms apart each time.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.names: dict[tuple[type, Any], str] = {}
        self.shape = ":{}" if db.engine.dialect.name == "sqlite" else "%({})s"

    def __call__(self, value: Any) -> str:
        """Return the placeholder of a value."""
        key = (type(value), str(value) if isinstance(value, list) else value)
        if key not in self.names:
            name = f"p{len(self.values)}"
            self.values[name] = value
            self.names[key] = self.shape.format(name)
        return self.names[key]

    def rows(self, sql: str) -> Sequence[Any]:
        return rows_of(sql, self.values)


@dataclass(frozen=True)
class Scope:
    """The part of a form's records that an actor may see, as equalities."""

    form_id: int
    slices: tuple[Slice, ...]

    @property
    def places(self) -> tuple[Slice, ...]:
        return tuple(one for one in self.slices if one.column != "org_id")

    @property
    def units(self) -> tuple[Slice, ...]:
        return tuple(one for one in self.slices if one.column == "org_id")

    @cached_property
    def placed(self) -> Scope:
        """The places alone, without what units own besides."""
        return replace(self, slices=self.places) if self.units else self

    @property
    def overlapping(self) -> bool:
        """Tell whether a record may be met twice: by its place and by its owning unit."""
        return bool(self.places and self.units)

    @cached_property
    def towns(self) -> list[tuple[int, int | None]]:
        """Return (town, village or None) pairs that together cover the places on the side index."""
        pairs: list[tuple[int, int | None]] = []
        for one in self.places:
            if one.column == "county_id":
                pairs.extend((town, None) for town in [0, *(row.id for row in _TOWNSHIPS.all(county=one.id))])
            else:
                pairs.append((one.town_id or 0, one.id if one.column == "village_id" else None))
        return pairs

    def total(self) -> int:
        """Return how many active records lie in the places, from the counters: some dozen rows a place."""
        bind = Sql()
        places = ", ".join(bind(one.id) for one in self.places)
        if not places:
            return 0
        where = f"form_id = {bind(self.form_id)} AND place_id IN ({places}) AND fid = {bind('')}"
        sql = f"SELECT coalesce(sum(n), 0) FROM field_month WHERE {where}"  # noqa: S608 - every value is bound
        return int(bind.rows(sql)[0][0])

    def carrying(self, condition: Condition) -> int:
        """Return how many records in the places carry one of the values, from the counters."""
        bind = Sql()
        values = ", ".join(bind(condition.field.count_value(value)) for value in condition.values)
        where = [f"form_id = {bind(self.form_id)} AND fid = {bind(condition.field.fid)} AND value IN ({values})"]
        if not any(one.column == "county_id" for one in self.places):
            where.append(f"({' OR '.join([f'{one.column} = {bind(one.id)}' for one in self.places] or ['1 = 0'])})")
        sql = f"SELECT coalesce(sum(n), 0) FROM field_count WHERE {' AND '.join(where)}"  # noqa: S608 - bound
        return int(bind.rows(sql)[0][0])


class Arms:
    """The arms of one statement. `cursor` is where the page begins: (value, id) under a sort, (None, id) without.

    This is how SQLite answers them; `queries/listing_postgres.py` says what PostgreSQL needs instead.
    """

    fence = ""  # what keeps a probe from being joined
    spread = 1.0  # how many records there are to one that the driving condition finds

    def __init__(
        self, scope: Scope, *, descending: bool = True, cursor: Cursor = None, sort: IndexedField | None = None
    ) -> None:
        self.bind = Sql()
        self.scope = scope
        self.form = self.bind(scope.form_id)
        self.descending = descending
        self.cursor = cursor
        self.sort = sort
        self.sql: list[str] = []
        self.times = 2 if scope.overlapping else 1  # how often one record may be met

    # ---- arms that walk the side index

    def by_value(self, drive: Condition, probes: Iterable[Condition]) -> None:
        """Walk the rows of some values or of a range, newest first or, under a sort, joined with the sort's rows."""
        probes = list(probes)
        self.times *= 1 if drive.field.single else max(1, len(drive.values))
        self._field_arms(drive.field, drive, probes, own=False)
        self.by_unit([drive, *probes])

    def by_sort(self, drive: Condition | None, probes: Iterable[Condition]) -> None:
        """Walk the sort field's own rows in its order; `drive` narrows that same field."""
        assert self.sort is not None
        probes = list(probes)
        self._field_arms(self.sort, drive, probes, own=True)
        self.by_unit([*([drive] if drive else []), *probes])

    def _field_arms(
        self, field: IndexedField, drive: Condition | None, probes: Sequence[Condition], *, own: bool
    ) -> None:
        """Add an arm for each township and each value; `own` says that the field is the one sorted by."""
        joined = self.sort is not None and not own
        asked = [self.probe(one, "i.record_id", "i.town_id") for one in probes]
        for town, village in self.scope.towns:
            for where in self._driving(drive) if drive else [""]:
                place = f"i.town_id = {self.bind(town)}{where}"
                parts = [*self._field_rows(field, place, joined=joined)]
                if village is not None:
                    parts.append(f"i.village_id = {self.bind(village)}")
                self._field_arm(field, [*parts, *asked], joined=joined)

    def _field_rows(self, field: IndexedField, place: str, *, joined: bool) -> list[str]:
        """Return the conditions on the rows of a field in a place that stand behind the cursor."""
        row = "s" if joined else "i"
        parts = [f"i.form_id = {self.form} AND i.fid = {self.bind(field.fid)} AND {place}"]
        if joined:
            parts.append(self._sort_row("i.record_id", "i.town_id"))
        return [*parts, self._after(f"{row}.value", f"{row}.record_id")]

    def _field_arm(self, field: IndexedField, parts: Iterable[str], *, joined: bool) -> None:
        row = "s" if joined else "i"
        told = self._told(f"{row}.value", f"{row}.record_id", "i.town_id")
        self._select(told, f"{field.table} AS i{self._with_sort(joined=joined)}", parts)

    def _with_sort(self, *, joined: bool) -> str:
        return f" CROSS JOIN {self.sort.table} AS s" if joined and self.sort else ""

    def _driving(self, drive: Condition) -> list[str]:
        if drive.is_range:
            return [self._in_range(drive)]
        return [f" AND i.value = {self.bind(value)}" for value in drive.values]

    def _in_range(self, drive: Condition) -> str:
        return f" AND i.value >= {self.bind(drive.low)} AND i.value <= {self.bind(drive.high)}"

    # ---- arms that walk the records, newest first

    def by_unit(self, probes: Iterable[Condition]) -> None:
        probes = list(probes)
        for one in self.scope.units:
            self._record_arm(one, probes)

    def by_record(self, probes: Iterable[Condition]) -> None:
        probes = list(probes)
        for one in self.scope.slices:
            self._record_arm(one, probes)

    def _record_arm(self, one: Slice, probes: Iterable[Condition]) -> None:
        asked = [self.probe(each, "r.id", TOWN) for each in probes]
        self._select(self._told("s.value", "r.id", TOWN), self._record_source, [*self._record_rows(one), *asked])

    def _record_rows(self, one: Slice) -> list[str]:
        parts = [f"r.form_id = {self.form} AND r.state = 'active' AND r.{one.column} = {self.bind(one.id)}"]
        if self.sort:
            parts.append(self._sort_row("r.id", TOWN))
        return [*parts, self._after("s.value", "r.id")]

    @property
    def _record_source(self) -> str:
        return f"record AS r{self._with_sort(joined=True)}"

    # ---- arms that walk the word index

    def by_words(self, words: Sequence[Words], probes: Iterable[Condition]) -> None:
        """Walk what the word index finds. Place is asked inside it, so other villages' records are never met."""
        probes = list(probes)
        found = self._found(words)
        if not probes and not self.sort:
            self._select(self._told("", "w.id", "0"), found, [self._after("", "w.id")])
            return
        parts = [f"r.id = w.id AND r.form_id = {self.form}"]
        if self.sort:
            parts.append(self._sort_row("r.id", TOWN))
        parts += [self._after("s.value", "w.id"), *(self.probe(one, "r.id", TOWN) for one in probes)]
        self._select(self._told("s.value", "w.id", "r.town_id"), f"{found} CROSS JOIN {self._record_source}", parts)

    def _places(self) -> list[str]:
        marks = {"town_id": "tt", "village_id": "vv", "org_id": "oo"}
        if any(one.column not in marks for one in self.scope.slices):
            return []
        return tokens_of(self.scope.form_id, (f"{marks[one.column]}{one.id}" for one in self.scope.slices))

    def _found(self, words: Sequence[Words]) -> str:
        asked = [run for one in words for run in runs(one.text)]
        terms = [f'"{" ".join(tokens_of(self.scope.form_id, bigrams(run)))}"' for run in asked]
        if places := self._places():
            terms.append("(" + " OR ".join(f'"{place}"' for place in places) + ")")
        match = self.bind(" AND ".join(terms))
        return f"(SELECT rowid AS id FROM record_fts WHERE record_fts MATCH {match}) AS w"  # noqa: S608 - bound

    # ---- pieces

    def probe(self, one: Condition, record: str, town: str) -> str:
        """Ask the side index about one record."""
        values, absent = self._asked_for(one)
        if one.is_range:
            holds = f"p.value >= {self.bind(one.low)} AND p.value <= {self.bind(one.high)}"
        elif len(values) == 1:
            holds = f"p.value = {self.bind(values[0])}"
        else:
            holds = f"p.value IN ({', '.join(self.bind(value) for value in values)})"
        return (
            f"{'NOT ' if absent else ''}EXISTS (SELECT 1 FROM {one.field.table} AS p{self._by_key(one)} "  # noqa: S608 - names are ours
            f"WHERE p.record_id = {record} "
            f"AND p.form_id = {self.form} AND p.fid = {self.bind(one.field.fid)} AND p.town_id = {town} "
            f"AND {holds}{self.fence})"
        )

    @staticmethod
    def _asked_for(one: Condition) -> tuple[Sequence[Any], bool]:
        """Return the values a probe looks for, and whether none of them may be there: the shorter way to say it."""
        few = 0 < len(one.besides) < len(one.values)
        return (one.besides, True) if few else (one.values, one.negated)

    def _by_key(self, one: Condition) -> str:
        """Look a value up in the primary key, where the rows of a value lie together.

        SQLite prefers the index by record, whose pages are strewn: twice the time over ten thousand probes.
        """
        return "" if one.is_range else f" INDEXED BY sqlite_autoindex_{one.field.table}_1"

    def _sort_row(self, record: str, town: str) -> str:
        assert self.sort is not None
        return (
            f"s.record_id = {record} AND s.form_id = {self.form} AND s.fid = {self.bind(self.sort.fid)} "
            f"AND s.town_id = {town}"
        )

    def _after(self, value: str, ident: str) -> str:
        if self.cursor is None:
            return ""
        sign = "<" if self.descending else ">"
        if self.sort is None:
            return f"{ident} < {self.bind(self.cursor[1])}"
        return f"({value}, {ident}) {sign} ({self.bind(self.cursor[0])}, {self.bind(self.cursor[1])})"

    @property
    def way(self) -> str:
        return "DESC" if self.descending or self.sort is None else "ASC"

    def _told(self, value: str, ident: str, town: str) -> str:
        return f"{value} AS value, {ident} AS id" if self.sort else f"{ident} AS id, {town} AS town"

    def _select(self, told: str, source: str, parts: Iterable[str]) -> None:
        where = " AND ".join(filter(None, parts)) or "1 = 1"
        self.sql.append(f"SELECT {told} FROM {source} WHERE {where}")  # noqa: S608 - every value is bound

    # ---- answers

    def rows(self, limit: int) -> Rows:
        """Return (value, id) in order, each record once."""
        if not self.sql:
            return []
        return self._rows(f"{' UNION ALL '.join(self.sql)} {self.ending(limit)}")[:limit]

    def ending(self, limit: int) -> str:
        order = f"value {self.way}, id {self.way}" if self.sort else "id DESC"
        return f"ORDER BY {order} LIMIT {self.bind(limit * self.times)}"

    def _rows(self, sql: str) -> Rows:
        if self.sort:
            found = {row[1]: row[0] for row in self.bind.rows(sql)}
        else:
            found = dict.fromkeys(row[0] for row in self.bind.rows(sql))
        return [(value, ident) for ident, value in found.items()]

    def count(self, most: int) -> int:
        """Return how many records there are, at most `most`."""
        if not self.sql:
            return 0
        inner = f"SELECT {self._each_once}id FROM ({' UNION ALL '.join(self.sql)}) AS a LIMIT {self.bind(most)}"  # noqa: S608 - bound
        return int(self.bind.rows(f"SELECT count(*) FROM ({inner}) AS b")[0][0])  # noqa: S608 - bound

    def count_found(self, most: int, *, visits: int, enough: int) -> tuple[int, bool]:
        """Count what the words find, at most `most`; return whether that is all.

        Where it takes long to find all, no more than `visits` are looked at, and `enough` of the newest will do.
        """
        del visits, enough  # this word index gives its rows one by one
        number = self.count(most + 1)
        return min(number, most), number <= most

    @property
    def _each_once(self) -> str:
        return "DISTINCT " if self.times > 1 else ""

    def held(self, drive: Condition | None, probes: Iterable[Condition], visits: int) -> tuple[int, bool]:
        """Count which rows of a driving condition (or of all) meet the probes, looking at no more than `visits`.

        Returns the number and whether all rows were looked at.
        """
        probes = list(probes)
        if drive:
            self.by_value(drive, [])
        else:
            self.by_record([])
        if not self.sql:
            return 0, True
        found = f"({' UNION ALL '.join(self.sql)}) AS a"
        rows = f"SELECT {self._each_once}id, town FROM {found} LIMIT {self.bind(visits)}"  # noqa: S608 - bound
        seen, number = self.bind.rows(self._held(rows, probes))[0]
        return int(number), seen < visits

    def _held(self, rows: str, probes: Sequence[Condition]) -> str:
        """Return the statement that counts rows, and those of them which meet the probes."""
        holds = " AND ".join(self.probe(one, "i.id", "i.town") for one in probes) or "1 = 1"
        counts = f"count(*), coalesce(sum(CASE WHEN {holds} THEN 1 ELSE 0 END), 0)"
        return f"SELECT {counts} FROM ({rows}) AS i"  # noqa: S608 - bound


def arms_of(condition: Condition, scope: Scope) -> int:
    """Return how many arms a driving condition needs."""
    towns = sum(20 if one.column == "county_id" else 1 for one in scope.places)
    return towns * max(1, len(condition.values))
