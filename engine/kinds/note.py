"""A text that is only read."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import ConfigProperty, Kind
from engine.messages import N_
from engine.schema import Item


class NoteKind(Kind):
    name: ClassVar[str] = "note"
    label: ClassVar[str] = N_("说明文字")
    xlsform_type: ClassVar[str] = "note"
    value_type = "none"
    answerable = False
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("style", "choice", N_("样式"), (("info", N_("提示")), ("warning", N_("警示")))),
    )

    def parse(self, item: Item, raw: Any, context: Context) -> None:
        """Take no answer, whatever was sent."""

    def json_schema(self, item: Item) -> dict[str, Any]:
        del item
        return {"type": "null"}
