"""A villager's own page: the coins of the household, and goods set aside to be fetched with a code."""

from __future__ import annotations

from typing import Any

import segno
from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from desk.baskets import lines, pressed, read_basket
from desk.blueprint import bp
from desk.counter import state_of
from models.coins import JournalKind
from models.people import Household
from models.stations import CoinStation
from queries.purses import Voucher, history_of, open_vouchers, own_household, purse_of, voucher_of
from queries.stations import stations_of
from queries.stock import shelf
from services import redemptions
from services.refusals import NotAllowed, NotFound, Refusal
from shell import clock
from shell.access import actor, requires
from shell.uids import new_uid, sent_uid

OWN = "own:coins"
KINDS = {
    JournalKind.EARN: _l("获得"),
    JournalKind.BONUS: _l("奖励"),
    JournalKind.DEDUCT: _l("扣减"),
    JournalKind.REDEEM: _l("兑换"),
    JournalKind.POST: _l("凭券领取"),
    JournalKind.VOID: _l("取消预约"),
    JournalKind.REVERSE: _l("冲正"),
    JournalKind.EXPIRE: _l("到期"),
}


@bp.get("/own/coins")
@requires(OWN)
def own_coins() -> Any:
    household = own_household(actor())
    if household is None:
        return render_template("desk/own/none.html")
    return render_template(
        "desk/own/coins.html", household=household, purse=purse_of(household), vouchers=open_vouchers(household),
        history=history_of(household), stations=stations_of(household), kinds=KINDS, today=clock.today(),
        now=clock.now(), picture=qr_of(household.code),
    )  # fmt: skip


@bp.route("/own/stations/<int:station_id>", methods=["GET", "POST"])
@requires(OWN)
def own_goods(station_id: int) -> Any:
    """Choose goods of a station and set them aside for half an hour."""
    household = _household()
    station = _station(household, station_id)
    places = shelf(station, on_offer=True)
    basket, uid, said, status = read_basket(request.form, places), sent_uid(), "", 200
    act = request.form.get("act", "")
    if act == "hold":
        try:
            at, today = clock.now(), clock.today()
            held = redemptions.hold(household.id, station.id, basket, uid=uid, actor=actor(), at=at, today=today)
            return redirect(url_for("desk.own_voucher", code=held.code), 303)
        except (NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            said, status = str(refusal), refusal.status
    pressed(basket, act, places)
    household = _household()
    station = _station(household, station_id)
    page = render_template(
        "desk/own/goods.html", station=station, purse=purse_of(household), said=said, uid=uid,
        lines=lines(shelf(station, on_offer=True), basket),
    )  # fmt: skip
    return page, status


@bp.get("/own/vouchers/<code>")
@requires(OWN)
def own_voucher(code: str) -> str:
    voucher = _voucher(code)
    return render_template(
        "desk/own/voucher.html", voucher=voucher, state=state_of(voucher), picture=qr_of(voucher.hold.code),
        uid=new_uid(),
    )  # fmt: skip


@bp.post("/own/vouchers/<code>/cancel")
@requires(OWN)
def cancel_voucher(code: str) -> Any:
    voucher = _voucher(code)
    try:
        redemptions.give_back(voucher.hold, uid=sent_uid(), actor=actor(), at=clock.now(), today=clock.today())
    except (NotAllowed, NotFound):
        raise
    except Refusal as refusal:
        flash(str(refusal), "warning")
        return redirect(url_for("desk.own_voucher", code=code), 303)
    flash(_("预约已取消，道德币可以再用了。"), "success")
    return redirect(url_for("desk.own_coins"), 303)


def qr_of(code: str) -> str:
    """Return the QR code of a code, as a data address: black on white also in the dark, so that scanners read it.

    Never a Micro QR code, which segno would choose for so few letters: most scanners and phones do not read it.
    """
    return segno.make_qr(code, error="m").svg_data_uri(scale=6, border=4, light="#ffffff", dark="#000000")


def _household() -> Household:
    household = own_household(actor())
    if household is None:
        abort(404)
    return household


def _station(household: Household, station_id: int) -> CoinStation:
    station = next((one for one in stations_of(household) if one.id == station_id), None)
    if station is None:
        abort(404)
    return station


def _voucher(code: str) -> Voucher:
    voucher = voucher_of(_household(), code)
    if voucher is None:
        abort(404)
    return voucher
