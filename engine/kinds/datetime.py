"""A day and a time of day, in minutes, by the county's clock."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import Cell, ConfigProperty
from engine.kinds.date import read_date
from engine.kinds.time import MomentKind, read_time
from engine.messages import N_, Invalid
from engine.schema import Item
from engine.texts import narrow

CHINA = timezone(timedelta(hours=8))  # one time for the whole country, without summer time since 1991
_PARTS = re.compile(r"([0-9]{4}[^T\s]{4,7}?)(?:T|\s+|(?<=日))([0-9]{1,2}[:.时点][^T\s]{2,}?)")
_OFFSET = re.compile(r"(.*[0-9])(?:(Z)|([+-])([0-9]{2}):?([0-9]{2}))")


def read_datetime(raw: Any) -> str | None:
    """Read 2026-01-31T09:30, 2026/1/31 9:30 or 2026年1月31日9时30分 as "2026-01-31T09:30". Raises Invalid.

    A spelling with an offset, as collecting apps send it, is told by the county's clock.
    """
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if isinstance(raw, datetime):
        moment = raw if raw.tzinfo is None else _in_china(raw)
        return _written(moment.date(), moment.isoformat(timespec="minutes")[11:16])
    if not isinstance(raw, str):
        raise Invalid(N_("日期和时间要写成 2026-01-31 09:30 这样"))
    text, offset = _without_offset(narrow(raw))
    found = _PARTS.fullmatch(text)
    day, clock = (read_date(found[1]), read_time(found[2])) if found else (None, None)
    if day is None or clock is None:
        raise Invalid(N_("日期和时间要写成 2026-01-31 09:30 这样"))
    if offset is None:
        return _written(day, clock)
    moment = _in_china(datetime.fromisoformat(f"{day.isoformat()}T{clock}").replace(tzinfo=timezone(offset)))
    return _written(moment.date(), moment.isoformat(timespec="minutes")[11:16])


def _without_offset(text: str) -> tuple[str, timedelta | None]:
    found = _OFFSET.fullmatch(text) if ":" in text else None
    if not found:
        return text, None
    if found[2]:
        return found[1], timedelta(0)
    hours, minutes = int(found[4]), int(found[5])
    if hours > 14 or minutes > 59:  # noqa: PLR2004 - the greatest offset in use
        return text, None
    offset = timedelta(hours=hours, minutes=minutes)
    return found[1], -offset if found[3] == "-" else offset


def _in_china(moment: datetime) -> datetime:
    return moment.astimezone(UTC).astimezone(CHINA)


def _written(day: date, clock: str) -> str:
    read_date(day)
    return f"{day.isoformat()}T{clock}"


class DatetimeKind(MomentKind):
    name: ClassVar[str] = "datetime"
    label: ClassVar[str] = N_("日期和时间")
    xlsform_type: ClassVar[str] = "dateTime"
    filter_input = "datetime-local"
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("min", "text", N_("最早时间，例如 2026-01-31 08:30")),
        ConfigProperty("max", "text", N_("最晚时间，例如 2026-12-31 17:30")),
    )

    @staticmethod
    def read(raw: Any) -> str | None:
        return read_datetime(raw)

    def display(self, item: Item, value: Any, context: Context) -> str:
        del item, context
        return str(value).replace("T", " ")

    def export_cells(self, item: Item, value: Any, context: Context, *, codes: bool = False) -> Cell:
        del item, context, codes
        return datetime.fromisoformat(value)

    def json_schema(self, item: Item) -> dict[str, Any]:
        del item
        return {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$"}
