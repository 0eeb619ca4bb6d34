"""Records as rows: written, and kept as revisions, by statements prepared once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import make_transient_to_detached

from models.access import Actor
from models.base import db, table_of
from models.prepared import Prepared, say
from models.records import Record, RecordRevision
from models.rows import Part, Rows, write_together

REASON_LENGTH = 200
_record = table_of(Record)
_NEW_COLUMNS = tuple(column.key for column in _record.c if column.key != "id")
_CHANGED = ("version", "answers", "updated_at", "row_version")
_NEW = Prepared(sa.insert(_record).returning(_record.c.id), *_NEW_COLUMNS)
_CHANGE = Prepared(
    sa.update(_record)
    .where(_record.c.id == sa.bindparam("ident"))
    .values({name: sa.bindparam(name) for name in _CHANGED})
)
_REVISIONS = Rows(table_of(RecordRevision))


def add_record(record: Record) -> None:
    """Write a new record and hand it to the session like one that was read there."""
    row: Any = _NEW.first(**{name: getattr(record, name) for name in _NEW_COLUMNS})
    record.id = row.id
    make_transient_to_detached(record)
    db.session.add(record)


def write_change(record: Record, *, version: int, answers: Mapping[str, Any], at: datetime) -> None:
    """Write what a held record says from now on, as its next save."""
    values = {"version": version, "answers": answers, "updated_at": at, "row_version": record.row_version + 1}
    _CHANGE.run(ident=record.id, **values)
    say(record, values)


def add_revision(record: Record, hidden: Mapping[str, Any], *, reason: str = "", actor: Actor, at: datetime) -> None:
    """Keep what a record says after this save; row_version counts the saves, so it numbers the revisions."""
    write_together([revision_part(record, hidden, reason=reason, actor=actor, at=at)])


def revision_part(record: Record, hidden: Mapping[str, Any], *, reason: str = "", actor: Actor, at: datetime) -> Part:
    """Return the same for a statement that writes more than that."""
    values = revision_values(record, hidden, reason=reason, actor=actor, at=at)
    return _REVISIONS, [{"record_id": record.id, **values}]


def revision_values(
    record: Record, hidden: Mapping[str, Any], *, reason: str = "", actor: Actor, at: datetime
) -> dict[str, Any]:
    """Return the columns of a revision but for the record's id, which a new record does not have yet."""
    return {
        "n": record.row_version,
        "version": record.version,
        "state": record.state,
        "stage": record.stage,
        "answers": dict(record.answers),
        "hidden": dict(hidden),
        "reason": reason[:REASON_LENGTH],
        "actor_id": actor.user_id,
        "at": at,
    }
