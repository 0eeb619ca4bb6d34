"""Registers as files: the rows of a list, masked like the list, as a workbook or as comma-separated text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
import xlsxwriter
from flask_babel import lazy_gettext as _l

from engine.context import DEFAULT_LOCALE
from models.access import Actor
from models.base import db
from models.forms import Form
from models.orgs import OrgUnit
from models.records import Record
from queries.indexing import COUNTY_ZONE, Shape, shape
from queries.records import MOST_ROWS, Request, page
from queries.registers import Cell, CellState, columns, table

EXPORT_MOST = 5_000
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
CELL_MOST = 32_000  # a cell of a workbook holds 32,767 characters
SHEET_NAME_MOST = 31
BOM = "\ufeff"  # without it the usual program reads Chinese as nonsense
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
FIXED = (_l("编号"), _l("录入时间"), _l("乡镇（街道）"), _l("村（社区）"))
Value = str | int | Decimal | date | datetime | time | None
Line = Sequence[Value]


@dataclass(frozen=True)
class Sheet:
    """A table ready to be written: its title, its heads, its lines."""

    title: str
    heads: Sequence[str]
    lines: Sequence[Line]


def register_sheet(form: Form, actor: Actor, request: Request, *, locale: str = DEFAULT_LOCALE) -> Sheet | None:
    """Return all rows of a list in its order, columns of all versions; None when beyond EXPORT_MOST."""
    known, items = shape(form.id), columns(form, actor)
    fids = [item.fid for item in items]
    lines: list[Line] = []
    for records in _batches(form, actor, request):
        lines.extend(_lines(records, fids, known, actor, locale))
        if len(lines) > EXPORT_MOST:
            return None
    heads = [*(str(head) for head in FIXED), *(item.text(locale) for item in items)]
    return Sheet(known.newest.title(locale), heads, lines)


def _batches(form: Form, actor: Actor, request: Request) -> Iterator[list[Record]]:
    asked = replace(request, after="", limit=MOST_ROWS)
    while True:
        found = page(form, actor, asked, "record:export")
        yield found.records
        if found.next is None:
            return
        asked = replace(asked, after=found.next)


def _lines(records: Sequence[Record], fids: Sequence[str], known: Shape, actor: Actor, locale: str) -> Iterator[Line]:
    names = _place_names(records)
    told = table(records, fids, known=known, actor=actor, locale=locale, exported=True)
    for record, cells in zip(records, told, strict=True):
        at = record.created_at.astimezone(COUNTY_ZONE).replace(tzinfo=None, microsecond=0)
        place = (names.get(record.town_id), names.get(record.village_id))
        yield [record.number, at, *place, *(_value(cell) for cell in cells)]


def _place_names(records: Iterable[Record]) -> Mapping[int | None, str]:
    ids = {ident for record in records for ident in (record.town_id, record.village_id) if ident}
    rows = db.session.execute(sa.select(OrgUnit.id, OrgUnit.name).where(OrgUnit.id.in_(ids)))
    return {ident: name for ident, name in rows}  # noqa: C416 - a row is no pair to mypy


def _value(cell: Cell) -> Value:
    """Return what stands in the file: nothing where nothing was filled in, words where it was not asked or hidden."""
    if cell.state == CellState.FILLED:
        return cell.value
    return None if cell.state == CellState.EMPTY else cell.text


def safe_text(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def to_csv(sheet: Sheet) -> bytes:
    """Write comma-separated text that the usual programs open as Chinese."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([safe_text(head) for head in sheet.heads])
    writer.writerows([_plain(value) for value in line] for line in sheet.lines)
    return (BOM + out.getvalue()).encode()


def _plain(value: Value) -> str:
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
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        paper = book.add_worksheet(sheet_name(sheet.title))
        bold = book.add_format({"bold": True})
        formats: dict[type, Any] = {date: book.add_format({"num_format": "yyyy-mm-dd"}),
                   datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
                   time: book.add_format({"num_format": "hh:mm"})}  # fmt: skip
        paper.freeze_panes(1, 1)
        paper.set_column(0, len(sheet.heads) - 1, 16)
        for place, head in enumerate(sheet.heads):
            paper.write_string(0, place, safe_text(head)[:CELL_MOST], bold)
        for number, line in enumerate(sheet.lines, start=1):
            for place, value in enumerate(line):
                _write(paper, number, place, value, formats)
    return out.getvalue()


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
