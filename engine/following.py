"""An old version taken up again as a draft, so that it may follow what was published since."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from engine.diff import WIDENING
from engine.kinds import KINDS
from engine.outline import RawItem, free_name, items_of, page_holding, spot
from engine.schema import ITEM_PROPERTIES, raw_nested

Document = dict[str, Any]


def convert_item(item: RawItem, kind: str) -> RawItem:
    """Return the item as another kind, without the settings that kind does not have."""
    known = {*ITEM_PROPERTIES, *(setting.name for setting in KINDS[kind].config_properties)}
    if KINDS[kind].holds_items:
        known.add("items")
    return {**{name: value for name, value in item.items() if name in known}, "type": kind}


def restored(old: Document, current: Document) -> Document:
    """Return an old version as a draft that may follow the current one.

    Items and options that came later stay, retired, in the group or repeat where they stand now; a kind that was
    widened stays wide.
    """
    edited = copy.deepcopy(old)
    edited["key"] = current["key"]
    now = {item["fid"]: item for item in items_of(current)}
    before = {item["fid"]: item for item in items_of(edited)}
    for page in edited["pages"]:
        page["items"] = [_as_follower(item, now) for item in page["items"]]
    keys = {item["key"] for item in before.values()}
    for _, item, around in raw_nested(current):
        if item["fid"] not in before:
            late = {**copy.deepcopy(dict(item)), "retired": True, "key": free_name(item["key"], keys)}
            if "items" in late:
                late["items"] = []  # what stands in it follows by itself, unless the old version has it elsewhere
            keys.add(late["key"])
            _beside(edited, current, item["fid"], around).append(late)
    return edited


def _as_follower(item: RawItem, now: Mapping[str, RawItem]) -> RawItem:
    current = now.get(item["fid"])
    if "items" in item:
        item = {**item, "items": [_as_follower(one, now) for one in item["items"]]}
    if current is None:
        return item
    if (item["type"], current["type"]) in WIDENING:
        item = convert_item(item, current["type"])
    if "options" in item and "options" in current:
        known = {option["value"] for option in item["options"]}
        late = [{**option, "retired": True} for option in current["options"] if option["value"] not in known]
        item = {**item, "options": [*item["options"], *copy.deepcopy(late)]}
    return item


def _beside(document: Document, current: Document, fid: str, around: tuple[Mapping[str, Any], ...]) -> list[RawItem]:
    """Return the list in which a later item is kept: that of its group or repeat, else that of its page."""
    if around:
        siblings, place, _ = spot(document, around[-1]["fid"])
        items: list[RawItem] = siblings[place].setdefault("items", [])
        return items
    pages: list[dict[str, Any]] = document["pages"]
    page_id = page_holding(current, fid)
    found: list[RawItem] = next((page for page in pages if page["id"] == page_id), pages[-1])["items"]
    return found
