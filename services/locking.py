"""The optimistic lock: whoever saves must have seen the row as it is now."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm.exc import ObjectDeletedError

from models.base import Versioned, db
from services.refusals import NotFound, Stale

T = TypeVar("T", bound=Versioned)


def lock(row: T, row_version: int | None = None) -> T:
    """Read a row again under the write lock and hold it until the act ends; count its version on.

    Must be called inside a transaction. Raises NotFound when the row is gone and Stale when somebody saved it since
    `row_version`; None skips that comparison, for acts that change one thing whatever else changed.
    """
    try:
        db.session.refresh(row, with_for_update=True)
    except (InvalidRequestError, ObjectDeletedError) as error:
        raise NotFound from error
    if row_version is not None and row.row_version != row_version:
        raise Stale
    row.row_version += 1
    return row
