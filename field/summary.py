"""Check your answers: everything that was answered, in words, with what is still wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from engine.definition import Item
from engine.rows import rows_of
from engine.schema import ROW_ID
from field.entry import Entry
from forms.answers import PREFIX
from forms.filling import say

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """One question with its answer; uploads are shown as what they are, of a repeat the rows."""

    item: Item
    at: str
    label: str
    text: str
    photos: list[str]
    problems: list[str]
    rows: Rows | None = None
    name: str = ""  # the label, in a row with the row before it


@dataclass(frozen=True)
class Rows:
    """The rows of a repeat as a table; what repeats in a row stands below it."""

    heads: list[str]
    entries: list[RowLines]


@dataclass(frozen=True)
class RowLines:
    """One row: the answers side by side, and the repeats in it."""

    number: int
    cells: list[Line]
    below: list[Line]


@dataclass(frozen=True)
class Section:
    """One page of the form."""

    title: str
    address: str
    lines: list[Line]


@dataclass(frozen=True)
class Summary:
    """All pages, and all problems as (address, label, message)."""

    sections: list[Section]
    problems: list[tuple[str, str, str]]


def summary(entry: Entry) -> Summary:
    """Return the answers of an entry as its author may see them: nothing is masked from who typed it."""
    grouped = entry.outcome.errors_by_address()
    told = _Told(entry, {at: [say(error) for error in errors] for at, errors in grouped.items()})
    sections = [
        Section(page.text(told.locale), entry.address(page), told.lines(page.live_items, entry.outcome.values))
        for page in entry.pages
    ]
    listed = [
        (f"{section.address}#{PREFIX}{line.at}", line.name, message)
        for section in sections
        for line in _every(section.lines)
        for message in line.problems
    ]
    return Summary(sections, listed + [("", "", message) for message in told.problems.get(None, [])])


def _every(lines: Iterable[Line]) -> Iterable[Line]:
    for line in lines:
        yield line
        for row in line.rows.entries if line.rows else ():
            yield from _every((*row.cells, *row.below))


@dataclass(frozen=True)
class _Told:
    """Says the answers of one entry."""

    entry: Entry
    problems: Mapping[str | None, list[str]]

    @property
    def locale(self) -> str:
        return self.entry.context.locale

    def open_to(self, item: Item) -> bool:
        """Tell whether the form lets this person answer an item: the others were not asked."""
        return item.fid not in self.entry.context.locked

    def lines(self, items: Iterable[Item], values: Values, prefix: str = "", row: str = "") -> list[Line]:
        seen = [item for item in items if item.kind.answerable and item.kind.visible and self.open_to(item)]
        shown = self.entry.outcome.shown
        return [self.line(item, values, f"{prefix}{item.fid}", row) for item in seen if f"{prefix}{item.fid}" in shown]

    def line(self, item: Item, values: Values, at: str, row: str) -> Line:
        value = values.get(item.fid)
        photos = list(value) if item.kind.takes_files and value else []
        label = item.text(self.locale)
        told = value is not None and not photos
        mask = self.entry.masks.get(at)  # of what was carried over from a person, and typed by nobody
        said = (mask or item.kind.display(item, value, self.entry.context)) if told else ""
        rows = self.rows(item, values, at) if item.kind.repeats and value else None
        return Line(item, at, label, said, photos, self.problems.get(at, []), rows, f"{row}{label}")

    def rows(self, item: Item, values: Values, at: str) -> Rows:
        asked = [one for one in item.live_row_items if one.kind.answerable and one.kind.visible and self.open_to(one)]
        entries = []
        for number, row in enumerate(rows_of(values, item.fid), start=1):
            name = _("%(label)s第 %(n)s 行的", label=item.text(self.locale), n=number)
            lines = {line.item.fid: line for line in self.lines(asked, row, f"{at}/{row[ROW_ID]}/", name)}
            cells = [lines.get(one.fid) or self.silent(one) for one in asked if not one.kind.repeats]
            entries.append(RowLines(number, cells, [line for line in lines.values() if line.item.kind.repeats]))
        return Rows([one.text(self.locale) for one in asked if not one.kind.repeats], entries)

    def silent(self, item: Item) -> Line:
        """Keep the place of a question that is not asked in a row."""
        return Line(item, "", item.text(self.locale), "", [], [])
