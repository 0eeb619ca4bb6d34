"""One transaction per act: the outermost act opens and commits it, acts called inside join it."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import ParamSpec, TypeVar

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock; SQLite's own busy handler remains
    fcntl = None  # type: ignore[assignment]

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models.base import LATER, db
from models.prepared import DRIVER, Prepared, driver
from services.audit import seal_audit
from services.refusals import AlreadyThere

P = ParamSpec("P")
R = TypeVar("R")
_BEGIN, _COMMIT = Prepared(sa.text("BEGIN IMMEDIATE")), Prepared(sa.text("COMMIT"))


def transaction(act: Callable[P, R]) -> Callable[P, R]:
    """Make a service function one transaction. Anything it raises rolls everything back."""

    @functools.wraps(act)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        if db.session.info.get("writing"):
            return act(*args, **kwargs)
        with write_transaction():
            return act(*args, **kwargs)

    return wrapper


@contextmanager
def write_transaction() -> Iterator[None]:
    """Open the write transaction, seal the audit chain at its end, commit; roll back on any exception.

    The page's read transaction ends first, so what the act looks at is read again under the write lock.
    """
    session = db.session()
    session.rollback()
    # What needs no lock is done before it or after it: whoever waits does not wait for that.
    with db.engine.connect() as connection, ExitStack() as turn:
        session.info["writing"] = connection
        session.info["audit"] = []
        try:
            ours = _opened(connection)
            turn.enter_context(_write_queue())
            if ours:
                _BEGIN.run()
            yield
            session.flush()
            seal_audit(session)
            if ours:
                _COMMIT.run()
                turn.close()
            session.commit()
        except IntegrityError as error:
            session.rollback()
            if _is_double(error):
                raise AlreadyThere from error
            raise
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop("writing", None)
            session.info.pop("audit", None)
            session.info.pop(DRIVER, None)


def _opened(connection: sa.Connection) -> bool:
    """Open the session's transaction; return whether its BEGIN and its COMMIT are left to say.

    On SQLite they are: said on the driver, the lock is kept for what lies between them and no more.
    """
    ours = connection.dialect.name == "sqlite"
    if ours:
        connection.info[LATER] = True
    driver()
    return ours


def _is_double(error: IntegrityError) -> bool:
    """Tell whether two acts at the same moment wrote what may be there once: on PostgreSQL neither saw the other."""
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return state in {"23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}


@contextmanager
def _write_queue() -> Iterator[None]:
    """Queue SQLite writers on a file lock: its busy handler starves some of them for seconds, flock does not."""
    path = db.engine.url.database if db.engine.dialect.name == "sqlite" else None
    if path is None or fcntl is None:
        yield
        return
    handle = os.open(f"{path}.queue", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)  # closing gives the lock back
