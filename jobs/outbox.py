"""Delivery of the outbox: each minute, and at once after a request that has put a message in."""

from __future__ import annotations

from flask import Response

from jobs.queue import job
from services.messages import deliver_waiting, has_posted
from shell.background import enqueue
from shell.clock import now


@job("outbox")
def deliver_now() -> None:
    deliver_waiting(at=now())


def deliver_soon(response: Response) -> Response:
    """Ask for delivery after a request whose acts have put messages into the outbox."""
    if has_posted():
        enqueue("outbox")
    return response
