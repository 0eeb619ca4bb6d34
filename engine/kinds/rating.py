"""A mark of one to several stars."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import ConfigProperty
from engine.kinds.integer import IntegerKind
from engine.messages import N_, Message, Problem
from engine.schema import Item

USUAL = 5


def stars(item: Item) -> int:
    """Return how many stars there are at most."""
    return int(item.config.get("max", USUAL))


class RatingKind(IntegerKind):
    name: ClassVar[str] = "rating"
    label: ClassVar[str] = N_("星级评分")
    xlsform_type: ClassVar[str] = "range"
    counted = True
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("max", "int", N_("最多几颗星（不填是 5）"), least=2, most=10),
    )

    def check_item(self, item: Item) -> list[Problem]:
        del item
        return []

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        del context
        if 1 <= value <= stars(item):
            return []
        return [Message(N_("只能选 1 到 %(most)s 颗星"), {"most": stars(item)})]

    def display(self, item: Item, value: Any, context: Context) -> str:
        del item
        return context.translate(N_("%(n)s 星")) % {"n": value}

    def json_schema(self, item: Item) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": stars(item)}
