"""Edits of a form's draft: each takes a document and returns a new one; the given one is left as it was.

A document made by `empty_form` and these edits is always sound (shapes, fids, keys); what is still missing or refers
to something retired is told by `check`.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from engine.check import NESTED, REPEATED
from engine.following import convert_item, restored
from engine.kinds import KINDS
from engine.messages import N_, Message
from engine.operations import AGGREGATES, LOOPS
from engine.outline import (
    KEY_LENGTH,
    RawItem,
    automatic_columns,
    column_fids,
    dependents,
    free_key,
    free_name,
    fresh,
    fresh_fid,
    held_fids,
    holders_of,
    item_of,
    items_of,
    page_holding,
    page_of,
    readable,
    spot,
)
from engine.properties import RESERVED
from engine.schema import SCHEMA

__all__ = [
    "KEY_LENGTH",
    "Document",
    "EditRefused",
    "RawItem",
    "add_item",
    "add_page",
    "automatic_columns",
    "change_item",
    "change_page",
    "change_settings",
    "column_fids",
    "convert_item",
    "copy_item",
    "dependents",
    "empty_form",
    "free_key",
    "free_name",
    "fresh_fid",
    "held_fids",
    "holders_of",
    "item_of",
    "items_of",
    "list_item",
    "move_item",
    "move_page",
    "page_holding",
    "page_of",
    "put_item",
    "readable",
    "remove_item",
    "remove_page",
    "restored",
    "retire_item",
    "reuse_item",
    "set_options",
]

Document = dict[str, Any]


class EditRefused(ValueError):  # noqa: N818 - named as the fact
    """An edit that makes no sense, with the reason."""

    def __init__(self, text: str, **params: Any) -> None:
        self.message = Message(text, params)
        super().__init__(str(self.message))


def empty_form(key: str, title: Any, page_title: Any) -> Document:
    """Return a form with one page and nothing on it."""
    return {"schema": SCHEMA, "key": key, "title": title, "pages": [{"id": "p1", "title": page_title, "items": []}]}


# ---------- pages ----------


def add_page(document: Document, title: Any) -> tuple[Document, str]:
    """Add an empty page at the end; returns the new document and the page's id."""
    edited = copy.deepcopy(document)
    page_id = fresh("p", {page["id"] for page in edited["pages"]})
    edited["pages"].append({"id": page_id, "title": title, "items": []})
    return edited, page_id


def change_page(document: Document, page_id: str, title: Any) -> Document:
    """Give a page another title."""
    edited = copy.deepcopy(document)
    page_of(edited, page_id)["title"] = title
    return edited


def move_page(document: Document, page_id: str, step: int) -> Document:
    """Move a page one place up (-1) or down (1); at the end it stays."""
    edited = copy.deepcopy(document)
    pages = edited["pages"]
    place = pages.index(page_of(edited, page_id))
    _swap(pages, place, place + step)
    return edited


def remove_page(document: Document, page_id: str) -> Document:
    """Remove an empty page. Raises EditRefused when it has items or is the last one."""
    edited = copy.deepcopy(document)
    page = page_of(edited, page_id)
    if page["items"]:
        raise EditRefused(N_("这一页还有题目。请先把题目移到别的页，再删除这一页"))
    if len(edited["pages"]) == 1:
        raise EditRefused(N_("表单至少要有一页"))
    edited["pages"].remove(page)
    return edited


# ---------- items ----------


def add_item(
    document: Document, page_id: str, item: RawItem, *, inside: str | None = None, taken: Collection[str] = ()
) -> tuple[Document, str]:
    """Put a new item under a fresh fid at the end of a page, or of the group or repeat `inside`.

    Returns the new document and the fid. Raises EditRefused where things would stand too deep in each other.
    """
    edited = copy.deepcopy(document)
    fid = fresh_fid(edited, taken)
    given = {name: value for name, value in copy.deepcopy(item).items() if name != "fid"}
    made = {"fid": fid, **_renamed(given, {"": fid})}
    _inside(edited, page_id, inside, made).append(made)
    return edited, fid


def change_item(document: Document, fid: str, item: RawItem) -> Document:
    """Replace everything about an item but its fid, its place, and (unless given) what stands in it.

    Raises EditRefused when something stands in it and its new kind holds nothing.
    """
    before = item_of(document, fid)
    edited = _with_column_fids(document) if item["key"] != before["key"] else copy.deepcopy(document)
    given = {name: value for name, value in copy.deepcopy(item).items() if name != "fid"}
    if before.get("items") and not KINDS[item["type"]].holds_items:
        raise EditRefused(N_("这一组里还有题目。请先把题目移出去，再换题型"))
    if "items" in before:
        given.setdefault("items", before["items"])
    siblings, place, _ = spot(edited, fid)
    siblings[place] = {"fid": fid, **_renamed(given, {"": fid})}
    return edited


def copy_item(document: Document, fid: str, *, taken: Collection[str] = ()) -> tuple[Document, str]:
    """Put a copy of an item right below it, with its own fid and key, likewise for what stands in it.

    The copy is never retired; what was retired inside it stays so.
    """
    edited = copy.deepcopy(document)
    siblings, place, _ = spot(edited, fid)
    twin = item_of(edited, fid)
    used = {item["fid"] for item in items_of(edited)} | set(taken)
    names: dict[str, str] = {}
    for old in (fid, *held_fids(twin)):
        names[old] = fresh("f", used)
        used.add(names[old])
    twin = _renamed(twin, names)
    _rename_copy(twin, names, edited)
    twin.pop("retired", None)
    siblings.insert(place + 1, twin)
    return edited, names[fid]


def _rename_copy(twin: RawItem, names: Mapping[str, str], document: Document) -> None:
    keys = {item["key"] for item in items_of(document)}
    waiting = [twin]
    while waiting:
        item = waiting.pop(0)
        item["fid"] = names[item["fid"]]
        item["key"] = free_name(item["key"], keys | RESERVED)
        keys.add(item["key"])
        waiting.extend(item.get("items") or ())


def move_item(document: Document, fid: str, step: int) -> Document:
    """Move an item one place up (-1) or down (1); on a page over the edge to the next page, else it stays at the ends.

    It never leaves its group or repeat; `put_item` does that.
    """
    edited = copy.deepcopy(document)
    items, place, page = spot(edited, fid)
    if 0 <= place + step < len(items):
        _swap(items, place, place + step)
    elif items is edited["pages"][page]["items"] and 0 <= page + step < len(edited["pages"]):
        neighbour = edited["pages"][page + step]["items"]
        neighbour.insert(len(neighbour) if step < 0 else 0, items.pop(place))
    return edited


def put_item(
    document: Document, fid: str, page_id: str, *, inside: str | None = None, before: str | None = None
) -> Document:
    """Move an item to the end of a page, or of the group or repeat `inside`; or there in front of the item `before`.

    Raises EditRefused when it would stand in itself or too deep. Once published, an item may not go into a repeat or
    out of one: `diff` refuses that, because its answers would stay behind.
    """
    edited = copy.deepcopy(document)
    siblings, place, _ = spot(edited, fid)
    item = siblings[place]
    if inside is not None and inside in {fid, *held_fids(item)}:
        raise EditRefused(N_("题目不能移进它自己里面"))
    target = _inside(edited, page_id, inside, item)
    siblings.remove(item)
    places = [place for place, one in enumerate(target) if one["fid"] == before]
    target.insert(places[0] if places else len(target), item)
    rows = any(KINDS[one["type"]].repeats for one in holders_of(edited, fid))
    return _without_columns(edited, fid) if rows else edited


def retire_item(document: Document, fid: str) -> Document:
    """Stop asking an item and what stands in it; the answers stay readable. They leave the list's columns."""
    edited = _without_columns(document, fid)
    siblings, place, _ = spot(edited, fid)
    siblings[place]["retired"] = True
    return edited


def reuse_item(document: Document, fid: str) -> Document:
    """Ask a retired item again."""
    edited = copy.deepcopy(document)
    siblings, place, _ = spot(edited, fid)
    siblings[place].pop("retired", None)
    return edited


def remove_item(document: Document, fid: str) -> Document:
    """Delete an item, and what stands in it, that was never published."""
    edited = _without_columns(document, fid)
    siblings, place, _ = spot(edited, fid)
    del siblings[place]
    return edited


def set_options(document: Document, fid: str, options: Sequence[Mapping[str, Any]]) -> Document:
    """Replace the options of a select item."""
    return change_item(document, fid, {**item_of(document, fid), "options": [dict(option) for option in options]})


# ---------- the whole form ----------


def change_settings(
    document: Document, *, title: Any, stale_policy: Any = "finish_old", columns: Sequence[str] = ()
) -> Document:
    """Change the title, what becomes of drafts of an older version, and the list's columns (fids; none = automatic)."""
    edited = copy.deepcopy(document)
    edited.update(title=title, stale_policy=stale_policy, list=list(columns))
    if not columns:
        del edited["list"]
    return edited


def list_item(document: Document, fid: str, *, listed: bool) -> Document:
    """Put an item into the list's columns or take it out; automatic columns stay automatic while they agree.

    What is asked in rows has no column: it stays out.
    """
    columns = column_fids(document) or automatic_columns(document)
    if (fid in columns) == listed or any(KINDS[one["type"]].repeats for one in holders_of(document, fid)):
        return document
    kept = [*columns, fid] if listed else [column for column in columns if column != fid]
    edited = {**copy.deepcopy(document), "list": kept}
    if not kept:
        del edited["list"]
    return edited


# ---------- small tools ----------


def _inside(document: Document, page_id: str, inside: str | None, item: RawItem) -> list[RawItem]:
    """Return the list that an item is to stand in; refuse what the check would refuse for good."""
    if inside is None:
        top: list[RawItem] = page_of(document, page_id)["items"]
        return top
    siblings, place, _ = spot(document, inside)
    holder = siblings[place]
    if not KINDS[holder["type"]].holds_items:
        raise EditRefused(N_("只有分组和重复填写的一组里面可以放题目"))
    around = [KINDS[one["type"]] for one in (*holders_of(document, inside), holder)]
    deep, repeated = _depths(item)
    if len(around) + deep > NESTED:
        raise EditRefused(N_("题目套得太深，分组最多套 %(most)s 层"), most=NESTED)
    if sum(kind.repeats for kind in around) + repeated > REPEATED:
        raise EditRefused(N_("重复填写的一组题目最多套 %(most)s 层"), most=REPEATED)
    items: list[RawItem] = holder.setdefault("items", [])
    return items


def _depths(item: RawItem) -> tuple[int, int]:
    """Return how many holders an item brings along, itself among them, and how many of them repeat."""
    kind = KINDS[item["type"]]
    inner = [_depths(one) for one in item.get("items") or ()]
    deepest = max((deep for deep, _ in inner), default=0)
    return kind.holds_items + deepest, kind.repeats + max((repeated for _, repeated in inner), default=0)


def _swap(row: list[Any], here: int, there: int) -> None:
    if 0 <= there < len(row):
        row[here], row[there] = row[there], row[here]


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Make rules speak of other fids; "" is an item still without one, in rules about itself."""
    if isinstance(value, list):
        return [_renamed(one, names) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"var"} and value["var"] in names:
        return {"var": names[value["var"]]}
    return {name: _renamed(_named(name, one, names), names) for name, one in value.items()}


def _named(name: str, arguments: Any, names: Mapping[str, str]) -> Any:
    """Rename the fids that an operation reads as plain texts: {"count": ["b0"]}, and those that a look-up fills."""
    if name == "fill" and isinstance(arguments, dict):
        return {names.get(fid, fid): what for fid, what in arguments.items()}
    if not isinstance(arguments, list) or name not in AGGREGATES | LOOPS:
        return arguments
    plain = len(arguments) if name in AGGREGATES else 1
    return [
        names.get(one, one) if place < plain and isinstance(one, str) else one for place, one in enumerate(arguments)
    ]


def _with_column_fids(document: Document) -> Document:
    """Name the list's columns by fid, so that a key may change."""
    edited = copy.deepcopy(document)
    if edited.get("list"):
        edited["list"] = column_fids(edited)
    return edited


def _without_columns(document: Document, fid: str) -> Document:
    """Take an item and what stands in it out of the list's columns."""
    edited = copy.deepcopy(document)
    columns = column_fids(edited)
    gone = {fid, *held_fids(item_of(edited, fid))}
    if gone & set(columns):
        edited["list"] = [column for column in columns if column not in gone]
        if not edited["list"]:
            del edited["list"]
    return edited
