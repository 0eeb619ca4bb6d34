"""Answers of sealed kinds at rest: {"sealed", "mask", "blind"} instead of the number itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, TypeGuard

from engine.context import Context
from engine.definition import Definition, Item
from queries.indexing import blind_of
from services.vault import vault

_ANY_DAY = Context(today=date.min)  # masks do not depend on the world


def is_sealed(stored: Any) -> TypeGuard[Mapping[str, str]]:
    return isinstance(stored, Mapping) and "sealed" in stored


def seal_answers(
    definition: Definition, answers: Mapping[str, Any], *, kept: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return clean answers as they are stored. `kept` are the stored answers before: what did not change stays as is.

    The keyed hash is stored with the value, so that the index can be rebuilt without opening anything.
    """
    return {fid: _stored(definition.item(fid), value, (kept or {}).get(fid)) for fid, value in answers.items()}


def _stored(item: Item, value: Any, before: Any) -> Any:
    if not item.sealed:
        return value
    plain = item.kind.from_json(value)
    blind = blind_of(item.fid, item.kind.blind_text(item, plain) or "")
    if is_sealed(before) and before["blind"] == blind and unseal(item.fid, before) == value:
        return before
    return {
        "sealed": vault().seal(str(value), context=_context(item.fid)),
        "mask": item.kind.mask(item, plain, _ANY_DAY),
        "blind": blind,
    }


def unseal(fid: str, stored: Mapping[str, Any]) -> str:
    """Open a sealed answer. Raises Unsealable when it was altered, moved from another field, or its key is gone."""
    return vault().unseal(stored["sealed"], context=_context(fid))


def with_kept(
    definition: Definition, raw: Mapping[str, Any], stored: Mapping[str, Any], *, emptied: Collection[str] = ()
) -> dict[str, Any]:
    """Fill in, for judging an edit, the sealed answers that were left blank or sent back as their mask.

    `emptied` names the ones that are meant to be blank.
    """
    filled = dict(raw)
    for item in definition.items:
        before = stored.get(item.fid)
        if is_sealed(before) and item.fid not in emptied and filled.get(item.fid) in (None, "", before["mask"]):
            filled[item.fid] = unseal(item.fid, before)
    return filled


def told(definition: Definition, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored answers as the audit may tell them: sealed and personal ones masked."""
    return {fid: _told(definition.item(fid), value) for fid, value in answers.items()}


def _told(item: Item, stored: Any) -> Any:
    if is_sealed(stored):
        return stored["mask"]
    if item.kind.personal:
        return item.kind.mask(item, item.kind.from_json(stored), _ANY_DAY)
    return stored


def differences(
    was: Mapping[str, Any], now: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (before, after) as told, of the fids whose stored answers differ."""
    changed = sorted(fid for fid in {*old, *new} if old.get(fid) != new.get(fid))
    return {fid: was.get(fid) for fid in changed}, {fid: now.get(fid) for fid in changed}


def _context(fid: str) -> str:
    return f"record.{fid}"
