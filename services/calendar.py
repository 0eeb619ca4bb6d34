"""Acts on the working calendar: seed years, change a day, import a year's official notice all or none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import chinese_calendar
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db
from models.calendar import CalendarDay, DayStatus
from queries.calendar import SATURDAY, year_days
from services.access import require
from services.audit import changes, record_audit
from services.locking import advance, lock
from services.refusals import Refusal
from services.transaction import transaction

MANAGE = "calendar:manage"
SEED_YEARS = (2024, 2025, 2026, 2027)
OFFICIAL_SOURCE = "国务院办公厅节假日安排的通知"
PROJECTED_SOURCE = "按《全国年节及纪念日放假办法》推算"
NOTICE_MAX = 20_000
NAME_MAX = 64
WORK, REST = "上班", "休息"
_DATE = r"(?:(\d{4})[-年/.])?(\d{1,2})[-月/.](\d{1,2})日?"
_LINE = re.compile(rf"{_DATE}(?:\s*(?:至|到|~|—)\s*{_DATE})?[\s,，]+({WORK}|{REST})(?:[\s,，]+(.*))?")


class DayRefused(Refusal):
    field = "name"
    message = _l("说明最多 64 个字。")


class NoticeRefused(Refusal):
    """A notice that cannot be read; `lines` says (line number, what is wrong)."""

    field = "text"

    def __init__(self, lines: list[tuple[int, Any]]) -> None:
        self.lines = lines
        super().__init__(_l("有 %(n)s 行读不懂，什么都没有导入。请改正后再试。", n=len(lines)))


@dataclass(frozen=True)
class PlannedDay:
    """One day as a notice has it, and whether that differs from the calendar."""

    day: date
    is_work: bool
    name: str
    was_work: bool | None
    was_name: str

    @property
    def differs(self) -> bool:
        return (self.is_work, self.name) != (self.was_work, self.was_name)


@transaction
def seed_years(*, actor: Actor, at: datetime, years: Iterable[int] = SEED_YEARS) -> int:
    """Fill years the calendar does not know; return how many days were added.

    A year with an official notice comes from it, a later one is projected from the statutory days.
    """
    require(actor, MANAGE)
    added = 0
    for year in years:
        known = year_days(year)
        fresh = [day for day in _seed(year) if day.day not in known]
        if fresh:
            db.session.add_all(fresh)
            after = {"year": year, "days": len(fresh), "status": fresh[0].status}
            record_audit("calendar:seed", fresh[0], actor=actor, at=at, after=after, label=str(year))
        added += len(fresh)
    return added


@transaction
def change_day(
    row: CalendarDay, *, is_work: bool, name: str, status: DayStatus, row_version: int, actor: Actor, at: datetime
) -> CalendarDay:
    """Change one day by hand. Raises DayRefused, Stale, NotAllowed."""
    lock(row)
    require(actor, MANAGE)
    advance(row, row_version)
    if len(name) > NAME_MAX:
        raise DayRefused
    row.is_work, row.name, row.status = is_work, name, status
    before, after = changes(row)
    record_audit("calendar:change", row, actor=actor, at=at, before=before, after=after)
    return row


def plan_notice(year: int, text: str) -> list[PlannedDay]:
    """Read a notice and return the whole year as it would be: days it does not name follow the week.

    A line is "date 上班|休息 name", the date "2027-01-01", "1月1日" or "2月5日至2月11日". Raises NoticeRefused.
    """
    named = _read_notice(year, text)
    known = year_days(year)
    return [_planned(day, named, known) for day in _days(year)]


@transaction
def import_notice(year: int, *, text: str, actor: Actor, at: datetime) -> int:
    """Put a year's official notice into the calendar, all or none; return how many days changed."""
    require(actor, MANAGE)
    plan = plan_notice(year, text)
    known = year_days(year)
    for planned in plan:
        row = known.get(planned.day) or CalendarDay(day=planned.day, row_version=0)
        row.is_work, row.name = planned.is_work, planned.name
        row.status, row.source = DayStatus.OFFICIAL, OFFICIAL_SOURCE
        row.row_version += 1
        db.session.add(row)
    db.session.flush()
    changed = [planned for planned in plan if planned.differs]
    after = {"year": year, "count": len(changed), "days": [_told(planned) for planned in changed]}
    first = db.session.get_one(CalendarDay, date(year, 1, 1))
    record_audit("calendar:import", first, actor=actor, at=at, after=after, label=str(year))
    return len(changed)


def _told(planned: PlannedDay) -> str:
    return f"{planned.day.isoformat()} {WORK if planned.is_work else REST} {planned.name}".strip()


def _planned(day: date, named: dict[date, tuple[bool, str]], known: dict[date, CalendarDay]) -> PlannedDay:
    is_work, name = named.get(day, (day.weekday() < SATURDAY, ""))
    row = known.get(day)
    return PlannedDay(day, is_work, name, row.is_work if row else None, row.name if row else "")


def _read_notice(year: int, text: str) -> dict[date, tuple[bool, str]]:
    named: dict[date, tuple[bool, str]] = {}
    wrong: list[tuple[int, Any]] = []
    for number, line in enumerate(text[:NOTICE_MAX].splitlines(), start=1):
        if not line.strip():
            continue
        try:
            days, is_work, name = _read_line(year, line.strip())
        except DayRefused as refused:
            wrong.append((number, refused.message))
            continue
        if any(day in named for day in days):
            wrong.append((number, _l("这一天前面已经写过。")))
        named.update(dict.fromkeys(days, (is_work, name)))
    if not named and not wrong:
        wrong.append((1, _l("没有内容。")))
    if wrong:
        raise NoticeRefused(wrong)
    return named


def _read_line(year: int, line: str) -> tuple[list[date], bool, str]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise DayRefused(_l("请写成“日期 上班或休息 名称”，例如“1月1日 休息 元旦”。"))
    first = _date(year, found[1], found[2], found[3])
    last = _date(year, found[4], found[5], found[6]) if found[5] else first
    name = (found[8] or "").strip()
    if len(name) > NAME_MAX:
        raise DayRefused
    if last < first:
        raise DayRefused(_l("结束日期早于开始日期。"))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return days, found[7] == WORK, name


def _date(year: int, written: str | None, month: str, day: str) -> date:
    if written and int(written) != year:
        raise DayRefused(_l("日期不在 %(year)s 年。", year=year))
    try:
        return date(year, int(month), int(day))
    except ValueError as error:
        raise DayRefused(_l("没有这一天。")) from error


def _days(year: int) -> Iterator[date]:
    first = date(year, 1, 1)
    return (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))


def _seed(year: int) -> list[CalendarDay]:
    try:
        chinese_calendar.is_workday(date(year, 12, 31))
    except NotImplementedError:
        return _projected(year)
    return [_official(day) for day in _days(year)]


def _official(day: date) -> CalendarDay:
    _off, english = chinese_calendar.get_holiday_detail(day)
    is_work = chinese_calendar.is_workday(day)
    name = next((str(item.chinese) for item in chinese_calendar.Holiday if item.value == english), "")
    if name and is_work:
        name = f"{name}调休"
    return CalendarDay(day=day, is_work=is_work, name=name, source=OFFICIAL_SOURCE, status=DayStatus.OFFICIAL)


def _projected(year: int) -> list[CalendarDay]:
    import holidays  # here: it fills megabytes for a page that is opened once a year

    statutory = holidays.country_holidays("CN", years=year, language="zh_CN")
    return [
        CalendarDay(
            day=day, is_work=day not in statutory and day.weekday() < SATURDAY, name=statutory.get(day) or "",
            source=PROJECTED_SOURCE, status=DayStatus.PROJECTED,
        )
        for day in _days(year)
    ]  # fmt: skip
