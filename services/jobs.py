"""Bookkeeping of periodic jobs: a run is claimed in its own short transaction, so two consumers run it once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from models.base import db
from models.jobs import JobRun
from services.transaction import transaction

LEASE = timedelta(hours=2)  # a run older than this died with its process and may be taken over
RETRY = timedelta(minutes=10)
KEEP = timedelta(days=30)


@transaction
def claim_run(job: str, *, period: str, at: datetime) -> bool:
    """Take the run of a job for a period; return False when somebody else has it or had it.

    A run that failed ten minutes ago, or whose process died, can be taken again.
    """
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    died = sa.and_(JobRun.state == "running", JobRun.started_at < at - LEASE)
    failed = sa.and_(JobRun.state == "failed", JobRun.ended_at < at - RETRY)
    fresh = {"state": "running", "started_at": at, "ended_at": None, "result": None}
    statement = (
        insert(JobRun)
        .values(job=job, period=period, **fresh)
        .on_conflict_do_update(index_elements=["job", "period"], set_=fresh, where=sa.or_(died, failed))
        .returning(JobRun.id)
    )
    return db.session.execute(statement).first() is not None


@transaction
def end_run(job: str, *, period: str, failed: bool, result: Mapping[str, Any], at: datetime) -> None:
    """Write down how a claimed run ended."""
    db.session.execute(
        sa.update(JobRun)
        .where(JobRun.job == job, JobRun.period == period)
        .values(state="failed" if failed else "done", ended_at=at, result=dict(result))
    )


@transaction
def forget_runs(*, at: datetime) -> int:
    """Delete what was written about runs more than 30 days ago; return how many."""
    gone = db.session.execute(sa.delete(JobRun).where(JobRun.started_at < at - KEEP).returning(JobRun.id))
    return len(gone.all())
