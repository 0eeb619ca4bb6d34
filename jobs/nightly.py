"""What runs by itself, and when."""

from __future__ import annotations

from datetime import datetime, time

from jobs.schedule import EveryMinute, Nightly, Periodic, Report
from queries.chain import first_break
from services.jobs import forget_runs
from services.messages import deliver_waiting
from services.signins import forget_sign_ins


def outbox(at: datetime) -> Report:
    """Deliver what waits."""
    return deliver_waiting(at=at)


def verify_audit(_at: datetime) -> Report:
    """Walk the audit chain; raise at the first broken row, so that the run is written down as failed."""
    checked, broken = first_break()
    if broken is not None:
        raise RuntimeError(f"audit chain broken at row {broken.id}: {broken.reason}")
    return {"rows": checked}


def forget(at: datetime) -> Report:
    """Forget runs of more than 30 days ago and sign-ins that ended 90 days ago."""
    return {"runs": forget_runs(at=at), "sign_ins": forget_sign_ins(at=at)}


PERIODIC = (
    Periodic("outbox", EveryMinute(), outbox),
    Periodic("audit_verify", Nightly(time(3, 0)), verify_audit),
    Periodic("forget", Nightly(time(4, 0)), forget),
)
