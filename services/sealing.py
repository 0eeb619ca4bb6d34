"""Answers of sealed kinds at rest: {"sealed", "mask", "blind"} instead of the number itself, in rows too."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, TypeGuard

from engine.context import Context
from engine.definition import Definition, Item
from engine.rows import answer_at, rows_of
from engine.schema import ROW_ID, fid_of
from queries.indexing import blind_of
from services.vault import vault

_ANY_DAY = Context(today=date.min)  # masks do not depend on the world


def is_sealed(stored: Any) -> TypeGuard[Mapping[str, str]]:
    return isinstance(stored, dict) and "sealed" in stored


def seal_answers(
    definition: Definition, answers: Mapping[str, Any], *, kept: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return clean answers, by fid or address, as they are stored.

    `kept` are the stored answers before: what did not change stays as is, in the row of the same `_id` too.
    The keyed hash is stored with the value, so that the index can be rebuilt without opening anything.
    """
    return {at: _stored(definition.item(fid_of(at)), value, answer_at(kept or {}, at)) for at, value in answers.items()}


def _stored(item: Item, value: Any, before: Any) -> Any:
    if item.kind.repeats:
        return _stored_rows(item, value, before)
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


def _stored_rows(item: Item, rows: Iterable[Mapping[str, Any]], before: Any) -> list[dict[str, Any]]:
    known = {row[ROW_ID]: row for row in rows_of({item.fid: before}, item.fid)}
    below = {one.fid: one for one in item.row_items}
    return [
        {fid: _stored(below[fid], value, known.get(row[ROW_ID], {}).get(fid)) if fid in below else value
         for fid, value in row.items()}
        for row in rows
    ]  # fmt: skip


def unseal(fid: str, stored: Mapping[str, Any]) -> str:
    """Open a sealed answer. Raises Unsealable when it was altered, moved from another field, or its key is gone."""
    return vault().unseal(stored["sealed"], context=_context(fid))


def with_kept(
    definition: Definition, raw: Mapping[str, Any], stored: Mapping[str, Any], *, emptied: Collection[str] = ()
) -> dict[str, Any]:
    """Fill in, for judging an edit, the sealed answers that were left blank or sent back as their mask.

    A row's answers are filled in from the row of the same `_id`. `emptied` holds the addresses of those that are meant
    to be blank.
    """
    return _with_kept(definition.items, raw, stored, emptied, "")


def _with_kept(
    items: Iterable[Item], raw: Mapping[str, Any], stored: Mapping[str, Any], emptied: Collection[str], prefix: str
) -> dict[str, Any]:
    filled = dict(raw)
    for item in items:
        before, at = stored.get(item.fid), f"{prefix}{item.fid}"
        if item.kind.repeats:
            known = {row[ROW_ID]: row for row in rows_of(stored, item.fid)}
            rows = filled.get(item.fid)
            if known and isinstance(rows, list):
                filled[item.fid] = [_row_with_kept(item, row, known, emptied, at) for row in rows]
        elif is_sealed(before) and at not in emptied and filled.get(item.fid) in (None, "", before["mask"]):
            filled[item.fid] = unseal(item.fid, before)
    return filled


def _row_with_kept(
    item: Item, row: Any, known: Mapping[Any, Mapping[str, Any]], emptied: Collection[str], at: str
) -> Any:
    row_id = row.get(ROW_ID) if isinstance(row, Mapping) else None
    before = known.get(row_id) if isinstance(row_id, str) else None
    return _with_kept(item.row_items, row, before, emptied, f"{at}/{row_id}/") if before else row


def told(definition: Definition, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored answers as the audit may tell them: sealed and personal ones masked, in rows too."""
    return {fid: _told(definition.item(fid), value) for fid, value in answers.items()}


def _told(item: Item, stored: Any) -> Any:
    if item.kind.repeats:
        below = {one.fid: one for one in item.row_items}
        return [{fid: _told(below[fid], one) if fid in below else one for fid, one in row.items()} for row in stored]
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
