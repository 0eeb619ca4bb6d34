"""The rows of repeats, cell by cell: for detail pages, revisions and prints. Masked as in lists."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext

from engine.answers import from_json
from engine.context import DEFAULT_LOCALE, Context
from engine.definition import Definition, Item
from engine.expressions import holds
from engine.rows import rows_of
from engine.schema import ROW_ID
from queries.answers import org_name
from queries.registers import WORDS, Answered, Cell, CellState, cell
from queries.rights import FieldRights

Values = Mapping[str, Any]


@dataclass(frozen=True)
class RowCell:
    """One answer of a row, where it stands and as it is stored (for uploads)."""

    item: Item
    at: str
    cell: Cell
    stored: Any
    rows: Rows | None = None  # of a repeat in the row


@dataclass(frozen=True)
class RowCells:
    """One row: the answers side by side, and the repeats in it."""

    number: int
    cells: list[RowCell]
    below: list[RowCell]


@dataclass(frozen=True)
class Rows:
    """The rows of a repeat as a table; what repeats in a row stands below it."""

    heads: list[str]
    entries: list[RowCells]


def rows_told(
    answered: Answered, definition: Definition, *, rights: FieldRights, today: date, locale: str = DEFAULT_LOCALE
) -> dict[str, Rows]:
    """Return the rows of all filled repeats of record level, by fid."""
    context = Context(today=today, org_name=org_name, locale=locale, translate=gettext)
    told = _Told(definition, context, rights)
    repeats = [item for item in definition.items if item.kind.repeats and item.fid in rights.view]
    filled = [item for item in repeats if rows_of(answered.answers, item.fid)]
    around = from_json(definition, answered.answers) if filled else {}
    return {item.fid: told.rows(item, answered.answers, item.fid, around) for item in filled}


def label_at(definition: Definition, answers: Values, at: str, locale: str = DEFAULT_LOCALE) -> str:
    """Name a question by its address: its label, in a row with the row's number before it, as the audit does."""
    fid, _, rest = at.partition("/")
    text = definition.item(fid).text(locale)
    if not rest:
        return text
    row_id, _, below = rest.partition("/")
    rows = rows_of(answers, fid)
    number = next((n for n, row in enumerate(rows, start=1) if row[ROW_ID] == row_id), len(rows) + 1)
    row = rows[number - 1] if number <= len(rows) else {}
    said = gettext("%(label)s第 %(n)s 行", label=text, n=number)
    return f"{said}·{label_at(definition, row, below, locale)}"


@dataclass(frozen=True)
class _Told:
    definition: Definition
    context: Context
    rights: FieldRights

    def rows(self, item: Item, stored: Values, at: str, around: Values) -> Rows:
        open_to = [one for one in item.row_items if one.kind.answerable and one.fid in self.rights.view]
        asked = [one for one in open_to if not one.retired or _answered(one, stored, item)]
        side = [one for one in asked if not one.kind.repeats]
        below = [one for one in asked if one.kind.repeats]
        entries = []
        for number, row in enumerate(rows_of(stored, item.fid), start=1):
            values = item.from_json([row])[0]
            view = ChainMap(dict.fromkeys((one.fid for one in item.row_items), None) | values, dict(around))
            prefix = f"{at}/{row[ROW_ID]}/"
            entries.append(RowCells(number, self.cells(side, row, prefix, view), self.cells(below, row, prefix, view)))
        return Rows([one.text(self.context.locale) for one in side], entries)

    def cells(self, items: Iterable[Item], row: Values, prefix: str, view: Values) -> list[RowCell]:
        return [self.cell(item, row, f"{prefix}{item.fid}", view) for item in items]

    def cell(self, item: Item, row: Values, at: str, view: Values) -> RowCell:
        stored = row.get(item.fid)
        if item.fid not in self.rights.view:
            return RowCell(item, at, self.silent(item, CellState.CLOSED), None)
        if stored is None:
            shown = all(holds(show, view, self.context.today) for show in self.definition.shows_of(item.fid))
            return RowCell(item, at, self.silent(item, CellState.EMPTY if shown else CellState.HIDDEN), None)
        rows = self.rows(item, row, at, view) if item.kind.repeats else None
        return RowCell(item, at, cell(item, stored, self.context), stored, rows)

    @staticmethod
    def silent(item: Item, state: CellState) -> Cell:
        return Cell(item.fid, str(WORDS[state]), state)


def _answered(item: Item, stored: Values, repeat: Item) -> bool:
    """Tell whether some row still has an answer of an item that is no longer asked."""
    return any(row.get(item.fid) is not None for row in rows_of(stored, repeat.fid))
