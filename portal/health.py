"""GET /healthz: one JSON answer for load balancers and for the person who is called at night."""

from __future__ import annotations

import shutil
from typing import Any

import sqlalchemy as sa
from flask import Response, current_app, jsonify
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from models.base import db
from portal.blueprint import bp
from queries.health import current_revision, idle_seconds, waiting_seconds
from shell.access import public
from shell.clock import now
from shell.schema import expected_revision
from shell.version import VERSION

MEGABYTE = 1024 * 1024
LEAST_FREE_MB = 200
LONGEST_WAIT_SECONDS = 15 * 60

Part = dict[str, Any]


@bp.get("/healthz")
@public
def healthz() -> Response:
    """Answer 200 when all is well, else 503; each part says what it found."""
    report = {**database(), "disk": disk()}
    good = all(part["ok"] for part in report.values())
    response = jsonify(ok=good, version=VERSION, **report)
    response.status_code = 200 if good else 503
    response.cache_control.no_store = True
    return response


def database() -> dict[str, Part]:
    """Tell of the database, and of what lies in it as far as it can be asked."""
    try:
        found = migration()
        parts = {"database": {"ok": True, "engine": db.engine.dialect.name}, "migration": found}
        return {**parts, "queue": queue()} if found["ok"] else parts
    except SQLAlchemyError as error:
        # The error's class tells enough; its text may hold the address of the database.
        current_app.logger.exception("the database does not answer /healthz")
        return {"database": {"ok": False, "error": type(error).__name__}}


def migration() -> Part:
    expected = expected_revision()
    try:
        current = current_revision()
    except (OperationalError, ProgrammingError):
        db.session.rollback()
        db.session.execute(sa.text("SELECT 1"))  # no schema yet, or no database? The latter raises again.
        current = None
    return {"ok": current == expected, "current": current, "expected": expected}


def queue() -> Part:
    waiting = waiting_seconds(now())
    return {
        "ok": waiting < LONGEST_WAIT_SECONDS,
        "oldest_waiting_seconds": waiting,
        "idle_seconds": idle_seconds(now()),
    }


def disk() -> Part:
    free = shutil.disk_usage(current_app.config["ZHIYE"].data_dir).free // MEGABYTE
    return {"ok": free >= LEAST_FREE_MB, "free_mb": free}
