"""Yes or no."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import Cell, Kind
from engine.messages import N_, Invalid
from engine.schema import Item
from engine.texts import narrow

_YES = frozenset({"true", "1", "on", "y", "yes", "是"})
_NO = frozenset({"false", "0", "off", "n", "no", "否"})


class BooleanKind(Kind):
    name: ClassVar[str] = "boolean"
    label: ClassVar[str] = N_("是否")
    xlsform_type: ClassVar[str] = "select_one"
    operators: ClassVar[tuple[str, ...]] = ("eq", "empty")
    value_type = "bool"
    index_as = "text"
    counted = True
    sortable = True

    def parse(self, item: Item, raw: Any, context: Context) -> bool | None:
        del item, context
        if raw is None or isinstance(raw, bool):
            return raw
        word = narrow(raw).casefold() if isinstance(raw, str) else None
        if word == "":
            return None
        if word not in _YES | _NO:
            raise Invalid(N_("请选“是”或“否”"))
        return word in _YES

    def display(self, item: Item, value: Any, context: Context) -> str:
        del item
        return context.translate(N_("是") if value else N_("否"))

    def index_text(self, item: Item, value: Any) -> list[str]:
        del item
        return ["true" if value else "false"]

    def export_cells(self, item: Item, value: Any, context: Context, *, codes: bool = False) -> Cell:
        return self.index_text(item, value)[0] if codes else self.display(item, value, context)

    def json_schema(self, item: Item) -> dict[str, Any]:
        del item
        return {"type": "boolean"}
