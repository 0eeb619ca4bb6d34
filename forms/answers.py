"""Raw answers: as a page sends them, as a record gives them, as a field shows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from engine.context import Context
from engine.definition import Definition, Item
from engine.messages import Invalid
from engine.rows import places, rows_of
from engine.schema import ROW_ID, fid_of

PREFIX = "f_"  # bare names such as data, errors or validate would shadow WTForms' own
YES, NO = "true", "false"
_LISTS = frozenset({"select_multiple", "geopoint", "rank"})
_READ_FOR_INPUT = frozenset({"date", "time", "datetime"})
_ANY_DAY = Context(today=date.max)
ROW = re.compile(r"(.+)/([0-9a-f]{16})")

KEPT = "kept_"  # before the address of uploads that stay

Raw = dict[str, Any]


def raw_from_stored(definition: Definition, stored: Mapping[str, Any]) -> Raw:
    """Return stored answers as raw ones; sealed answers become blank, which means "unchanged"."""
    return _opened(definition.live_items, stored)


def _opened(items: Iterable[Item], stored: Mapping[str, Any]) -> Raw:
    found: Raw = {}
    for item in items:
        if stored.get(item.fid) is None or not item.kind.answerable:
            continue
        if item.kind.repeats:
            rows = rows_of(stored, item.fid)
            found[item.fid] = [{ROW_ID: row[ROW_ID], **_opened(item.live_row_items, row)} for row in rows]
        else:
            found[item.fid] = "" if item.sealed else stored[item.fid]
    return found


def masks(definition: Definition, stored: Mapping[str, Any]) -> dict[str, str]:
    """Return, by address, how the sealed answers of a record are shown to somebody who may not see them."""
    return {
        at: str(value["mask"])
        for at, _item, value in places(definition.live_items, stored)
        if isinstance(value, Mapping) and "mask" in value
    }


def raw_from_post(definition: Definition, posted: Any) -> Raw:
    """Read the raw answers of a submitted form: of the addresses that stood on the page, named by `asked`.

    The rows of repeats are those that `rows` names, in that order. Uploads are left out: they become uids on the
    server, a page never names them.
    """
    return _Posted(posted).level(definition.live_items, "")


def row_from_post(repeat: Item, posted: Any, at: str) -> Raw:
    """Read what a page sent of the row at an address that it shows no more (see `aside`)."""
    return {ROW_ID: fid_of(at), **_Posted(posted).level(repeat.live_row_items, f"{at}/")}


def aside(posted: Any, at: str) -> list[tuple[str, str]]:
    """Return what a page sent of the row at an address, as fields to be sent again: so it can come back unharmed."""
    below = f"{at}/"
    starts = (f"{PREFIX}{below}", f"{KEPT}{below}")
    fields = [(name, value) for name in posted if name.startswith(starts) for value in posted.getlist(name)]
    rows = [("rows", value) for value in posted.getlist("rows") if value.startswith(below)]
    asked = [one for one in " ".join(posted.getlist("asked")).split() if one.startswith(below)]
    return [*fields, *rows, ("asked", " ".join(asked))]


class _Posted:
    """What a page sent, by address."""

    def __init__(self, posted: Any) -> None:
        self.posted = posted
        self.asked = set(" ".join(posted.getlist("asked")).split())
        self.rows: dict[str, dict[str, None]] = {}  # of each repeat the ids, once and in order
        for found in map(ROW.fullmatch, posted.getlist("rows")):
            if found:
                self.rows.setdefault(found[1], {})[found[2]] = None

    def level(self, items: Iterable[Item], prefix: str) -> Raw:
        found: Raw = {}
        for item in items:
            at = f"{prefix}{item.fid}"
            if at not in self.asked:
                continue
            if item.kind.repeats:
                rows = self.rows.get(at, ())
                found[item.fid] = [{ROW_ID: row, **self.level(item.live_row_items, f"{at}/{row}/")} for row in rows]
            elif item.asked and not item.kind.takes_files:
                found[item.fid] = _posted(item, self.posted.getlist(PREFIX + at))
        return found


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
    if item.type in _LISTS or item.kind.takes_files:
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
