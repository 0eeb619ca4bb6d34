"""Periods told relative to a day, as conditions and statistics offer them: this month, the last thirty days."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

Days = tuple[date, date]
MONTHS = 12
MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


def _month(day: date) -> Days:
    return day.replace(day=1), _next_month(day) - timedelta(days=1)


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _year(year: int) -> Days:
    return date(year, 1, 1), date(year, 12, 31)


def _week(day: date) -> Days:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


PERIODS: Mapping[str, tuple[Any, Callable[[date], Days]]] = {
    "today": (_l("今天"), lambda day: (day, day)),
    "this_week": (_l("本周"), _week),
    "this_month": (_l("本月"), _month),
    "last_month": (_l("上月"), lambda day: _month(day.replace(day=1) - timedelta(days=1))),
    "last_30": (_l("近 30 天"), lambda day: (day - timedelta(days=29), day)),
    "this_year": (_l("今年"), lambda day: _year(day.year)),
    "last_year": (_l("去年"), lambda day: _year(day.year - 1)),
}


def days_of(name: str, today: date) -> Days:
    """Return the first and the last day of a period; raises KeyError on an unknown one."""
    return PERIODS[name][1](today)


def days_of_month(month: str) -> Days:
    """Return the first and the last day of a month ("2026-11"). Raises ValueError on anything else."""
    if not MONTH.fullmatch(month):
        raise ValueError(month)
    return _month(date(int(month[:4]), int(month[5:]), 1))


def month_before(month: str, months: int = 1) -> str:
    """Return the month ("2026-11") so many months before another."""
    year, number = map(int, month.split("-"))
    count = year * MONTHS + number - 1 - months
    return f"{count // MONTHS:04d}-{count % MONTHS + 1:02d}"


def months_between(first: str, last: str) -> list[str]:
    """Return all months from one to another, in order."""
    found = []
    while first <= last:
        found.append(first)
        first = month_before(first, -1)
    return found
