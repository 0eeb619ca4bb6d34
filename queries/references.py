"""Whether anything in the database points to a row: what is pointed to is ended, never deleted."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from models.base import Base, db


def references(row: Any, *, apart_from: frozenset[str] = frozenset()) -> list[str]:
    """Return the names of the tables with a row that points to this one, itself and `apart_from` not counted."""
    table = row.__table__
    key = sa.inspect(row).identity[0]
    found = []
    for other in Base.metadata.sorted_tables:
        columns = [column for column in other.columns if _points_to(column, table)]
        if not columns or other.name in apart_from:
            continue
        pointing = sa.or_(*(column == key for column in columns))
        itself = [table.primary_key.columns[0] != key] if other is table else []
        if db.session.scalar(sa.select(sa.exists().where(pointing, *itself))):
            found.append(other.name)
    return found


def _points_to(column: sa.Column[Any], table: sa.Table) -> bool:
    return any(key.column.table is table for key in column.foreign_keys)
