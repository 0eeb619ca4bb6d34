"""Keyset paging: a page begins after the last row of the one before, so page 20,000 costs what page 1 costs."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from engine.texts import forbidden

COUNT_CAP = 10_000
MAX_CURSOR = 600


@dataclass(frozen=True)
class Asked:
    """What a list is asked for: words, conditions, order and where to go on."""

    search: str = ""
    conditions: tuple[tuple[int, str, str], ...] = ()
    sort: str | None = None
    descending: bool = True
    after: str = ""
    size: int = 50


@dataclass(frozen=True)
class Listing:
    """One page of rows, how many there are (at most the cap and one), and where the next page begins."""

    rows: Sequence[Any]
    count: int | None = None
    older: str | None = None

    @property
    def capped(self) -> bool:
        return self.count is not None and self.count > COUNT_CAP


def cursor_of(values: Sequence[Any]) -> str:
    """Write the sort values of a page's last row into an address."""
    plain = [_told(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, ensure_ascii=False).encode()).decode().rstrip("=")


def read_cursor(text: str, columns: Sequence[Any]) -> list[Any] | None:
    """Read a cursor back for these columns; None when somebody made it up."""
    if not text or len(text) > MAX_CURSOR:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        return None
    if not isinstance(values, list) or len(values) != len(columns):
        return None
    try:
        return [_read(value, column.type.python_type) for value, column in zip(values, columns, strict=True)]
    except (TypeError, ValueError, OverflowError):
        return None


def beyond(columns: Sequence[Any], values: Sequence[Any], *, descending: bool) -> sa.ColumnElement[bool]:
    """Return the condition for rows after `values` in the order of `columns`, all in one direction."""
    clauses = []
    for position, column in enumerate(columns):
        equal = [earlier == value for earlier, value in zip(columns[:position], values, strict=False)]
        further = column < values[position] if descending else column > values[position]
        clauses.append(sa.and_(*equal, further))
    return sa.or_(*clauses)


def _told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _read(value: Any, kind: type) -> Any:
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(value)
        return moment.astimezone(UTC)  # fails here, not in the database, on the first and last day of all
    if kind is date:
        return date.fromisoformat(value)
    if kind is int:
        return in_range(int(value))
    if kind is bool:
        return bool(value)
    text = str(value)
    if forbidden(text):
        raise ValueError(value)
    return text


def in_range(number: int) -> int:
    """Return a number that every integer column can be compared with. Raises ValueError beyond 2^31."""
    if not -(2**31) <= number < 2**31:
        raise ValueError(number)
    return number
