"""Five sample workbooks, as officials and survey makers lay them out; and what they are compared by."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from xml.etree import ElementTree as ET

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from engine.xlsform.odk import sheets_of, xform
from engine.xlsform.workbook import read_book

Rows = Sequence[Sequence[str]]


def workbook(
    survey: Rows, choices: Rows = (), settings: Rows = (), dress: Callable[[Workbook], None] | None = None
) -> bytes:
    """Write rows as a workbook; `dress` puts on what an author would: colours, notes, sheets of their own."""
    made = Workbook()
    made.remove(made.worksheets[0])
    for name, rows in (("survey", survey), ("choices", choices), ("settings", settings)):
        if rows:
            sheet = made.create_sheet(name)
            for row in rows:
                sheet.append([value or None for value in row])
    if dress:
        dress(made)
    return saved(made)


def saved(made: Workbook) -> bytes:
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def xform_of(content: bytes) -> list[str]:
    """Return what pyxform makes of a workbook, as lines whose order does not matter."""
    tree = ET.fromstring(xform(sheets_of(read_book(content))))
    return sorted(
        f"{element.tag} {sorted(element.attrib.items())} {(element.text or '').strip()} {len(element)}"
        for element in tree.iter()
    )


def _dressed(made: Workbook) -> None:
    survey = made["survey"]
    for cell in survey[1]:
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="1B7A4B")
    survey["C3"].fill = PatternFill("solid", fgColor="FFF2CC")
    survey["C3"].comment = Comment("镇里要求必填", "经办人")
    survey.row_dimensions[3].height = 33
    notes = made.create_sheet("备注")
    notes["A1"] = "这张表由平安办保管"


def chinese_labels() -> bytes:
    """Write a plain form with Chinese labels, a column of the author's own and a sheet of notes."""
    return workbook(
        [
            ("type", "name", "label", "hint", "required", "default", "appearance", "经办科室"),
            ("text", "place", "地点", "写到门牌号", "yes", "", "", "平安办"),
            ("select_one kind", "kind", "隐患类型", "", "yes", "fire", "", "应急所"),
            ("integer", "people", "涉及人数", "", "", "", "", ""),
            ("date", "found_on", "发现日期", "", "yes", "today()", "", ""),
            ("text", "story", "情况说明", "", "", "", "multiline", "平安办"),
            ("image", "photo", "现场照片", "", "", "", "", ""),
            ("note", "thanks", "谢谢配合", "", "", "", "", ""),
        ],
        [
            ("list_name", "name", "label"),
            ("kind", "fire", "消防"),
            ("kind", "road", "道路"),
            ("kind", "water", "水域"),
        ],
        [("form_title", "form_id", "version"), ("隐患随手拍", "hazard_snap", "20261101")],
        _dressed,
    )


def choice_filters() -> bytes:
    """Write a form in which the township chosen decides which villages are offered."""
    return workbook(
        [
            ("type", "name", "label", "required", "choice_filter", "appearance"),
            ("select_one town", "town", "乡镇", "yes", "", ""),
            ("select_one village", "village", "村", "yes", "town=${town}", "minimal"),
            ("select_multiple wish", "wishes", "诉求", "", "", ""),
        ],
        [
            ("list_name", "name", "label", "town"),
            ("town", "tianhuangping", "天荒坪镇", ""),
            ("town", "dipu", "递铺街道", ""),
            ("village", "yucun", "余村村", "tianhuangping"),
            ("village", "daxi", "大溪村", "tianhuangping"),
            ("village", "ludou", "鹿山社区", "dipu"),
            ("wish", "repair", "修路", ""),
            ("wish", "light", "路灯", ""),
        ],
        [("form_title", "form_id"), ("村民诉求", "wishes_by_village")],
    )


def repeats() -> bytes:
    """Write a form with a group, a repeat of tenants, and a sum over their rows."""
    return workbook(
        [
            ("type", "name", "label", "required", "calculation", "repeat_count", "relevant"),
            ("begin group", "house", "房屋", "", "", "", ""),
            ("text", "address", "地址", "yes", "", "", ""),
            ("acknowledge", "let", "已核对房产证", "", "", "", ""),
            ("end group", "", "", "", "", "", ""),
            ("begin repeat", "tenants", "租客", "", "", "", "${address} != ''"),
            ("text", "tenant", "姓名", "yes", "", "", ""),
            ("integer", "months", "租住月数", "", "", "", ""),
            ("decimal", "rent", "月租金", "", "", "", "${months} > 0"),
            ("end repeat", "", "", "", "", "", ""),
            ("calculate", "rents", "租金合计", "", "sum(${rent})", "", ""),
            ("calculate", "how_many", "租客人数", "", "count(${tenants})", "", ""),
            ("begin repeat", "keys", "钥匙", "", "", "2", ""),
            ("text", "holder", "保管人", "", "", "", ""),
            ("end repeat", "", "", "", "", "", ""),
        ],
        (),
        [("form_title", "form_id"), ("出租房", "rental_rows")],
    )


def conditions() -> bytes:
    """Write a form of conditions: shown when, required when, refused when, computed from."""
    return workbook(
        [
            ("type", "name", "label", "required", "relevant", "constraint", "constraint_message", "calculation"),
            ("select_one kind", "kind", "类型", "yes", "", "", "", ""),
            ("text", "other", "其他类型说明", "${kind} = 'other'", "selected(${kind}, 'other')",
             "string-length(.) >= 2", "至少写两个字", ""),
            ("decimal", "amount", "金额", "", "", ". >= 0 and . <= 1000000", "金额要在 0 到 100 万之间", ""),
            ("integer", "people", "人数", "", "", ". > 0", "人数要大于 0", ""),
            ("calculate", "each", "人均", "", "", "", "", "round(${amount} div ${people}, 2)"),
            ("calculate", "grave", "是否重大", "", "", "", "", "${amount} >= 100000 or ${people} >= 30"),
            ("note", "warning", "属重大事项，二十四小时内上报", "", "${grave} = true()", "", "", ""),
            ("date", "happened_on", "发生日期", "", "", ". <= today()", "不能晚于今天", ""),
            ("calculate", "said", "摘要", "", "", "", "", "concat(${other}, '，', ${people}, '人')"),
        ],
        [("list_name", "name", "label"), ("kind", "leak", "漏水"), ("kind", "other", "其他")],
        [("form_title", "form_id"), ("纠纷摸排", "dispute_check")],
    )  # fmt: skip


def languages() -> bytes:
    """Write a form in two languages with the rarer types."""
    return workbook(
        [
            ("type", "name", "label::中文 (zh)", "label::English (en)", "hint::中文 (zh)", "hint::English (en)",
             "parameters", "default"),
            ("barcode", "code", "条码", "Barcode", "对准扫一扫", "Point and scan", "", ""),
            ("range", "mark", "满意度", "Satisfaction", "", "", "start=0 end=10 step=2", ""),
            ("rank order", "order", "先后", "Order", "", "", "", ""),
            ("dateTime", "moment", "时刻", "Moment", "", "", "", ""),
            ("time", "hour", "时间", "Time", "", "", "", ""),
            ("geopoint", "spot", "位置", "Place", "", "", "", ""),
            ("hidden", "source", "来源", "Source", "", "", "", "村里摸排"),
            ("select_one order", "first", "最要紧的", "Most urgent", "", "", "", "water"),
        ],
        [
            ("list_name", "name", "label::中文 (zh)", "label::English (en)"),
            ("order", "road", "道路", "Road"),
            ("order", "water", "饮水", "Water"),
            ("order", "light", "路灯", "Lights"),
        ],
        [("form_title", "form_id", "default_language"), ("需求排序", "needs", "中文 (zh)")],
    )  # fmt: skip


SAMPLES: dict[str, Callable[[], bytes]] = {
    "chinese_labels": chinese_labels,
    "choice_filters": choice_filters,
    "repeats": repeats,
    "conditions": conditions,
    "languages": languages,
}
