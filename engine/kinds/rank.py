"""Several options in the order that somebody gives them."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import Cell, ConfigProperty
from engine.kinds.selects import OPTIONS, SelectKind
from engine.messages import N_, Invalid, Message
from engine.schema import Item


def places(item: Item) -> int:
    """Return how many places there are to fill."""
    return min(int(item.config.get("max", len(item.options))), len(item.live_options))


class RankKind(SelectKind):
    """A value lists options, the first one first. Lists filter and sort by the first place."""

    name: ClassVar[str] = "rank"
    label: ClassVar[str] = N_("排序")
    xlsform_type: ClassVar[str] = "rank"
    value_type = "list"
    sortable = True
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        OPTIONS,
        ConfigProperty("max", "int", N_("只排前几位（不填就全部排）"), least=1, most=50),
    )

    def parse(self, item: Item, raw: Any, context: Context) -> list[str] | None:
        """Read option values in their order; one value alone is the first place."""
        given = list(raw) if isinstance(raw, list | tuple) else [raw]
        while given and given[-1] in (None, ""):
            given.pop()
        for place, one in enumerate(given, start=1):
            if one in (None, ""):
                raise Invalid(N_("第 %(n)s 位还没有选"), n=place)
        chosen = [self.known(item, one) for one in given]
        for one in chosen:
            if chosen.count(one) > 1:
                raise Invalid(N_("“%(option)s”排了两次"), option=self.words(item, one, context))
        return chosen or None

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        before = context.previous.get(item.fid)
        if value == before:
            return []
        messages = self.retired_messages(item, value, before if isinstance(before, list) else [], context)
        if len(value) != places(item):
            messages.append(Message(N_("要排满 %(most)s 位，现在是 %(n)s 位"), {"most": places(item), "n": len(value)}))
        return messages

    def display(self, item: Item, value: Any, context: Context) -> str:
        return "、".join(f"{place} {self.words(item, one, context)}" for place, one in enumerate(value, start=1))

    def index_text(self, item: Item, value: Any) -> list[str]:
        del item
        return list(value[:1])

    def export_cells(self, item: Item, value: Any, context: Context, *, codes: bool = False) -> Cell:
        return " ".join(value) if codes else self.display(item, value, context)

    def json_schema(self, item: Item) -> dict[str, Any]:
        choices = {"type": "string", "enum": [option.value for option in item.options]}
        return {"type": "array", "uniqueItems": True, "items": choices}
