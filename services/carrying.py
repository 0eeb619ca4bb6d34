"""Details of a chosen resident or household, carried into other questions of a draft or an edit.

They come from the register of people and only of people the actor may look up. Secret ones (numbers, addresses) stand
among raw answers as {"kept", "mask"}: the engine judges what is kept, pages show the mask and an empty field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from engine.context import Context
from engine.definition import Definition, Item
from engine.kinds.person import LARGEST_ID, RESIDENT
from engine.rows import places, rows_of
from engine.schema import ROW_ID
from models.access import Actor
from models.people import Household
from queries.people import person_in_scope
from services.personal import unsealed

Raw = Mapping[str, Any]
Details = Mapping[str, str | None]
_ANY_DAY = Context(today=date.min)  # masks do not depend on the world
_BLANK: tuple[Any, ...] = (None, "", [])


def carried(definition: Definition, before: Raw, after: Raw, *, actor: Actor) -> dict[str, Any]:
    """Return the answers with the details of everybody who was chosen between `before` and `after`.

    A question that was answered by hand in the same moment keeps its answer. Where nobody is chosen any more, secret
    details go.
    """

    def details(of: str, ident: int) -> Details:
        return _details(of, ident, actor)

    return _carried(definition.live_items, before, after, details)


def _carried(items: Iterable[Item], before: Raw, after: Raw, details: Callable[[str, int], Details]) -> dict[str, Any]:
    level = {item.fid: item for item in items}
    found = dict(after)
    for item in level.values():
        if item.kind.repeats and item.fid in after:
            known = {row[ROW_ID]: row for row in rows_of(before, item.fid)}
            found[item.fid] = [
                _carried(item.live_row_items, known.get(row[ROW_ID], {}), row, details)
                for row in rows_of(after, item.fid)
            ]
        elif item.config.get("fill"):
            found |= _filled(item, level, before, after, details)
    return found


def _filled(
    item: Item, level: Mapping[str, Item], before: Raw, after: Raw, details: Callable[[str, int], Details]
) -> dict[str, Any]:
    chosen, earlier = _ident(after.get(item.fid)), _ident(before.get(item.fid))
    if chosen == earlier:
        return {}
    if not chosen:  # nobody any more: what nobody can see must not stay
        return {fid: "" for fid in item.config["fill"] if is_kept(after.get(fid))}
    known = details(item.config.get("of", RESIDENT), chosen)
    targets = {fid: (level[fid], known.get(what)) for fid, what in item.config["fill"].items() if fid in level}
    untouched = {fid for fid in targets if after.get(fid) in (*_BLANK, before.get(fid))}
    return {
        fid: _raw(target, value) for fid, (target, value) in targets.items()
        if fid in untouched and (value or is_kept(before.get(fid)))
    }  # fmt: skip


def _ident(raw: Any) -> int:
    """Return the id in a raw answer of a person question, 0 where there is none."""
    spelled = str(raw or "").strip().partition(" ")[0]
    is_id = spelled.isascii() and spelled.isdecimal() and len(spelled) <= len(str(LARGEST_ID))
    return int(spelled) if is_id and int(spelled) <= LARGEST_ID else 0


def _details(of: str, ident: int, actor: Actor) -> Details:
    person = person_in_scope(of, ident, actor)
    if person is None:
        return {}
    found = {"address": unsealed(person, "address"), "village": str(person.village_id or "") or None}
    if isinstance(person, Household):
        return {**found, "name": person.head_name, "household_code": person.code}
    return {
        **found,
        "name": person.name,
        "id_no": unsealed(person, "id_no"),
        "phone": unsealed(person, "phone"),
        "household_code": person.household.code if person.household else None,
        "birthday": person.birth_date.isoformat() if person.birth_date else None,
    }


def _raw(target: Item, value: str | None) -> Any:
    if not value:
        return ""
    return {"kept": value, "mask": target.kind.mask(target, value, _ANY_DAY)} if target.sealed else value


def is_kept(raw: Any) -> bool:
    """Tell whether a raw answer is one that pages must not show."""
    return isinstance(raw, dict) and "kept" in raw


def opened(raw: Raw) -> dict[str, Any]:
    """Return raw answers as the engine judges them."""
    return _replaced(raw, lambda one: one["kept"])


def blanked(raw: Raw) -> dict[str, Any]:
    """Return raw answers as pages show them: what is secret is an empty field."""
    return _replaced(raw, lambda _one: "")


def _replaced(raw: Raw, change: Callable[[Mapping[str, Any]], Any]) -> dict[str, Any]:
    def one(value: Any) -> Any:
        if is_kept(value):
            return change(value)
        if isinstance(value, list):
            return [_replaced(row, change) if isinstance(row, Mapping) else row for row in value]
        return value

    return {fid: one(value) for fid, value in raw.items()}


def hints(definition: Definition, raw: Raw) -> dict[str, str]:
    """Return, by address, the masks of what pages must not show."""
    answers = places(definition.live_items, raw)
    return {at: str(value["mask"]) for at, _item, value in answers if is_kept(value)}


def with_hidden(items: Iterable[Item], before: Raw, typed: Raw) -> dict[str, Any]:
    """Return what was typed; where a secret answer was left blank, it stays what it was."""
    found = dict(typed)
    for item in items:
        if item.kind.repeats and item.fid in typed:
            known = {row[ROW_ID]: row for row in rows_of(before, item.fid)}
            found[item.fid] = [
                with_hidden(item.live_row_items, known.get(row[ROW_ID], {}), row) for row in rows_of(typed, item.fid)
            ]
        elif is_kept(before.get(item.fid)) and typed.get(item.fid, "x") in (*_BLANK, before[item.fid]["mask"]):
            found[item.fid] = before[item.fid]
    return found
