"""The outbox (written by acts, delivered after commit by a job) and the notices people read in the product."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId


class Outbox(Base):
    """A message to be delivered. Rows with delivered_at null are waiting; retries are counted.

    `source_key` names the cause of a message that is sent once, however often the cause is met.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        sa.CheckConstraint("channel in ('notice')", "channel"),
        sa.Index("ix_outbox_waiting", "delivered_at", "not_before", "id"),
        sa.Index("ix_outbox_source_key", "source_key", unique=True),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(sa.String(16))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(sa.String(300), default="")
    delivered_at: Mapped[datetime | None]
    source_key: Mapped[str | None] = mapped_column(sa.String(120))


class Notice(Base):
    """Something a user should read: shown on the home page until read."""

    __tablename__ = "notice"
    __table_args__ = (
        sa.UniqueConstraint("outbox_id"),
        sa.Index("ix_notice_user", "user_id", "read_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    outbox_id: Mapped[int] = mapped_column(sa.ForeignKey("outbox.id"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    text: Mapped[str]
    path: Mapped[str] = mapped_column(sa.String(300), default="")
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
