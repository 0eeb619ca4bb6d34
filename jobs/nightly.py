"""What runs by itself, and when."""

from __future__ import annotations

from datetime import datetime, time

from jobs.schedule import EveryMinute, Nightly, Periodic, Report
from services.jobs import forget_runs
from services.messages import deliver_waiting


def outbox(at: datetime) -> Report:
    """Deliver what waits."""
    return deliver_waiting(at=at)


def forget(at: datetime) -> Report:
    """Forget runs of more than 30 days ago."""
    return {"forgotten": forget_runs(at=at)}


PERIODIC = (
    Periodic("outbox", EveryMinute(), outbox),
    Periodic("forget_runs", Nightly(time(4, 0)), forget),
)
