"""The optimistic lock: whoever saves must have seen the row as it is now."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm.exc import ObjectDeletedError

from models.base import Versioned, db
from services.refusals import NotFound, Stale

T = TypeVar("T", bound=Versioned)


def lock(row: T) -> T:
    """Read a row again under the write lock and hold it until the act ends.

    Acts begin with it, before they ask for permission: a page's row may be gone or moved by now. Must be called inside
    a transaction. Raises NotFound when the row is gone.
    """
    try:
        db.session.refresh(row, with_for_update=True)
    except (InvalidRequestError, ObjectDeletedError) as error:
        raise NotFound from error
    return row


def advance(row: T, row_version: int | None = None) -> T:
    """Count a locked row's version on. Raises Stale when somebody saved it since `row_version` was shown.

    None skips that comparison, for acts that change one thing whatever else changed.
    """
    if row_version is not None and row.row_version != row_version:
        raise Stale
    row.row_version += 1
    return row
