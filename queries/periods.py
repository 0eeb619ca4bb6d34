"""Periods told relative to a day, as conditions and statistics offer them: this month, the last thirty days."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

Days = tuple[date, date]
MONTHS = 12
MOST_MONTHS = 36  # of one page of statistics
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

SPANS: Mapping[str, Any] = {
    "1": PERIODS["this_month"][0], "3": _l("近 3 个月"), "6": _l("近 6 个月"), "12": _l("近 12 个月"),
    "24": _l("近 24 个月"), "36": _l("近 36 个月"), "year": PERIODS["this_year"][0],
    "last_year": PERIODS["last_year"][0], "own": _l("自己选月份"),
}  # fmt: skip
USUAL_SPAN = "12"


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


def span_months(span: str, asked: Mapping[str, str], now: str) -> tuple[str, str, bool]:
    """Return the first and the last month of a span (of SPANS), and whether more was asked than fits.

    One's own months stand in `asked` under "from" and "to"; `now` is the month that runs.
    """
    if span in {"year", "last_year"}:
        year = int(now[:4]) - (span == "last_year")
        return f"{year}-01", now if span == "year" else f"{year}-12", False
    if span != "own":
        return month_before(now, int(span) - 1), now, False
    last = _read_month(asked.get("to", "")) or now
    first = min(_read_month(asked.get("from", "")) or month_before(last, 11), last)
    least = month_before(last, MOST_MONTHS - 1)
    return max(first, least), last, first < least


def _read_month(text: str) -> str:
    """Read a month such as 2026-11; the empty text where it is none."""
    year, dash, month = text.strip().partition("-")
    whole = dash and year.isascii() and month.isascii() and year.isdecimal() and month.isdecimal()
    fits = whole and len(year) == 4 and 1 <= int(month[:2]) <= MONTHS and len(month) <= 2 and int(year) > 1900  # noqa: PLR2004
    return f"{year}-{int(month):02d}" if fits else ""
