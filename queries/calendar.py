"""The working calendar as reads: is a day worked, how sure is that, and is next year's notice in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import sqlalchemy as sa

from models.base import db
from models.calendar import CalendarDay, DayStatus

SATURDAY = 5
NOTICE_DUE = (11, 1)  # the State Council's notice for the next year usually comes out by then


def is_work(day: date) -> bool:
    """Tell whether a day is worked. A day the calendar does not know is worked from Monday to Friday."""
    row = db.session.get(CalendarDay, day)
    return row.is_work if row else day.weekday() < SATURDAY


def is_projected(day: date) -> bool:
    """Tell whether a day is only projected (暂定): its year's official notice is not in the calendar."""
    row = db.session.get(CalendarDay, day)
    return row is None or row.status == DayStatus.PROJECTED


def days_between(start: date, end: date) -> dict[date, CalendarDay]:
    """Return the known days from `start` up to, not including, `end`."""
    query = sa.select(CalendarDay).where(CalendarDay.day >= start, CalendarDay.day < end).order_by(CalendarDay.day)
    return {row.day: row for row in db.session.scalars(query)}


def year_days(year: int) -> dict[date, CalendarDay]:
    """Return the known days of a year."""
    return days_between(date(year, 1, 1), date(year + 1, 1, 1))


def years() -> list[int]:
    """Return the years of which the calendar knows a day."""
    first, last = db.session.execute(sa.select(sa.func.min(CalendarDay.day), sa.func.max(CalendarDay.day))).one()
    return list(range(first.year, last.year + 1)) if first else []


def missing_notice(today: date) -> int | None:
    """Return the year whose official notice should be imported now: this one, or from 1 November the next."""
    wanted = [today.year] + ([today.year + 1] if (today.month, today.day) >= NOTICE_DUE else [])
    return next((year for year in wanted if not has_notice(year)), None)


def has_notice(year: int) -> bool:
    """Tell whether a year stands in the calendar whole and officially."""
    official = sa.select(sa.func.count()).where(
        CalendarDay.day >= date(year, 1, 1), CalendarDay.day < date(year + 1, 1, 1),
        CalendarDay.status == DayStatus.OFFICIAL,
    )  # fmt: skip
    return bool(db.session.scalar(official) == (date(year + 1, 1, 1) - date(year, 1, 1)).days)


def month_weeks(year: int, month: int, days: Mapping[date, CalendarDay]) -> list[list[tuple[date, CalendarDay | None]]]:
    """Return a month as weeks from Monday to Sunday, with the days of the months around it to fill the weeks."""
    first = date(year, month, 1)
    start = first - timedelta(days=first.weekday())
    weeks: list[list[tuple[date, CalendarDay | None]]] = []
    while not weeks or start.month == month:
        weeks.append([(start + timedelta(days=n), days.get(start + timedelta(days=n))) for n in range(7)])
        start += timedelta(days=7)
    return weeks
