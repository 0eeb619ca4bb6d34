"""Looking around in a form's draft: what stands where, what reads what, which names are free."""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from engine.expressions import dependencies
from engine.kinds import KINDS
from engine.properties import RESERVED
from engine.schema import LIST_COLUMNS, raw_items, raw_nested

RawItem = dict[str, Any]
KEY_LENGTH = 40
_NUMBERED = re.compile(r"(.*?)(?:_([0-9]{1,4}))?")


def items_of(document: Mapping[str, Any]) -> Iterator[RawItem]:
    """Walk the raw items in the order of the pages, those inside groups and repeats too."""
    return (dict(item) for _, item in raw_items(document))


def item_of(document: Mapping[str, Any], fid: str) -> RawItem:
    """Return a copy of an item with all that stands in it; raises LookupError."""
    for item in items_of(document):
        if item["fid"] == fid:
            return copy.deepcopy(item)
    raise LookupError(fid)


def holders_of(document: Mapping[str, Any], fid: str) -> tuple[RawItem, ...]:
    """Return the groups and repeats around an item, outermost first; raises LookupError."""
    for _, item, around in raw_nested(document):
        if item["fid"] == fid:
            return tuple(dict(one) for one in around)
    raise LookupError(fid)


def held_fids(item: Mapping[str, Any]) -> list[str]:
    """Return the fids of what stands in an item, at any depth."""
    return [fid for one in item.get("items") or () for fid in (one["fid"], *held_fids(one))]


def page_of(document: Mapping[str, Any], page_id: str) -> dict[str, Any]:
    """Return a page as it stands in the document; raises LookupError."""
    for page in document["pages"]:
        if page["id"] == page_id:
            found: dict[str, Any] = page
            return found
    raise LookupError(page_id)


def page_holding(document: Mapping[str, Any], fid: str) -> str:
    """Return the id of the page an item stands on; raises LookupError."""
    return str(document["pages"][spot(document, fid)[2]]["id"])


def spot(document: Mapping[str, Any], fid: str) -> tuple[list[RawItem], int, int]:
    """Return the list that an item stands in, its place there, and the number of the page; raises LookupError."""
    for number, page in enumerate(document["pages"]):
        found = _spot(page["items"], fid)
        if found:
            return (*found, number)
    raise LookupError(fid)


def _spot(items: list[RawItem], fid: str) -> tuple[list[RawItem], int] | None:
    for place, item in enumerate(items):
        found = (items, place) if item["fid"] == fid else _spot(item.get("items") or [], fid)
        if found:
            return found
    return None


def readable(document: Mapping[str, Any], inside: str | None = None) -> list[RawItem]:
    """Return the live items whose answers a condition standing `inside` a group or repeat can read as they are.

    Those are the items of record level, repeats among them, and inside a repeat those of its rows and of rows around.
    """
    around = () if inside is None else (*holders_of(document, inside), item_of(document, inside))
    scope = _repeats(around)
    return [
        dict(item)
        for _, item, holders in raw_nested(document)
        if KINDS[item["type"]].answerable
        and _live(item, holders)
        and _repeats(holders) == scope[: len(_repeats(holders))]
    ]


def _repeats(holders: tuple[Mapping[str, Any], ...]) -> tuple[str, ...]:
    return tuple(one["fid"] for one in holders if KINDS[one["type"]].repeats)


def _live(item: Mapping[str, Any], holders: tuple[Mapping[str, Any], ...]) -> bool:
    return not any(one.get("retired") for one in (item, *holders))


def dependents(document: Mapping[str, Any], fid: str) -> list[RawItem]:
    """Return the live items whose conditions, rules or calculations read another item, or what stands in it."""
    own = {fid, *held_fids(item_of(document, fid))}
    return [
        dict(item)
        for _, item, holders in raw_nested(document)
        if item["fid"] not in own and _live(item, holders) and own & _reads(item)
    ]


def _reads(item: Mapping[str, Any]) -> frozenset[str]:
    trees = [item.get("show"), item.get("required"), item.get("value"), *(one["if"] for one in item.get("rules") or ())]
    return frozenset(fid for tree in trees for fid in dependencies(tree))


def fresh_fid(document: Mapping[str, Any], taken: Collection[str] = ()) -> str:
    """Return a fid that neither the document nor `taken` (fids of published versions) has."""
    return fresh("f", {item["fid"] for item in items_of(document)} | set(taken))


def fresh(letter: str, taken: Collection[str]) -> str:
    """Return the letter with a number above all numbers in use, so that a deleted one does not come back at once."""
    used = [int(name[1:]) for name in taken if re.fullmatch(rf"{letter}[0-9]{{1,6}}", name)]
    return f"{letter}{max(used, default=0) + 1}"


def free_key(document: Mapping[str, Any], wanted: str, *, besides: str = "") -> str:
    """Return the wanted key, or with a number behind it where it is reserved or another item has it."""
    taken = {item["key"] for item in items_of(document) if item["fid"] != besides} | RESERVED
    return free_name(wanted, taken)


def free_name(wanted: str, taken: Collection[str]) -> str:
    """Return the wanted name, or with the first number from 2 that makes it free."""
    if wanted not in taken:
        return wanted
    found = _NUMBERED.fullmatch(wanted[:KEY_LENGTH])
    stem = found[1] if found and found[1] else wanted[:KEY_LENGTH]
    return next(name for n in range(2, len(taken) + 3) if (name := f"{stem}_{n}") not in taken)


def column_fids(document: Mapping[str, Any]) -> list[str]:
    """Return the chosen columns of the list as fids; nothing when they are automatic."""
    fids = {item["key"]: item["fid"] for item in items_of(document)}
    return [fids.get(name, name) for name in document.get("list") or ()]


def automatic_columns(document: Mapping[str, Any]) -> list[str]:
    """Return the columns a list shows when none are chosen: the first live items of record level that have answers."""
    answerable = [item["fid"] for item in readable(document) if KINDS[item["type"]].visible]
    return answerable[:LIST_COLUMNS]
