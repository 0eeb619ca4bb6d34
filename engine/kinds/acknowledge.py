"""A sentence that must be confirmed by a tick, such as that rights were explained."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.boolean import BooleanKind
from engine.messages import N_
from engine.schema import Item


class AcknowledgeKind(BooleanKind):
    name: ClassVar[str] = "acknowledge"
    label: ClassVar[str] = N_("确认勾选")
    xlsform_type: ClassVar[str] = "acknowledge"
    always_required = True
    prefilled = False
    missing: ClassVar[str] = N_("请勾选“%(label)s”")

    def parse(self, item: Item, raw: Any, context: Context) -> bool | None:
        """Read a tick; "no" is no answer."""
        return super().parse(item, raw, context) or None

    def display(self, item: Item, value: Any, context: Context) -> str:
        del item, value
        return context.translate(N_("已确认"))

    def json_schema(self, item: Item) -> dict[str, Any]:
        del item
        return {"const": True, "type": "boolean"}
