"""Edits of a form's draft: each takes a document and returns a new one; the given one is left as it was.

A document made by `empty_form` and these edits is always sound (shapes, fids, keys); what is still missing or refers
to something retired is told by `check`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from engine.diff import WIDENING
from engine.expressions import Expression
from engine.kinds import KINDS
from engine.messages import N_, Message
from engine.properties import RESERVED
from engine.schema import ITEM_PROPERTIES, LIST_COLUMNS, SCHEMA, raw_items

Document = dict[str, Any]
RawItem = dict[str, Any]
KEY_LENGTH = 40
_NUMBERED = re.compile(r"(.*?)(?:_([0-9]{1,4}))?")


class EditRefused(ValueError):  # noqa: N818 - named as the fact
    """An edit that makes no sense, with the reason."""

    def __init__(self, text: str, **params: Any) -> None:
        self.message = Message(text, params)
        super().__init__(str(self.message))


def empty_form(key: str, title: Any, page_title: Any) -> Document:
    """Return a form with one page and nothing on it."""
    return {"schema": SCHEMA, "key": key, "title": title, "pages": [{"id": "p1", "title": page_title, "items": []}]}


# ---------- looking around ----------


def items_of(document: Mapping[str, Any]) -> Iterator[RawItem]:
    """Walk the raw items in the order of the pages."""
    return (dict(item) for _, item in raw_items(document))


def item_of(document: Mapping[str, Any], fid: str) -> RawItem:
    """Return a copy of an item; raises LookupError."""
    for item in items_of(document):
        if item["fid"] == fid:
            return copy.deepcopy(item)
    raise LookupError(fid)


def page_of(document: Mapping[str, Any], page_id: str) -> dict[str, Any]:
    """Return a page as it stands in the document; raises LookupError."""
    for page in document["pages"]:
        if page["id"] == page_id:
            found: dict[str, Any] = page
            return found
    raise LookupError(page_id)


def page_holding(document: Mapping[str, Any], fid: str) -> str:
    """Return the id of the page an item stands on; raises LookupError."""
    page, _ = _place(document, fid)
    return str(document["pages"][page]["id"])


def dependents(document: Mapping[str, Any], fid: str) -> list[RawItem]:
    """Return the live items whose conditions or rules read another item."""
    return [
        item
        for item in items_of(document)
        if item["fid"] != fid
        and not item.get("retired")
        and _reads([item.get("show"), item.get("required"), *_conditions(item)], fid)
    ]


def fresh_fid(document: Mapping[str, Any], taken: Collection[str] = ()) -> str:
    """Return a fid that neither the document nor `taken` (fids of published versions) has."""
    return _fresh("f", {item["fid"] for item in items_of(document)} | set(taken))


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


# ---------- pages ----------


def add_page(document: Document, title: Any) -> tuple[Document, str]:
    """Add an empty page at the end; returns the new document and the page's id."""
    edited = copy.deepcopy(document)
    page_id = _fresh("p", {page["id"] for page in edited["pages"]})
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


def add_item(document: Document, page_id: str, item: RawItem, *, taken: Collection[str] = ()) -> tuple[Document, str]:
    """Put a new item at the end of a page under a fresh fid; returns the new document and the fid."""
    edited = copy.deepcopy(document)
    fid = fresh_fid(edited, taken)
    given = {name: value for name, value in copy.deepcopy(item).items() if name != "fid"}
    page_of(edited, page_id)["items"].append({"fid": fid, **_own_fid(given, "", fid)})
    return edited, fid


def change_item(document: Document, fid: str, item: RawItem) -> Document:
    """Replace everything about an item but its fid and its place."""
    edited = _with_column_fids(document) if item["key"] != item_of(document, fid)["key"] else copy.deepcopy(document)
    page, place = _place(edited, fid)
    given = {name: value for name, value in copy.deepcopy(item).items() if name != "fid"}
    edited["pages"][page]["items"][place] = {"fid": fid, **_own_fid(given, "", fid)}
    return edited


def copy_item(document: Document, fid: str, *, taken: Collection[str] = ()) -> tuple[Document, str]:
    """Put a copy of an item right below it, with its own fid and key; the copy is never retired."""
    edited = copy.deepcopy(document)
    page, place = _place(edited, fid)
    new_fid = fresh_fid(edited, taken)
    twin = _own_fid(item_of(edited, fid), fid, new_fid)
    twin.update(fid=new_fid, key=free_key(edited, twin["key"]))
    twin.pop("retired", None)
    edited["pages"][page]["items"].insert(place + 1, twin)
    return edited, new_fid


def move_item(document: Document, fid: str, step: int) -> Document:
    """Move an item one place up (-1) or down (1), over the edge to the next page; at the ends it stays."""
    edited = copy.deepcopy(document)
    page, place = _place(edited, fid)
    items = edited["pages"][page]["items"]
    if 0 <= place + step < len(items):
        _swap(items, place, place + step)
    elif 0 <= page + step < len(edited["pages"]):
        neighbour = edited["pages"][page + step]["items"]
        neighbour.insert(len(neighbour) if step < 0 else 0, items.pop(place))
    return edited


def put_item(document: Document, fid: str, page_id: str) -> Document:
    """Move an item to the end of another page."""
    edited = copy.deepcopy(document)
    target = page_of(edited, page_id)["items"]
    page, place = _place(edited, fid)
    target.append(edited["pages"][page]["items"].pop(place))
    return edited


def retire_item(document: Document, fid: str) -> Document:
    """Stop asking an item; its answers stay readable. It leaves the list's columns."""
    edited = _without_column(document, fid)
    page, place = _place(edited, fid)
    edited["pages"][page]["items"][place]["retired"] = True
    return edited


def reuse_item(document: Document, fid: str) -> Document:
    """Ask a retired item again."""
    edited = copy.deepcopy(document)
    page, place = _place(edited, fid)
    edited["pages"][page]["items"][place].pop("retired", None)
    return edited


def remove_item(document: Document, fid: str) -> Document:
    """Delete an item that was never published."""
    edited = _without_column(document, fid)
    page, place = _place(edited, fid)
    del edited["pages"][page]["items"][place]
    return edited


def set_options(document: Document, fid: str, options: Sequence[Mapping[str, Any]]) -> Document:
    """Replace the options of a select item."""
    return change_item(document, fid, {**item_of(document, fid), "options": [dict(option) for option in options]})


def convert_item(item: RawItem, kind: str) -> RawItem:
    """Return the item as another kind, without the settings that kind does not have."""
    known = {*ITEM_PROPERTIES, *(setting.name for setting in KINDS[kind].config_properties)}
    return {**{name: value for name, value in item.items() if name in known}, "type": kind}


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


def column_fids(document: Mapping[str, Any]) -> list[str]:
    """Return the chosen columns of the list as fids; nothing when they are automatic."""
    fids = {item["key"]: item["fid"] for item in items_of(document)}
    return [fids.get(name, name) for name in document.get("list") or ()]


def restored(old: Document, current: Document) -> Document:
    """Return an old version as a draft that may follow the current one.

    Items and options that came later stay, retired; a kind that was widened stays wide.
    """
    edited = copy.deepcopy(old)
    edited["key"] = current["key"]
    before = {item["fid"]: item for item in items_of(edited)}
    for page in edited["pages"]:
        page["items"] = [_as_follower(item, _find(current, item["fid"])) for item in page["items"]]
    keys = {item["key"] for item in before.values()}
    for item in items_of(current):
        if item["fid"] not in before:
            late = {**copy.deepcopy(item), "retired": True}
            late["key"] = free_name(late["key"], keys)
            keys.add(late["key"])
            _page_like(edited, page_holding(current, item["fid"]))["items"].append(late)
    return edited


def _as_follower(item: RawItem, current: RawItem | None) -> RawItem:
    if current is None:
        return item
    if (item["type"], current["type"]) in WIDENING:
        item = convert_item(item, current["type"])
    if "options" in item and "options" in current:
        known = {option["value"] for option in item["options"]}
        late = [{**option, "retired": True} for option in current["options"] if option["value"] not in known]
        item = {**item, "options": [*item["options"], *copy.deepcopy(late)]}
    return item


def _find(document: Document, fid: str) -> RawItem | None:
    return next((item for item in items_of(document) if item["fid"] == fid), None)


def _page_like(document: Document, page_id: str) -> dict[str, Any]:
    pages: list[dict[str, Any]] = document["pages"]
    return next((page for page in pages if page["id"] == page_id), pages[-1])


# ---------- small tools ----------


def _fresh(letter: str, taken: Collection[str]) -> str:
    """Return the letter with a number above all numbers in use, so that a deleted one does not come back at once."""
    used = [int(name[1:]) for name in taken if re.fullmatch(rf"{letter}[0-9]{{1,6}}", name)]
    return f"{letter}{max(used, default=0) + 1}"


def _place(document: Mapping[str, Any], fid: str) -> tuple[int, int]:
    for number, page in enumerate(document["pages"]):
        for place, item in enumerate(page["items"]):
            if item["fid"] == fid:
                return number, place
    raise LookupError(fid)


def _swap(row: list[Any], here: int, there: int) -> None:
    if 0 <= there < len(row):
        row[here], row[there] = row[there], row[here]


def _conditions(item: RawItem) -> list[Expression]:
    return [rule["if"] for rule in item.get("rules") or ()]


def _reads(expressions: Sequence[Expression], fid: str) -> bool:
    return any({"var": fid} in _parts(expression) for expression in expressions)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value, *(part for one in value.values() for part in _parts(one))]
    return [part for one in value for part in _parts(one)] if isinstance(value, list) else []


def _own_fid(value: Any, old: str, new: str) -> Any:
    """Make an item's rules speak of itself: `old` (or "", the item still without a fid) becomes `new`."""
    if value == {"var": old}:
        return {"var": new}
    if isinstance(value, dict):
        return {name: _own_fid(one, old, new) for name, one in value.items()}
    return [_own_fid(one, old, new) for one in value] if isinstance(value, list) else value


def _with_column_fids(document: Document) -> Document:
    """Name the list's columns by fid, so that a key may change."""
    edited = copy.deepcopy(document)
    if edited.get("list"):
        edited["list"] = column_fids(edited)
    return edited


def _without_column(document: Document, fid: str) -> Document:
    edited = copy.deepcopy(document)
    columns = column_fids(edited)
    if fid in columns:
        edited["list"] = [column for column in columns if column != fid]
        if not edited["list"]:
            del edited["list"]
    return edited


def automatic_columns(document: Mapping[str, Any]) -> list[str]:
    """Return the columns a list shows when none are chosen: the first live items that have answers."""
    answerable = [item["fid"] for item in items_of(document) if not item.get("retired") and _answerable(item)]
    return answerable[:LIST_COLUMNS]


def list_item(document: Document, fid: str, *, listed: bool) -> Document:
    """Put an item into the list's columns or take it out; automatic columns stay automatic while they agree."""
    columns = column_fids(document) or automatic_columns(document)
    if (fid in columns) == listed:
        return document
    kept = [*columns, fid] if listed else [column for column in columns if column != fid]
    edited = {**copy.deepcopy(document), "list": kept}
    if not kept:
        del edited["list"]
    return edited


def _answerable(item: RawItem) -> bool:
    kind = KINDS[item["type"]]
    return kind.answerable and kind.visible
