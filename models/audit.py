"""The audit chain: who did what, when, from where, before and after. Append-only by triggers, linked by hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId

GENESIS = "0" * 64
HASHED = (
    "id", "at", "act", "thing", "thing_id", "label", "actor_id", "actor_name", "origin",
    "county_id", "town_id", "village_id", "org_id", "before", "after", "prev_hash",
)  # fmt: skip


class AuditEvent(Base):
    """One act. `id` is gapless; `hash` covers the row and the hash before it (chain_hash).

    Place columns carry the scope of the thing acted on, so an auditor of a township sees that township's rows.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        sa.Index("ix_audit_event_thing", "thing", "thing_id", "id"),
        sa.Index("ix_audit_event_actor", "actor_id", "id"),
        sa.Index("ix_audit_event_act", "act", "id"),
        sa.Index("ix_audit_event_county", "county_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    act: Mapped[str] = mapped_column(sa.String(64))
    thing: Mapped[str] = mapped_column(sa.String(32))
    thing_id: Mapped[str] = mapped_column(sa.String(64))
    label: Mapped[str] = mapped_column(sa.String(200))
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(sa.String(64))
    origin: Mapped[str] = mapped_column(sa.String(64))
    county_id: Mapped[int | None]
    town_id: Mapped[int | None]
    village_id: Mapped[int | None]
    org_id: Mapped[int | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    prev_hash: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64))


def chain_hash(row: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the row's canonical JSON (sorted keys, UTC instants with microseconds)."""
    content = {name: row[name] for name in HASHED}
    content["at"] = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
