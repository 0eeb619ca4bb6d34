"""Answers that somebody may not give: whatever was sent for them, they stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.context import Context
from engine.definition import Definition
from models.access import Actor
from models.records import Record
from queries.indexing import shape
from queries.rights import FieldRights, Rights, stage_of
from services.sealing import is_sealed

ROW_ID = "_id"


def entry_context(context: Context, form_id: int, asked: Definition, actor: Actor) -> Context:
    """Return the context with what an actor may not answer in a new record, and the stage in which it will begin."""
    newest = shape(form_id).newest
    locked = locked_fids(asked, Rights(newest, actor).at_entry())
    return replace(context, locked=locked, stage=newest.stages[0].value if newest.stages else None)


def edit_context(context: Context, record: Record, asked: Definition, actor: Actor) -> Context:
    """Return the context with what an actor may not answer in a record, and the stage it is in."""
    newest = shape(record.form_id).newest
    return replace(context, locked=locked_fids(asked, Rights(newest, actor).on(record)), stage=stage_of(record, newest))


def locked_fids(asked: Definition, rights: FieldRights) -> frozenset[str]:
    """Return the fids of a version, inside repeats too, whose answers may not be given."""
    return frozenset(item.fid for item in asked.every_item if item.fid not in rights.edit)


def unlocked(raw: Mapping[str, Any], kept: Mapping[str, Any], locked: frozenset[str]) -> dict[str, Any]:
    """Return raw answers with what is stored (`kept`) in the place of every locked one, row by row in repeats."""
    if not locked:
        return dict(raw)
    given = {fid: _rows(value, kept.get(fid), locked) for fid, value in raw.items() if fid not in locked}
    return given | {fid: as_raw(value) for fid, value in kept.items() if fid in locked}


def _rows(value: Any, kept: Any, locked: frozenset[str]) -> Any:
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        return value
    stored = {row.get(ROW_ID): row for row in kept or () if isinstance(row, Mapping)}
    return [unlocked(row, stored.get(row.get(ROW_ID), {}), locked) for row in value]


def as_raw(stored: Any) -> Any:
    """Return a stored answer as a raw one; a sealed one is blank, which means unchanged."""
    if is_sealed(stored):
        return ""
    if isinstance(stored, list):
        return [as_raw(one) for one in stored]
    return {name: as_raw(one) for name, one in stored.items()} if isinstance(stored, Mapping) else stored
