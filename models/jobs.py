"""Runs of periodic jobs: one row a job and period, so that two consumers run it once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId


class JobRun(Base):
    __tablename__ = "job_run"
    __table_args__ = (
        sa.UniqueConstraint("job", "period"),
        sa.CheckConstraint("state in ('running','done','failed')", "state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    job: Mapped[str] = mapped_column(sa.String(64))
    period: Mapped[str] = mapped_column(sa.String(32))
    state: Mapped[str] = mapped_column(sa.String(16))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None]
