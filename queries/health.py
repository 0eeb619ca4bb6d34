"""How the installation is: schema, waiting messages, the last sign of life of the jobs."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from models.base import db
from models.jobs import JobRun
from models.messages import Outbox


def current_revision() -> str | None:
    """Return the migration the database is at. Raises OperationalError or ProgrammingError without a schema."""
    found: str | None = db.session.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


def waiting_seconds(at: datetime) -> int:
    """Return how long the oldest message that could go out has been waiting; 0 when none waits."""
    oldest = db.session.scalar(
        sa.select(sa.func.min(Outbox.not_before)).where(Outbox.delivered_at.is_(None), Outbox.not_before <= at)
    )
    return int((at - oldest).total_seconds()) if oldest else 0


def idle_seconds(at: datetime) -> int | None:
    """Return how long ago a periodic job started last; None when none ever did."""
    last = db.session.scalar(sa.select(sa.func.max(JobRun.started_at)))
    return int((at - last).total_seconds()) if last else None
