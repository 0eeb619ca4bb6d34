"""Connections to PostgreSQL: what a page leaves behind, and what a restart of the server leaves of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models import base
from models.base import db
from tests.support.cast import Cast
from tests.support.databases import dispose

POSTGRESQL = pytest.mark.parametrize("engine_name", ["postgresql"])
OWN = sa.text("SELECT pg_backend_pid()")


@pytest.fixture(autouse=True)
def opened_anew(app: Flask) -> Iterator[None]:
    """Leave no broken connection to the next test."""
    yield
    dispose()


def told(sql: str, **values: Any) -> Any:
    """Return what another connection to the same database says."""
    engine = sa.create_engine(db.engine.url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            return connection.scalar(sa.text(sql), values)
    finally:
        engine.dispose()


def kill_all() -> None:
    """End every connection of the application, as a restart of the server does."""
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    assert told(f"SELECT count(pg_terminate_backend(pid)) {others}") > 0


@POSTGRESQL
def test_a_page_that_reads_keeps_no_transaction_open(db_session: Any) -> None:
    mine = db_session.scalar(OWN)
    assert told("SELECT state FROM pg_stat_activity WHERE pid = :pid", pid=mine) == "idle"


@POSTGRESQL
def test_a_page_cannot_write(db_session: Any) -> None:
    with pytest.raises(sa.exc.InternalError, match="read-only"):
        db_session.execute(sa.text("DELETE FROM setting"))


@POSTGRESQL
def test_after_a_restart_of_the_server_idle_connections_are_opened_anew(
    cast: Cast, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.sign_in(client, "official.yucun")
    assert client.get("/").status_code == 200
    kill_all()
    monkeypatch.setattr(base, "BELIEVED", 0.0)  # as if they had lain there longer
    assert client.get("/").status_code == 200


@POSTGRESQL
def test_a_connection_that_broke_in_use_is_not_handed_out_again(app: Flask) -> None:
    for engine in db.engines.values():
        with engine.connect() as connection:
            cursor = (
                connection.connection.cursor()
            )  # as prepared statements have it: SQLAlchemy sees no error of theirs
            kill_all()
            with pytest.raises(engine.dialect.loaded_dbapi.OperationalError):
                cursor.execute("SELECT 1")
        with engine.connect() as connection:
            assert connection.scalar(OWN) > 0
