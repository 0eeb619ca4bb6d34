"""The operations of expressions: each takes plain values and returns one, never an exception.

A value is empty (None), a text, a number (Decimal), a yes or no (bool), a day (date) or a list of these.
Empty is empty: what cannot be said (adding a text, dividing by zero, a number of more than 15 places) is None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

PLACES = 6
LIMIT = Decimal(10) ** 15
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP, traps=[])
_DAYS = 4_000_000
_LONG = 500

Value = Any


@dataclass(frozen=True)
class Operation:
    """What an operation computes and how many arguments it takes."""

    run: Callable[..., Value]
    least: int
    most: int


def rounded(number: Decimal, places: int = PLACES) -> Decimal | None:
    """Round half away from zero; None beyond 15 places before the point."""
    if not number.is_finite() or abs(number) >= LIMIT:
        return None
    result = number.quantize(Decimal(1).scaleb(-places), context=_EXACT).normalize(_EXACT)
    return None if abs(result) >= LIMIT else result + 0


def as_value(raw: Any) -> Value:
    """Turn an answer or a literal into a value of expressions."""
    if isinstance(raw, list | tuple):
        return [as_value(one) for one in raw]
    if isinstance(raw, int | float | Decimal) and not isinstance(raw, bool):
        return rounded(Decimal(repr(raw)) if isinstance(raw, float) else Decimal(raw))
    return raw if isinstance(raw, str | bool | date) else None


def is_empty(value: Value) -> bool:
    """Tell whether there is no answer; a text of blanks was already emptied when it was read."""
    return value is None or value in ("", [])


def _same_type(left: Value, right: Value) -> bool:
    return type(left) is type(right)


def _eq(left: Value, right: Value) -> bool:
    return not is_empty(left) and _same_type(left, right) and bool(left == right)


def _ne(left: Value, right: Value) -> bool:
    return not is_empty(left) and not is_empty(right) and not _eq(left, right)


def _ordered(left: Value, right: Value) -> bool:
    orderable = isinstance(left, str | Decimal | date) and _same_type(left, right)
    return orderable and not is_empty(left) and not is_empty(right)


def _lt(left: Value, right: Value) -> bool:
    return _ordered(left, right) and bool(left < right)


def _gt(left: Value, right: Value) -> bool:
    return _ordered(left, right) and bool(left > right)


def _le(left: Value, right: Value) -> bool:
    return _ordered(left, right) and bool(left <= right)


def _ge(left: Value, right: Value) -> bool:
    return _ordered(left, right) and bool(left >= right)


def _and(*conditions: Value) -> bool:
    return all(condition is True for condition in conditions)


def _or(*conditions: Value) -> bool:
    return any(condition is True for condition in conditions)


def _not(condition: Value) -> bool:
    return condition is not True


def _if(condition: Value, then: Value, otherwise: Value = None) -> Value:
    return then if condition is True else otherwise


def _selected(answer: Value, option: Value) -> bool:
    chosen = answer if isinstance(answer, list) else [answer]
    return any(_eq(one, option) for one in chosen)


def _contains(text: Value, part: Value) -> bool:
    return isinstance(text, str) and isinstance(part, str) and part != "" and part in text


def _length(value: Value) -> Value:
    if is_empty(value):
        return Decimal(0)
    return Decimal(len(value)) if isinstance(value, str | list) else None


def _whole_days(number: Value) -> timedelta | None:
    whole = isinstance(number, Decimal) and number == number.to_integral_value() and abs(number) <= _DAYS
    return timedelta(days=int(number)) if whole else None


def _shifted(day: date, days: timedelta | None, sign: int) -> date | None:
    if days is None:
        return None
    try:
        return day + sign * days
    except OverflowError:
        return None


def _numbers(values: Iterable[Value]) -> bool:
    return all(isinstance(value, Decimal) for value in values)


def _add(*terms: Value) -> Value:
    first, *others = terms
    if isinstance(first, date) and len(others) == 1:
        return _shifted(first, _whole_days(others[0]), 1)
    return _folded(terms, _EXACT.add)


def _sub(left: Value, right: Value) -> Value:
    if isinstance(left, date):
        return Decimal((left - right).days) if isinstance(right, date) else _shifted(left, _whole_days(right), -1)
    return _folded((left, right), _EXACT.subtract)


def _mul(*factors: Value) -> Value:
    return _folded(factors, _EXACT.multiply)


def _div(left: Value, right: Value) -> Value:
    return None if right == 0 else _folded((left, right), _EXACT.divide)


def _folded(numbers: Iterable[Value], step: Callable[[Decimal, Decimal], Decimal]) -> Value:
    total: Value = None
    for place, number in enumerate(numbers):
        if not isinstance(number, Decimal):
            return None
        total = number if place == 0 else rounded(step(total, number))
        if total is None:
            return None
    return total


def _round(number: Value, places: Value = Decimal(0)) -> Value:
    sensible = _numbers((number, places)) and places == places.to_integral_value() and 0 <= places <= PLACES
    return rounded(number, int(places)) if sensible else None


def _filled(values: Iterable[Value]) -> list[Value]:
    flat: list[Value] = []
    for value in values:
        flat.extend(value if isinstance(value, list) else [value])
    return [value for value in flat if not is_empty(value)]


def _count(*values: Value) -> Decimal:
    return Decimal(len(_filled(values)))


def _sum(*values: Value) -> Value:
    return _folded([Decimal(0), *_filled(values)], _EXACT.add)


def _least(*values: Value) -> Value:
    found = _filled(values)
    return min(found) if _comparable(found) else None


def _greatest(*values: Value) -> Value:
    found = _filled(values)
    return max(found) if _comparable(found) else None


def _comparable(values: list[Value]) -> bool:
    return bool(values) and all(isinstance(value, Decimal | date) and _same_type(value, values[0]) for value in values)


OPERATIONS: Mapping[str, Operation] = {
    "eq": Operation(_eq, 2, 2),
    "ne": Operation(_ne, 2, 2),
    "lt": Operation(_lt, 2, 2),
    "le": Operation(_le, 2, 2),
    "gt": Operation(_gt, 2, 2),
    "ge": Operation(_ge, 2, 2),
    "and": Operation(_and, 1, _LONG),
    "or": Operation(_or, 1, _LONG),
    "not": Operation(_not, 1, 1),
    "if": Operation(_if, 2, 3),
    "empty": Operation(is_empty, 1, 1),
    "filled": Operation(lambda value: not is_empty(value), 1, 1),
    "selected": Operation(_selected, 2, 2),
    "contains": Operation(_contains, 2, 2),
    "length": Operation(_length, 1, 1),
    "add": Operation(_add, 2, _LONG),
    "sub": Operation(_sub, 2, 2),
    "mul": Operation(_mul, 2, _LONG),
    "div": Operation(_div, 2, 2),
    "round": Operation(_round, 1, 2),
    "count": Operation(_count, 1, _LONG),
    "sum": Operation(_sum, 1, _LONG),
    "min": Operation(_least, 1, _LONG),
    "max": Operation(_greatest, 1, _LONG),
}
# These read a plain text argument as the fid of a list: {"count": ["b0"]}.
AGGREGATES = frozenset({"count", "sum", "min", "max"})
