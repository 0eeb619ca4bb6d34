"""Cells of the rows of repeats: what a detail page, a print or a workbook says of each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l

from engine.answers import from_json
from engine.context import DEFAULT_LOCALE, Context
from engine.definition import Definition, Item
from engine.rows import rows_of as rows_in
from engine.schema import ROW_ID
from engine.scopes import shown_of
from queries.registers import WORDS, Answered, Cell, CellState, cell, exporter, file_names, org_names, saved_on
from queries.rights import FieldRights


class Row(NamedTuple):
    """One row of a repeat. `at` is its address, `b0/<row id>`, so that of a cell is `at/<fid>`; `cells` by column."""

    at: str
    cells: list[Cell]


def row_columns(definition: Definition, repeat: str, rights: FieldRights) -> tuple[Item, ...]:
    """Return what the rows of a repeat are shown under: its live items with answers that may be viewed."""
    items = definition.item(repeat).live_row_items
    return tuple(item for item in items if item.kind.answerable and item.fid in rights.view)


def rows_of(
    record: Answered,
    repeat: str,
    fids: Sequence[str] | None = None,
    *,
    definition: Definition,
    rights: FieldRights,
    locale: str = DEFAULT_LOCALE,
    exported: bool = False,
    codes: bool = False,
) -> list[Row]:
    """Return the rows of a repeat in one record or revision, in their order, of a nested one those of all outer rows.

    `fids` are the columns, those of `row_columns` unless given. Cells say of each answer what those of a register say:
    masked, empty, hidden by a condition in this row, never asked, or closed to this reader. With `exported` they carry
    what a workbook holds, with `codes` as stored values. Returns nothing where the reader may not see the repeat.
    """
    if repeat not in definition or repeat not in rights.view:
        return []
    names, uploads = org_names([record], [definition]), file_names([record], [definition]) if exported else {}
    context = Context(
        today=date.min, org_name=names.get, file_facts=uploads.get, locale=locale, translate=lambda text: str(_l(text))
    )
    asked = {item.fid: item for item in definition.item(repeat).live_row_items}
    plan = _Plan(record, definition, context, rights, exported=exported, codes=codes)
    wanted = [item.fid for item in row_columns(definition, repeat, rights)] if fids is None else fids
    return [
        Row(at, [plan.cell(fid, asked.get(fid), row, at) for fid in wanted])
        for at, row in _rows(definition, repeat, record.answers)
    ]


def _rows(definition: Definition, repeat: str, answers: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the stored rows of a repeat with their addresses."""
    levels: list[tuple[str, Mapping[str, Any]]] = [("", answers)]
    for fid in (*definition.repeats_of(repeat), repeat):
        levels = [(f"{at}{fid}/{row[ROW_ID]}/", row) for at, one in levels for row in rows_in(one, fid)]
    return [(at[:-1], row) for at, row in levels]


class _Plan:
    """How the answers of one record are said; what its conditions show is asked once, and only where it matters."""

    def __init__(
        self, record: Answered, definition: Definition, context: Context, rights: FieldRights, *,
        exported: bool, codes: bool,
    ) -> None:  # fmt: skip
        self.record, self.definition, self.context, self.rights = record, definition, context, rights
        self.exported, self.codes = exported, codes
        self._shown: frozenset[str] | None = None

    def cell(self, fid: str, item: Item | None, row: Mapping[str, Any], at: str) -> Cell:
        if item is None:
            return self._without(fid, CellState.NOT_ASKED)
        if fid not in self.rights.view:
            return self._without(fid, CellState.CLOSED)
        if row.get(fid) is None:
            return self._without(fid, CellState.EMPTY if f"{at}/{fid}" in self.shown else CellState.HIDDEN)
        if self.exported:
            return exporter(item, self.context, codes=self.codes)(row[fid])
        return cell(item, row[fid], self.context)

    def _without(self, fid: str, state: CellState) -> Cell:
        return Cell(fid, str(WORDS[state]), state)

    @property
    def shown(self) -> frozenset[str]:
        if self._shown is None:
            values = from_json(self.definition, self.record.answers)
            self._shown = shown_of(self.definition, values, saved_on(self.record))
        return self._shown
