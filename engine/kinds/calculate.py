"""What is computed from other answers: a number, a text, a day, or yes or no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import ConfigProperty, Kind
from engine.kinds.boolean import BooleanKind
from engine.kinds.date import DateKind
from engine.kinds.decimal import DecimalKind
from engine.kinds.text import TextKind
from engine.messages import N_, Message, Problem
from engine.schema import Item

RESULTS = (
    ("number", N_("数字")),
    ("text", N_("文字")),
    ("date", N_("日期")),
    ("bool", N_("是或否")),
)
FORMULA = ConfigProperty("value", "expression", N_("计算公式"))


class Calculated(Kind):
    """What all results have in common. Nobody enters them, so there is nothing to judge."""

    name: ClassVar[str] = "calculate"
    xlsform_type: ClassVar[str] = "calculate"
    entered = False
    maskable = False
    searchable = False
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        FORMULA,
        ConfigProperty("result", "choice", N_("结果是什么（不选是数字）"), RESULTS),
    )

    def check_item(self, item: Item) -> list[Problem]:
        return [] if item.calculation is not None else [Problem("value", item.fid, N_("请写计算公式"))]

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        del item, value, context
        return []


class CalculateKind(Calculated, DecimalKind):
    """A number, and the kind that the designer offers; `variant` gives that of another result."""

    label: ClassVar[str] = N_("自动计算")

    def variant(self, config: Mapping[str, Any]) -> Kind:
        return _VARIANTS.get(config.get("result", ""), self)


class CalculatedTextKind(Calculated, TextKind):
    label: ClassVar[str] = N_("自动计算（文字）")
    longest: ClassVar[int] = 10_000


class CalculatedDateKind(Calculated, DateKind):
    label: ClassVar[str] = N_("自动计算（日期）")


class CalculatedBoolKind(Calculated, BooleanKind):
    label: ClassVar[str] = N_("自动计算（是或否）")


_VARIANTS: Mapping[str, Kind] = {
    "text": CalculatedTextKind(),
    "date": CalculatedDateKind(),
    "bool": CalculatedBoolKind(),
}
