"""Many rows of one table, written at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from models.prepared import Prepared, driver


class Rows:
    """An INSERT of any number of rows of numbers, texts and lists of texts: on PostgreSQL one statement, as JSON.

    Its driver sends every row of an `executemany` by itself, at some 30 us a row. `upsert` says what becomes of rows
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
        return json.dumps(rows, ensure_ascii=False, default=str)

    def from_json(self) -> Any:
        """Return the INSERT of PostgreSQL. Its one parameter has the name of the table."""
        # A cast to VARCHAR(n) would cut off what is too long: as text the column refuses it.
        columns = [
            sa.column(one.key, sa.Text() if isinstance(one.type, sa.String) else one.type) for one in self.table.c
        ]
        sent = sa.cast(sa.bindparam(self.table.name, type_=sa.Text()), postgresql.JSON())
        found = sa.func.json_to_recordset(sent).table_valued(*columns).render_derived(with_types=True)
        return self._upsert(postgresql.insert(self.table).from_select(self.table.c.keys(), sa.select(*found.c)))


def write_together(parts: Sequence[tuple[Rows, Sequence[Mapping[str, Any]]]]) -> None:
    """Write rows of different tables that know nothing of each other: on PostgreSQL in one statement, in any order."""
    parts = [(kind, rows) for kind, rows in parts if rows]
    if parts and driver()[0].name == "postgresql":
        said = {kind.table.name: kind.to_json(rows) for kind, rows in parts}
        _together(tuple(kind for kind, _rows in parts)).run(**said)
    else:
        for kind, rows in parts:
            kind.write(rows)


@lru_cache(128)
def _together(kinds: tuple[Rows, ...]) -> Prepared:
    *others, last = (kind.from_json() for kind in kinds)
    return Prepared(last.add_cte(*(insert.cte(f"part_{n}") for n, insert in enumerate(others))))
