"""What the buttons at rows of repeats do when no script does it: add, take out, bring back, move up and down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from engine.answers import Context, row_defaults
from engine.definition import Definition, Item
from engine.kinds.repeat import ROWS
from engine.rows import answer_at, with_row, with_row_moved, without_row
from engine.schema import ROW_ID, fid_of
from forms.answers import ROW, Raw, row_from_post

ACTS = ("add", "drop", "restore", "up", "down")


@dataclass(frozen=True)
class Acted:
    """Raw answers after a button; `gone` is the row that it took out, as forms.filling.Filling names it."""

    raw: Raw
    gone: str = ""


def acted(definition: Definition, raw: Mapping[str, Any], posted: MultiDict[str, str], context: Context) -> Acted:
    """Do what the button of a row that was pressed says; without one the answers stay as they are."""
    act = next((name for name in ACTS if name in posted), "")
    where, _blank, place = posted.get(act, "").partition(" ")
    repeat = where if act == "add" else where.rpartition("/")[0]
    item = _repeat(definition, fid_of(repeat))
    rows = answer_at(raw, repeat) if item else None
    if item is None or not isinstance(rows, list | None):
        return Acted(dict(raw))
    at = next((n for n, row in enumerate(rows or ()) if row[ROW_ID] == fid_of(where)), None)
    if act in {"up", "down"}:
        return Acted(with_row_moved(raw, where, -1 if act == "up" else 1))
    if act == "drop" and at is not None and len(rows or ()) > item.config.get("min", 0):
        return Acted(without_row(raw, where), f"{where} {at}")
    row: Raw | None = None
    if act == "add":
        row = item.to_json([row_defaults(definition, item.fid, context)])[0]
    elif act == "restore" and at is None and ROW.fullmatch(where):
        row = row_from_post(item, posted, where)  # a page without a draft behind it sends its answers along
    if row is None or len(rows or ()) >= item.config.get("max", ROWS):
        return Acted(dict(raw))
    return Acted(with_row(raw, repeat, row, _number(place)))


def _number(place: str) -> int | None:
    return int(place) if place.isascii() and place.isdecimal() and len(place) <= len(str(ROWS)) else None


def _repeat(definition: Definition, fid: str) -> Item | None:
    return next((item for item in definition.repeats if item.fid == fid), None)
