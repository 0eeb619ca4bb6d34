"""Delivery of the outbox: each minute, and at once when asked after an act."""

from __future__ import annotations

from jobs.queue import job
from services.messages import deliver_waiting
from shell.clock import now


@job("outbox")
def deliver_now() -> None:
    deliver_waiting(at=now())
