"""The values of expressions: texts, numbers, yes or no, days, lists of these and of rows; and when they are empty.

Empty is None, the empty text and the empty list. Numbers are decimals of at most 15 places before the point and 6
behind it; anything else is empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

PLACES = 6
LIMIT = Decimal(10) ** 15
EXACT = Context(prec=80, rounding=ROUND_HALF_UP, traps=[])

Value = Any


@dataclass(frozen=True, eq=False)
class Row:
    """The answers of one row of a repeat, by fid. A row equals nothing; only its answers can be compared."""

    answers: Mapping[str, Any]


def rounded(number: Decimal, places: int = PLACES) -> Decimal | None:
    """Round half away from zero; None beyond 15 places before the point."""
    if not number.is_finite() or abs(number) >= LIMIT:
        return None
    result = number.quantize(Decimal(1).scaleb(-places), context=EXACT).normalize(EXACT)
    return None if abs(result) >= LIMIT else result + 0


def as_value(raw: Any) -> Value:
    """Turn an answer or a literal into a value of expressions."""
    if isinstance(raw, list | tuple):
        return [Row(one) if isinstance(one, Mapping) else as_value(one) for one in raw]
    if isinstance(raw, int | float | Decimal) and not isinstance(raw, bool):
        return rounded(Decimal(repr(raw)) if isinstance(raw, float) else Decimal(raw))
    return raw if isinstance(raw, str | bool | date) else None


def is_empty(value: Value) -> bool:
    """Tell whether there is no answer; a text of blanks was already emptied when it was read."""
    return value is None or value in ("", [])


def same_type(left: Value, right: Value) -> bool:
    """Tell whether two values may be compared."""
    return type(left) is type(right)


def alike(left: Value, right: Value) -> bool:
    """Tell whether two values are the same in type and content, lists part by part."""
    if not same_type(left, right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(alike(*pair) for pair in zip(left, right, strict=True))
    return bool(left == right)


def whole(value: Value) -> int | None:
    """Return a whole number as int; None for anything else."""
    fits = isinstance(value, Decimal) and value == value.to_integral_value()
    return int(value) if fits else None
