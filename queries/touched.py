"""How many answers a change of a form touches: told by counters and the side index, no record is read for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from models.base import db
from models.records import FieldCount, record_number, record_text
from queries.forms import record_totals
from queries.indexing import EMPTY, TEXT, IndexedField, Shape, shape

MOST = 100_000  # index rows that are counted one by one; beyond that the number of records is told as the most
_TABLES = {TEXT: record_text}


@dataclass(frozen=True)
class Count:
    """How many records; not more than `n` where it is not exact."""

    n: int
    exact: bool = True


@dataclass(frozen=True)
class Touched:
    """How many active records there are, answer each question, and chose each option."""

    records: int = 0
    answers: dict[str, Count] = field(default_factory=dict)
    options: dict[tuple[str, str], int] = field(default_factory=dict)


def touched(form_id: int, fids: Sequence[str], options: Sequence[tuple[str, str]] = ()) -> Touched:
    """Count the active records of a published form that answer each fid, and that chose each (fid, option).

    Exact where a field is in the side index (as chosen ones, columns of the list and sealed ones are); else at most
    as many as there are records.
    """
    total, known = record_totals([form_id]).get(form_id, 0), shape(form_id)
    counted = _counted(form_id, [fid for fid in fids if _single(known, fid)])
    answers = {}
    for fid in fids:
        if fid in counted:
            answers[fid] = Count(counted[fid])
        else:
            found = _indexed(form_id, known.fields[fid]) if fid in known.fields else None
            answers[fid] = Count(total, exact=total == 0) if found is None else Count(found)
    return Touched(total, answers, _chosen(form_id, options))


def _single(known: Shape, fid: str) -> bool:
    """Tell whether the counters of a field add up to records: one value a record, and not in rows."""
    indexed = known.fields.get(fid)
    return (
        indexed is not None
        and indexed.counted
        and indexed.item.kind.value_type != "list"
        and not any(fid in {item.fid for item in one.every_item} and one.repeats_of(fid)
                    for one in known.definitions.values())
    )  # fmt: skip


def _counted(form_id: int, fids: Sequence[str]) -> dict[str, int]:
    """Return how many records have any value of each field, from the counters."""
    query = (
        sa.select(FieldCount.fid, sa.func.sum(FieldCount.n))
        .where(FieldCount.form_id == form_id, FieldCount.fid.in_(fids), FieldCount.value != "")
        .group_by(FieldCount.fid)
    )
    found = {fid: int(n) for fid, n in db.session.execute(query)} if fids else {}
    return {fid: found.get(fid, 0) for fid in fids}


def _indexed(form_id: int, indexed: IndexedField) -> int | None:
    """Return how many records have an index row with a value, None where there are too many to count."""
    table = _TABLES.get(indexed.table, record_number)
    rows = (
        sa.select(table.c.record_id)
        .where(table.c.form_id == form_id, table.c.fid == indexed.fid, table.c.value != EMPTY[indexed.table])
        .distinct()
        .limit(MOST + 1)
        .subquery()
    )
    found = db.session.scalar(sa.select(sa.func.count()).select_from(rows)) or 0
    return None if found > MOST else found


def _chosen(form_id: int, options: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return how many records carry each value, from the counters."""
    wanted = set(options)
    if not wanted:
        return {}
    query = (
        sa.select(FieldCount.fid, FieldCount.value, sa.func.sum(FieldCount.n))
        .where(FieldCount.form_id == form_id, sa.tuple_(FieldCount.fid, FieldCount.value).in_(wanted))
        .group_by(FieldCount.fid, FieldCount.value)
    )
    found = {(fid, value): int(n) for fid, value, n in db.session.execute(query)}
    return {pair: found.get(pair, 0) for pair in wanted}
