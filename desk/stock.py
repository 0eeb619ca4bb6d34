"""Stock of a station: what lies there, goods in and out, losses, stock-taking, when to be reminded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from desk.blueprint import bp
from desk.typed import whole_number
from models.stations import CoinStation, MoveKind
from queries.stations import open_stations, station_in_scope
from queries.stock import PAGE, Place, moves, shelf
from services import stocktaking as acts
from services.refusals import NotAllowed, NotFound, Refusal
from shell import clock
from shell.access import actor, requires
from shell.paging import before_asked

MOVE = "stock:move"
KINDS = {
    MoveKind.IN: _l("入库"),
    MoveKind.OUT: _l("出库"),
    MoveKind.COUNT: _l("盘点"),
    MoveKind.LOSS: _l("报损"),
    MoveKind.REDEEM: _l("兑换"),
    MoveKind.RETURN: _l("退回"),
}
WRONG = -1  # what no act takes


@bp.get("/stock")
@requires(MOVE)
def stock() -> Any:
    stations = open_stations(actor(), MOVE)
    if len(stations) == 1:
        return redirect(url_for("desk.stock_station", station_id=stations[0].id))
    return render_template("desk/counter/stations.html", stations=stations, endpoint="desk.stock_station")


@bp.get("/stock/<int:station_id>")
@requires(MOVE)
def stock_station(station_id: int) -> str:
    return _page(station_id)


@bp.post("/stock/<int:station_id>")
@requires(MOVE)
def move_stock(station_id: int) -> Any:
    """Write down goods that came or went by hand."""
    station, sent = _station(station_id), request.form
    kind = {"in": MoveKind.IN, "out": MoveKind.OUT, "loss": MoveKind.LOSS}.get(sent.get("kind", ""))
    try:
        acts.move_stock(
            station, _number(sent.get("good", "")), kind or MoveKind.COUNT, _number(sent.get("quantity", "")),
            seen=_number(sent.get(f"seen_{sent.get('good', '')}", "")), note=_note(), actor=actor(), at=clock.now(),
        )  # fmt: skip
    except NotAllowed:
        raise
    except Refusal as refusal:
        return _page(station_id, said=str(refusal), sent=sent), refusal.status
    flash(_("已登记。"), "success")
    return redirect(url_for("desk.stock_station", station_id=station_id), 303)


@bp.route("/stock/<int:station_id>/count", methods=["GET", "POST"])
@requires(MOVE)
def count_stock(station_id: int) -> Any:
    """Take stock: blank lines were not counted."""
    said, status = "", 200
    if request.method == "POST":
        station, sent = _station(station_id), request.form
        ids = [place.good.id for place in shelf(station) if sent.get(f"n_{place.good.id}", "").strip()]
        counted = {one: (_number(sent.get(f"seen_{one}", "")), _number(sent.get(f"n_{one}", ""))) for one in ids}
        try:
            differing = acts.count_stock(station, counted, note=_note(), actor=actor(), at=clock.now())
            flash(_("盘点完成：点了 %(n)s 样，%(d)s 样和账上不一样，已经改过来。", n=len(ids), d=differing), "success")
            return redirect(url_for("desk.stock_station", station_id=station_id), 303)
        except (NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            said, status = str(refusal), refusal.status
    station = _station(station_id)
    page = render_template(
        "desk/counter/count.html", station=station, places=shelf(station), said=said, sent=request.form
    )
    return page, status


@bp.route("/stock/<int:station_id>/reminders", methods=["GET", "POST"])
@requires(MOVE)
def stock_reminders(station_id: int) -> Any:
    """Say of each good at how many left the page warns."""
    said, status = "", 200
    if request.method == "POST":
        station, sent = _station(station_id), request.form
        ids = [place.good.id for place in shelf(station) if sent.get(f"n_{place.good.id}", "").strip()]
        try:
            marks = {one: _number(sent.get(f"n_{one}", "")) for one in ids}
            acts.remind_at(station, marks, actor=actor(), at=clock.now())
            flash(_("已保存。"), "success")
            return redirect(url_for("desk.stock_station", station_id=station_id), 303)
        except (NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            said, status = str(refusal), refusal.status
    station = _station(station_id)
    page = render_template(
        "desk/counter/reminders.html", station=station, places=shelf(station), said=said, sent=request.form
    )
    return page, status


def _page(station_id: int, *, said: str = "", sent: Any = None) -> str:
    station = _station(station_id)
    places = shelf(station)
    before = before_asked()
    found = moves(station, before=before)
    return render_template(
        "desk/counter/stock.html", station=station, places=places, known=_known(places), said=said, sent=sent or {},
        moves=found[:PAGE], older=found[PAGE - 1][0].id if len(found) > PAGE else None, before=before, kinds=KINDS,
    )  # fmt: skip


def _known(places: Sequence[Place]) -> list[Place]:
    """Return what the station has or had, or gives out: not the whole catalogue of the county."""
    return [place for place in places if place.on_hand or place.reserved or place.low_at]


def _station(station_id: int) -> CoinStation:
    station = station_in_scope(station_id, actor(), MOVE)
    if station is None or station.closed_on is not None:
        abort(404)
    return station


def _note() -> str:
    return request.form.get("note", "").replace("\0", "")


def _number(text: str) -> int:
    """Read a quantity; what is none becomes one that every act refuses."""
    found = whole_number(text)
    return WRONG if found is None else found
