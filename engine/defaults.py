"""What an empty form starts with: fixed, from the user, the day, the address bar, or the user's earlier record."""

from __future__ import annotations

from datetime import date
from typing import Any

from engine.context import Context
from engine.messages import N_, Invalid, Message
from engine.properties import KEY
from engine.schema import Item

_OF_USER = {"village": "org", "town": "org", "name": "text"}
_ANY_CONTEXT = Context(today=date.max, org_allowed=lambda _org, _level: True, file_known=lambda _uid: True)


def default_value(item: Item, context: Context) -> Any:
    """Return the value an item starts with; None where there is none, or where what was found is no answer."""
    given = item.default if item.default is not None or item.kind.entered else item.config.get("text")
    raw = _found(given, item, context) if isinstance(given, dict) else given
    try:
        value = item.kind.parse(item, raw, context)
    except Invalid:
        return None
    if value is not None and _from_outside(given) and item.kind.validate(item, value, context):
        return None
    return value


def earlier_fids(items: tuple[Item, ...]) -> frozenset[str]:
    """Return the fids of the items that start with what the user entered last time."""
    return frozenset(item.fid for item in items if item.default == {"earlier": True} and _may_come(item))


def default_problem(item: Item) -> Message | None:
    """Judge the default of an item."""
    default = item.default
    if isinstance(default, dict):
        return None if _source_fits(default, item) else Message(N_("这种题型不能用这个默认值"))
    try:
        value = item.kind.parse(item, default, _ANY_CONTEXT)
    except Invalid as invalid:
        return invalid.message
    messages = [] if value is None else item.kind.validate(item, value, _ANY_CONTEXT)
    return messages[0] if messages else None


def _found(source: dict[str, Any], item: Item, context: Context) -> Any:
    if "user" in source:
        return context.user.get(source["user"])
    if "query" in source:
        return context.query.get(source["query"])
    if "earlier" in source:
        return context.earlier.get(item.fid)
    return context.today


def _from_outside(given: Any) -> bool:
    """Tell whether an answer comes from where nobody judged it against this version and this user."""
    return isinstance(given, dict) and not given.keys().isdisjoint({"query", "earlier"})


def _may_come(item: Item) -> bool:
    """Tell whether an address or an earlier record may answer: not what is secret, a person's, or must be done anew."""
    return item.kind.prefilled and not item.masked


def _source_fits(default: dict[str, Any], item: Item) -> bool:
    if default == {"today": []}:
        return item.kind.value_type == "date"
    if len(default) != 1:
        return False
    ((name, value),) = default.items()
    if name == "earlier":
        return value is True and _may_come(item)
    if not isinstance(value, str):
        return False
    if name == "query":
        return KEY.fullmatch(value) is not None and _may_come(item)
    wanted = _OF_USER.get(value) if name == "user" else None
    return wanted is not None and (wanted == item.type or (wanted == "text" and item.type in {"person_name", "hidden"}))
