"""The workbook that officials fill points records into."""

from __future__ import annotations

import io

import xlsxwriter
from flask_babel import gettext as _

from services.point_judging import LEAST, MOST
from services.point_sheets import COLUMNS, DAY, NEEDED, POINTS, ROWS_MOST


def points_template() -> bytes:
    """Write the template (XLSX): a sheet with the heads, and one that explains them."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        head = book.add_format({"bold": True, "bg_color": "#E3EFE8", "border": 1})
        kinds = {
            DAY: book.add_format({"num_format": "yyyy-mm-dd"}),
            POINTS: book.add_format({"num_format": "0"}),
        }
        text = book.add_format({"num_format": "@"})
        paper = book.add_worksheet(_("积分记录"))
        paper.freeze_panes(1, 0)
        for place, name in enumerate(COLUMNS):
            paper.set_column(place, place, 16, kinds.get(name, text))
            paper.write_string(0, place, name + ("*" if name in NEEDED else ""), head)
        told = book.add_worksheet(_("填写说明"))
        told.set_column(0, 0, 90)
        for number, line in enumerate(_explained()):
            told.write_string(number, 0, line)
    return out.getvalue()


def _explained() -> list[str]:
    return [
        _("1. 第一行是表头，请保留；从第二行起，一行填一条。带 * 的列必填。"),
        _("2. 事项编号和事项名称填一个就行，分值按那个事项的规定。规则要评议、审批或公示的，导入后成为申报。"),
        _("   没有发布积分规则的地方可以都不填，分值要在 %(least)s 到 %(most)s 之间。", least=LEAST, most=MOST),
        _("3. 日期写成 2026-01-31。姓名填这一户的人，可以不填。"),
        _("4. 扣分不能用表格导入。一个文件最多 %(most)s 行。", most=ROWS_MOST),
        _("5. 有一行不对，就一行也不记，并告诉您是哪一行、为什么。同一个文件传两次，只记一次。"),
    ]  # fmt: skip
