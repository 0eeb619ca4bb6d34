"""Which column of which sheet is which question: guessed from headings, changed by hand, remembered by heading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask_babel import lazy_gettext as _l

from engine.definition import Definition, Item
from services.import_cells import plain_text
from services.workbooks import Book, Value

LINK, LINE, PARENT = "#link", "#line", "#parent"
SPECIAL: Mapping[str, tuple[str, ...]] = {
    LINK: ("序号", "编号", "记录序号", "记录编号"),
    LINE: ("行号",),
    PARENT: ("上级行号",),
}
SPECIAL_LABELS = {LINK: _l("序号（和分表对应）"), LINE: _l("行号"), PARENT: _l("上级行号")}
HEAD_ROWS = 10  # headings are looked for in the first rows of a sheet
ALIKE = 2  # characters that must agree
_BRACKETS = re.compile(r"[（(][^（()）]*[)）]")
_MUST = re.compile(r"[*＊]|[（(]必填[)）]|\s")


@dataclass(frozen=True)
class Part:
    """One sheet: its name, the row of its headings (from 1), and what its columns (from 1) are."""

    sheet: str
    head: int
    columns: Mapping[int, str]
    headings: Mapping[int, str]

    def column_of(self, target: str) -> int | None:
        """Return the column that a question stands in."""
        return next((number for number, one in self.columns.items() if one == target), None)

    def to_json(self) -> dict[str, Any]:
        """Return what is stored."""
        return {
            "sheet": self.sheet,
            "head": self.head,
            "columns": {str(number): target for number, target in self.columns.items()},
            "headings": {str(number): heading for number, heading in self.headings.items()},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Part:
        """Read what was stored."""
        return cls(
            stored["sheet"],
            stored["head"],
            {int(number): target for number, target in stored["columns"].items()},
            {int(number): heading for number, heading in stored["headings"].items()},
        )


@dataclass(frozen=True)
class Plan:
    """The sheet of the records, and those of the repeats by fid."""

    main: Part
    repeats: Mapping[str, Part]

    def to_json(self) -> dict[str, Any]:
        """Return what is stored with a run."""
        return {"main": self.main.to_json(), "repeats": {fid: part.to_json() for fid, part in self.repeats.items()}}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Plan:
        """Read what was stored with a run."""
        repeats = {fid: Part.from_json(part) for fid, part in stored["repeats"].items()}
        return cls(Part.from_json(stored["main"]), repeats)


class Fields:
    """The questions of a form that a workbook can answer: those of the records, and those of each repeat."""

    def __init__(self, asked: Definition, locale: str, allowed: Iterable[str] | None = None) -> None:
        self.asked, self.locale = asked, locale
        self.allowed = None if allowed is None else frozenset(allowed)

    @cached_property
    def main(self) -> list[Item]:
        return [item for item in self.asked.live_items if self._fits(item)]

    @cached_property
    def repeats(self) -> list[Item]:
        """The repeats, a nested one behind the one that holds it."""
        return [item for item in self.asked.repeats if self.asked.is_live(item.fid)]

    def of(self, repeat: str | None) -> list[Item]:
        """Return the questions of one sheet: of the records (None), or of a repeat."""
        if repeat is None:
            return self.main
        return [item for item in self.asked.item(repeat).live_row_items if self._fits(item)]

    @property
    def beyond(self) -> list[Item]:
        """Return the required questions that no workbook can answer: photographs and whoever is looked up."""
        return [
            item for item in self.asked.live_items
            if item.asked and not item.kind.repeats and not importable(item) and item.required is True
            and item.show is None
        ]  # fmt: skip

    def heading(self, item: Item) -> str:
        """Return the heading of a question: its label, with that of its group where two have the same."""
        label = item.text(self.locale)
        if self._labels.count(label) == 1:
            return label
        holders = [one.text(self.locale) for one in self.asked.holders_of(item.fid) if not one.kind.repeats]
        return "·".join([*holders, label]) if holders else f"{label}·{item.key}"

    def spellings(self, item: Item) -> set[str]:
        """Return the headings under which a question is found."""
        words = {self.heading(item), item.key, item.fid}
        for label in item.label.locales.values():
            if self._labels.count(label) <= 1:
                words.add(label)
        return {folded(word) for word in words}

    def sheet_names(self, repeat: str) -> set[str]:
        """Return the names under which the sheet of a repeat is found."""
        item = self.asked.item(repeat)
        return {folded(word)[:31] for word in (*item.label.locales.values(), item.key, item.fid)}

    def _fits(self, item: Item) -> bool:
        return importable(item) and (self.allowed is None or item.fid in self.allowed)

    @cached_property
    def _labels(self) -> list[str]:
        return [item.text(self.locale) for item in self.asked.every_live_item if importable(item)]


def importable(item: Item) -> bool:
    """Tell whether a cell can answer a question: no photographs, nobody looked up, nothing computed."""
    kind = item.kind
    return item.asked and not (kind.takes_files or kind.holds_items or kind.repeats or item.type == "person")


def folded(heading: str) -> str:
    """Return a heading as headings are compared: without blanks and the mark of what is required."""
    return _MUST.sub("", heading).casefold()


def guess(book: Book, fields: Fields, remembered: Mapping[str, Any], *, sheet: str = "") -> Plan:
    """Guess all sheets and columns. `remembered` is the mapping of an earlier import; its headings count first."""
    known = Plan.from_json(remembered) if remembered else None
    used = {}
    for repeat in fields.repeats:
        names = fields.sheet_names(repeat.fid)
        used[repeat.fid] = next((name for name in book.names if folded(name) in names), "")
    main = sheet if sheet in book.names else _main_sheet(book, fields, set(used.values()))
    return Plan(
        guess_part(book, main, fields, None, known.main if known else None),
        {
            fid: guess_part(book, name, fields, fid, known.repeats.get(fid) if known else None)
            for fid, name in used.items()
            if name and name != main
        },
    )


def _main_sheet(book: Book, fields: Fields, taken: set[str]) -> str:
    """Return the sheet with the most headings of the form; the first one where none has any."""
    free = [name for name in book.names if name not in taken] or book.names
    return max(free, key=lambda name: (_best_head(book.rows(name), fields, None)[1], -book.names.index(name)))


def guess_part(book: Book, sheet: str, fields: Fields, repeat: str | None, known: Part | None = None) -> Part:
    """Guess the columns of one sheet."""
    rows = book.rows(sheet)
    head, _found = _best_head(rows, fields, repeat)
    headings = _headings(rows, head)
    before = (
        {folded(heading): known.columns.get(number, "") for number, heading in known.headings.items()} if known else {}
    )
    targets = _targets(fields, repeat)
    columns: dict[int, str] = {}
    for number, heading in headings.items():
        word = folded(heading)
        target = before[word] if word in before else targets.get(word, "")
        if target and target in targets.values() and target not in columns.values():
            columns[number] = target
    for number, heading in headings.items():
        if number not in columns and folded(heading) not in before:
            alike = _alike(heading, fields.of(repeat), set(columns.values()), fields)
            columns |= {number: alike} if alike else {}
    return Part(sheet, head, dict(sorted(columns.items())), headings)


def _alike(heading: str, items: Iterable[Item], taken: set[str], fields: Fields) -> str:
    """Return the only free question whose heading holds this one or lies in it, such as "姓名" in "户主姓名"."""
    word = _core(heading)
    cores = {item.fid: _core(fields.heading(item)) for item in items if item.fid not in taken}
    found = [
        fid for fid, core in cores.items() if min(len(core), len(word)) >= ALIKE and (core in word or word in core)
    ]
    return found[0] if len(found) == 1 else ""


def _core(heading: str) -> str:
    """Return a heading without what stands in brackets, which is often a unit or a remark."""
    return folded(_BRACKETS.sub("", heading))


def chosen_part(guessed: Part, fields: Fields, repeat: str | None, chosen: Mapping[int, str]) -> Part:
    """Return a sheet with the columns that somebody chose; what is no question of it, or chosen twice, is left out."""
    allowed = set(_targets(fields, repeat).values())
    columns: dict[int, str] = {}
    for number in guessed.headings:
        target = chosen.get(number, "")
        if target in allowed and target not in columns.values():
            columns[number] = target
    return Part(guessed.sheet, guessed.head, columns, guessed.headings)


def _targets(fields: Fields, repeat: str | None) -> dict[str, str]:
    """Return what a heading may mean on a sheet."""
    found = {word: item.fid for item in fields.of(repeat) for word in fields.spellings(item)}
    for target, words in SPECIAL.items():
        if target == LINK or (repeat and fields.repeats):
            found |= {folded(word): target for word in words if folded(word) not in found}
    return found


def _best_head(rows: Sequence[Sequence[Value]], fields: Fields, repeat: str | None) -> tuple[int, int]:
    """Return the row that reads most like headings, and how many of its cells are known."""
    targets = _targets(fields, repeat)
    scores = [
        (len({targets[word] for word in map(folded, map(plain_text, row)) if word in targets}), -number)
        for number, row in enumerate(rows[:HEAD_ROWS], start=1)
        if any(plain_text(value).strip() for value in row)
    ]
    known, number = max(scores, default=(0, -1))
    return -number, known


def _headings(rows: Sequence[Sequence[Value]], head: int) -> dict[int, str]:
    if not 0 < head <= len(rows):
        return {}
    texts = {number: plain_text(value).strip() for number, value in enumerate(rows[head - 1], start=1)}
    return {number: text[:100] for number, text in texts.items() if text}
