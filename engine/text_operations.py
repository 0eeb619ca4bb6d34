"""The operations on texts and between texts, numbers and days: each takes values and returns one, never an exception.

Characters are code points. There are no patterns: a pattern of an author can be made to run for hours.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from engine.values import Row, Value, is_empty, rounded, whole

LONGEST = 10_000
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")
_CODE = re.compile(r"%(.?)", re.DOTALL)


def contains(text: Value, part: Value) -> bool:
    return isinstance(text, str) and isinstance(part, str) and part != "" and part in text


def starts_with(text: Value, part: Value) -> bool:
    return isinstance(text, str) and isinstance(part, str) and part != "" and text.startswith(part)


def length(value: Value) -> Value:
    if is_empty(value):
        return Decimal(0)
    return Decimal(len(value)) if isinstance(value, str | list) else None


def concat(*values: Value) -> Value:
    pieces = [_written(value) for value in values]
    return None if None in pieces else _bounded("".join(piece for piece in pieces if piece is not None))


def substr(text: Value, start: Value, *end: Value) -> Value:
    """Cut from `start` (from 0) to before `end`; negative places count from the end."""
    places = [whole(place) for place in (start, *end)]
    if not isinstance(text, str) or None in places:
        return None
    return _bounded(text[slice(places[0], places[1] if end else None)])


def number(value: Value) -> Value:
    """Read a text in plain notation; yes is 1 and no is 0."""
    if isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str):
        return rounded(Decimal(value)) if _NUMBER.fullmatch(value) else None
    return value if isinstance(value, Decimal) else None


def integer(value: Value) -> Value:
    """Read like `number` and leave out what stands behind the point."""
    found = number(value)
    return None if found is None else Decimal(int(found))


def format_date(day: Value, pattern: Value) -> Value:
    """Write a day by %Y %y %m %n %d %e (%n and %e without a leading zero) and %%; other codes make it empty."""
    if not isinstance(day, date) or not isinstance(pattern, str):
        return None
    codes = {
        "Y": f"{day.year:04}",
        "y": f"{day.year % 100:02}",
        "m": f"{day.month:02}",
        "n": str(day.month),
        "d": f"{day.day:02}",
        "e": str(day.day),
        "%": "%",
    }
    pieces = _CODE.split(pattern)
    if any(code not in codes for code in pieces[1::2]):
        return None
    return _bounded("".join(codes[piece] if place % 2 else piece for place, piece in enumerate(pieces)))


def coalesce(*values: Value) -> Value:
    return next((value for value in values if not is_empty(value)), None)


def _written(value: Value) -> str | None:
    """Write a value as part of a text: nothing for empty, a list with blanks between; None for rows."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        pieces = [_written(one) for one in value]
        return None if None in pieces else " ".join(piece for piece in pieces if piece)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, Row) else value or ""


def _bounded(text: str) -> str | None:
    return text if 0 < len(text) <= LONGEST else None
