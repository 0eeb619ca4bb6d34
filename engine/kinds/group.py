"""Questions under one heading that are shown or hidden together. Their answers stand flat beside the others."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import Kind
from engine.messages import N_, Problem
from engine.schema import Item


class GroupKind(Kind):
    name: ClassVar[str] = "group"
    label: ClassVar[str] = N_("题目分组")
    xlsform_type: ClassVar[str] = "begin_group"
    value_type = "none"
    answerable = False
    holds_items = True
    prefilled = False

    def check_item(self, item: Item) -> list[Problem]:
        if item.retired or any(not one.retired for one in item.items):
            return []
        return [Problem("items", item.fid, N_("“%(label)s”里还没有题目，请加上题目"), {"label": item.text()})]

    def parse(self, item: Item, raw: Any, context: Context) -> None:
        """Take no answer of its own, whatever was sent."""

    def json_schema(self, item: Item) -> dict[str, Any]:
        del item
        return {"type": "null"}
