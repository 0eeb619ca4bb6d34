"""The workbook that people fill in for an import: headings, hints, drop-downs, and how to fill it in."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import xlsxwriter
from flask_babel import gettext as _

from engine.definition import Item
from engine.kinds.selects import SelectKind
from models.access import Actor
from queries.exports import CLOCK, DAY, MOMENT, sheet_name
from queries.imports import unit_names
from services.import_maps import LINE, LINK, PARENT, SPECIAL, Fields
from services.import_rows import HINT
from services.workbooks import ROWS_MOST

FILLED_FROM = 2  # the row below headings and hints, from 0
FORMATS = {"date": DAY, "datetime": MOMENT, "time": CLOCK}
WIDE, NARROW = 22, 8
CHOICES = "选项"


def template(fields: Fields, title: str, actor: Actor, *, today: date) -> bytes:
    """Write the template of a form (XLSX): a sheet for the records, one for each repeat, one of explanations."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        writer = _Writer(book, fields, actor, today)
        writer.sheet(None, title, (LINK,))
        for repeat in fields.repeats:
            nested = bool(fields.asked.repeats_of(repeat.fid))
            special = (LINK, PARENT, LINE) if nested else (LINK, LINE)
            writer.sheet(repeat.fid, repeat.text(fields.locale), special)
        writer.explain()
        writer.choices.hide()
    return out.getvalue()


class _Writer:
    """Writes the sheets of one template."""

    def __init__(self, book: Any, fields: Fields, actor: Actor, today: date) -> None:
        self.book, self.fields, self.actor, self.today = book, fields, actor, today
        self.names: set[str] = {CHOICES}
        self.choice_columns = 0
        self.head = book.add_format({"bold": True, "bg_color": "#E3EFE8", "border": 1, "text_wrap": True})
        self.hint = book.add_format({"font_color": "#5B6B63", "italic": True, "text_wrap": True, "valign": "top"})
        self.kinds = {name: book.add_format({"num_format": code}) for name, code in FORMATS.items()}
        self.text = book.add_format({"num_format": "@"})
        self.choices: Any = None

    def sheet(self, repeat: str | None, title: str, special: Sequence[str]) -> None:
        paper = self.book.add_worksheet(self._free_name(title))
        if self.choices is None:
            self.choices = self.book.add_worksheet(CHOICES)
        paper.freeze_panes(FILLED_FROM, len(special))
        for place, target in enumerate(special):
            paper.set_column(place, place, NARROW)
            paper.write_string(0, place, SPECIAL[target][0], self.head)
        paper.write_string(1, 0, HINT, self.hint)
        for place, item in enumerate(self.fields.of(repeat), start=len(special)):
            must = "*" if item.required is True else ""
            paper.set_column(place, place, WIDE, self.kinds.get(item.type, self._plain(item)))
            paper.write_string(0, place, self.fields.heading(item) + must, self.head)
            paper.write_string(1, place, "；".join(self._hints(item)), self.hint)
            self._offer(paper, place, item)

    def _plain(self, item: Item) -> Any:
        return None if item.kind.value_type == "number" and item.type != "org" else self.text

    def _offer(self, paper: Any, place: int, item: Item) -> None:
        words = self._offered(item)
        if not words:
            return
        column = self.choice_columns
        self.choice_columns += 1
        for row, word in enumerate(words):
            self.choices.write_string(row, column, word)
        last = xlsxwriter.utility.xl_rowcol_to_cell(len(words) - 1, column, row_abs=True, col_abs=True)
        first = xlsxwriter.utility.xl_rowcol_to_cell(0, column, row_abs=True, col_abs=True)
        rule = {
            "validate": "list",
            "source": f"='{CHOICES}'!{first}:{last}",
            "error_title": _("没有这一项"),
            "error_message": _("请从下拉里选一项。"),
        }
        paper.data_validation(FILLED_FROM, place, ROWS_MOST, place, rule)

    def _offered(self, item: Item) -> list[str]:
        if item.type == "org":
            return unit_names(self.actor, item.config.get("level"), today=self.today)
        if item.kind.value_type == "bool":
            return [_("是"), _("否")]
        if isinstance(item.kind, SelectKind) and item.kind.value_type != "list":
            return [option.text(self.fields.locale) for option in item.live_options]
        return []

    def _hints(self, item: Item) -> Iterator[str]:
        if item.required is True:
            yield _("必填")
        if item.kind.value_type == "list":
            some = "、".join(option.text(self.fields.locale) for option in item.live_options)
            yield _("可填几项，用顿号隔开：%(some)s", some=some)
        elif self._offered(item):
            yield _("从下拉里选")
        elif item.type in FORMATS:
            example = {"date": "2026-01-31", "datetime": "2026-01-31 09:30", "time": "09:30"}[item.type]
            yield _("写成 %(example)s 这样", example=example)
        if item.hint:
            yield item.hint.to(self.fields.locale)

    def explain(self) -> None:
        paper = self.book.add_worksheet(self._free_name(_("填写说明")))
        paper.set_column(0, 0, 90, self.book.add_format({"text_wrap": True}))
        for row, line in enumerate(_explanations(self.fields)):
            paper.write_string(row, 0, line)

    def _free_name(self, title: str) -> str:
        name, number = sheet_name(title), 2
        while name in self.names:
            name, number = f"{sheet_name(title)[:27]} {number}", number + 1
        self.names.add(name)
        return str(name)


def _explanations(fields: Fields) -> list[str]:
    lines = [
        _("1. 第一行是表头，第二行是说明，请保留；从第三行起，一行填一条。"),
        _("2. 带 * 的列必填。带下拉的列请从下拉里选；也可以填选项代码、单位代码。"),
        _("3. 日期写成 2026-01-31；手机号、身份证号的列是文本格式，请不要改成数字。"),
        _("4. 请不要写公式，也不要链接别的文件；一个文件最多 %(most)s 行。", most=ROWS_MOST),
        _("5. 导入前会先检查一遍，有一处不对就一条也不导入，并告诉您是哪一行、哪一列、为什么。"),
    ]
    if fields.repeats:
        lines.append(_("6. 分表里的“序号”填主表同一条的序号，表示这几行属于那一条；“行号”从 1 起。"))
    if fields.beyond:
        names = "、".join(item.text(fields.locale) for item in fields.beyond)
        lines.append(_("注意：%(names)s 是必填的，但不能用表格填写，请在系统里逐条登记。", names=names))
    return lines
