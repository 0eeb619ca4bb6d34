"""Work behind the pages: the queue, the schedule and the jobs themselves."""

from __future__ import annotations

from flask import Flask

from jobs.exports import write_export
from jobs.imports import work_on_import
from jobs.nightly import PERIODIC
from jobs.outbox import deliver_now, deliver_soon
from jobs.queue import init_queue
from jobs.schedule import run_job, ticker
from jobs.webhooks import send_now, send_soon

JOBS = (deliver_now, send_now, work_on_import, write_export, run_job(PERIODIC))


def init_app(app: Flask) -> None:
    """Give the application its queue. Nothing is opened before the first use."""
    init_queue(app, app.config["ZHIYE"], JOBS, ticker(PERIODIC))
    app.after_request(deliver_soon)
    app.after_request(send_soon)
