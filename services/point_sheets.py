"""The workbook of points records as a sheet: its columns, its rows, and what a cell says."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import lazy_gettext as _l

from services.refusals import Refusal
from services.workbooks import Value, open_table

HOME, PERSON, CODE, NAME, POINTS, DAY, NOTE = "户编号", "姓名", "事项编号", "事项名称", "分值", "日期", "备注"
COLUMNS = (HOME, PERSON, CODE, NAME, POINTS, DAY, NOTE)
NEEDED = (HOME, POINTS, DAY)
ROWS_MOST = 10_000


class SheetRefused(Refusal):
    """The file is a table, but none of points records."""


@dataclass(frozen=True)
class Points:
    """The records of a file as they stand there: (sheet row, values by column), and what the file is known by."""

    sha256: str
    rows: Sequence[tuple[int, Mapping[str, Value]]]


def read_points(data: bytes, *, most_bytes: int) -> Points:
    """Read the first sheet of a file. Raises WorkbookRefused and SheetRefused."""
    book = open_table(data, most_bytes=most_bytes)
    first, *rest = book.rows(book.names[0]) or [[]]
    places = {text_of(head).rstrip("*"): place for place, head in reversed(list(enumerate(first)))}
    missing = [name for name in NEEDED if name not in places]
    if missing:
        raise SheetRefused(_l("第一行里没有“%(names)s”这一列。请用模板填写。", names="、".join(missing)))
    asked = {name: places[name] for name in COLUMNS if name in places}
    rows = [
        (number, {name: row[place] for name, place in asked.items()})
        for number, row in enumerate(rest, start=2)
        if any(text_of(row[place]) for place in asked.values())
    ]
    if not rows:
        raise SheetRefused(_l("表里没有记录。请从第二行起，一行填一条。"))
    if len(rows) > ROWS_MOST:
        raise SheetRefused(_l("一个文件最多 %(most)s 行。请分成几个文件。", most=ROWS_MOST))
    return Points(hashlib.sha256(data).hexdigest(), rows)


def text_of(value: Value) -> str:
    """Return what a cell says in words; a whole number without its point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def date_of(value: Value) -> date | None:
    """Return the day that a cell says, None where it says none."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(text_of(value).replace("/", "-").replace(".", "-"))
    except ValueError:
        return None
