"""GET /healthz."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from models.base import db
from models.jobs import JobRun
from portal import health
from services.transaction import write_transaction
from shell.clock import now
from shell.schema import expected_revision
from tests.pages import JudgingClient


def test_a_healthy_installation_answers_200_with_each_part(client: JudgingClient) -> None:
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    report = response.json
    assert report is not None
    assert report["ok"] is True
    assert report["database"]["ok"] is True
    assert report["migration"]["current"] == report["migration"]["expected"]
    assert report["queue"] == {"ok": True, "oldest_waiting_seconds": 0, "idle_seconds": None}
    assert report["disk"]["free_mb"] > 0


def test_it_tells_how_long_ago_the_jobs_last_moved(client: JudgingClient) -> None:
    with write_transaction():
        started = now() - timedelta(seconds=90)
        db.session.add(JobRun(job="outbox", period="p", state="done", started_at=started))
    report = client.get("/healthz").json
    assert report is not None
    assert 90 <= report["queue"]["idle_seconds"] < 120


def test_a_full_disk_answers_503(client: JudgingClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LEAST_FREE_MB", 1 << 40)
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json is not None
    assert response.json["disk"]["ok"] is False
    assert response.json["database"]["ok"] is True


def test_a_schema_that_is_behind_answers_503(client: JudgingClient) -> None:
    with write_transaction():
        db.session.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    try:
        response = client.get("/healthz")
    finally:
        with write_transaction():
            db.session.execute(sa.text("UPDATE alembic_version SET version_num = :now"), {"now": expected_revision()})
    assert response.status_code == 503
    assert response.json is not None
    assert response.json["migration"]["current"] == "0000"


def test_a_database_without_tables_answers_503_and_no_sql(client: JudgingClient) -> None:
    with write_transaction():
        db.session.execute(sa.text("ALTER TABLE alembic_version RENAME TO elsewhere"))
    try:
        response = client.get("/healthz")
    finally:
        with write_transaction():
            db.session.execute(sa.text("ALTER TABLE elsewhere RENAME TO alembic_version"))
    assert response.status_code == 503
    assert "elsewhere" not in response.text
    assert "SELECT" not in response.text
