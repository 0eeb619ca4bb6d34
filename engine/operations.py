"""The operations of expressions: each takes plain values and returns one, never an exception.

Empty is empty: what cannot be said (adding a text, dividing by zero, a number of more than 15 places) is None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from engine import text_operations as texts
from engine.values import EXACT, PLACES, Value, alike, is_empty, rounded, same_type, whole

_DAYS = 4_000_000
_LONG = 500


@dataclass(frozen=True)
class Operation:
    """What an operation computes and how many arguments it takes."""

    run: Callable[..., Value]
    least: int
    most: int


def _eq(left: Value, right: Value) -> bool:
    return not is_empty(left) and alike(left, right)


def _ne(left: Value, right: Value) -> bool:
    return not is_empty(left) and not is_empty(right) and not _eq(left, right)


def _ordered(left: Value, right: Value) -> bool:
    orderable = isinstance(left, str | Decimal | date) and same_type(left, right)
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


def _whole_days(number: Value) -> timedelta | None:
    days = whole(number)
    return None if days is None or abs(days) > _DAYS else timedelta(days=days)


def _shifted(day: date | None, days: timedelta | None, sign: int) -> date | None:
    if day is None or days is None:
        return None
    try:
        return day + sign * days
    except OverflowError:
        return None


def _add(*terms: Value) -> Value:
    day, *others = terms
    if not isinstance(day, date):
        return _folded(terms, EXACT.add)
    for other in others:
        day = _shifted(day, _whole_days(other), 1)
    return day


def _sub(left: Value, right: Value) -> Value:
    if isinstance(left, date):
        return Decimal((left - right).days) if isinstance(right, date) else _shifted(left, _whole_days(right), -1)
    return _folded((left, right), EXACT.subtract)


def _mul(*factors: Value) -> Value:
    return _folded(factors, EXACT.multiply)


def _div(left: Value, right: Value) -> Value:
    return None if right == 0 else _folded((left, right), EXACT.divide)


def _mod(left: Value, right: Value) -> Value:
    """Return what is left over, with the sign of what is divided."""
    return None if right == 0 else _folded((left, right), EXACT.remainder)


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
    kept = whole(places)
    sensible = isinstance(number, Decimal) and kept is not None and 0 <= kept <= PLACES
    return rounded(number, kept or 0) if sensible else None


def _filled(values: Iterable[Value]) -> list[Value]:
    flat: list[Value] = []
    for value in values:
        flat.extend(value if isinstance(value, list) else [value])
    return [value for value in flat if not is_empty(value)]


def _count(*values: Value) -> Decimal:
    return Decimal(len(_filled(values)))


def _sum(*values: Value) -> Value:
    return _folded([Decimal(0), *_filled(values)], EXACT.add)


def _least(*values: Value) -> Value:
    found = _filled(values)
    return min(found) if _comparable(found) else None


def _greatest(*values: Value) -> Value:
    found = _filled(values)
    return max(found) if _comparable(found) else None


def _comparable(values: list[Value]) -> bool:
    return bool(values) and all(isinstance(value, Decimal | date) and same_type(value, values[0]) for value in values)


def _some(results: list[Value]) -> bool:
    return any(result is True for result in results)


def _all(results: list[Value]) -> bool:
    return all(result is True for result in results)


def _each(results: list[Value]) -> list[Value]:
    return results


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
    "coalesce": Operation(texts.coalesce, 2, _LONG),
    "contains": Operation(texts.contains, 2, 2),
    "starts_with": Operation(texts.starts_with, 2, 2),
    "length": Operation(texts.length, 1, 1),
    "concat": Operation(texts.concat, 1, _LONG),
    "substr": Operation(texts.substr, 2, 3),
    "number": Operation(texts.number, 1, 1),
    "int": Operation(texts.integer, 1, 1),
    "format_date": Operation(texts.format_date, 2, 2),
    "add": Operation(_add, 2, _LONG),
    "sub": Operation(_sub, 2, 2),
    "mul": Operation(_mul, 2, _LONG),
    "div": Operation(_div, 2, 2),
    "mod": Operation(_mod, 2, 2),
    "round": Operation(_round, 1, 2),
    "count": Operation(_count, 1, _LONG),
    "sum": Operation(_sum, 1, _LONG),
    "min": Operation(_least, 1, _LONG),
    "max": Operation(_greatest, 1, _LONG),
    "some": Operation(_some, 2, 2),
    "all": Operation(_all, 2, 2),
    "each": Operation(_each, 2, 2),
}
# These read a plain text argument as the fid of a list: {"count": ["b0"]}.
AGGREGATES = frozenset({"count", "sum", "min", "max"})
# These evaluate their second argument once for each row of the repeat that the first names: {"some": ["b0", ...]}.
LOOPS = frozenset({"some", "all", "each"})
