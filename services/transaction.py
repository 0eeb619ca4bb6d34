"""One transaction per act: the outermost act opens and commits it, acts called inside join it."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock; SQLite's own busy handler remains
    fcntl = None  # type: ignore[assignment]

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models.base import LATER, db
from models.prepared import Prepared, driver
from services.audit import seal_audit
from services.refusals import AlreadyThere

P = ParamSpec("P")
R = TypeVar("R")
_BEGIN, _COMMIT = Prepared(sa.text("BEGIN IMMEDIATE")), Prepared(sa.text("COMMIT"))


def transaction(act: Callable[P, R]) -> Callable[P, R]:
    """Make a service function one transaction. Anything it raises rolls everything back."""

    @functools.wraps(act)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        with Act():
            return act(*args, **kwargs)

    return wrapper


class Act:
    """The same for a part of a function: what stands before it asks the database nothing and keeps nobody waiting."""

    def __enter__(self) -> None:
        self._outermost = None if db.session.info.get("writing") else write_transaction()
        if self._outermost:
            self._outermost.__enter__()

    def __exit__(self, *raised: Any) -> None:
        if self._outermost:
            self._outermost.__exit__(*raised)


@contextmanager
def write_transaction() -> Iterator[None]:
    """Open the write transaction, seal the audit chain at its end, commit; roll back on any exception.

    The page's read transaction ends first, so what the act looks at is read again under the write lock.
    """
    session = db.session()
    session.rollback()
    # What needs no lock is done before it or after it: whoever waits does not wait for that.
    with db.engine.connect() as connection:
        session.info["writing"] = connection
        session.info["audit"] = []
        turn = _Turn()
        try:
            turn.begin(connection)
            yield
            session.flush()
            seal_audit(session)
            turn.commit()
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
            turn.leave()
            session.info.pop("writing", None)
            session.info.pop("audit", None)


def _is_double(error: IntegrityError) -> bool:
    """Tell whether two acts at the same moment wrote what may be there once: on PostgreSQL neither saw the other."""
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return state in {"23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}


class _Turn:
    """The turn of one writer. On PostgreSQL, where writers wait for rows, there is nothing to it.

    SQLite has one writer at a time. They queue on a file lock, because its busy handler starves some of them for
    seconds and flock does not; and BEGIN and COMMIT are said on the driver, with the session's own work around them.
    """

    def __init__(self) -> None:
        self._handle: int | None = None
        self._ours = False

    def begin(self, connection: sa.Connection) -> None:
        self._ours = connection.dialect.name == "sqlite"
        connection.info[LATER] = self._ours
        driver()  # opens the session's transaction
        if self._ours:
            self._queue(connection.engine.url.database)
            _BEGIN.run()

    def commit(self) -> None:
        """Make the act last, and let the next writer in: what the session does after it is its own affair."""
        if self._ours:
            _COMMIT.run()
            self.leave()

    def _queue(self, path: str | None) -> None:
        if path is not None and fcntl is not None:
            self._handle = os.open(f"{path}.queue", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_EX)

    def leave(self) -> None:
        if self._handle is not None:
            os.close(self._handle)  # closing gives the lock back
            self._handle = None
