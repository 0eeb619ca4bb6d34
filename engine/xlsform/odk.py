"""Whether the tools of the XLSForm community take a workbook: pyxform converts it, and says what it refuses."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence

from engine.messages import N_, Message
from engine.xlsform.book import Book
from engine.xlsform.findings import Finding, Reading
from engine.xlsform.writing import Values, write

_ROW = re.compile(r"\[row : (\d+)\]\s*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
logging.getLogger("pyxform").setLevel(logging.ERROR)


def xform(sheets: Mapping[str, Sequence[Values]]) -> str:
    """Convert rows by sheet to an XForm (XML). Raises PyXFormError."""
    from pyxform.xls2xform import convert  # here: with its parsers it fills eleven megabytes that few processes need

    plain = {name: [dict(row) for row in rows if row] for name, rows in sheets.items()}
    return str(convert({name: rows for name, rows in plain.items() if rows}).xform)


def refusals(book: Book, reading: Reading) -> list[Finding]:
    """Return what pyxform has against a workbook; one in Chinese names is judged as it would be exported."""
    from pyxform.errors import PyXFormError

    english = all(_NAME.fullmatch(row.get("name") or "x") for row in book.survey.rows) and not any(
        "options" in row.values for row in book.survey.rows
    )
    sheets = sheets_of(book) if english else write(reading.document).sheets()
    try:
        xform(sheets)
    except PyXFormError as refused:
        return [_finding(str(refused), book if english else None)]
    return []


def sheets_of(book: Book) -> dict[str, list[Values]]:
    """Return the rows of a workbook as they stand."""
    return {
        "survey": [dict(row.values) for row in book.survey.rows],
        "choices": [dict(row.values) for row in book.choices.rows],
        "settings": [dict(row.values) for row in book.settings.rows[:1]],
    }


def _finding(text: str, book: Book | None) -> Finding:
    found = _ROW.search(text)
    place = int(found[1]) - 2 if found else -1  # pyxform counts the rows it was given, from 2
    cell = ""
    if book is not None and 0 <= place < len(book.survey.rows):
        cell = book.survey.cell(book.survey.rows[place].number, "type")
    return Finding(cell, Message(N_("开放数据工具不接受这个工作簿：%(why)s"), {"why": _ROW.sub("", text).strip()}))
