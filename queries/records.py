"""Reading register entries: pages of a list, counts, one entry, its revisions. Always inside the actor's scope."""

from __future__ import annotations

from functools import cached_property

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.forms import Form
from models.prepared import entity, numbered
from models.records import Record, RecordRevision
from queries.conditions import Filter, Request
from queries.cursors import LARGEST_ID, write_cursor
from queries.listing import Rows
from queries.record_query import COUNT_CAP, COUNT_VISITS, MOST_ROWS, Count, Query
from queries.record_rows import Listed, readable, rows_by_ids
from queries.rights import on_form
from queries.scope import covers, in_scope

__all__ = [
    "COUNT_CAP",
    "MOST_ROWS",
    "Filter",
    "Listed",
    "Page",
    "Request",
    "capped_count",
    "get_record",
    "page",
    "recent",
    "revision",
    "revisions",
]

LARGEST_REVISION = 2**31 - 1


class Page:
    """One page of a list. `next` is the cursor of the page behind it, None on the last."""

    def __init__(self, query: Query, rows: Rows, records: list[Listed], limit: int) -> None:
        self._query = query
        self.records = records[:limit]
        self.next = write_cursor(rows[limit - 1]) if len(rows) > limit else None
        self.first = query.cursor is None

    @cached_property
    def count(self) -> Count:
        """How many records the request finds on all pages together, as capped_count says."""
        return Count(len(self.records)) if self.first and self.next is None else self._query.count()


def page(form: Form, actor: Actor, request: Request, permission: str = "record:list") -> Page:
    """Return the records a request asks for, newest first or by an indexed field. A made-up cursor is page one."""
    query = Query(form, actor, request, permission)
    limit = max(1, min(request.limit, MOST_ROWS))
    return Page(query, *query.page(limit + 1), limit)


def capped_count(
    form: Form, actor: Actor, request: Request, permission: str = "record:list", *, visits: int = COUNT_VISITS
) -> Count:
    """Return how many records a request finds, at most COUNT_CAP; `more` marks a number that is only a lower end.

    `visits` is how many index rows may be looked at: pages look at few, acts that depend on the number at more.
    """
    return Query(form, actor, request, permission).count(visits)


def get_record(form: Form, record_id: int, actor: Actor, permission: str = "record:list") -> Record | None:
    """Return one record of a form in the actor's scope; a void one only to those who may read histories."""
    if not 0 < record_id < LARGEST_ID or form.current_version is None:
        return None
    actor = on_form(actor, form.id)
    row = rows_by_ids(1).first(**numbered([record_id]))
    if row is None or row.form_id != form.id or not covers(actor, permission, row) or not readable(row, actor):
        return None
    return entity(Record, row)


def revision(record: Record, number: int) -> RecordRevision | None:
    """Return what a record said after its n-th save. The record itself must have been read in scope."""
    return db.session.get(RecordRevision, (record.id, number)) if 0 < number <= LARGEST_REVISION else None


def revisions(record: Record) -> list[RecordRevision]:
    """Return all saves of a record, newest first. The record itself must have been read in scope."""
    query = sa.select(RecordRevision).where(RecordRevision.record_id == record.id)
    return list(db.session.scalars(query.order_by(RecordRevision.n.desc())))


def recent(actor: Actor, *, limit: int = 8) -> list[Record]:
    """Return the newest records of all registers in the actor's scope, with their forms."""
    newest: list[Listed] = []
    for form in db.session.scalars(sa.select(Form).where(in_scope(Form, actor, "record:list"))).all():
        if form.current_version is not None:
            newest.extend(page(form, actor, Request(limit=limit)).records)
    newest.sort(key=lambda record: (record.created_at, record.id), reverse=True)
    return [db.session.get_one(Record, one.id) for one in newest[:limit]]
