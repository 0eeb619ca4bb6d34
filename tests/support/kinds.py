"""One form with every kind of question, and a row for each: two answers, and what must come of them everywhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from engine.kinds import KINDS
from tests.support.cast import Cast

OPTIONS = [{"value": "a", "label": "甲"}, {"value": "b", "label": "乙"}, {"value": "c", "label": "丙"}]


@dataclass(frozen=True)
class Row:
    """What is typed for the first record and for the `other` one; None where a page asks nothing.

    `filters` are (operator, value, whether the first and the other record are found); `rises` tells whether the first
    record comes first under a rising sort. `cell` is what a workbook holds.
    """

    kind: str
    typed: Any
    other: Any
    stored: Any
    other_stored: Any
    shown: str
    cell: Any = None
    settings: dict[str, Any] = field(default_factory=dict)
    filters: tuple[tuple[str, str, list[bool]], ...] = ()
    rises: bool = True

    @property
    def fid(self) -> str:
        return f"f{self.kind.replace('_', '')}"

    @property
    def label(self) -> str:
        return f"{KINDS[self.kind].label}题"

    def item(self) -> dict[str, Any]:
        indexed = {"index": True} if KINDS[self.kind].index_as else {}
        head = {"fid": self.fid, "key": f"k_{self.kind}", "type": self.kind, "label": self.label}
        return {**head, **indexed, **self.settings}


def _between(low: str, high: str) -> tuple[tuple[str, str, list[bool]], ...]:
    """Filters of ordered answers, of which `low` belongs to the first record."""
    return ("ge", low, [True, True]), ("ge", high, [False, True]), ("le", low, [True, False])


def _inner(fid: str, label: str) -> dict[str, Any]:
    """A question inside a group or repeat; how rows are entered is tried in tests of their own."""
    return {"fid": fid, "key": f"k_{fid}", "type": "text", "label": label}


ROWS = (
    Row("text", "余村", "大溪", "余村", "大溪", "余村", "余村", {}, (("eq", "余村", [True, False]),), rises=True),
    Row("textarea", "一\n二", "三", "一\n二", "三", "一\n二", "一\n二"),
    Row("integer", "7", "12", 7, 12, "7", 7.0, {}, _between("7", "12")),
    Row("decimal", "7.5", "12", "7.5", "12", "7.5", 7.5, {}, _between("7.5", "12")),
    Row("money", "1,234.5", "20000", "1234.50", "20000.00", "1,234.50", 1234.5, {}, _between("1234.50", "20000")),
    Row("range", "2.5", "4", "2.5", "4", "2.5", 2.5, {"min": 0, "max": 5, "step": "0.5"}, _between("2.5", "4")),
    Row("rating", "3", "5", 3, 5, "3 星", 3.0, {}, _between("3", "5")),
    Row("date", "2026-01-05", "2026-02-01", "2026-01-05", "2026-02-01", "2026-01-05", date(2026, 1, 5), {},
        _between("2026-01-05", "2026-02-01")),
    Row("time", "9:30", "10:00", "09:30", "10:00", "09:30", time(9, 30), {}, _between("9:30", "10:00")),
    Row("datetime", "2026-01-05T09:30", "2026-01-05T10:00", "2026-01-05T09:30", "2026-01-05T10:00", "2026-01-05 09:30",
        datetime(2026, 1, 5, 9, 30), {}, _between("2026-01-05T09:30", "2026-01-05T10:00")),  # noqa: DTZ001
    Row("select_one", "a", "b", "a", "b", "甲", "甲", {"options": OPTIONS}, (("eq", "b", [False, True]),)),
    Row("select_multiple", ["a", "b"], ["c"], ["a", "b"], ["c"], "甲、乙", "甲、乙", {"options": OPTIONS},
        (("eq", "b", [True, False]),)),
    Row("rank", ["b", "a", "c"], ["c", "b", "a"], ["b", "a", "c"], ["c", "b", "a"], "1 乙、2 甲、3 丙",
        "1 乙、2 甲、3 丙", {"options": OPTIONS}, (("eq", "c", [False, True]),)),
    Row("boolean", "true", "", True, False, "是", "是", {}, (("eq", "true", [True, False]),), rises=False),  # noqa: FBT003
    Row("acknowledge", "true", "true", True, True, "已确认", "已确认", {}, (("eq", "true", [True, True]),)),  # noqa: FBT003
    Row("note", None, None, None, None, ""),
    Row("person", None, None, None, None, ""),
    Row("person_name", "张三丰", "李四", "张三丰", "李四", "张**", "张**", {}, (("eq", "张三丰", [True, False]),)),
    Row("cn_mobile", "13812342084", "13912342084", "138****2084", None, "138****2084", "138****2084"),
    Row("cn_id", "330523199001011238", "", "3305**********1238", None, "3305**********1238", "3305**********1238"),
    Row("uscc", "91330523 1122334614", "913305231122334829", "913305231122334614", "913305231122334829",
        "913305231122334614", "913305231122334614", {}, (("eq", "913305231122334829", [False, True]),)),
    Row("barcode", "6901234567892", "6912345678909", "6901234567892", "6912345678909", "6901234567892", "6901234567892",
        {}, (("eq", "6901234567892", [True, False]),)),
    Row("org", "余村村", "余村村", "余村村", None, "余村村", "余村村", {"level": "village", "required": True}),
    Row("geopoint", ["30.638521", "119.68531", "12"], ["30", "119", ""], "30.638521 119.68531 12", "30 119",
        "30.63852, 119.68531（误差 12 米）", "30.63852, 119.68531（误差 12 米）"),
    Row("image", None, None, None, None, ""),
    Row("file", None, None, None, None, ""),
    Row("audio", None, None, None, None, ""),
    Row("signature", None, None, None, None, ""),
    Row("calculate", None, None, "14", "24", "14", 14.0,
        {"value": {"mul": [{"var": "finteger"}, 2]}}, _between("14", "24")),
    Row("hidden", None, None, "网格巡查", "网格巡查", "网格巡查", "网格巡查", {"text": "网格巡查"},
        (("eq", "网格巡查", [True, True]),)),
    Row("group", None, None, None, None, "", None, {"items": [_inner("fgrouped", "组内题")]}),
    Row("repeat", None, None, None, None, "", None, {"items": [_inner("frow", "行内题")]}),
)  # fmt: skip
EVERY: dict[str, Any] = {
    "schema": "zhiye-form/1",
    "key": "every",
    "title": "各种题型登记",
    "list": [row.fid for row in ROWS if KINDS[row.kind].index_as],
    "pages": [{"id": "p1", "title": "各种题型", "items": [row.item() for row in ROWS]}],
}


def answers(cast: Cast, which: str = "typed") -> dict[str, Any]:
    """Return what is typed for the first or the `other` record, by fid."""
    given = {row.fid: getattr(row, which) for row in ROWS if row.typed is not None}
    return {fid: cast.units[raw] if fid == "forg" else raw for fid, raw in given.items() if raw != ""}
