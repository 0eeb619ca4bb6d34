"""The designer's buttons that move items: up and down, into a group and out of it, to another page, or by dragging."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from admin.form_acts import FormActs, route
from engine import editing
from engine.kinds import KINDS
from engine.outline import spot
from forms.forms import zh_of

Document = dict[str, Any]
STEPS = {"up": -1, "down": 1}


class FormMoves(FormActs):
    """Where items stand."""

    move_methods = {"item_move_view": "design"}

    @route("/<key>/items/<fid>/move", methods=("POST",))
    def item_move_view(self, key: str, fid: str) -> Any:
        to, form = request.form.get("to", ""), self.row(key, "form:design")
        return self.press_edit(
            key, lambda draft: moved(draft, fid, to), did="item_moved", about=fid, done=lambda: where(form.draft, fid),
            wanted=_("移动题目"), back=url_for(".edit_view", key=key, _anchor=f"item-{fid}"),
        )  # fmt: skip


def moved(document: Document, fid: str, to: str) -> Document:
    """Return the draft with an item moved: up, down, in, out, before:, after: or inside:<fid>, or to the end of a page.

    Raises EditRefused, or LookupError for what is not there.
    """
    what, _colon, named = to.partition(":")
    if what in STEPS:
        return editing.move_item(document, fid, STEPS[what])
    if what == "in":
        return _put_inside(document, fid, holder_above(document, fid))
    if what == "inside":
        return _put_inside(document, fid, named)
    if what == "out":
        return _put_beside(document, fid, _holder(document, fid), after=True)
    if what in {"before", "after"}:
        return _put_beside(document, fid, named, after=what == "after")
    return editing.put_item(document, fid, to)


def holder_above(document: Document, fid: str) -> str:
    """Return the group or repeat that stands right above an item; raises LookupError when there is none."""
    siblings, place, _page = spot(document, fid)
    above = [one for one in siblings[:place] if not one.get("retired")]
    if not above or not KINDS[above[-1]["type"]].holds_items:
        raise LookupError(fid)
    return str(above[-1]["fid"])


def _holder(document: Document, fid: str) -> str:
    around = editing.holders_of(document, fid)
    if not around:
        raise LookupError(fid)
    return str(around[-1]["fid"])


def _put_inside(document: Document, fid: str, holder: str) -> Document:
    return editing.put_item(document, fid, editing.page_holding(document, holder), inside=holder)


def _put_beside(document: Document, fid: str, other: str, *, after: bool = False) -> Document:
    """Put an item in front of another one, or behind it."""
    if other == fid:
        return document
    siblings, place, _page = spot(document, other)
    following = [one["fid"] for one in siblings[place + after :] if one["fid"] != fid]
    around = editing.holders_of(document, other)
    return editing.put_item(
        document, fid, editing.page_holding(document, other),
        inside=around[-1]["fid"] if around else None, before=following[0] if following else None,
    )  # fmt: skip


def where(document: Document, fid: str) -> str:
    """Say where an item stands now."""
    siblings, place, page = spot(document, fid)
    number = 1 + sum(not one.get("retired") for one in siblings[:place])
    label, around = zh_of(siblings[place]["label"]), editing.holders_of(document, fid)
    if around:
        holder = zh_of(around[-1]["label"])
        return str(_("“%(label)s”现在是“%(holder)s”里的第 %(n)s 题。", label=label, holder=holder, n=number))
    return str(_("“%(label)s”现在是第 %(page)s 页的第 %(n)s 题。", label=label, page=page + 1, n=number))
