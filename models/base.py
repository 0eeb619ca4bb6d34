"""The declarative base, the database handle, and the columns that many tables share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

BELIEVED = 0.5  # seconds
LATER = "begins later"  # marks a connection whose next BEGIN its user says on the driver
NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Json = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers rows only under INTEGER PRIMARY KEY


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An instant. Takes aware datetimes only, gives aware UTC back on both engines."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value if value is None else value.astimezone(UTC)
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Every table. Constraint names are fixed so that migrations can name them on both engines."""

    # On the registry, not on the class: Flask-SQLAlchemy subclasses Base, and maps are not inherited.
    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map={
            datetime: UtcDateTime(),
            dict[str, Any]: Json,
            list[Any]: Json,
            str: sa.Text(),
        },
    )


def table_of(model: type[Base]) -> sa.Table:
    """Return the table of a model, for acts that write plain rows."""
    return cast("sa.Table", model.__table__)


class Session(FlaskSession):
    """A session that reads from a read-only engine and writes only inside an act.

    Pages never queue behind a writer, and a stray write outside `services.transaction` fails in the database.
    """

    def get_bind(
        self,
        mapper: Any | None = None,  # noqa: ARG002 - the shape is SQLAlchemy's
        clause: Any | None = None,  # noqa: ARG002
        bind: sa.Engine | sa.Connection | None = None,
        **_rest: Any,
    ) -> sa.Engine | sa.Connection:
        if bind is not None:
            return bind
        return self.info.get("writing") or db.engines["read"]


db = SQLAlchemy(model_class=Base, session_options={"class_": Session})


def engine_options(database: str) -> dict[str, Any]:
    """Return Flask-SQLAlchemy's configuration for the write engine and the read engine of one database."""
    # What people typed must not come into a log with the text of an error.
    # Ten stay open: eight threads that write keep one each while they queue.
    write: dict[str, Any] = {"url": database, "hide_parameters": True, "pool_size": 10, "max_overflow": 5}
    if database.startswith("sqlite"):
        write |= {"connect_args": {"timeout": 30, "check_same_thread": False}}
        read = dict(write)
    else:
        # An act that waited for a lock must read what the one before it wrote, whatever the server's own default is.
        write |= {"isolation_level": "READ COMMITTED"}
        # Compiling takes longer than any of our statements: PostgreSQL guesses their cost by rows that are never read.
        write["connect_args"] = {"options": "-c jit=off"}
        # Each statement of a page sees what is committed by then: BEGIN and ROLLBACK would be two more for nothing.
        read = {
            **write, "isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True,
            "connect_args": {"options": "-c jit=off -c default_transaction_read_only=on"},
        }  # fmt: skip
    return {"SQLALCHEMY_ENGINE_OPTIONS": write, "SQLALCHEMY_BINDS": {"read": read}}


@contextmanager
def snapshot() -> Iterator[sa.Connection]:
    """Yield a read-only connection on which all statements see the database as the first one did.

    Rows that are too many for memory are read on it too: a cursor of the server lives as long as a transaction.
    """
    engine = db.engines["read"]
    if engine.dialect.name == "postgresql":  # SQLite reads so anyway
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        yield connection


def install_listeners() -> None:
    """Make the engines safe. Needs an app context.

    SQLite: our own BEGIN, WAL, foreign keys, full sync for acts. PostgreSQL: connections that outlived a restart of
    the server are not handed out.
    """
    for engine, writes in ((db.engine, True), (db.engines["read"], False)):
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _pragmas(writes=writes))
            event.listen(engine, "begin", _begin("BEGIN IMMEDIATE" if writes else "BEGIN"))
        else:
            event.listen(engine, "checkin", _put_back)
            event.listen(engine, "checkout", _handed_out(engine))


def _put_back(_connection: Any, record: Any) -> None:
    record.info["since"] = time.monotonic()


def _handed_out(engine: sa.Engine) -> Any:
    """Return what asks a connection whether it still works; one that did a moment ago is believed.

    SQLAlchemy's own `pool_pre_ping` asks always: two statements more in every act.
    """

    def on_checkout(connection: Any, record: Any, _proxy: Any) -> None:
        idle = time.monotonic() - record.info.get("since", time.monotonic())
        try:
            alive = not connection.closed and (idle < BELIEVED or engine.dialect.do_ping(connection))
        except engine.dialect.loaded_dbapi.Error:
            alive = False
        if not alive:
            raise InvalidatePoolError  # the others are as old: they are all opened anew

    return on_checkout


def _pragmas(*, writes: bool) -> Any:
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves: a deferred read-then-write fails with BUSY
        cursor = connection.cursor()
        for pragma in (
            "busy_timeout=30000",
            "journal_mode=WAL",
            "foreign_keys=ON",
            "recursive_triggers=ON",
            "synchronous=FULL" if writes else "query_only=ON",
            "cache_size=-65536",
            "mmap_size=268435456",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return on_connect


def _begin(statement: str) -> Any:
    def on_begin(connection: sa.Connection) -> None:
        if not connection.info.pop(LATER, False):
            connection.connection.driver_connection.execute(statement)  # type: ignore[union-attr]

    return on_begin


class Scoped:
    """Columns by which rows are shown or hidden: equality on county, town and village, and the owning unit."""

    county_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"))
    town_id: Mapped[int | None] = mapped_column(sa.ForeignKey("org_unit.id"))
    village_id: Mapped[int | None] = mapped_column(sa.ForeignKey("org_unit.id"))
    org_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"))


class Versioned:
    """An optimistic lock: a save with a stale row_version is refused."""

    row_version: Mapped[int] = mapped_column(default=1, server_default="1")
