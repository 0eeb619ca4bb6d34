"""Choices that depend on other answers: a village is offered once its township is chosen.

An item's `filter` names, for each column, the item whose answer an option's tag of that column must equal
(XLSForm's choice_filter of the form `column=${field}`). An option without the tag is never offered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.messages import N_, Message
from engine.schema import Item, Option


def filtered_by(item: Item) -> frozenset[str]:
    """Return the fids whose answers decide which options are offered."""
    return frozenset((item.config.get("filter") or {}).values())


def fits(item: Item, option: Option, values: Mapping[str, Any]) -> bool:
    """Tell whether an option is offered beside the answers that stand there now."""
    return all(
        _is(values.get(fid), option.tags.get(column)) for column, fid in (item.config.get("filter") or {}).items()
    )


def misfits(item: Item, value: Any, values: Mapping[str, Any], locale: str) -> list[Message]:
    """Refuse chosen options that the other answers rule out."""
    if not item.config.get("filter"):
        return []
    chosen = value if isinstance(value, list) else [value]
    return [
        Message(N_("“%(option)s”和前面选的不相符，请重新选择"), {"option": option.text(locale)})
        for option in item.options
        if option.value in chosen and not fits(item, option, values)
    ]


def _is(answer: Any, tag: str | None) -> bool:
    return tag is not None and (tag in answer if isinstance(answer, list) else answer == tag)
