"""Records and forms as programs read them: the cells of registers, by key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext

from engine.context import Context
from engine.definition import Definition, Item
from engine.schema import ROW_ID
from models.forms import Form
from models.records import Record
from queries import registers
from queries.answers import org_name
from queries.indexing import Shape, shape
from queries.records import Listed
from queries.rights import Rights, stage_of
from shell import i18n
from shell.access import actor


def told(form: Form, found: Sequence[Record | Listed]) -> list[dict[str, Any]]:
    """Return records of a form as JSON objects. Answers outside the reader's rights are left out."""
    known = shape(form.id)
    items = registers.columns(form, actor())
    fids = [item.fid for item in items]
    lines = registers.table(found, fids, known=known, actor=actor(), locale=i18n.locale())
    rights = Rights(known.newest, actor())
    return [
        _record(record, known, _answers(record, known, items, line, rights.on(record).view))
        for record, line in zip(found, lines, strict=True)
    ]


def envelope(record: Record) -> dict[str, Any]:
    """Return a record without its answers."""
    return _record(record, shape(record.form_id), None)


def _record(record: Record | Listed, known: Shape, answers: dict[str, Any] | None) -> dict[str, Any]:
    told = {
        "id": record.id,
        "number": record.number,
        "version": record.version,
        "state": record.state,
        "stage": stage_of(record, known.newest),
        "row_version": record.row_version,
        "created_at": record.created_at.isoformat(),
        "updated_at": record.updated_at.isoformat(),
        "place": {"county": record.county_id, "town": record.town_id, "village": record.village_id},
    }
    return told if answers is None else {**told, "answers": answers}


def _answers(
    record: Record | Listed, known: Shape, items: Iterable[Item], line: list[registers.Cell], view: frozenset[str]
) -> dict[str, Any]:
    pinned = known.definitions[record.version]
    shown = {}
    for item, cell in zip(items, line, strict=True):
        if cell.state == registers.CellState.CLOSED:
            continue
        answer = _answer(cell, record.answers.get(item.fid))
        if item.kind.repeats and cell.state == registers.CellState.FILLED:
            answer["value"] = _rows(pinned.item(item.fid), record.answers[item.fid], pinned, view)
        shown[item.key] = answer
    return shown


def _answer(cell: registers.Cell, stored: Any) -> dict[str, Any]:
    if cell.state != registers.CellState.FILLED:
        return {"state": cell.state, "value": None, "text": ""}
    value = cell.text if cell.masked else stored
    return {"state": cell.state, "value": value, "text": cell.text, "masked": cell.masked}


def _rows(
    item: Item, rows: Iterable[Mapping[str, Any]], pinned: Definition, view: frozenset[str]
) -> list[dict[str, Any]]:
    """Return the rows of a repeat: the answers by key, said as at the top, beside the row's `_id`."""
    context = Context(
        today=date.min, org_name=org_name, locale=i18n.locale(), translate=lambda text: str(gettext(text))
    )
    told = []
    for row in rows:
        line: dict[str, Any] = {ROW_ID: row[ROW_ID]}
        for one in item.live_row_items:
            if not one.kind.answerable or one.fid not in view or row.get(one.fid) is None:
                continue
            answer = _answer(registers.cell(one, row[one.fid], context), row[one.fid])
            if one.kind.repeats:
                answer["value"] = _rows(one, row[one.fid], pinned, view)
            line[one.key] = answer
        told.append(line)
    return told
