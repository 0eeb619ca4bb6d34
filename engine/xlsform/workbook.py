"""The workbook itself (.xlsx): read into rows, written afresh, or written back with its styles and own columns."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from engine.messages import N_, Invalid
from engine.xlsform import types
from engine.xlsform.book import CHOICES, SETTINGS, SHEETS, SURVEY, ZH, Book, Row, Sheet, heading, split_language
from engine.xlsform.findings import Names
from engine.xlsform.reading import Slug, read
from engine.xlsform.writing import Identity, Line, Values, Written, write

MOST_ROWS, MOST_COLUMNS = 2_000, 100
TEMPLATE_ROWS = 300
_HEAD = PatternFill("solid", fgColor="E8F0EA")
_WIDE = 36
_NARROW = 16


class Unreadable(Invalid):
    """A file that is no workbook with a sheet of questions."""


def read_book(content: bytes) -> Book:
    """Read the sheets survey, choices and settings (or 题目, 选项, 设置) of a workbook. Raises Unreadable."""
    return _book(_open(content))


def _open(content: bytes) -> Workbook:
    try:
        return load_workbook(io.BytesIO(content), keep_links=False)
    except (InvalidFileException, KeyError, ValueError, OSError, TypeError, AttributeError, SyntaxError) as broken:
        raise Unreadable(N_("这不是一个能打开的工作簿，请用表格软件另存为 XLSX 再试")) from broken
    except Exception as broken:  # zipfile and the parsers behind it raise a dozen kinds
        raise Unreadable(N_("这不是一个能打开的工作簿，请用表格软件另存为 XLSX 再试")) from broken


def _book(workbook: Workbook) -> Book:
    found = {SHEETS.get(name.strip(), name.strip().lower()): name for name in workbook.sheetnames}
    if SURVEY not in found:
        raise Unreadable(N_("工作簿里没有名为“%(sheet)s”或“题目”的表"), sheet=SURVEY)
    sheets = {kind: _sheet(workbook[found[kind]], kind) for kind in (SURVEY, CHOICES, SETTINGS) if kind in found}
    survey = sheets[SURVEY]
    for column in ("type", "name"):
        if column not in survey.columns and not (column == "name" and "label" in survey.columns):
            raise Unreadable(N_("题目表的第一行要有“%(column)s”这一列"), column=column)
    return Book(survey, sheets.get(CHOICES, Sheet(CHOICES)), sheets.get(SETTINGS, Sheet(SETTINGS)))


def _sheet(sheet: Worksheet, kind: str) -> Sheet:
    if sheet.max_row > MOST_ROWS or sheet.max_column > MOST_COLUMNS:
        params = {"sheet": sheet.title, "rows": MOST_ROWS, "columns": MOST_COLUMNS}
        raise Unreadable(N_("表“%(sheet)s”太大，最多 %(rows)s 行、%(columns)s 列"), **params)
    head = _headings(sheet, kind)
    rows = []
    for number, cells in enumerate(sheet.iter_rows(min_row=2), start=2):
        values = {head[cell.column or 0]: _said(sheet, cell) for cell in cells if cell.column in head}
        values = {name: value for name, value in values.items() if value}
        if values:
            rows.append(Row(number, values))
    return Sheet(sheet.title, {name: get_column_letter(place) for place, name in head.items()}, tuple(rows))


def _headings(sheet: Worksheet, kind: str) -> dict[int, str]:
    """Return the name of each column by its place; of two with one name, the first."""
    found: dict[int, str] = {}
    for place, cell in enumerate(next(sheet.iter_rows(min_row=1, max_row=1), ()), start=1):
        name = heading(str(cell.value), kind) if cell.value is not None else ""
        if name and name not in found.values():
            found[place] = name
    return found


def _said(sheet: Worksheet, cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        address = f"{sheet.title}!{cell.coordinate}"
        raise Unreadable(N_("%(cell)s 是一个表格公式。请改成固定的内容"), cell=address)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, date | time):
        return value.isoformat()
    return f"{value:.15g}" if isinstance(value, float) else str(value).strip()


# ---------- afresh ----------


def fresh(document: Mapping[str, Any]) -> bytes:
    """Write a definition as a new workbook."""
    written = write(document)
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, rows in written.sheets().items():
        _fill(workbook.create_sheet(name), rows)
    return _saved(workbook)


def _fill(sheet: Worksheet, rows: Sequence[Values]) -> None:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    _head(sheet, columns)
    for number, row in enumerate(rows, start=2):
        for place, column in enumerate(columns, start=1):
            if column in row:
                _put(sheet.cell(number, place), row[column])


def _head(sheet: Worksheet, columns: Sequence[str]) -> None:
    for place, column in enumerate(columns, start=1):
        cell = sheet.cell(1, place, column)
        cell.font, cell.fill = Font(bold=True), _HEAD
        wide = column.partition("::")[0] in {"label", "hint", "relevant", "constraint", "calculation", "题目", "提示"}
        sheet.column_dimensions[get_column_letter(place)].width = _WIDE if wide else _NARROW
    sheet.freeze_panes = "A2"


def _put(cell: Any, value: str) -> None:
    """Write a text as a text, whatever it begins with."""
    cell.value = value or None
    if value:
        cell.data_type = "s"


def _saved(workbook: Workbook) -> bytes:
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


# ---------- back into the workbook it came from ----------


@dataclass(frozen=True)
class _Kept:
    """One row of the workbook as it is: its cells with their styles, its height, and the values by column."""

    cells: Mapping[int, tuple[Any, Any]]
    height: float | None


def rewritten(content: bytes, document: Mapping[str, Any], names: Names, *, slug: Slug) -> bytes:
    """Write a definition into the workbook it was read from.

    Only cells whose meaning changed are written; rows of what is gone are taken out, new ones stand behind what they
    follow, and styles, columns and sheets that are the author's own stay.
    """
    workbook = _open(content)
    book = _book(workbook)
    reading = read(book, slug=slug, known=names, base=document)
    before, after = write(reading.document, names), write(document, names)
    _list_the_inline(book, before, after, names)
    survey = workbook[book.survey.name]
    _merge(survey, SURVEY, _survey_lines(reading.rows, book), before.survey, after.survey)
    if after.choices:
        if book.choices.columns:
            choices = workbook[book.choices.name]
        else:
            choices = workbook.create_sheet(CHOICES)
            _head(choices, ["list_name", "name", "label"])
        _merge(choices, CHOICES, _choice_lines(book, names), before.choices, after.choices)
    _settings(workbook, book, before.settings, after.settings)
    return _saved(workbook)


def _list_the_inline(book: Book, before: Written, after: Written, names: Names) -> None:
    """Leave choices that stand in the question's own cell there; once changed, they become a list of their own."""
    listed = {row.get("list_name") for row in book.choices.rows}
    said = {line.of: line.values for line in before.choices}
    now = {line.of: line.values for line in after.choices}
    inline = {name for name, _ in said if name not in listed}
    changed = {of[0] for of in {**said, **now} if of[0] in inline and said.get(of) != now.get(of)}
    after.choices = [line for line in after.choices if line.of[0] not in inline or line.of[0] in changed]
    before.choices = [line for line in before.choices if line.of[0] not in inline]
    for line in after.survey:
        of_list = names.lists.get(line.of[1], "")
        if of_list in changed:
            line.values["options"] = of_list


def _survey_lines(rows: Mapping[str, int], book: Book) -> dict[int, Identity]:
    """Return what each row of the survey is about."""
    by_row = {number: fid for fid, number in rows.items()}
    found: dict[int, Identity] = {}
    opened: list[str] = []
    for row in book.survey.rows:
        kind = "_".join(row.get("type").lower().split()[:2])
        kind = next((english for word, english in types.BRACKETS.items() if word == row.get("type")), kind)
        if kind in types.OPENING and row.number in by_row:
            opened.append(by_row[row.number])
            found[row.number] = ("begin", opened[-1])
        elif kind in types.CLOSING and opened:
            found[row.number] = ("end", opened.pop())
        elif row.number in by_row:
            found[row.number] = ("item", by_row[row.number])
    return found


def _choice_lines(book: Book, names: Names) -> dict[int, Identity]:
    found = {}
    for row in book.choices.rows:
        of_list = row.get("list_name")
        values = {original: value for value, original in names.options.get(of_list, {}).items()}
        name = row.get("name") or row.get("label")
        found[row.number] = (of_list, values.get(name, name))
    return found


def _merge(
    sheet: Worksheet,
    kind: str,
    rows: Mapping[int, Identity],
    before: Sequence[Line],
    after: Sequence[Line],
) -> None:
    columns = _columns(sheet, kind, [line.values for line in after])
    kept = _take_out(sheet)
    said = {line.of: line.values for line in before}
    numbers = {of: number for number, of in rows.items()}
    foreign = _followers(list(kept), rows)  # rows of nobody's, by the row that they stand behind
    ordered: list[tuple[_Kept | None, Values]] = [(kept[number], {}) for number in foreign.get(1, ())]
    for line in after:
        number = numbers.get(line.of)
        changed = line.values if number is None else _changes(said.get(line.of, {}), line.values)
        ordered.append((kept[number] if number is not None else None, changed))
        ordered.extend((kept[follower], {}) for follower in foreign.get(number or 0, ()))
    living = {line.of for line in after}
    for number, of in rows.items():
        if of not in living and of not in said:  # read, but never written: as it was
            ordered.append((kept[number], {}))
    for number, (old, values) in enumerate(ordered, start=2):
        _put_back(sheet, number, old, {columns[name]: value for name, value in values.items()})


def _changes(before: Values, after: Values) -> Values:
    """Return the cells whose meaning changed; a cell that says nothing any more is emptied."""
    names = {**before, **after}
    return {
        name: after.get(name, "")
        for name in names
        if before.get(name, "") != after.get(name, "") and not (name == "zhiye::fid" and name not in before)
    }


def _columns(sheet: Worksheet, kind: str, rows: Sequence[Values]) -> dict[str, int]:
    """Return the place of each column, adding at the right end those that are needed and missing."""
    places = {name: place for place, name in _headings(sheet, kind).items()}
    told = {_base(name): place for name, place in places.items()}
    last = max(places.values(), default=0)
    for name in dict.fromkeys(column for row in rows for column in row):
        if name in places:
            continue
        if _base(name) in told and "::" not in name:
            places[name] = told[_base(name)]  # `label` of a workbook that has `label::中文 (zh)`
            continue
        last += 1
        places[name] = last
        _dress(sheet.cell(1, last, name), sheet.cell(1, max(last - 1, 1)))
    return places


def _base(name: str) -> str:
    base, locale = split_language(name)
    return base if locale == ZH else name


def _take_out(sheet: Worksheet) -> dict[int, _Kept]:
    """Empty the sheet below its headings and return what stood there."""
    kept: dict[int, _Kept] = {}
    for number, row in enumerate(list(sheet.iter_rows(min_row=2)), start=2):
        cells: list[Any] = [cell for cell in row if isinstance(cell, Cell)]  # merged ones have no value of their own
        kept[number] = _Kept(
            {cell.column: (cell.value, copy(cell._style)) for cell in cells},  # noqa: SLF001
            sheet.row_dimensions[number].height,
        )
        for cell in cells:
            cell.value = None
            cell._style = StyleArray()  # noqa: SLF001
    return kept


def _followers(numbers: Sequence[int], rows: Mapping[int, Identity]) -> dict[int, list[int]]:
    """Return, by the number of a row that has an item, the rows behind it that have none; 1 is the heading."""
    found: dict[int, list[int]] = {}
    behind = 1
    for number in numbers:
        if number in rows:
            behind = number
        else:
            found.setdefault(behind, []).append(number)
    return found


def _put_back(sheet: Worksheet, number: int, old: _Kept | None, values: Mapping[int, str]) -> None:
    if old is not None:
        for place, (value, style) in old.cells.items():
            cell: Any = sheet.cell(number, place)
            cell.value, cell._style = value, copy(style)  # noqa: SLF001
        if old.height:
            sheet.row_dimensions[number].height = old.height
    for place, value in values.items():
        _put(sheet.cell(number, place), value)


def _dress(cell: Any, like: Any) -> None:
    if like.has_style:
        cell._style = copy(like._style)  # noqa: SLF001


def _settings(workbook: Workbook, book: Book, before: Values, after: Values) -> None:
    changed = _changes(before, after)
    if not changed:
        return
    if not book.settings.columns:
        _fill(workbook.create_sheet(SETTINGS), [after])
        return
    sheet = workbook[book.settings.name]
    columns = _columns(sheet, SETTINGS, [after])
    row = book.settings.rows[0].number if book.settings.rows else 2
    for name, value in changed.items():
        _put(sheet.cell(row, columns[name]), value)


# ---------- the template for officials ----------

_TEMPLATE: Mapping[str, Sequence[str]] = {
    "题目": ("题型", "名称", "题目", "必填", "选项", "显示条件", "校验", "校验提示", "提示", "计算公式", "默认值"),
    "选项": ("清单", "值", "文字"),
    "设置": ("表单名称", "表单标识"),
}


def template(rows: Mapping[str, Sequence[Sequence[str]]], guide: Sequence[str]) -> bytes:
    """Write the Chinese workbook in which an official lays out a form.

    `rows` are the examples of each sheet, `guide` the lines of the sheet 填写说明.
    """
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, columns in _TEMPLATE.items():
        sheet = workbook.create_sheet(name)
        _head(sheet, columns)
        for number, row in enumerate(rows.get(name, ()), start=2):
            for place, value in enumerate(row, start=1):
                _put(sheet.cell(number, place), value)
    words = workbook.create_sheet("题型清单")
    for number, word in enumerate(types.template_types(), start=1):
        words.cell(number, 1, word)
    last = len(types.template_types())
    _choose(workbook["题目"], "A", f"题型清单!$A$1:$A${last}")
    _choose(workbook["题目"], "D", '"是,否"')
    said = workbook.create_sheet("填写说明")
    said.column_dimensions["A"].width = 110
    for number, line in enumerate(guide, start=1):
        said.cell(number, 1, line).alignment = Alignment(wrap_text=True, vertical="top")
    return _saved(workbook)


def _choose(sheet: Worksheet, column: str, source: str) -> None:
    """Offer a list in the cells of a column."""
    validation = DataValidation(type="list", formula1=source, allow_blank=True)
    validation.error = "请从清单里选"
    sheet.add_data_validation(validation)
    validation.add(f"{column}2:{column}{TEMPLATE_ROWS}")
