"""Conditions a list can be narrowed by: named in the address, checked before they reach the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_admin.model.filters import BaseFilter

from admin.paging import in_range

LONGEST = 100
FIRST_YEAR, LAST_YEAR = 1900, 2200


class Condition(BaseFilter):  # type: ignore[misc]
    """One condition: `where(value)` is the SQL, `options()` the choices, `parse` refuses nonsense by ValueError."""

    def __init__(
        self,
        arg: str,
        label: Any,
        where: Callable[[Any], sa.ColumnElement[bool]],
        *,
        options: Callable[[], Iterable[tuple[str, Any]]] | None = None,
        kind: str | None = None,
        parse: Callable[[str], Any] = str,
    ) -> None:
        super().__init__(label, options=options, data_type=kind)
        self.arg, self.where, self.parse = arg, where, parse

    def get_options(self, view: Any) -> list[tuple[str, str]] | None:
        return [(str(value), str(text)) for value, text in super().get_options(view) or ()] or None

    def clean(self, value: str) -> Any:
        """Return the parsed value. Raises ValueError on what cannot be compared with."""
        if len(value) > LONGEST or "\0" in value:
            raise ValueError(value)
        return self.parse(value)

    def apply(self, query: Any, value: Any, _alias: Any = None) -> Any:
        return query.filter(self.where(value))

    def operation(self) -> str:
        return ""


def number(text: str) -> int:
    """Parse an id. Raises ValueError on anything that no id can be."""
    return in_range(int(text))


def _yes(text: str) -> bool:
    return text == "1"


def one_of(column: Any, arg: str, label: Any, options: Callable[[], Iterable[tuple[str, Any]]]) -> Condition:
    """Make a condition on one stored word or id."""
    parse = {int: number, bool: _yes}.get(column.type.python_type, str)
    return Condition(arg, label, lambda value: column == value, options=options, parse=parse)


def day(text: str) -> date:
    """Parse a day of our times. Raises ValueError beyond them: midnight of year 1 lies in no time zone."""
    parsed = date.fromisoformat(text)
    if not FIRST_YEAR <= parsed.year <= LAST_YEAR:
        raise ValueError(text)
    return parsed


def since(column: Any, arg: str, label: Any, instant: Callable[[date], Any] = lambda when: when) -> Condition:
    """Make a condition "from this day on"; `instant` turns the day into what the column holds."""
    return Condition(arg, label, lambda when: column >= instant(when), kind="datepicker", parse=day)


def until(column: Any, arg: str, label: Any, instant: Callable[[date], Any] = lambda when: when) -> Condition:
    """Make a condition "up to this day": `instant` turns the day into the first moment after it."""
    return Condition(arg, label, lambda when: column < instant(when), kind="datepicker", parse=day)
