"""Tables as files: no live formula, Chinese names, opened well by the usual programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

import xlsxwriter
from flask import Response

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
CELL_MAX = 32_000  # a cell of a spreadsheet holds 32,767 characters
BOM = "\ufeff"  # without it the usual program reads Chinese as nonsense
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def safe_cell(value: Any) -> str:
    """Return a cell's text; what a spreadsheet would take for a formula gets an apostrophe in front."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(DANGEROUS) else text


def to_csv(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([safe_cell(cell) for cell in header])
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return (BOM + out.getvalue()).encode()


def to_xlsx(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        for column, cell in enumerate(header):
            sheet.write_string(0, column, safe_cell(cell), bold)
        for line, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                sheet.write_string(line, column, safe_cell(cell)[:CELL_MAX])
        sheet.freeze_panes(1, 0)
    return out.getvalue()


WRITERS = {"csv": to_csv, "xlsx": to_xlsx}


def attachment(kind: str, name: str, header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Response:
    """Return a table as a download named in Chinese (RFC 5987)."""
    response = Response(WRITERS[kind](header, rows), content_type=TYPES[kind])
    quoted = quote(f"{name}.{kind}", safe="")
    response.headers["Content-Disposition"] = f"attachment; filename=\"export.{kind}\"; filename*=UTF-8''{quoted}"
    return response
