"""Many rows of one table, written at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from models.prepared import Prepared, driver

_encoded = json.JSONEncoder(ensure_ascii=False, default=str).encode


def _sent(table: sa.Table, columns: Sequence[sa.ColumnClause[Any]]) -> Any:
    sent = sa.cast(sa.bindparam(table.name, type_=sa.Text()), postgresql.JSON())
    return sa.func.json_to_recordset(sent).table_valued(*columns).render_derived(with_types=True)


class Rows:
    """An INSERT of any number of rows of what JSON can say: on PostgreSQL one statement that takes them so.

    Its driver sends every row of an `executemany` by itself. `upsert` says what becomes of rows
    that are there, given the INSERT of either dialect.
    """

    def __init__(self, table: sa.Table, upsert: Callable[[Any], Any] = lambda insert: insert) -> None:
        self.table, self._upsert = table, upsert
        self._floats = [one.key for one in table.c if isinstance(one.type, sa.Float)]
        self._each = Prepared(upsert(sqlite.insert(table).inline()), *table.c.keys())

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows, each with all columns of the table."""
        if driver()[0].name == "postgresql":
            write_together([(self, rows)])
        else:
            self._each.run_all(rows)

    def to_json(self, rows: Sequence[Mapping[str, Any]]) -> str:
        """Return rows as `from_json` takes them."""
        for name in self._floats:  # JSON has no infinity; what PostgreSQL reads as text it does
            rows = [{**row, name: str(row[name])} for row in rows]
        return _encoded(rows)

    def from_json(self) -> Any:
        """Return the INSERT of PostgreSQL. Its one parameter has the name of the table."""
        # A cast to VARCHAR(n) would cut off what is too long: as text the column refuses it.
        columns = [
            sa.column(one.key, sa.Text() if isinstance(one.type, sa.String) else one.type) for one in self.table.c
        ]
        found = _sent(self.table, columns)
        return self._upsert(postgresql.insert(self.table).from_select(self.table.c.keys(), sa.select(*found.c)))


class Changes:
    """An UPDATE or DELETE of rows by values, on the same terms.

    `one` names the values as parameters, `every` makes the statement for rows with a column for each.
    """

    def __init__(
        self, table: sa.Table, columns: Mapping[str, Any], one: sa.ClauseElement, every: Callable[[Any], Any]
    ) -> None:
        self.table, self._every = table, every
        self._columns = [sa.column(name, kind) for name, kind in columns.items()]
        self._one = Prepared(one)

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows, each with all values."""
        self._one.run_all(rows)

    def to_json(self, rows: Sequence[Mapping[str, Any]]) -> str:
        """Return rows as `from_json` takes them."""
        return _encoded(rows)

    def from_json(self) -> Any:
        """Return the statement of PostgreSQL. Its one parameter has the name of the table."""
        return self._every(_sent(self.table, self._columns))


Part = tuple[Rows | Changes, Sequence[Mapping[str, Any]]]


def write_together(parts: Sequence[Part]) -> None:
    """Write rows of different tables that know nothing of each other: on PostgreSQL in one statement, in any order."""
    parts = [(kind, rows) for kind, rows in parts if rows]
    if parts and driver()[0].name == "postgresql":
        said = {kind.table.name: kind.to_json(rows) for kind, rows in parts}
        _together(tuple(kind for kind, _rows in parts)).run(**said)
    else:
        for kind, rows in parts:
            kind.write(rows)


@lru_cache(128)
def _together(kinds: tuple[Rows | Changes, ...]) -> Prepared:
    *others, last = (kind.from_json() for kind in kinds)
    return Prepared(last.add_cte(*(insert.cte(f"part_{n}") for n, insert in enumerate(others))))
