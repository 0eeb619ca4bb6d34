"""Rebuilding derived data from the documents: after a new version indexes more, or when a check found a difference."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.forms import Form
from models.records import FieldCount, FieldMonth, Record, RecordCount, RecordState, record_search
from queries.index_check import TABLES, expected_counts, present_rows, present_words, stored_words
from queries.indexing import EMPTY, NOTHING, STAGE, IndexedField, Shape, derived, fields_of, shape
from queries.tallies import counted_anew
from services.audit import record_audit
from services.indexing import count_changes, rewrite_rows, rewrite_words
from services.transaction import transaction

BATCH = 500
PLACE = ("county_id", "town_id", "village_id", "month")
TALLY = ("place_id", "fid", "month", "value", "n", "whole", "micro")


@transaction
def extend_index(form: Form) -> int:
    """Index what the newest version of a form indexes and no earlier one did; return how many fields that were.

    publish calls this in its own transaction, so that no list under the new version misses an old record.
    """
    known = shape(form.id)
    earlier = fields_of(one for number, one in known.definitions.items() if number != max(known.definitions))
    fresh = [field for fid, field in known.fields.items() if fid not in earlier]
    asked_before = {
        item.fid
        for number, one in known.definitions.items()
        if number != max(known.definitions)
        for item in one.every_item
    } | {STAGE}  # fmt: skip - every record is in a stage
    for field in fresh:
        if field.fid not in asked_before:
            _mark_empty(form.id, field)
    _index_answers(form.id, known, [field for field in fresh if field.fid in asked_before])
    return len(fresh)


def _mark_empty(form_id: int, field: IndexedField) -> None:
    """Give all active records the mark of emptiness for a field none of them was ever asked."""
    empty = EMPTY[field.table]
    town, village = sa.func.coalesce(Record.town_id, 0), sa.func.coalesce(Record.village_id, 0)
    table: Any = TABLES[field.table]
    active = (Record.form_id == form_id, Record.state == RecordState.ACTIVE)
    value = sa.literal(empty, table.c.value.type)
    rows = sa.select(sa.literal(form_id), sa.literal(field.fid), town, value, Record.id, village).where(*active)
    names = ["form_id", "fid", "town_id", "value", "record_id", "village_id"]
    db.session.execute(sa.insert(table).from_select(names, rows))
    if field.counted:
        counts = sa.select(
            sa.literal(form_id), sa.literal(field.fid), sa.literal(""), town, village, sa.func.count()
        ).where(*active)
        names = ["form_id", "fid", "value", "town_id", "village_id", "n"]
        db.session.execute(sa.insert(FieldCount).from_select(names, counts.group_by(town, village)))
    if field.counted and field.tallied:
        _mark_months_empty(form_id, field)


def _mark_months_empty(form_id: int, field: IndexedField) -> None:
    """Let the months say of a new field that nobody has answered it: as many as there are records."""
    table = FieldMonth
    zero = sa.literal(0)
    rows = sa.select(
        sa.literal(form_id), table.place_id, sa.literal(field.fid), table.month, sa.literal(""), table.n, zero, zero
    ).where(table.form_id == form_id, table.fid == "")
    names = ["form_id", "place_id", "fid", "month", "value", "n", "whole", "micro"]
    db.session.execute(sa.insert(table).from_select(names, rows))


def _index_answers(form_id: int, known: Shape, fields: Iterable[IndexedField]) -> None:
    """Index answers that were given before anybody wanted them indexed."""
    only = Shape(known.definitions, {field.fid: field for field in fields})
    last = 0
    while only.fields and (records := _batch(form_id, last)):
        for record in records:
            rewrite_rows(record.id, form_id, NOTHING.rows, derived(record, only).rows)
        count_changes(form_id, [(NOTHING, derived(record, only).values_only()) for record in records])
        last = records[-1].id
        db.session.flush()
        db.session.expire_all()


def reindex(form: Form, *, actor: Actor, at: datetime) -> int:
    """Bring all derived data of a form in line with its documents; return how many records were mended.

    Works in batches, each its own transaction, so that a county can go on working meanwhile.
    """
    form_id, last, mended = form.id, 0, 0
    while True:
        end, fixed = _mend_batch(form_id, after=last)
        if end is None:
            break
        last, mended = end, mended + fixed
    _recount(form_id, mended=mended, actor=actor, at=at)
    return mended


@transaction
def _mend_batch(form_id: int, *, after: int) -> tuple[int | None, int]:
    db.session.get_one(Form, form_id, with_for_update={"read": True})
    known = shape(form_id)
    records = _batch(form_id, after, active_only=False)
    ids = [record.id for record in records]
    rows, words = present_rows(ids), present_words(ids)
    fixed = 0
    for record in records:
        expected, kept = derived(record, known), words.get(record.id, ())
        wrong_words = kept != stored_words(expected.tokens)
        rewrite_rows(record.id, form_id, rows[record.id], expected.rows)
        if wrong_words:
            rewrite_words(record.id, form_id, kept, expected.tokens)
        fixed += wrong_words or rows[record.id] != expected.rows
    return (ids[-1] if ids else None), fixed


def _batch(form_id: int, after: int, *, active_only: bool = True) -> list[Record]:
    query = sa.select(Record).where(Record.form_id == form_id, Record.id > after)
    if active_only:
        query = query.where(Record.state == RecordState.ACTIVE)
    return list(db.session.scalars(query.order_by(Record.id).limit(BATCH).with_for_update(read=True)))


@transaction
def _recount(form_id: int, *, mended: int, actor: Actor, at: datetime) -> None:
    """Drop what belongs to no record any more and write the counters anew, while nobody enters or changes anything."""
    form = db.session.get_one(Form, form_id, with_for_update=True)
    known = shape(form_id)
    alive = sa.select(Record.id).where(Record.form_id == form_id, Record.state == RecordState.ACTIVE)
    for table in (*TABLES.values(), record_search):
        stray = sa.and_(table.c.form_id == form_id, table.c.record_id.not_in(alive))
        db.session.execute(sa.delete(table).where(stray))
    for model in (RecordCount, FieldCount, FieldMonth):
        db.session.execute(sa.delete(model).where(model.form_id == form_id))
    _write_counts(form_id, known)
    record_audit("form:reindex", form, actor=actor, at=at, after={"mended": mended})


def _write_counts(form_id: int, known: Shape) -> None:
    _places, values = expected_counts(form_id, known)
    rows = [
        {"form_id": form_id, "fid": fid, "value": value, "town_id": town, "village_id": village, "n": n}
        for (fid, value, town, village), n in values.items()
    ]
    places, tallies = counted_anew(form_id, known)
    months = [{"form_id": form_id, **dict(zip(PLACE, key, strict=True)), "n": n} for key, n in places.items()]
    sums = [{"form_id": form_id, **dict(zip(TALLY, (*key, *amounts), strict=True))} for key, amounts in tallies.items()]
    for model, told in ((FieldCount, rows), (RecordCount, months), (FieldMonth, sums)):
        if told:
            db.session.execute(sa.insert(model), told)
