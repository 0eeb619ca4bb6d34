"""The chain, the revisions and the form versions only grow, whoever speaks to the database; and a broken chain is told.

Here the statements go past our own sessions: a bare driver connection, as an operator or an intruder would open.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from models.audit import HASHED, AuditEvent, chain_hash
from models.base import db
from models.comments import Comment
from models.forms import FormVersion
from models.records import RecordRevision
from services.comments import write_comment
from tests.support.cast import AT, Cast
from tests.support.registers import change, enter, publish

TABLES: dict[str, str] = {
    AuditEvent.__tablename__: "act",
    RecordRevision.__tablename__: "reason",
    FormVersion.__tablename__: "sha256",
    Comment.__tablename__: "text",
}
LENGTH = 12


@pytest.fixture
def written(cast: Cast) -> Cast:
    """Some acts: a version, records, revisions, and the chain over them."""
    form = publish(cast)
    record = enter(cast, form, a5="1")
    for amount in range(2, LENGTH + 1):
        record = change(cast, record, a5=str(amount))
    write_comment(record, text="已联系", actor=cast.actor("grid.yucun"), at=AT)
    db.session.remove()
    return cast


@contextmanager
def bare(app: Flask) -> Iterator[Callable[[str], Any]]:
    """Open a connection of the driver alone, none of our settings on it; yield what executes a statement."""
    url = db.engine.url
    if url.get_backend_name() == "sqlite":
        connection: Any = sqlite3.connect(str(url.database), isolation_level=None)
    else:
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = psycopg.connect(plain, autocommit=True)
    try:
        yield connection.execute
    finally:
        connection.close()


def attempts(table: str, column: str, backend: str) -> list[str]:
    own = [f"UPDATE {table} SET {column} = 'forged'", f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"]
    if backend == "sqlite":  # REPLACE would delete without asking the DELETE trigger
        return [*own, *(f"{verb} INTO {table} SELECT * FROM {table}" for verb in ("INSERT OR REPLACE", "REPLACE"))]
    return [*own, f"TRUNCATE {table} CASCADE", f"DELETE FROM ONLY {table}"]


@pytest.mark.parametrize("table", TABLES)
def test_no_statement_changes_or_removes_what_was_written(written: Cast, app: Flask, table: str) -> None:
    with bare(app) as execute:
        rows = execute(f"SELECT * FROM {table}").fetchall()
        assert rows
        for statement in attempts(table, TABLES[table], db.engine.dialect.name):
            with pytest.raises((sqlite3.DatabaseError, psycopg.DatabaseError), match="append-only"):
                execute(statement)
        assert execute(f"SELECT * FROM {table}").fetchall() == rows


def verify(app: Flask) -> tuple[int, str]:
    """Run the operator's command; return its exit code and what it said."""
    db.session.remove()
    result = app.test_cli_runner().invoke(args=["audit", "verify"])
    return result.exit_code, result.output


@contextmanager
def unguarded(app: Flask) -> Iterator[Callable[[str], Any]]:
    """Put the triggers of the chain out of the way, as only the owner of the database can, and back again."""
    with bare(app) as execute:
        if db.engine.dialect.name == "sqlite":
            triggers = execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_event'"
            ).fetchall()
            assert triggers
            for name, _sql in triggers:
                execute(f"DROP TRIGGER {name}")
            yield execute
            for _name, sql in triggers:
                execute(sql)
        else:
            execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
            try:
                yield execute
            finally:
                execute("ALTER TABLE audit_event ENABLE TRIGGER USER")


def test_an_untouched_chain_verifies(written: Cast, app: Flask) -> None:
    length = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEvent))
    assert verify(app) == (0, f"审计链完整：{length} 行。\n")


@pytest.mark.parametrize(
    ("statement", "row", "why"),
    [
        ("UPDATE audit_event SET actor_name = '别人' WHERE id = 5", 5, "已被改动"),
        ("UPDATE audit_event SET before = after WHERE id = 6", 6, "已被改动"),
        ("UPDATE audit_event SET at = '2026-11-22 06:00:01.000000+00:00' WHERE id = 7", 7, "已被改动"),
        ("UPDATE audit_event SET village_id = NULL WHERE id = 4", 4, "已被改动"),
        ("DELETE FROM audit_event WHERE id = 3", 3, "缺少这一行"),
        ("DELETE FROM audit_event WHERE id = 1", 1, "缺少这一行"),
        ("UPDATE audit_event SET prev_hash = hash WHERE id = 4", 4, "接不上"),
        (
            "UPDATE audit_event SET prev_hash = (SELECT e.prev_hash FROM audit_event e WHERE e.id = 3) WHERE id = 4",
            4,
            "接不上",
        ),
    ],
)
def test_the_first_broken_row_is_named(written: Cast, app: Flask, statement: str, row: int, why: str) -> None:
    with unguarded(app) as execute:
        execute(statement)
    code, said = verify(app)
    assert code == 1
    assert f"第 {row} 行" in said
    assert why in said


def test_a_row_recomputed_by_somebody_who_knows_how_breaks_the_next_one(written: Cast, app: Flask) -> None:
    event = db.session.get_one(AuditEvent, 5)
    forged = {name: getattr(event, name) for name in HASHED} | {"actor_name": "别人"}
    digest = chain_hash(forged)
    db.session.remove()
    with unguarded(app) as execute:
        execute(f"UPDATE audit_event SET actor_name = '别人', hash = '{digest}' WHERE id = 5")
    code, said = verify(app)
    assert code == 1
    assert "第 6 行" in said
    assert "接不上" in said
