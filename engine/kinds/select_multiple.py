"""Any number of several options."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import Cell, ConfigProperty
from engine.kinds.selects import FILTER, OPTIONS, SelectKind
from engine.messages import N_, Message, Problem
from engine.schema import Item


class SelectMultipleKind(SelectKind):
    name: ClassVar[str] = "select_multiple"
    label: ClassVar[str] = N_("多选")
    xlsform_type: ClassVar[str] = "select_multiple"
    value_type = "list"
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        OPTIONS,
        FILTER,
        ConfigProperty("min", "int", N_("最少选几项"), most=500),
        ConfigProperty("max", "int", N_("最多选几项"), least=1, most=500),
    )

    def check_item(self, item: Item) -> list[Problem]:
        problems = super().check_item(item)
        least, most = item.config.get("min", 0), item.config.get("max", len(item.options))
        if not problems and least > min(most, len(item.live_options) or most):
            problems.append(Problem("min", item.fid, N_("最少选的项数多于能选的项数")))
        return problems

    def parse(self, item: Item, raw: Any, context: Context) -> list[str] | None:
        """Read a list of option values; one value alone is a list of one. The order is that of the options."""
        del context
        given = raw if isinstance(raw, list | tuple) else [raw]
        chosen = {self.known(item, one) for one in given if one is not None and one != ""}
        return [option.value for option in item.options if option.value in chosen] or None

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        before = context.previous.get(item.fid)
        had: list[Any] = before if isinstance(before, list) else [before]
        messages = self.retired_messages(item, value, had, context)
        least, most = item.config.get("min", 0), item.config.get("max", len(item.options))
        if len(value) < least:
            messages.append(Message(N_("至少选 %(least)s 项"), {"least": least}))
        if len(value) > most:
            messages.append(Message(N_("最多选 %(most)s 项"), {"most": most}))
        return messages

    def display(self, item: Item, value: Any, context: Context) -> str:
        return "、".join(self.words(item, one, context) for one in value)

    def from_json(self, stored: Any) -> list[str]:
        """Read a list; a single value comes from the time when the item was a select_one."""
        return list(stored) if isinstance(stored, list) else [stored]

    def index_text(self, item: Item, value: Any) -> list[str]:
        del item
        return list(value)

    def export_cells(self, item: Item, value: Any, context: Context, *, codes: bool = False) -> Cell:
        return " ".join(value) if codes else self.display(item, value, context)

    def json_schema(self, item: Item) -> dict[str, Any]:
        choices = {"type": "string", "enum": [option.value for option in item.options]}
        return {"type": "array", "uniqueItems": True, "items": choices}
