"""One transaction per act: the outermost act opens and commits it, acts called inside join it."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock; SQLite's own busy handler remains
    fcntl = None  # type: ignore[assignment]

from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from models.base import Session, db
from models.prepared import DRIVER
from services.audit import seal_audit
from services.refusals import AlreadyThere

P = ParamSpec("P")
R = TypeVar("R")
QUEUE = "queue"  # where the session keeps its place in the writers' queue


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
    # The connection is fetched before the lock and goes back after it: whoever waits does not wait for that.
    with db.engine.connect() as connection, _write_queue(session):
        session.info["writing"] = connection
        session.info["audit"] = []
        try:
            yield
            session.flush()
            seal_audit(session)
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


def _is_double(error: IntegrityError) -> bool:
    """Tell whether two acts at the same moment wrote what may be there once: on PostgreSQL neither saw the other."""
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return state in {"23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}


@contextmanager
def _write_queue(session: OrmSession) -> Iterator[None]:
    """Queue SQLite writers on a file lock: its busy handler starves some of them for seconds, flock does not."""
    path = db.engine.url.database if db.engine.dialect.name == "sqlite" else None
    if path is None or fcntl is None:
        yield
        return
    handle = os.open(f"{path}.queue", os.O_RDWR | os.O_CREAT, 0o600)
    session.info[QUEUE] = handle
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        _leave_queue(session)


@event.listens_for(Session, "after_commit")
def _committed(session: OrmSession) -> None:
    """Let the next writer in as soon as the commit stands: what the session does after it is its own affair."""
    if not session.in_nested_transaction():  # the end of a savepoint is told here too
        _leave_queue(session)


def _leave_queue(session: OrmSession) -> None:
    handle = session.info.pop(QUEUE, None)
    if handle is not None:
        os.close(handle)  # closing gives the lock back
