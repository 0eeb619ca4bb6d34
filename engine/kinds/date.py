"""A day of the calendar."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import Cell, ConfigProperty, Kind
from engine.messages import N_, Invalid, Message, Problem
from engine.schema import Item
from engine.texts import narrow

FIRST_YEAR, LAST_YEAR = 1900, 2199
_SPELLINGS = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")


def read_date(raw: Any) -> date | None:
    """Read 2026-01-31, 2026/1/31, 2026.1.31 or 2026年1月31日. Raises Invalid."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    day = date(raw.year, raw.month, raw.day) if isinstance(raw, date) else _spelled(raw)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Invalid(N_("年份要在 %(first)s 到 %(last)s 之间"), first=FIRST_YEAR, last=LAST_YEAR)
    return day


def _spelled(raw: Any) -> date:
    found = _SPELLINGS.fullmatch(narrow(raw)) if isinstance(raw, str) else None
    if not found:
        raise Invalid(N_("日期要写成 2026-01-31 这样"))
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        raise Invalid(N_("日历上没有这一天")) from None


class DateKind(Kind):
    name: ClassVar[str] = "date"
    label: ClassVar[str] = N_("日期")
    xlsform_type: ClassVar[str] = "date"
    operators: ClassVar[tuple[str, ...]] = ("eq", "ge", "le", "empty")
    value_type = "date"
    index_as = "text"
    filter_input = "date"
    sortable = True
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("min", "date", N_("最早日期")),
        ConfigProperty("max", "date", N_("最晚日期")),
    )

    def check_item(self, item: Item) -> list[Problem]:
        least, most = read_date(item.config.get("min")), read_date(item.config.get("max"))
        if least and most and least > most:
            return [Problem("min", item.fid, N_("最早日期不能晚于最晚日期"))]
        return []

    def parse(self, item: Item, raw: Any, context: Context) -> date | None:
        del item, context
        return read_date(raw)

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        del context
        least, most = read_date(item.config.get("min")), read_date(item.config.get("max"))
        if least and value < least:
            return [Message(N_("不能早于 %(least)s"), {"least": least.isoformat()})]
        if most and value > most:
            return [Message(N_("不能晚于 %(most)s"), {"most": most.isoformat()})]
        return []

    def display(self, item: Item, value: Any, context: Context) -> str:
        del item, context
        return str(value.isoformat())

    def to_json(self, value: Any) -> str:
        return str(value.isoformat())

    def from_json(self, stored: Any) -> date:
        return date.fromisoformat(stored)

    def index_text(self, item: Item, value: Any) -> list[str]:
        """Write the ISO date, whose order as text is the order of days."""
        del item
        return [value.isoformat()]

    def export_cells(self, item: Item, value: Any, context: Context, *, codes: bool = False) -> Cell:
        del item, context, codes
        day: date = value
        return day

    def json_schema(self, item: Item) -> dict[str, Any]:
        del item
        return {"type": "string", "format": "date"}
