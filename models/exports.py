"""Exports that take longer than a page: each job with its progress, and the file that came of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, Scoped


class ExportState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class ExportJob(Scoped, Base):
    """One file to be written for its owner, who alone may fetch it. Its place is that of the owner.

    `request` is the list asked for, `options` how it is written (queries/exports.py). The file lies under `uid`.
    """

    __tablename__ = "export_job"
    __table_args__ = (
        sa.UniqueConstraint("uid"),
        sa.Index("ix_export_job_owner", "owner_id", "id"),
        sa.Index("ix_export_job_state", "state", "expires_at"),
        sa.CheckConstraint("state in ('waiting','running','done','failed','cancelled','expired')", "state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(32))
    form_id: Mapped[int] = mapped_column(sa.ForeignKey("form.id"))
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    request: Mapped[dict[str, Any]]
    options: Mapped[dict[str, Any]]
    state: Mapped[ExportState] = mapped_column(sa.String(10))
    cancel: Mapped[bool] = mapped_column(default=False)
    total: Mapped[int | None]
    done: Mapped[int] = mapped_column(default=0)
    filename: Mapped[str] = mapped_column(sa.String(160), default="")
    size: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str] = mapped_column(sa.String(300), default="")
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]

    def __str__(self) -> str:
        return self.filename
