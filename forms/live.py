"""What a page's script must know to show, hide, require and compute at once, as the engine would.

The script is static/live.js. The server always judges again; what must not go to the browser is named and not told:
the script then asks the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask_babel import gettext as _

from engine.definition import Definition, Item, Page
from engine.expressions import dependencies
from engine.governing import reached
from engine.rows import places
from engine.schema import ROW_ID, fid_of
from forms.filling import Filling, deciding, filtering

Document = dict[str, Any]


def live(filling: Filling, pages: Iterable[Page] | None = None) -> Document:
    """Return what the script of some pages (all without them) must know, and its words in the reader's language."""
    words = {
        "must": _("必填"),
        "waiting": _("填好有关的题目后算出"),
        "true": _("是"),
        "false": _("否"),
        "number": _("第 {n} 行"),
        "gone": _("已移除第 {n} 行。"),
        "added": _("已添加第 {n} 行。"),
        "restore": _("恢复"),
    }
    return {**known(filling, pages), "words": words}


def known(filling: Filling, pages: Iterable[Page] | None = None) -> Document:
    """Return what static/live.js must know of some pages, or of all without them.

    `items` are those of the pages as they stand in each other, and `elsewhere` those that they depend on; `answers`
    are stored answers by address of what no control holds, `unknown` the addresses of those that are masked, and
    `closed` the fids of which this person is told nothing.
    """
    definition = filling.definition
    chosen = definition.pages if pages is None else tuple(pages)
    here = [item for page in chosen for item in page.tree if not item.retired]
    on_page = {item.fid for item in _every(here)}
    needed = _closure(definition, on_page)
    elsewhere = [item for page in definition.pages for item in page.tree if item.fid in needed - on_page]
    return {
        "conditional": bool(deciding(definition)),
        "filtering": sorted(filtering(definition)),
        "today": filling.context.today.isoformat(),
        "items": [_node(item, filling) for item in here],
        "elsewhere": [_node(item, filling) for item in elsewhere],
        "closed": sorted(_closed(filling)),
        **_known(filling, on_page, needed),
    }


def _every(items: Iterable[Item]) -> Iterator[Item]:
    for item in items:
        if not item.retired:
            yield item
            yield from _every(item.items)


def _trees(item: Item) -> list[Any]:
    return [tree for tree in (item.show, item.required, item.calculation) if tree is not None]


def _closure(definition: Definition, fids: Iterable[str]) -> set[str]:
    """Return all fids that the conditions and calculations of some items depend on, over however many steps."""
    found: set[str] = set()
    waiting = list(fids)
    while waiting:
        fid = waiting.pop()
        if fid in found or not definition.is_live(fid):
            continue
        found.add(fid)
        item = definition.item(fid)
        waiting += [one for tree in _trees(item) for one in dependencies(tree)]
        waiting += [holder.fid for holder in definition.holders_of(fid)]
        waiting += [one.fid for one in item.items]
    return found


def _node(item: Item, filling: Filling) -> Document:
    found: Document = {"fid": item.fid, "type": item.type}
    if item.show is not None:
        found["show"] = item.show
    required = _required(item, filling)
    if required is not False:
        found["required"] = required
    if item.calculation is not None:
        found["value"] = item.calculation
    found |= {name: item.config[name] for name in ("result", "format") if name in item.config}
    if item.kind.holds_items:
        found["holds"] = "rows" if item.kind.repeats else "items"
        found["items"] = [_node(one, filling) for one in item.items if not one.retired]
    return found


def _required(item: Item, filling: Filling) -> Any:
    """Return True, False or the condition under which an item must be answered."""
    by_stage = reached(filling.definition.stages, filling.context.stage, item.stage.get("required_from"))
    at_least = item.kind.repeats and item.config.get("min")
    always = item.kind.always_required and item.required is False
    return True if by_stage or at_least or always else item.required


def _known(filling: Filling, on_page: set[str], needed: set[str]) -> Document:
    """Return what no control of the page holds: answers, rows, and the addresses of what is not told."""
    answers: Document = {}
    rows: dict[str, list[str]] = {}
    unknown = set(filling.masks)
    for at, item, stored in _answered(filling):
        if item.fid not in needed or item.calculation is not None or (item.fid in on_page and item.kind.visible):
            continue
        if item.fid in _closed(filling):
            continue
        if at in unknown or item.masked or item.kind.personal:
            unknown.add(at)
        elif item.kind.repeats:
            rows[at] = [row[ROW_ID] for row in stored]
        else:
            answers[at] = stored
    return {"answers": answers, "rows": rows, "unknown": sorted(unknown)}


def _answered(filling: Filling) -> Iterator[tuple[str, Item, Any]]:
    """Walk the answers that are there, also those that a condition hides."""
    definition, outcome = filling.definition, filling.outcome
    yield from ((at, item, one) for at, item, one in places(definition.live_items, outcome.answers) if one is not None)
    for at, stored in outcome.hidden.items():
        item = definition.item(fid_of(at))
        prefix = at.removesuffix(item.fid)
        yield from places([item], {item.fid: stored}, prefix)


def _closed(filling: Filling) -> frozenset[str]:
    return filling.definition.with_held(filling.context.locked)
