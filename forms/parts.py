"""A part of a form as a page of its own, and what a new version of a form changed for those who fill it in."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from engine.definition import Definition, Page, diff
from engine.messages import Message
from engine.texts import Text
from forms.saying import said

PART = "_part"  # no page of a form is called so
TOLD = frozenset({"added", "retired", "relabelled", "option_added", "option_retired", "type_changed"})


def part_of(definition: Definition, fids: Collection[str], title: str) -> Page:
    """Return some questions of record level as one page, in the order of the form."""
    return Page(PART, Text(title), tuple(item for item in definition.live_items if item.fid in fids))


def told_changes(old: Definition, new: Definition, closed: Collection[str] = ()) -> list[str]:
    """Say what changed between two versions, as far as it concerns who fills in or reads; nothing of closed fields."""
    changes = (change for change in diff(old, new) if change.what in TOLD and change.fid not in closed)
    return list(dict.fromkeys(said(Message(change.message, change.params)) for change in changes))


def labels(definition: Definition, fids: Iterable[str], locale: str) -> list[str]:
    """Return the labels of some questions."""
    return [definition.item(fid).text(locale) for fid in fids]
