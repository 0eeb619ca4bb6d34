"""Delivery of webhooks: each minute, and at once after a request whose acts have something to tell."""

from __future__ import annotations

from datetime import datetime

from flask import Response, current_app

from jobs.queue import job
from jobs.schedule import Report
from services.deliveries import deliver_due
from services.webhooks import has_posted
from shell.background import enqueue
from shell.clock import now


@job("webhooks", retries=0)
def send_now() -> None:
    send_due(now())


def send_due(at: datetime) -> Report:
    """Send what is due. What fails waits in its own table, so the job itself is not tried again."""
    return deliver_due(at=at, clock=now, private=current_app.config["ZHIYE"].webhook_private)


def send_soon(response: Response) -> Response:
    """Ask for delivery after a request whose acts have put deliveries down."""
    if has_posted():
        enqueue("webhooks")
    return response
