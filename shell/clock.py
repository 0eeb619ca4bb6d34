"""The one place that reads the clock. Everything below the views gets time as an argument."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from flask import current_app


def now() -> dt.datetime:
    """Return this instant, aware, in UTC."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - the one place


def zone() -> ZoneInfo:
    """Return the county's time zone (Asia/Shanghai unless set otherwise)."""
    return ZoneInfo(current_app.config["ZHIYE"].timezone)


def end_of(day: dt.date) -> dt.datetime:
    """Return the last second of a day of the county."""
    return dt.datetime.combine(day, dt.time(23, 59, 59), zone())


def today() -> dt.date:
    """Return the county's calendar date."""
    return now().astimezone(zone()).date()
