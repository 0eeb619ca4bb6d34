"""A whole number."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import ConfigProperty
from engine.kinds.numbers import NumberKind, read_number
from engine.messages import N_, Invalid
from engine.schema import Item


class IntegerKind(NumberKind):
    name: ClassVar[str] = "integer"
    label: ClassVar[str] = N_("整数")
    xlsform_type: ClassVar[str] = "integer"
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("min", "int", N_("最小值"), least=-(10**15) + 1),
        ConfigProperty("max", "int", N_("最大值"), least=-(10**15) + 1),
    )

    def parse(self, item: Item, raw: Any, context: Context) -> int | None:
        del item, context
        number = read_number(raw)
        if number is None:
            return None
        if number != int(number):
            raise Invalid(N_("这里要填整数，不要小数点"))
        return int(number)

    def json_schema(self, item: Item) -> dict[str, Any]:
        bounds = {"min": "minimum", "max": "maximum"}
        limits = {word: item.config[name] for name, word in bounds.items() if name in item.config}
        return {"type": "integer", **limits}
