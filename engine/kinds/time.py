"""A time of day, in minutes."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import Cell, ConfigProperty, Kind
from engine.messages import N_, Invalid, Message, Problem
from engine.schema import Item
from engine.texts import narrow

# Seconds and the offset that a collecting app adds are dropped: a time of day is that of the place.
_SPELLINGS = re.compile(
    r"([0-9]{1,2})[:.时点]([0-9]{2})(?:分|:[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def read_time(raw: Any) -> str | None:
    """Read 9:30, 09:30, 09:30:00 or 9时30分 as "09:30". Raises Invalid."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if isinstance(raw, time) and not isinstance(raw, datetime):
        return raw.isoformat("minutes")[:5]
    found = _SPELLINGS.fullmatch(narrow(raw)) if isinstance(raw, str) else None
    if not found:
        raise Invalid(N_("时间要写成 09:30 这样"))
    try:
        return time(int(found[1]), int(found[2])).isoformat("minutes")
    except ValueError:
        raise Invalid(N_("一天里没有这个时间")) from None


class MomentKind(Kind):
    """The common part of time and datetime: a text whose order is the order of moments."""

    operators: ClassVar[tuple[str, ...]] = ("eq", "ge", "le", "empty")
    index_as = "text"
    sortable = True

    def check_item(self, item: Item) -> list[Problem]:
        problems, bounds = [], {}
        for name in ("min", "max"):
            try:
                bounds[name] = self.read(item.config.get(name))
            except Invalid as invalid:
                problems.append(Problem(name, item.fid, invalid.message.text, invalid.message.params))
        if not problems and bounds["min"] and bounds["max"] and bounds["min"] > bounds["max"]:
            problems.append(Problem("min", item.fid, N_("最早时间不能晚于最晚时间")))
        return problems

    @staticmethod
    def read(raw: Any) -> str | None:
        """Read one moment. Raises Invalid."""
        return read_time(raw)

    def parse(self, item: Item, raw: Any, context: Context) -> str | None:
        del item, context
        return self.read(raw)

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        least, most = self.read(item.config.get("min")), self.read(item.config.get("max"))
        if least and value < least:
            return [Message(N_("不能早于 %(least)s"), {"least": self.display(item, least, context)})]
        if most and value > most:
            return [Message(N_("不能晚于 %(most)s"), {"most": self.display(item, most, context)})]
        return []

    def index_text(self, item: Item, value: Any) -> list[str]:
        del item
        return [value]


class TimeKind(MomentKind):
    name: ClassVar[str] = "time"
    label: ClassVar[str] = N_("时间")
    xlsform_type: ClassVar[str] = "time"
    filter_input = "time"
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("min", "text", N_("最早时间，例如 08:30")),
        ConfigProperty("max", "text", N_("最晚时间，例如 17:30")),
    )

    def export_cells(self, item: Item, value: Any, context: Context, *, codes: bool = False) -> Cell:
        del item, context, codes
        return time.fromisoformat(value)

    def json_schema(self, item: Item) -> dict[str, Any]:
        del item
        return {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}
