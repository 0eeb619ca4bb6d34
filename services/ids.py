"""Ids taken before the insert, for rows that name themselves (a village's village_id is its own id)."""

from __future__ import annotations

import sqlalchemy as sa

from models.base import Base, db


def next_id(model: type[Base]) -> int:
    """Return a fresh primary key. On SQLite the write lock keeps it ours; on PostgreSQL the sequence does."""
    if db.engine.dialect.name == "postgresql":
        sequence = sa.func.pg_get_serial_sequence(model.__tablename__, "id")
        return int(db.session.scalars(sa.select(sa.func.nextval(sequence))).one())
    key = sa.inspect(model).primary_key[0]
    newest: int | None = db.session.scalar(sa.select(sa.func.max(key)))
    return (newest or 0) + 1
