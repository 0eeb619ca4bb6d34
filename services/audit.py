"""The audit chain: acts describe themselves, the transaction seals the descriptions at its end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.access import Actor
from models.audit import GENESIS, AuditEvent, chain_hash
from models.base import db, table_of
from models.prepared import Prepared, insertion

OF_THEIR_AUTHOR = frozenset({"draft", "file"})
_event = table_of(AuditEvent)
_COLUMNS = (_event.c.id, _event.c.hash)
_HEAD = {
    "sqlite": Prepared(sa.select(*_COLUMNS).order_by(_event.c.id.desc()).limit(1)),
    # It waits for whoever appends now; migration 0009.
    "postgresql": Prepared(
        sa.select(*sa.func.audit_head().table_valued(*(sa.column(c.key, c.type) for c in _COLUMNS)).c)
    ),
}
_APPEND = insertion(_event)


def record_audit(
    act: str,
    thing: Any,
    *,
    actor: Actor,
    at: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    label: str | None = None,
) -> None:
    """Describe an act on a row for the chain. Must be called inside a transaction.

    `before` and `after` hold only what changed and never an unsealed ID number, phone or address.
    """
    db.session.flush()  # a new row needs its id
    key = sa.inspect(thing).identity or ("",)
    db.session.info["audit"].append(
        {
            "at": at,
            "act": act,
            "thing": thing.__tablename__,
            "thing_id": ",".join(map(str, key)),
            "label": (str(thing) if label is None else label)[:200],
            "actor_id": actor.user_id,
            "actor_name": actor.name,
            "origin": actor.origin[:64],
            "before": jsonable(before),
            "after": jsonable(after),
            **place_of(thing, actor),
        }
    )


def place_of(thing: Any, actor: Actor) -> dict[str, int | None]:
    """Return the scope columns of a row, with the row itself as the owning unit where it is one.

    A draft or a file has its author's place: without any, readers of every county would see its name.
    """
    where = actor.home if thing.__tablename__ in OF_THEIR_AUTHOR else thing
    place = {name: getattr(where, name, None) for name in ("county_id", "town_id", "village_id", "org_id")}
    if thing.__tablename__ == "org_unit":
        place["org_id"] = thing.id
    return place


def seal_audit(session: Session) -> None:
    """Append the transaction's descriptions to the chain: gapless ids, each hash over the row and the one before."""
    pending = session.info["audit"]
    if not pending:
        return
    last = _HEAD[db.engine.dialect.name].first()
    number, head = (last.id, last.hash) if last and last.id else (0, GENESIS)
    rows = []
    for number, event in enumerate(pending, start=number + 1):  # noqa: B020 - number continues the chain
        row = {"id": number, **event, "prev_hash": head}
        row["hash"] = head = chain_hash(row)
        rows.append(row)
    _APPEND.run_all(rows)


def jsonable(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Turn dates, decimals and enums into JSON values that read back equal on both engines."""
    return None if values is None else {str(key): _plain(value) for key, value in values.items()}


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int():
            return value
        case date():  # and datetime
            return value.isoformat()
        case Mapping():
            return jsonable(value)
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case _:  # text, enums, decimals, floats: as words, so that both engines read back the same
            return str(value)


def changes(thing: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (before, after) of the columns changed on a row since it was loaded. Call it before flushing."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    state = sa.inspect(thing)
    for column in state.mapper.column_attrs:
        history = state.attrs[column.key].history
        if history.has_changes():
            before[column.key] = history.deleted[0] if history.deleted else None
            after[column.key] = history.added[0] if history.added else None
    return before, after
