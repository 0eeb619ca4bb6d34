"""Where the next page of a record list begins, as its address says it."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from engine.texts import forbidden
from queries.indexing import NUMBER, IndexedField
from queries.listing import Cursor

LARGEST_ID = 2**62
MAX_CURSOR = 1200


def write_cursor(row: tuple[Any, int]) -> str:
    """Write the row that a page ends with, its sort value and its id, into an address."""
    return base64.urlsafe_b64encode(json.dumps(list(row), ensure_ascii=False).encode()).decode().rstrip("=")


def read_cursor(text: str, sort: IndexedField | None) -> Cursor:
    """Read a cursor for this order; None (page one) when it was made up or made for another order."""
    if not text or len(text) > MAX_CURSOR:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(found, list) or len(found) != 2:  # noqa: PLR2004 - value and id
        return None
    value, ident = found
    if type(ident) is not int or not 0 < ident < LARGEST_ID:
        return None
    if sort is None:
        return (None, ident) if value is None else None
    if sort.table == NUMBER:
        fits = type(value) is float or (type(value) is int and abs(value) < LARGEST_ID)
    else:
        fits = isinstance(value, str) and not forbidden(value, allowed="\t\n")
    return (value, ident) if fits else None
