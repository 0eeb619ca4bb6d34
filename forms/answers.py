"""Raw answers: as a page sends them, as a record gives them, as a field shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.context import Context
from engine.definition import Definition, Item
from engine.messages import Invalid

PREFIX = "f_"  # bare names such as data, errors or validate would shadow WTForms' own
YES, NO = "true", "false"
_LISTS = frozenset({"select_multiple", "image", "geopoint", "rank"})
_READ_FOR_INPUT = frozenset({"date", "time", "datetime"})
_ANY_DAY = Context(today=date.max)

Raw = dict[str, Any]


def raw_from_stored(definition: Definition, stored: Mapping[str, Any]) -> Raw:
    """Return stored answers as raw ones; sealed answers become blank, which means "unchanged"."""
    return {
        item.fid: "" if item.sealed else stored[item.fid]
        for item in definition.live_items
        if stored.get(item.fid) is not None and item.kind.answerable
    }


def raw_from_post(definition: Definition, posted: Any) -> Raw:
    """Read the raw answers of a submitted form: of the items that stood on the page, named by `asked`.

    Photographs are left out: uploads become uids on the server, a page never names them.
    """
    asked = set(" ".join(posted.getlist("asked")).split())
    items = [item for item in definition.live_items if item.fid in asked and item.asked]
    return {item.fid: _posted(item, posted.getlist(PREFIX + item.fid)) for item in items if item.type != "image"}


def _posted(item: Item, values: list[str]) -> Any:
    if item.type in _LISTS:
        return values
    if item.type == "acknowledge":
        return values[-1] if values else ""
    if item.type == "boolean" and not values:
        return "" if item.required is True else NO  # a bare tick box says no; a question with two answers says nothing
    return values[-1] if values else ""


def shown_value(item: Item, raw: Any) -> Any:
    """Return a raw answer as the item's field takes it."""
    if item.type == "geopoint" and isinstance(raw, str):
        return raw.split()
    if item.type in _LISTS:
        return raw if isinstance(raw, list) else [raw] if raw else []
    if isinstance(raw, bool):
        raw = YES if raw else NO
    if item.type == "acknowledge" or (item.type == "boolean" and item.required is not True):
        return raw == YES
    if item.type in _READ_FOR_INPUT and raw:
        return _for_input(item, raw)
    return raw if raw is None or isinstance(raw, str) else str(raw)


def _for_input(item: Item, raw: Any) -> str:
    """Spell an answer as the browser's own picker reads it; what is no answer stays as it was typed."""
    try:
        value = item.kind.parse(item, raw, _ANY_DAY)
    except Invalid:
        return str(raw)
    return "" if value is None else str(item.kind.to_json(value))
