"""Comparing the derived data of records with what their documents say."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.forms import Form
from models.records import FieldCount, Record, RecordCount, RecordState, record_number, record_search, record_text
from queries.indexing import NUMBER, TEXT, IndexRow, Shape, derived, shape
from queries.tallies import tally_problems

TABLES = {TEXT: record_text, NUMBER: record_number}
MOST_TOLD = 20


@dataclass(frozen=True)
class Checked:
    """How many records were compared, and what was wrong, one line each."""

    records: int
    problems: tuple[str, ...]


def check_index(form: Form, *, sample: int, seed: int) -> Checked:
    """Compare a sample of a form's records, chosen by the seed, and all of its counters."""
    if form.current_version is None:
        return Checked(0, ())
    ids = sample_ids(form, sample, seed)
    known = shape(form.id)
    problems = [*_record_problems(form.id, ids, known), *_counter_problems(form.id, known)]
    return Checked(len(ids), tuple(problems[:MOST_TOLD]))


def forms_in_use(key: str | None = None) -> list[Form]:
    """Return the forms of all counties that were ever published, or those of one key."""
    query = sa.select(Form).where(Form.current_version.is_not(None)).order_by(Form.id)
    return list(db.session.scalars(query.where(Form.key == key) if key else query))


def sample_ids(form: Form, size: int, seed: int) -> list[int]:
    """Return `size` ids spread over all records of a form, void ones too; all of them when there are fewer."""
    serials: Sequence[int] = range(1, form.next_number)  # numbers have no gaps
    if len(serials) > size:
        serials = random.Random(seed).sample(serials, size)  # noqa: S311 - a sample, not a secret
    query = sa.select(Record.id).where(Record.form_id == form.id, Record.serial.in_(serials))
    return list(db.session.scalars(query.order_by(Record.id)))


def present_rows(ids: Sequence[int]) -> dict[int, frozenset[IndexRow]]:
    """Return what the side index holds about some records."""
    found: defaultdict[int, set[IndexRow]] = defaultdict(set)
    for name, table in TABLES.items():
        for row in db.session.execute(sa.select(table).where(table.c.record_id.in_(ids))):
            found[row.record_id].add((name, row.fid, row.town_id, row.value, row.village_id))
    return {ident: frozenset(found[ident]) for ident in ids}


def present_words(ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Return what the word index of this engine holds about some records; nothing for those it does not know."""
    if db.engine.dialect.name == "sqlite":
        query = sa.text("SELECT rowid, grams FROM record_fts WHERE rowid IN :ids")
        rows = db.session.execute(query.bindparams(sa.bindparam("ids", expanding=True)), {"ids": list(ids)})
        return {ident: tuple(grams.split()) for ident, grams in rows}
    table = record_search
    rows = db.session.execute(sa.select(table.c.record_id, table.c.grams).where(table.c.record_id.in_(ids)))
    return {ident: tuple(grams) for ident, grams in rows}


def stored_words(tokens: Sequence[str]) -> tuple[str, ...]:
    """Return words as this engine keeps them: SQLite in their order, PostgreSQL as a set."""
    return tuple(tokens) if db.engine.dialect.name == "sqlite" else tuple(sorted(set(tokens)))


def expected_counts(form_id: int, known: Shape) -> tuple[Counter[Any], Counter[Any]]:
    """Return what the counters of a form should be: by place, and by value of the counted fields and place."""
    town, village = sa.func.coalesce(Record.town_id, 0), sa.func.coalesce(Record.village_id, 0)
    active = sa.select(Record.county_id, town, village, sa.func.count()).where(
        Record.form_id == form_id, Record.state == RecordState.ACTIVE
    )
    places = Counter(
        {tuple(row[:3]): row[3] for row in db.session.execute(active.group_by(Record.county_id, town, village))}
    )
    values: Counter[Any] = Counter()
    for field in known.fields.values():
        if field.counted:
            table = TABLES[field.table].c
            query = sa.select(table.value, table.town_id, table.village_id, sa.func.count()).where(
                table.form_id == form_id, table.fid == field.fid
            )
            for value, *place, n in db.session.execute(query.group_by(table.value, table.town_id, table.village_id)):
                values[(field.fid, field.count_value(value), *place)] += n
    return places, values


def _record_problems(form_id: int, ids: Sequence[int], known: Shape) -> Iterator[str]:
    rows, words = present_rows(ids), present_words(ids)
    for record in db.session.scalars(sa.select(Record).where(Record.id.in_(ids), Record.form_id == form_id)):
        expected = derived(record, known)
        if rows[record.id] != expected.rows:
            fids = sorted({row[1] for row in rows[record.id] ^ expected.rows})
            yield f"{record.number}: side index differs in {', '.join(fids)}"
        if words.get(record.id, ()) != stored_words(expected.tokens):
            yield f"{record.number}: word index differs"


def _counter_problems(form_id: int, known: Shape) -> Iterator[str]:
    places, values = expected_counts(form_id, known)
    kept: Counter[Any] = Counter()
    for row in db.session.scalars(sa.select(RecordCount).where(RecordCount.form_id == form_id)):
        kept[row.county_id, row.town_id, row.village_id] += row.n
    if +kept != +places:
        yield f"record_count differs: {kept.total()} kept, {places.total()} active"
    carried = Counter(
        {(row.fid, row.value, row.town_id, row.village_id): row.n
         for row in db.session.scalars(sa.select(FieldCount).where(FieldCount.form_id == form_id))}
    )  # fmt: skip
    for fid in sorted({key[0] for key in (carried - values) | (values - carried)}):
        yield f"field_count differs in {fid}"
    yield from tally_problems(form_id, known)
