"""Tables as files: workbooks and comma-separated text that the usual programs open as Chinese and never run."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO, TextIO
from urllib.parse import quote

import xlsxwriter

EXPORT_MOST = 5_000
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
CELL_MOST = 32_000  # a cell of a workbook holds 32,767 characters
SHEET_NAME_MOST = 31
DAY, MOMENT, CLOCK = "yyyy-mm-dd", "yyyy-mm-dd hh:mm", "hh:mm"  # as spreadsheets spell formats
BOM = "\ufeff"  # without it the usual program reads Chinese as nonsense
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
Value = str | int | Decimal | date | datetime | time | None
Line = Sequence[Value]


@dataclass(frozen=True)
class Sheet:
    """A table ready to be written: its title, its heads, its lines."""

    title: str
    heads: Sequence[str]
    lines: Sequence[Line]


def safe_text(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def to_csv(sheet: Sheet) -> bytes:
    """Write comma-separated text that the usual programs open as Chinese."""
    out = io.StringIO()
    write_csv_head(out, sheet.heads)
    csv.writer(out).writerows([plain_value(value) for value in line] for line in sheet.lines)
    return out.getvalue().encode()


def write_csv_head(out: TextIO, heads: Sequence[str]) -> None:
    """Begin a comma-separated text: the mark of its encoding, then its heads."""
    out.write(BOM)
    csv.writer(out).writerow([safe_text(head) for head in heads])


def plain_value(value: Value) -> str:
    """Say a value of a cell as comma-separated text has it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, time):
        return value.isoformat("minutes")
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def to_xlsx(sheet: Sheet) -> bytes:
    """Write a workbook: numbers as numbers, days as days, texts as texts that never become formulas or links."""
    out = io.BytesIO()
    with XlsxBook(out, [(sheet.title, sheet.heads)]) as book:
        for line in sheet.lines:
            book.write(0, line)
    return out.getvalue()


class XlsxBook:
    """A workbook written line after line; what is written leaves memory, so that any number of lines fits."""

    def __init__(self, out: BinaryIO | str, sheets: Sequence[tuple[str, Sequence[str]]], folder: str = "") -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.book = xlsxwriter.Workbook(out, options | ({"tmpdir": folder} if folder else {}))
        self.formats: dict[type, Any] = {
            date: self.book.add_format({"num_format": DAY}),
            datetime: self.book.add_format({"num_format": MOMENT}),
            time: self.book.add_format({"num_format": CLOCK}),
        }
        bold, used = self.book.add_format({"bold": True}), set[str]()
        self.papers = [self._paper(title, heads, bold, used) for title, heads in sheets]
        self.lines = [0] * len(sheets)

    def _paper(self, title: str, heads: Sequence[str], bold: Any, used: set[str]) -> Any:
        name, number = sheet_name(title), 2
        while name.casefold() in used:
            name, number = f"{sheet_name(title)[: SHEET_NAME_MOST - 4]} {number}", number + 1
        used.add(name.casefold())
        paper = self.book.add_worksheet(name)
        paper.freeze_panes(1, 1)
        paper.set_column(0, len(heads) - 1, 16)
        for place, head in enumerate(heads):
            paper.write_string(0, place, safe_text(head)[:CELL_MOST], bold)
        return paper

    def write(self, sheet: int, line: Line) -> None:
        """Add a line to a sheet, by its place among the sheets."""
        self.lines[sheet] += 1
        paper, number = self.papers[sheet], self.lines[sheet]
        for place, value in enumerate(line):
            _write(paper, number, place, value, self.formats)

    def __enter__(self) -> XlsxBook:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is None:
            self.book.close()
            return
        self.book.fileclosed = True  # nothing is written of a workbook that was given up
        for paper in self.papers:
            paper.row_data_fh.close()


def _write(paper: Any, line: int, place: int, value: Value, formats: Mapping[type, Any]) -> None:
    if value is None:
        return
    if isinstance(value, str):
        paper.write_string(line, place, safe_text(value)[:CELL_MOST])
    elif isinstance(value, date | time):
        paper.write_datetime(line, place, value, formats[type(value)])
    else:
        paper.write_number(line, place, value)


def sheet_name(title: str) -> str:
    """Return a title as the name of a sheet: none of its forbidden signs, at most 31 characters."""
    return re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:SHEET_NAME_MOST] or "1"


WRITERS: dict[str, Callable[[Sheet], bytes]] = {"xlsx": to_xlsx, "csv": to_csv}


def content_disposition(filename: str) -> str:
    """Return the header for a download with a Chinese name (RFC 6266 with RFC 8187)."""
    ending = filename.rpartition(".")[2]
    return f"attachment; filename=\"export.{ending}\"; filename*=UTF-8''{quote(filename, safe='')}"
