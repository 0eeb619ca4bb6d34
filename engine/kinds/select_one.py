"""One of several options."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import Cell, ConfigProperty
from engine.kinds.selects import FILTER, OPTIONS, SelectKind
from engine.messages import N_, Message
from engine.schema import Item


class SelectOneKind(SelectKind):
    name: ClassVar[str] = "select_one"
    label: ClassVar[str] = N_("单选")
    xlsform_type: ClassVar[str] = "select_one"
    sortable = True
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        OPTIONS,
        FILTER,
        ConfigProperty("style", "choice", N_("样式"), (("radio", N_("平铺")), ("menu", N_("下拉")))),
    )

    def parse(self, item: Item, raw: Any, context: Context) -> str | None:
        del context
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        return self.known(item, raw)

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        before = context.previous.get(item.fid)
        return self.retired_messages(item, [value], [before], context)

    def display(self, item: Item, value: Any, context: Context) -> str:
        return self.words(item, value, context)

    def index_text(self, item: Item, value: Any) -> list[str]:
        del item
        return [value]

    def export_cells(self, item: Item, value: Any, context: Context, *, codes: bool = False) -> Cell:
        return str(value) if codes else self.display(item, value, context)

    def json_schema(self, item: Item) -> dict[str, Any]:
        return {"type": "string", "enum": [option.value for option in item.options]}
