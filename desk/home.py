"""Home is work: what to do today."""

from __future__ import annotations

from flask import abort, redirect, render_template, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from desk.blueprint import bp
from queries import calendar, coin_work, drafts, figures, messages, records
from services.messages import read_notice
from shell import clock
from shell.access import actor, signed_in

RECENT = 8
WEEKDAYS = (_l("星期一"), _l("星期二"), _l("星期三"), _l("星期四"), _l("星期五"), _l("星期六"), _l("星期日"))


@bp.get("/")
@signed_in
def home() -> str:
    who, today = actor(), clock.today()
    lists = who.can("record:list")
    return render_template(
        "desk/home.html",
        today=today,
        weekday=WEEKDAYS[today.weekday()],
        is_work=calendar.is_work(today),
        notices=messages.unread_notices(who.user_id or 0),
        coins=coin_work.coin_work(who),
        drafts=drafts.own_drafts(who) if who.can("record:create") else [],
        figures=figures.register_figures(who, today.strftime("%Y-%m")) if lists else [],
        recent=records.recent(who, limit=RECENT) if lists else [],
    )


@bp.post("/notices/<int:notice_id>/read")
@signed_in
def read(notice_id: int) -> Response:
    notice = messages.own_notice(notice_id, actor().user_id or 0)
    if notice is None:
        abort(404)
    read_notice(notice, actor=actor(), at=clock.now())
    return redirect(notice.path or url_for("desk.home"))
