"""Webhooks: addresses that are told of events, and each delivery to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, BigId, Versioned


class WebhookEvent(StrEnum):
    FORM_PUBLISHED = "form.published"
    RECORD_CREATED = "record.created"
    RECORD_CHANGED = "record.changed"
    RECORD_VOIDED = "record.voided"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class Webhook(Versioned, Base):
    """An address of another system. `forms` holds ids, none means all forms of the county.

    `failing_since` is the first failure after the last success; `active` is false when an administrator or lasting
    failure has switched it off.
    """

    __tablename__ = "webhook"
    __table_args__ = (sa.Index("ix_webhook_county_id", "county_id", "active"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    county_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"))
    name: Mapped[str] = mapped_column(sa.String(64))
    url: Mapped[str] = mapped_column(sa.String(500))
    secret_sealed: Mapped[str]
    events: Mapped[list[Any]]
    forms: Mapped[list[Any]]
    active: Mapped[bool] = mapped_column(default=True)
    failing_since: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(Base):
    """One event on its way to one address. `uid` stays the same over all attempts, so receivers can tell repeats."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        sa.CheckConstraint("state in ('waiting','delivered','failed')", "state"),
        sa.CheckConstraint("attempts >= 0", "attempts"),
        sa.Index("ix_webhook_delivery_waiting", "state", "not_before", "id"),
        sa.Index("ix_webhook_delivery_webhook_id", "webhook_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    webhook_id: Mapped[int] = mapped_column(sa.ForeignKey("webhook.id"))
    uid: Mapped[str] = mapped_column(sa.String(32), unique=True)
    event: Mapped[WebhookEvent] = mapped_column(sa.String(32))
    body: Mapped[dict[str, Any]]
    state: Mapped[DeliveryState] = mapped_column(sa.String(16), default=DeliveryState.WAITING)
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    last_attempt_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str] = mapped_column(sa.String(300), default="")

    webhook: Mapped[Webhook] = relationship()
