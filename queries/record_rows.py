"""Records by their ids: the columns of them that lists read, and who may read one."""

from __future__ import annotations

import functools
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.access import Actor
from models.prepared import Prepared, many
from models.records import Record, RecordState
from queries.scope import covers


class Listed(NamedTuple):
    """A record as lists read it: its columns, and nothing that would be written back."""

    id: int
    form_id: int
    version: int
    serial: int
    number: str
    state: str
    stage: str | None
    author_id: int | None
    created_at: datetime
    updated_at: datetime
    answers: dict[str, Any]
    row_version: int
    county_id: int
    town_id: int | None
    village_id: int | None
    org_id: int


@functools.cache
def rows_by_ids(number: int) -> Prepared:
    """Return the statement that reads so many records."""
    columns = [Record.__table__.c[name] for name in Listed._fields]
    return Prepared(sa.select(*columns).where(Record.id.in_(many(number))))


def readable(record: Record | Listed, actor: Actor) -> bool:
    """Tell whether the actor may read a record of the scope: void ones are for those who may read histories."""
    return record.state == RecordState.ACTIVE or covers(actor, "record:history", record)
