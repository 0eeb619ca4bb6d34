"""Writing the derived data of records: side index, counters, word index. Always inside the act that changes a record.

Every write is a difference between two `Derived`: creating starts from the empty one, voiding ends in it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import add
from typing import Any

import sqlalchemy as sa

from models.base import Base, db, table_of
from models.prepared import Prepared
from models.records import FieldCount, FieldMonth, RecordCount, record_number, record_search, record_text
from models.rows import Part, Rows, write_together
from queries.indexing import NOTHING, NUMBER, TEXT, Derived, IndexRow
from queries.tallies import spread

TABLES = {TEXT: record_text, NUMBER: record_number}
Sums = dict[tuple[Any, ...], tuple[int, ...]]  # the key of a counter, and what is added to it
KEYS: dict[type[Base], tuple[str, ...]] = {
    RecordCount: ("county_id", "town_id", "village_id", "month"),
    FieldCount: ("fid", "value", "town_id", "village_id"),
    FieldMonth: ("place_id", "fid", "month", "value"),
}
AMOUNTS: dict[type[Base], tuple[str, ...]] = {
    RecordCount: ("n",), FieldCount: ("n",), FieldMonth: ("n", "whole", "micro"),
}  # fmt: skip


def rewrite(record_id: int, form_id: int, before: Derived, after: Derived) -> None:
    """Bring the derived data of one record from one state to another."""
    rewrite_rows(record_id, form_id, before.rows, after.rows)
    rewrite_words(record_id, form_id, before.tokens, after.tokens)
    count_changes(form_id, [(before, after)])


def add_all(form_id: int, fresh: Sequence[tuple[int, Derived]], besides: Sequence[Part] = ()) -> None:
    """Write the derived data of new records of a form that is held, each given with its id, in few statements.

    `besides` is written with it.
    """
    parts = list(besides)
    for name in TABLES:
        rows = [_row(ident, form_id, row) for ident, one in fresh for row in one.rows if row[0] == name]
        # In the order of the index, so that neighbours are written together.
        rows.sort(key=lambda row: (row["fid"], row["town_id"], row["value"], row["record_id"]))
        parts.append((_FRESH[name], rows))
    worded = [(ident, one.tokens) for ident, one in fresh if one.tokens]
    if db.engine.dialect.name == "sqlite":
        _WORDS.run_all([{"ident": ident, "grams": " ".join(tokens)} for ident, tokens in worded])
    else:
        parts.append((_GRAMS, [_grams(ident, form_id, tokens) for ident, tokens in worded]))
    for model, sums in _changed((NOTHING, one) for _ident, one in fresh):
        grown = sorted(sums.items())
        parts.append((_statements(table_of(model))[0], _counted(model, form_id, grown)))
    write_together(parts)


def drop_all(form_id: int, gone: Sequence[tuple[int, Derived]]) -> None:
    """Take the derived data of records out, each given with its id and what the index says about it."""
    ids = [{"ident": ident} for ident, _one in gone]
    for table in TABLES.values():
        db.session.execute(sa.delete(table).where(table.c.record_id == sa.bindparam("ident")), ids)
    if db.engine.dialect.name == "sqlite":
        _NO_WORDS.run_all(ids)
    else:
        _NO_GRAMS.run_all(ids)
    count_changes(form_id, [(one, NOTHING) for _ident, one in gone])


def count_changes(form_id: int, changes: Iterable[tuple[Derived, Derived]]) -> None:
    """Bring the counters along with any number of changed records of a form."""
    for model, sums in _changed(changes):
        _add(model, form_id, sums)


def _changed(changes: Iterable[tuple[Derived, Derived]]) -> tuple[tuple[type[Base], Sums], ...]:
    """Return what changes add to each kind of counter."""
    months: Sums = {}
    values: Sums = {}
    tallies: Sums = {}
    for before, after in changes:
        for derived, sign in ((before, -1), (after, 1)):
            for count in derived.counts:
                _sum(values, count, sign)
            if derived.month and derived.counts_itself:
                _sum(months, derived.month, sign)
            for key, whole, micro in spread(derived):
                _sum(tallies, key, sign, sign * whole, sign * micro)
    return (RecordCount, months), (FieldCount, values), (FieldMonth, tallies)


def _sum(sums: Sums, key: tuple[Any, ...], *amounts: int) -> None:
    kept = sums.get(key)
    sums[key] = amounts if kept is None else tuple(map(add, kept, amounts))


def rewrite_rows(record_id: int, form_id: int, before: frozenset[IndexRow], after: frozenset[IndexRow]) -> None:
    """Write only the rows of the side index that differ."""
    if before == after:
        return
    for name in TABLES:
        _GONE[name].run_all([_row(record_id, form_id, row) for row in before - after if row[0] == name])
        _FRESH[name].write([_row(record_id, form_id, row) for row in after - before if row[0] == name])


def _row(record_id: int, form_id: int, row: IndexRow) -> dict[str, Any]:
    _table, fid, town_id, value, village_id = row
    return {
        "form_id": form_id,
        "fid": fid,
        "town_id": town_id,
        "value": value,
        "record_id": record_id,
        "village_id": village_id,
    }


def rewrite_words(record_id: int, form_id: int, before: Sequence[str], after: Sequence[str]) -> None:
    """Put a record's words into the word index of this engine, or take them out."""
    if before == after:
        return
    if db.engine.dialect.name == "sqlite":
        if before:
            _NO_WORDS.run(ident=record_id)
        if after:
            _WORDS.run(ident=record_id, grams=" ".join(after))
    elif after:
        _GRAMS.write([_grams(record_id, form_id, after)])
    else:
        _NO_GRAMS.run(ident=record_id)


def _grams(record_id: int, form_id: int, tokens: Iterable[str]) -> dict[str, Any]:
    return {"record_id": record_id, "form_id": form_id, "grams": sorted(set(tokens))}


def _add(model: type[Base], form_id: int, sums: Sums) -> None:
    """Add to counters, in one fixed order so that two writers on PostgreSQL never wait for each other in a circle.

    What shrinks exists already and is updated: an upsert of a negative number would meet the check before the row.
    """
    upsert, update = _statements(table_of(model))
    rows = [(key, sum_) for key, sum_ in sorted(sums.items()) if any(sum_)]
    for grows, run in groupby(rows, key=lambda row: row[1][0] > 0):
        write = upsert.write if grows else update.run_all
        write(_counted(model, form_id, run))


def _counted(
    model: type[Base], form_id: int, sums: Iterable[tuple[tuple[Any, ...], tuple[int, ...]]]
) -> list[dict[str, Any]]:
    """Return sums as rows of their counter."""
    names = ("form_id", *KEYS[model], *AMOUNTS[model])
    return [dict(zip(names, (form_id, *key, *sum_), strict=True)) for key, sum_ in sums]


@functools.cache
def _statements(table: sa.Table) -> tuple[Rows, Prepared]:
    """Return how a counter is added to: where there may be no row yet, and where there surely is one."""
    keys = [column.name for column in table.primary_key.columns]
    amounts = [column.name for column in table.columns if column.name not in keys]
    lessened = {name: table.c[name] + sa.bindparam(name) for name in amounts}

    def added(insert: Any) -> Any:
        sums = {name: table.c[name] + insert.excluded[name] for name in amounts}
        return insert.on_conflict_do_update(index_elements=keys, set_=sums)

    return Rows(table, added), Prepared(sa.update(table).where(*_named(table)).values(lessened))


def _named(table: sa.Table) -> list[sa.ColumnElement[bool]]:
    return [column == sa.bindparam(column.name) for column in table.primary_key.columns]


def _regrammed(insert: Any) -> Any:
    return insert.on_conflict_do_update(index_elements=["record_id"], set_={"grams": insert.excluded.grams})


_FRESH = {name: Rows(table) for name, table in TABLES.items()}
_GONE = {name: Prepared(sa.delete(table).where(*_named(table))) for name, table in TABLES.items()}
_WORDS = Prepared(sa.text("INSERT INTO record_fts (rowid, grams) VALUES (:ident, :grams)"))
_NO_WORDS = Prepared(sa.text("DELETE FROM record_fts WHERE rowid = :ident"))
_GRAMS = Rows(record_search, _regrammed)  # of PostgreSQL alone
_NO_GRAMS = Prepared(sa.delete(record_search).where(record_search.c.record_id == sa.bindparam("ident")))
