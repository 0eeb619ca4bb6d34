"""The rows of a workbook as raw answers, and what is wrong with them, each with its sheet, row and column."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask_babel import gettext as _

from engine.answers import AnswerError, Outcome
from engine.definition import Definition, Item
from engine.messages import N_, Invalid, Message
from engine.schema import ROW_ID
from queries.imports import Units
from services.import_cells import plain_text, raw_answer
from services.import_maps import LINE, LINK, PARENT, Fields, Part, Plan
from services.workbooks import Book, Value, column_letters, walk

HINT = "说明"  # stands in the first cell of a template's row of hints
STEP = 200


class Problem(NamedTuple):
    """What is wrong, and where: `column` is its letters with its heading, nothing where no column is to blame."""

    sheet: str
    line: int
    column: str
    heading: str
    reason: str


@dataclass
class Row:
    """One record to be: its answers, where each of them stands, and the addresses that could not be read."""

    sheet: str
    line: int
    link: str
    raw: dict[str, Any] = field(default_factory=dict)
    places: dict[str, tuple[Part, int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Judged:
    """All rows of a workbook after the dry run."""

    outcomes: list[Outcome]
    lines: list[int]
    problems: list[Problem]


class _Reader:
    """Reads the sheets of one workbook."""

    def __init__(self, book: Book, plan: Plan, fields: Fields, units: Units) -> None:
        self.book, self.plan, self.fields, self.units = book, plan, fields, units
        self.rows: list[Row] = []
        self.by_link: dict[str, Row] = {}
        self.problems: list[Problem] = []
        self.lines: dict[tuple[str, str, str], tuple[dict[str, Any], str]] = {}  # repeat, link, line -> row, address
        self.by_holder: dict[tuple[str, str], list[tuple[dict[str, Any], str]]] = {}  # repeat, link -> its rows

    def read(self) -> None:
        part = self.plan.main
        items = self._items(None)
        for line, values in self._lines(part):
            row = Row(part.sheet, line, _special(part, values, LINK))
            self._fill(row, row.raw, "", part, items, line, values)
            self.rows.append(row)
            if row.link and self.plan.repeats and row.link in self.by_link:
                self._wrong(row, part, line, LINK, _("序号“%(word)s”前面已经有了，分表对不上", word=row.link[:40]))
            self.by_link.setdefault(row.link, row)
        for repeat in self.fields.repeats:
            if repeat.fid in self.plan.repeats:
                self._read_repeat(repeat, self.plan.repeats[repeat.fid])

    def _read_repeat(self, repeat: Item, part: Part) -> None:
        items = self._items(repeat.fid)
        around = self.fields.asked.repeats_of(repeat.fid)
        for line, values in self._lines(part):
            link = _special(part, values, LINK)
            row = self.by_link.get(link) if link else None
            if row is None:
                reason = _("“%(sheet)s”里没有序号“%(word)s”", sheet=self.plan.main.sheet, word=link[:40])
                self.problems.append(_problem(part, line, part.column_of(LINK), reason))
                continue
            holder, prefix = row.raw, ""
            if around:
                held = self._held(around[-1], link, _special(part, values, PARENT))
                if held is None:
                    self._wrong(row, part, line, PARENT, _("上一级里没有这个行号"))
                    continue
                holder, prefix = held
            rows = holder.setdefault(repeat.fid, [])
            fresh: dict[str, Any] = {ROW_ID: secrets.token_hex(8)}
            rows.append(fresh)
            address = f"{prefix}{repeat.fid}/{fresh[ROW_ID]}/"
            self.lines[repeat.fid, link, _special(part, values, LINE) or str(len(rows))] = (fresh, address)
            self.by_holder.setdefault((repeat.fid, link), []).append((fresh, address))
            self._fill(row, fresh, address, part, items, line, values)

    def _held(self, repeat: str, link: str, line: str) -> tuple[dict[str, Any], str] | None:
        """Return the row that another one stands in; it need not be named where there is only one."""
        if line:
            return self.lines.get((repeat, link, line))
        found = self.by_holder.get((repeat, link), ())
        return found[0] if len(found) == 1 else None

    def _fill(
        self, row: Row, answers: dict[str, Any], prefix: str, part: Part, items: dict[str, Item], line: int,
        values: Sequence[Value],
    ) -> None:  # fmt: skip
        for number, target in part.columns.items():
            if target not in items:
                continue
            address = prefix + target
            row.places[address] = (part, line, number)
            try:
                answer = self._answer(part, items[target], line, number, values)
            except Invalid as invalid:
                row.unread.add(address)
                row.problems.append(_problem(part, line, number, invalid.message.said(_)))
            else:
                if answer is not None:
                    answers[target] = answer

    def _answer(self, part: Part, item: Item, line: int, number: int, values: Sequence[Value]) -> Any:
        if (line, number) in self.book.scans[part.sheet].unanswered:
            raise Invalid(N_("是公式，而且没有算出的值。请复制后“只粘贴数值”"))
        return raw_answer(item, values[number - 1] if number <= len(values) else None, self.units)

    def _lines(self, part: Part) -> Iterator[tuple[int, Sequence[Value]]]:
        for line, values in walk(self.book.rows(part.sheet)):
            if line > part.head and plain_text(values[0]).strip() != HINT:
                yield line, values

    def _items(self, repeat: str | None) -> dict[str, Item]:
        return {item.fid: item for item in self.fields.of(repeat)}

    def _wrong(self, row: Row, part: Part, line: int, target: str, reason: str) -> None:
        row.problems.append(_problem(part, line, part.column_of(target), reason))


def judge_rows(
    book: Book,
    plan: Plan,
    fields: Fields,
    *,
    units: Units,
    judge: Callable[[Mapping[str, Any]], Outcome],
    progress: Callable[[int], None] = lambda _done: None,
) -> Judged:
    """Read and judge all rows as if each had been typed. `progress` is told how many are done."""
    reader = _Reader(book, plan, fields, units)
    reader.read()
    outcomes, problems = [], list(reader.problems)
    for done, row in enumerate(reader.rows, start=1):
        outcome = judge(row.raw)
        problems += row.problems
        problems += [_told(fields.asked, row, one) for one in outcome.errors if _address(one) not in row.unread]
        outcomes.append(outcome)
        if done % STEP == 0:
            progress(done)
    order = [plan.main.sheet, *(part.sheet for part in plan.repeats.values())]
    problems.sort(key=lambda one: (order.index(one.sheet), one.line))
    return Judged(outcomes, [row.line for row in reader.rows], problems)


def _address(error: AnswerError) -> str | None:
    return error.at or error.fid


def _told(asked: Definition, row: Row, error: AnswerError) -> Problem:
    reason = Message(error.message, error.params).said(_)
    address = _address(error)
    if address in row.places:
        part, line, number = row.places[address]
        return _problem(part, line, number, reason)
    near = next((place for at, place in row.places.items() if address and at.startswith(f"{address}/")), None)
    label = asked.item(error.fid).text() if error.fid else ""
    part_sheet, line = (near[0].sheet, near[1]) if near else (row.sheet, row.line)
    return Problem(part_sheet, line, "", label, reason)


def _problem(part: Part, line: int, number: int | None, reason: str) -> Problem:
    letters = column_letters(number) if number else ""
    return Problem(part.sheet, line, letters, part.headings.get(number or 0, ""), reason)


def _special(part: Part, values: Sequence[Value], target: str) -> str:
    number = part.column_of(target)
    return plain_text(values[number - 1]).strip() if number and number <= len(values) else ""
