"""The working calendar: a year on one page, a day by hand, a year's notice by paste."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.base import ZhiyeModelView
from admin.conditions import number, since, until
from admin.formatters import labelled
from admin.guard import expose
from forms.calendar import DayForm, NoticeForm
from models.calendar import CalendarDay, DayStatus
from queries import calendar
from queries.labels import DAY_STATUSES
from services.calendar import NoticeRefused, PlannedDay, change_day, import_notice, plan_notice
from shell.access import actor
from shell.assets import asset
from shell.clock import now, today

FIRST_YEAR, LAST_YEAR = 2004, 2100
MONTHS = 12
WEEKDAYS = (_l("一"), _l("二"), _l("三"), _l("四"), _l("五"), _l("六"), _l("日"))


class CalendarView(ZhiyeModelView):
    """Days are the same for every county: whoever holds the permission sees and changes all of them."""

    allows = {
        "list": "calendar:list",
        "edit": "calendar:manage",
        "export": "calendar:list",
        "import": "calendar:manage",
    }
    methods = {"import_view": "import"}
    timeline_of = "calendar_day"
    column_list = ("day", "is_work", "name", "status", "source")
    column_details_list = ("day", "is_work", "name", "status", "source")
    column_labels = {
        "day": _l("日期"), "is_work": _l("上班"), "name": _l("说明"), "status": _l("性质"), "source": _l("来源"),
    }  # fmt: skip
    column_formatters = {"status": labelled(DAY_STATUSES)}
    conditions = (
        since(CalendarDay.day, "since", _l("从这一天起")),
        until(CalendarDay.day, "until", _l("到这一天前")),
    )
    default_order = ("day", False)

    @property
    def extra_css(self) -> list[str]:
        return [asset("office.css")]

    def scope(self) -> sa.ColumnElement[bool]:
        return sa.true() if actor().can(self.permission()) else sa.false()

    def get_edit_form(self) -> type[DayForm]:
        return DayForm

    def get_create_form(self) -> type[DayForm]:
        return DayForm

    @expose("/")
    def index_view(self) -> Any:
        year = _year(request.args.get("year", ""))
        days = calendar.year_days(year)
        months = [(month, calendar.month_weeks(year, month, days)) for month in range(1, MONTHS + 1)]
        return self.render(
            "admin/calendar/year.html", year=year, months=months, weekdays=WEEKDAYS, today=today(),
            projected=any(day.status == DayStatus.PROJECTED for day in days.values()), known=bool(days),
            missing=calendar.missing_notice(today()), years=calendar.years(), may_import=self.may("import"),
            export_url=lambda kind: self.get_url(".export", export_type=kind, **_bounds(year)),
            may_edit=self.may("edit"),
        )  # fmt: skip

    def title_of(self, row: CalendarDay) -> str:
        return row.day.isoformat()

    def update(self, form: Any, row: CalendarDay) -> CalendarDay:
        return change_day(
            row, is_work=form.is_work.data, name=form.name.data, status=DayStatus(form.status.data),
            row_version=form.row_version.data, actor=actor(), at=now(),
        )  # fmt: skip

    def get_pk_value(self, model: Any) -> str:
        return str(model.day.isoformat())

    @expose("/import/", methods=("GET", "POST"))
    def import_view(self) -> Any:
        """Show what a notice would change first; only the second, confirmed post changes anything."""
        form = NoticeForm(data={"year": calendar.missing_notice(today()) or today().year})
        plan: list[PlannedDay] | None = None
        wrong: list[tuple[int, Any]] = []
        if form.validate_on_submit():
            year, text = int(form.year.data or 0), form.text.data or ""
            try:
                if form.confirmed.data:
                    changed = import_notice(year, text=text, actor=actor(), at=now())
                    flash(_("已导入 %(year)s 年的放假通知，改动 %(n)s 天。", year=year, n=changed), "success")
                    return redirect(self.get_url(".index_view", year=year))
                plan = [planned for planned in plan_notice(year, text) if planned.differs]
            except NoticeRefused as refused:
                wrong = refused.lines
                form.text.errors = [refused.message]
        return self.render("admin/calendar/import.html", form=form, plan=plan, wrong=wrong)


def _year(text: str) -> int:
    """Return the year asked for, or this one; years beyond the calendar are clamped."""
    try:
        return min(max(number(text), FIRST_YEAR), LAST_YEAR)
    except ValueError:
        return today().year


def _bounds(year: int) -> dict[str, str]:
    return {"flt0_since": f"{year}-01-01", "flt1_until": f"{year + 1}-01-01"}
