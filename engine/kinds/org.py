"""An organisation of the tree: a village, a township, a department."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import Cell, ConfigProperty, Kind
from engine.messages import N_, Invalid, Message
from engine.schema import Item

ORG_LEVELS: tuple[tuple[str, str], ...] = (
    ("county", N_("县级")),
    ("township", N_("乡镇、街道")),
    ("village", N_("村、社区")),
    ("department", N_("部门")),
    ("committee", N_("调解组织")),
    ("studio", N_("工作室")),
)
_ID = re.compile(r"[1-9][0-9]{0,14}")


class OrgKind(Kind):
    name: ClassVar[str] = "org"
    label: ClassVar[str] = N_("单位")
    xlsform_type: ClassVar[str] = "text"
    operators: ClassVar[tuple[str, ...]] = ("in", "eq", "empty")
    value_type = "number"
    index_as = "number"
    counted = True
    searchable = True
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("level", "org_level", N_("层级"), ORG_LEVELS),
    )

    def parse(self, item: Item, raw: Any, context: Context) -> int | None:
        """Read the id of an organisation."""
        del item, context
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        spelled = str(raw).strip() if isinstance(raw, str) or (type(raw) is int and 0 < raw < 10**15) else ""
        if not _ID.fullmatch(spelled):
            raise Invalid(N_("没有这个单位，请重新选择"))
        return int(spelled)

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        allowed = value == context.previous.get(item.fid) or context.org_allowed(value, item.config.get("level"))
        return [] if allowed else [Message(N_("不能选这个单位，请重新选择"))]

    def display(self, item: Item, value: Any, context: Context) -> str:
        del item
        return context.org_name(value) or context.translate(N_("（已不存在的单位）"))

    def index_number(self, item: Item, value: Any) -> list[float]:
        del item
        return [float(value)]

    def export_cells(self, item: Item, value: Any, context: Context, *, codes: bool = False) -> Cell:
        return int(value) if codes else self.display(item, value, context)

    def json_schema(self, item: Item) -> dict[str, Any]:
        del item
        return {"type": "integer", "minimum": 1}
