"""A number on a scale from one end to the other, in steps."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import ConfigProperty
from engine.kinds.decimal import DecimalKind
from engine.kinds.numbers import plain, read_number
from engine.messages import N_, Message, Problem
from engine.schema import Item

FIRST, LAST, STEP = Decimal(0), Decimal(10), Decimal(1)
MOST_STEPS = 1000


def scale(item: Item) -> tuple[Decimal, Decimal, Decimal]:
    """Return the ends of the scale and the step between its values."""
    given = (read_number(item.config.get(name)) for name in ("min", "max", "step"))
    first, last, step = (
        one if one is not None else usual for one, usual in zip(given, (FIRST, LAST, STEP), strict=True)
    )
    return first, last, step


class RangeKind(DecimalKind):
    name: ClassVar[str] = "range"
    label: ClassVar[str] = N_("刻度")
    xlsform_type: ClassVar[str] = "range"
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("min", "decimal", N_("最小值（不填是 0）")),
        ConfigProperty("max", "decimal", N_("最大值（不填是 10）")),
        ConfigProperty("step", "decimal", N_("每一格是多少（不填是 1）")),
    )

    def check_item(self, item: Item) -> list[Problem]:
        first, last, step = scale(item)
        if first >= last:
            return [Problem("min", item.fid, N_("最小值要小于最大值"))]
        if step <= 0 or (last - first) % step:
            return [Problem("step", item.fid, N_("从最小值到最大值要正好分成若干格"))]
        if (last - first) / step > MOST_STEPS:
            return [Problem("step", item.fid, N_("刻度太密，最多 %(most)s 格"), {"most": MOST_STEPS})]
        return []

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        del context
        first, last, step = scale(item)
        if not first <= value <= last:
            return [Message(N_("要在 %(first)s 到 %(last)s 之间"), {"first": plain(first), "last": plain(last)})]
        if (value - first) % step:
            return [Message(N_("要从 %(first)s 起，每格 %(step)s"), {"first": plain(first), "step": plain(step)})]
        return []
