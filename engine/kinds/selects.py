"""What the two select kinds share: their options."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import ConfigProperty, Kind
from engine.messages import N_, Invalid, Message, Problem
from engine.schema import Item

OPTIONS = ConfigProperty("options", "options", N_("选项"))
FILTER = ConfigProperty("filter", "columns", N_("按别的答案筛选选项"))


class SelectKind(Kind):
    """The common part of select_one and select_multiple."""

    operators: ClassVar[tuple[str, ...]] = ("in", "eq", "empty")
    index_as = "text"
    counted = True
    searchable = True

    def check_item(self, item: Item) -> list[Problem]:
        if not item.options:
            return [Problem("options", item.fid, N_("至少要有一个选项"))]
        if not item.live_options and not item.retired:
            return [Problem("options", item.fid, N_("选项不能全部停用；要停用整道题，请停用题目"))]
        return []

    @staticmethod
    def known(item: Item, raw: Any) -> str:
        """Return the value of an option, live or retired. Raises Invalid."""
        value = raw.strip() if isinstance(raw, str) else raw
        if not isinstance(value, str) or value not in {option.value for option in item.options}:
            raise Invalid(N_("没有这个选项，请重新选择"))
        return value

    @staticmethod
    def retired_messages(item: Item, chosen: list[str], before: list[Any], context: Context) -> list[Message]:
        """Refuse retired options, except those the record had before."""
        return [
            Message(N_("选项“%(option)s”已停用，请另选一项"), {"option": option.text(context.locale)})
            for option in item.options
            if option.retired and option.value in chosen and option.value not in before
        ]

    @staticmethod
    def words(item: Item, value: str, context: Context) -> str:
        """Say an option in the reader's language; a value of another version stands for itself."""
        labels = {option.value: option.text(context.locale) for option in item.options}
        return labels.get(value, value)
