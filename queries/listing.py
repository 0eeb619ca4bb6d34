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
from models.prepared import Prepared
from queries.conditions import Condition, Words
from queries.indexing import IndexedField, tokens_of
from queries.scope import Slice

MOST_ARMS = 96
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
        return db.session.connection().exec_driver_sql(sql, self.values).all()


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


@dataclass(frozen=True)
class Walk:
    """One arm: what it tells of the rows of a source, on which conditions, and by which probes of each.

    `order` says how an index gives the rows by itself, where that is the order asked.
    """

    told: str
    source: str
    where: str
    probes: str = ""
    columns: str = ""
    order: str = ""

    @property
    def sql(self) -> str:
        return f"SELECT {self.told} FROM {self.source} WHERE {' AND '.join(filter(None, (self.where, self.probes)))}"  # noqa: S608 - every value is bound

    def ended(self, limit: str) -> str:
        """Return the arm as PostgreSQL reads no more of it than it must.

        It merges no arms that are to be sorted, it reads them whole; so each says its own end. And seeing an order, a
        limit and probes at once, it leaves the index of the walk for another, or joins what should be looked up row by
        row: OFFSET 0, here and in the probes, keeps it from either.
        """
        if not self.order:
            return self.sql
        rows = f"SELECT {self.columns} FROM {self.source} WHERE {self.where} ORDER BY {self.order} OFFSET 0"  # noqa: S608 - bound
        alias = self.source.rpartition(" ")[2]
        holds = f" WHERE {self.probes}" if self.probes else ""
        return f"SELECT {self.told} FROM ({rows}) AS {alias}{holds} ORDER BY {self.order} LIMIT {limit}"  # noqa: S608 - bound


class Arms:
    """The arms of one statement. `cursor` is where the page begins: (value, id) under a sort, (None, id) without."""

    def __init__(
        self, scope: Scope, *, descending: bool = True, cursor: Cursor = None, sort: IndexedField | None = None
    ) -> None:
        self.bind = Sql()
        self.scope = scope
        self.form = self.bind(scope.form_id)
        self.descending = descending
        self.cursor = cursor
        self.sort = sort
        self.walks: list[Walk] = []
        self.times = 2 if scope.overlapping else 1  # how often one record may be met

    # ---- arms that walk the side index

    def by_value(self, drive: Condition, probes: Iterable[Condition]) -> None:
        """Walk the rows of some values or of a range, newest first or, under a sort, joined with the sort's rows."""
        probes = list(probes)
        self.times *= 1 if drive.field.single else max(1, len(drive.values))
        for town, village in self.scope.towns:
            for where in self._driving(drive):
                self._arm(drive.field, town, village, where, probes, order="" if drive.is_range else "i.record_id DESC")
        self.by_unit([drive, *probes])

    def by_sort(self, drive: Condition | None, probes: Iterable[Condition]) -> None:
        """Walk the sort field's own rows in its order; `drive` narrows that same field."""
        assert self.sort is not None
        probes = list(probes)
        order = f"i.value {self.way}, i.record_id {self.way}"
        for town, village in self.scope.towns:
            for where in self._driving(drive) if drive else [""]:
                self._arm(self.sort, town, village, where, probes, order=order, own=True)
        self.by_unit([*([drive] if drive else []), *probes])

    def _arm(
        self, field: IndexedField, town: int, village: int | None, where: str, probes: Iterable[Condition], *,
        order: str, own: bool = False,
    ) -> None:  # fmt: skip
        """Walk the rows of a field in a township. `order` is the one its index gives, `own` says it is the sort's."""
        joined = self.sort is not None and not own
        row, order = ("s", "") if joined else ("i", order)
        source = f"{field.table} AS i" + (f" CROSS JOIN {self.sort.table} AS s" if joined and self.sort else "")
        parts = [f"i.form_id = {self.form} AND i.fid = {self.bind(field.fid)} AND i.town_id = {self.bind(town)}{where}"]
        if joined:
            parts.append(self._sort_row("i.record_id", "i.town_id"))
        if village is not None:
            parts.append(f"i.village_id = {self.bind(village)}")
        parts.append(self._after(f"{row}.value", f"{row}.record_id"))
        asked = [self.probe(one, "i.record_id", "i.town_id", alone=bool(order)) for one in probes]
        told = self._told(f"{row}.value", f"{row}.record_id", "i.town_id")
        self._walk(told, source, parts, asked, columns="i.record_id, i.town_id, i.value", order=order)

    def _driving(self, drive: Condition) -> list[str]:
        if drive.is_range:
            return [f" AND i.value >= {self.bind(drive.low)} AND i.value <= {self.bind(drive.high)}"]
        return [f" AND i.value = {self.bind(value)}" for value in drive.values]

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
        town, order = "coalesce(r.town_id, 0)", "" if self.sort else "r.id DESC"
        source = "record AS r" + (f" CROSS JOIN {self.sort.table} AS s" if self.sort else "")
        parts = [f"r.form_id = {self.form} AND r.state = 'active' AND r.{one.column} = {self.bind(one.id)}"]
        if self.sort:
            parts.append(self._sort_row("r.id", town))
        parts.append(self._after("s.value", "r.id"))
        asked = [self.probe(each, "r.id", town, alone=bool(order)) for each in probes]
        self._walk(self._told("s.value", "r.id", town), source, parts, asked, columns="r.id, r.town_id", order=order)

    # ---- arms that walk the word index

    def by_words(self, words: Sequence[Words], probes: Iterable[Condition]) -> None:
        """Walk what the word index finds. Place is asked inside it, so other villages' records are never met."""
        probes = list(probes)
        found = self._fts(words) if db.engine.dialect.name == "sqlite" else self._gin(words)
        if not probes and not self.sort:
            self._walk(self._told("", "w.id", "0"), found, [self._after("", "w.id")])
            return
        town = "coalesce(r.town_id, 0)"
        source = f"{found} CROSS JOIN record AS r" + (f" CROSS JOIN {self.sort.table} AS s" if self.sort else "")
        parts = [f"r.id = w.id AND r.form_id = {self.form}"]
        if self.sort:
            parts.append(self._sort_row("r.id", town))
        parts.append(self._after("s.value", "w.id"))
        asked = [self.probe(one, "r.id", town) for one in probes]
        self._walk(self._told("s.value", "w.id", "r.town_id"), source, parts, asked)

    def _places(self) -> list[str]:
        marks = {"town_id": "tt", "village_id": "vv", "org_id": "oo"}
        if any(one.column not in marks for one in self.scope.slices):
            return []
        return tokens_of(self.scope.form_id, (f"{marks[one.column]}{one.id}" for one in self.scope.slices))

    def _fts(self, words: Sequence[Words]) -> str:
        asked = [run for one in words for run in runs(one.text)]
        terms = [f'"{" ".join(tokens_of(self.scope.form_id, bigrams(run)))}"' for run in asked]
        if places := self._places():
            terms.append("(" + " OR ".join(f'"{place}"' for place in places) + ")")
        match = self.bind(" AND ".join(terms))
        return f"(SELECT rowid AS id FROM record_fts WHERE record_fts MATCH {match}) AS w"  # noqa: S608 - bound

    def _gin(self, words: Sequence[Words]) -> str:
        grams = tokens_of(self.scope.form_id, sorted({pair for one in words for pair in bigrams(one.text)}))
        places = self._places()
        narrowed = f" AND grams && CAST({self.bind(places)} AS text[])" if places else ""
        return (
            "(WITH found AS MATERIALIZED (SELECT record_id AS id FROM record_search "  # noqa: S608 - names are ours
            f"WHERE grams @> CAST({self.bind(grams)} AS text[]){narrowed}) SELECT id FROM found) AS w"
        )

    # ---- pieces

    def probe(self, one: Condition, record: str, town: str, *, alone: bool = False) -> str:
        """Ask the side index about one record; `alone` is row by row, never joined (PostgreSQL)."""
        few = 0 < len(one.besides) < len(one.values)
        values, absent = (one.besides, True) if few else (one.values, one.negated)
        if one.is_range:
            holds = f"p.value >= {self.bind(one.low)} AND p.value <= {self.bind(one.high)}"
        elif len(values) == 1:
            holds = f"p.value = {self.bind(values[0])}"
        else:
            holds = f"p.value IN ({', '.join(self.bind(value) for value in values)})"
        fence = " OFFSET 0" if alone and db.engine.dialect.name != "sqlite" else ""
        return (
            f"{'NOT ' if absent else ''}EXISTS (SELECT 1 FROM {one.field.table} AS p{self._by_key(one)} "  # noqa: S608 - names are ours
            f"WHERE p.record_id = {record} "
            f"AND p.form_id = {self.form} AND p.fid = {self.bind(one.field.fid)} AND p.town_id = {town} "
            f"AND {holds}{fence})"
        )

    def _by_key(self, one: Condition) -> str:
        """Make SQLite look a value up in the primary key, where the rows of a value lie together.

        It prefers the index by record, whose pages are strewn: twice the time over ten thousand probes.
        """
        by_key = db.engine.dialect.name == "sqlite" and not one.is_range
        return f" INDEXED BY sqlite_autoindex_{one.field.table}_1" if by_key else ""

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

    @property
    def sql(self) -> list[str]:
        return [walk.sql for walk in self.walks]

    def _told(self, value: str, ident: str, town: str) -> str:
        return f"{value} AS value, {ident} AS id" if self.sort else f"{ident} AS id, {town} AS town"

    def _walk(
        self, told: str, source: str, parts: Iterable[str], probes: Iterable[str] = (), *, columns: str = "",
        order: str = "",
    ) -> None:  # fmt: skip
        where = " AND ".join(filter(None, parts)) or "1 = 1"
        self.walks.append(Walk(told, source, where, " AND ".join(probes), columns, order))

    # ---- answers

    def rows(self, limit: int) -> Rows:
        """Return (value, id) in order, each record once."""
        if not self.walks:
            return []
        order = f"value {self.way}, id {self.way}" if self.sort else "id DESC"
        most = self.bind(limit * self.times)
        if db.engine.dialect.name == "sqlite":  # which merges the arms as they are
            every = " UNION ALL ".join(self.sql)
        else:
            arms = [f"({walk.ended(most)})" for walk in self.walks]
            every = " UNION ALL ".join(arms) if len(arms) > 1 else f"SELECT * FROM {arms[0]} AS a"  # noqa: S608 - bound
        sql = f"{every} ORDER BY {order} LIMIT {most}"
        found = {row.id: (row.value if self.sort else None) for row in self.bind.rows(sql)}
        return [(value, ident) for ident, value in found.items()][:limit]

    def count(self, most: int) -> int:
        """Return how many records there are, at most `most`."""
        if not self.sql:
            return 0
        union = " UNION " if self.times > 1 else " UNION ALL "
        inner = f"SELECT id FROM ({union.join(self.sql)}) AS a LIMIT {self.bind(most)}"  # noqa: S608 - bound
        return int(self.bind.rows(f"SELECT count(*) FROM ({inner}) AS b")[0][0])  # noqa: S608 - bound

    def held(self, drive: Condition | None, probes: Iterable[Condition], visits: int) -> tuple[int, bool]:
        """Count which rows of a driving condition (or of all) meet the probes, looking at no more than `visits`.

        Returns the number and whether all rows were looked at.
        """
        probes = list(probes)
        if drive:
            self.by_value(drive, [])
        else:
            self.by_record([])
        union = " UNION " if self.times > 1 else " UNION ALL "
        rows = f"SELECT id, town FROM ({union.join(self.sql)}) AS a LIMIT {self.bind(visits)}"  # noqa: S608 - bound
        holds = " AND ".join(self.probe(one, "i.id", "i.town", alone=True) for one in probes) or "1 = 1"
        counts = f"count(*), coalesce(sum(CASE WHEN {holds} THEN 1 ELSE 0 END), 0)"
        if not self.sql:
            return 0, True
        seen, number = self.bind.rows(f"SELECT {counts} FROM ({rows}) AS i")[0]  # noqa: S608 - bound
        return int(number), seen < visits


def arms_of(condition: Condition, scope: Scope) -> int:
    """Return how many arms a driving condition needs."""
    towns = sum(20 if one.column == "county_id" else 1 for one in scope.places)
    return towns * max(1, len(condition.values))
