"""What is known about the runs of periodic jobs."""

from __future__ import annotations

import sqlalchemy as sa

from models.base import db
from models.jobs import JobRun


def ended_well(job: str, period: str) -> bool:
    """Tell whether a job has nothing left to do for a period."""
    state = sa.select(JobRun.state).where(JobRun.job == job, JobRun.period == period)
    return db.session.scalar(state) == "done"


def last_run(job: str) -> JobRun | None:
    """Return the newest run of a job."""
    return db.session.scalar(sa.select(JobRun).where(JobRun.job == job).order_by(JobRun.started_at.desc()).limit(1))
