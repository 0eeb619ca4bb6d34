"""What field_month must say: the tallies of records, rolled up to county, township and village, and the check of them.

Where other counters already say the same (records by place and month, values by place) the two are compared; sums are
compared with the side index, whose numbers are binary, so a difference beyond rounding tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.forms import Form
from models.records import FieldCount, FieldMonth, Record, RecordCount, RecordState, record_number, record_text
from queries.indexing import (
    ANY_NUMBER,
    EMPTY,
    ITSELF,
    MICRO,
    NUMBER,
    TEXT,
    Derived,
    IndexedField,
    Shape,
    Tally,
    month_of,
    shape,
    tallies_of,
)  # fmt: skip

Key = tuple[int, str, str, str]  # place, fid, month, value
Sum = tuple[int, int, int]  # records, whole, millionths
Spot = tuple[int, int, int, str]  # county, town, village, month
Sums = dict[tuple[Spot, str, str], list[int]]  # by place and month, field and value
NEAR = 1e-9  # how far a sum of binary fractions may lie beside an exact one, as a part of it
TABLES = {TEXT: record_text, NUMBER: record_number}


def spread(derived: Derived) -> Iterator[tuple[Key, int, int]]:
    """Yield the keys of field_month that a record counts under, each with what it adds to the sum."""
    if derived.month is None:
        return
    *place, month = derived.month
    for unit in places_of(place):
        for fid, value, whole, micro in derived.tallies:
            yield (unit, fid, month, value), whole, micro


def places_of(place: Iterable[Any]) -> list[int]:
    """Return the units a record counts for: its county, its township, its village, as far as it has them."""
    return [int(unit) for unit in dict.fromkeys(place) if unit]


def counted_anew(form_id: int, known: Shape) -> tuple[Counter[Any], dict[Key, Sum]]:
    """Count active records by place and month, and their tallies, from the documents.

    In Python: the engines name months of a time zone differently, and JSON numbers lose their last places in SQL.
    """
    months: Counter[Any] = Counter()
    sums: Sums = {}
    query = sa.select(
        Record.county_id, Record.town_id, Record.village_id, Record.created_at, Record.version, Record.stage,
        Record.answers,
    ).where(Record.form_id == form_id, Record.state == RecordState.ACTIVE)  # fmt: skip
    for county, town, village, created_at, version, stage, answers in db.session.execute(
        query.execution_options(yield_per=1_000)
    ):
        spot = (county, town or 0, village or 0, month_of(created_at))
        months[spot] += 1
        add_tallies(sums, spot, {ITSELF, *tallies_of(known.definitions[version], answers, known.fields, stage)})
    return months, rolled_up(sums)


def add_tallies(sums: Sums, spot: Spot, tallies: Iterable[Tally]) -> None:
    """Add what one record says to the sums of its place and month."""
    for fid, value, whole, micro in tallies:
        kept = sums.setdefault((spot, fid, value), [0, 0, 0])
        kept[0] += 1
        kept[1] += whole
        kept[2] += micro


def rolled_up(sums: Sums) -> dict[Key, Sum]:
    """Bring sums by place and month into the rows of field_month: for the county, the township and the village."""
    found: dict[Key, Sum] = {}
    for ((*place, month), fid, value), (n, whole, micro) in sums.items():
        for unit in places_of(place):
            key = (unit, fid, month, value)
            kept = found.get(key, (0, 0, 0))
            found[key] = (kept[0] + n, kept[1] + whole, kept[2] + micro)
    return found


def uncounted_forms() -> list[Form]:
    """Return the forms with records of whose answers nothing is counted by month: their records are older than that."""
    month = FieldMonth
    answers = sa.exists().where(month.form_id == Form.id, month.fid != "")
    entered = sa.exists().where(RecordCount.form_id == Form.id, RecordCount.n > 0)
    query = sa.select(Form).where(Form.current_version.is_not(None), entered, ~answers).order_by(Form.id)
    forms = list(db.session.scalars(query))
    return [form for form in forms if any(field.tallied for field in shape(form.id).fields.values())]


def tally_problems(form_id: int, known: Shape) -> Iterator[str]:
    """Yield what field_month says otherwise than the other counters and the side index."""
    if _records(form_id) != _kept_records(form_id):
        yield "field_month differs in the number of records"
    for field in known.fields.values():
        if field.tallied and field.counted and _values(form_id, field) != _kept_values(form_id, field):
            yield f"field_month differs in {field.fid}"
        if field.tallied and field.item.kind.summed and not _same_sums(form_id, field):
            yield f"field_month differs in the sums of {field.fid}"


def _records(form_id: int) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for row in db.session.scalars(sa.select(RecordCount).where(RecordCount.form_id == form_id)):
        for unit in places_of((row.county_id, row.town_id, row.village_id)):
            found[unit, row.month] += row.n
    return +found


def _kept_records(form_id: int) -> Counter[Any]:
    table = FieldMonth
    query = sa.select(table.place_id, table.month, table.n).where(table.form_id == form_id, table.fid == "")
    return +Counter({(unit, month): n for unit, month, n in db.session.execute(query)})


def _values(form_id: int, field: IndexedField) -> Counter[Any]:
    """Return how often townships and villages carry each value; field_count does not name the county."""
    found: Counter[Any] = Counter()
    query = sa.select(FieldCount).where(FieldCount.form_id == form_id, FieldCount.fid == field.fid)
    for row in db.session.scalars(query):
        for unit in places_of((row.town_id, row.village_id)):
            found[unit, row.value] += row.n
    return +found


def _kept_values(form_id: int, field: IndexedField) -> Counter[Any]:
    table = FieldMonth
    query = (
        sa.select(table.place_id, table.value, sa.func.sum(table.n))
        .where(table.form_id == form_id, table.fid == field.fid, table.place_id.not_in(_counties(form_id)))
        .group_by(table.place_id, table.value)
    )
    return +Counter({(unit, value): int(n) for unit, value, n in db.session.execute(query)})


def _counties(form_id: int) -> list[int]:
    return list(db.session.scalars(sa.select(RecordCount.county_id).where(RecordCount.form_id == form_id).distinct()))


def _same_sums(form_id: int, field: IndexedField) -> bool:
    side = TABLES[field.table].c
    query = sa.select(side.town_id, side.village_id, sa.func.count(), sa.func.sum(side.value)).where(
        side.form_id == form_id, side.fid == field.fid, side.value != EMPTY[NUMBER]
    )
    expected: dict[int, list[float]] = {}
    for town, village, n, total in db.session.execute(query.group_by(side.town_id, side.village_id)):
        for unit in places_of((town, village)):
            sums = expected.setdefault(unit, [0, 0.0])
            sums[0] += n
            sums[1] += total
    kept = {unit: (n, total) for unit, n, total in _kept_sums(form_id, field)}
    return expected.keys() == kept.keys() and all(
        n == kept[unit][0] and abs(total - kept[unit][1]) <= NEAR * max(1.0, abs(total), float(n))
        for unit, (n, total) in expected.items()
    )


def _kept_sums(form_id: int, field: IndexedField) -> Iterator[tuple[int, int, float]]:
    table = FieldMonth
    answered = table.value != "" if field.counted else table.value == ANY_NUMBER
    query = (
        sa.select(table.place_id, sa.func.sum(table.n), sa.func.sum(table.whole), sa.func.sum(table.micro))
        .where(table.form_id == form_id, table.fid == field.fid, table.place_id.not_in(_counties(form_id)), answered)
        .group_by(table.place_id)
    )
    for unit, n, whole, micro in db.session.execute(query):
        if n:
            yield unit, int(n), float(whole) + float(micro) / MICRO
