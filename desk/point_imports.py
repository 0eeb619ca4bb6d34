"""Points records from a workbook, its template, and the journals as a workbook."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from desk.blueprint import bp
from queries.exports import TYPES, to_xlsx
from queries.journal_sheet import LINES_MOST, journal_sheet, too_many
from queries.units import place_asked
from services.point_imports import Imported, RowsRefused, import_points
from services.point_judging import BadRow
from services.point_sheets import ROWS_MOST, read_points
from services.point_templates import points_template
from services.refusals import NotAllowed, NotFound, Refusal
from shell import clock
from shell.access import actor, requires
from shell.downloads import download

SHOWN = 100
_MIB = 1024 * 1024


@bp.route("/coins/import/", methods=["GET", "POST"])
@requires("coin:import")
def point_imports() -> Any:
    """Upload a file; it is posted at once, or comes back with all its bad rows."""
    refused: Refusal | None = None
    rows: tuple[BadRow, ...] = ()
    if request.method == "POST":
        try:
            _told(_posted())
            return redirect(url_for("desk.point_imports"))
        except (NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            refused, rows = refusal, tuple(refusal.rows) if isinstance(refusal, RowsRefused) else ()
    page = render_template(
        "desk/point_imports.html", refused=refused, rows=rows[:SHOWN], more=len(rows) - SHOWN, most=_most_mib(),
        most_rows=ROWS_MOST, exports=actor().can("coin:export"),
    )  # fmt: skip
    return page, refused.status if refused else 200


@bp.get("/coins/import/template.xlsx")
@requires("coin:import")
def points_template_file() -> Response:
    return download(points_template(), TYPES["xlsx"], _("积分记录模板.xlsx"))


@bp.get("/coins/journals.xlsx")
@requires("coin:export")
def journals_file() -> Any:
    """Send the journals of one's villages; `from` and `to` bound the days, `place` narrows them."""
    first, last, place = _day("from"), _day("to"), place_asked(request.args)
    if too_many(actor(), first, last, place):
        flash(_("流水超过 %(most)s 行，一个文件放不下。请填写起止日期，分几次导出。", most=LINES_MOST), "danger")
        return redirect(url_for("desk.point_imports" if actor().can("coin:import") else "desk.home"))
    sheet = journal_sheet(actor(), first, last, place, zone=clock.zone())
    return download(to_xlsx(sheet), TYPES["xlsx"], _("道德币流水.xlsx"))


def _posted() -> Imported:
    upload = request.files.get("file")
    data = upload.stream.read(_most_mib() * _MIB + 1) if upload else b""
    points = read_points(data, most_bytes=_most_mib() * _MIB)
    return import_points(points, actor=actor(), at=clock.now(), today=clock.today())


def _told(done: Imported) -> None:
    if done.known:
        flash(_("这个文件以前已经导入过，%(n)s 条都在账上，没有再记。", n=done.known), "warning")
        return
    if done.filed:
        flash(_("已申报 %(n)s 条，接下来等评议和审批。", n=done.filed), "success")
    if done.posted:
        flash(_("已记入 %(n)s 条，共 %(coins)s 道德币。", n=done.posted, coins=done.coins), "success")


def _most_mib() -> int:
    found: int = current_app.config["ZHIYE"].upload_max_mb
    return found


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
