"""The counter of a station: find the household, fill the basket, hand over, print, take back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from desk.baskets import lines, pressed, read_basket, scanned
from desk.blueprint import bp
from models.coins import HoldState
from models.people import Household
from models.stations import CoinStation
from queries.people import find_households
from queries.purses import Voucher, purse_of, voucher_at
from queries.receipts import Paper, receipt
from queries.scope import covers, get_in_scope
from queries.stations import LARGEST_ID, handed_over, open_stations, station_in_scope
from queries.stock import Place, shelf
from services import redemptions
from services.personal import mask_name
from services.posting import UidConflict
from services.refusals import NotAllowed, NotFound, Refusal
from shell import clock
from shell.access import actor, requires

REDEEM = "coin:redeem"
LONGEST = 64
UID_LENGTH = 32
PAPERS = ("80", "a4")


@bp.get("/counter")
@requires(REDEEM)
def counter() -> Any:
    stations = open_stations(actor(), REDEEM)
    if len(stations) == 1:
        return redirect(url_for("desk.counter_station", station_id=stations[0].id))
    return render_template("desk/counter/stations.html", stations=stations, endpoint="desk.counter_station")


@bp.get("/counter/<int:station_id>")
@requires(REDEEM)
def counter_station(station_id: int) -> Any:
    """Find who stands there: by a voucher's or household's code as a scanner reads it, by name or initials."""
    station, words = _station(station_id), " ".join(request.args.get("q", "").replace("\0", "").split())[:LONGEST]
    voucher = voucher_at(station, words) if words else None
    if voucher is not None:
        return redirect(url_for("desk.counter_voucher", station_id=station.id, code=voucher.hold.code))
    found = find_households(words, actor(), REDEEM) if words else []
    exact = [one for one in found if one.code == words]
    if exact:
        return redirect(url_for("desk.counter_sale", station_id=station.id, household_id=exact[0].id))
    return render_template(
        "desk/counter/find.html", station=station, words=words, found=found, recent=handed_over(station),
        mask=mask_name,
    )  # fmt: skip


@bp.route("/counter/<int:station_id>/h/<int:household_id>", methods=["GET", "POST"])
@requires(REDEEM)
def counter_sale(station_id: int, household_id: int) -> Any:
    """Fill a household's basket. Every button posts the whole basket, so nothing on the page needs a script."""
    station, household = _station(station_id), _household(household_id)
    places = shelf(station, on_offer=True)
    basket, uid, said, status, earlier = read_basket(request.form, places), sent_uid(), "", 200, ""
    if request.form.get("act") == "redeem":
        try:
            at, today = clock.now(), clock.today()
            done = redemptions.redeem(household, station, basket, uid=uid, actor=actor(), at=at, today=today)
            return redirect(url_for("desk.receipt_page", receipt_uid=done.uid), 303)
        except (NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            said, status = str(refusal), refusal.status
            if isinstance(refusal, UidConflict):
                earlier, uid = uid, new_uid()
    elif said := _fill(basket, places):
        status = Refusal.status
    station, household = _station(station_id), _household(household_id)  # an act that was refused let them go
    page = render_template(
        "desk/counter/sale.html", station=station, household=household, purse=purse_of(household),
        lines=lines(shelf(station, on_offer=True), basket), uid=uid, said=said, earlier=earlier, today=clock.today(),
        members=[one.name for one in household.members if one.moved_out_on is None], statement=_statement(household),
    )  # fmt: skip
    return page, status


@bp.route("/counter/<int:station_id>/v/<code>", methods=["GET", "POST"])
@requires(REDEEM)
def counter_voucher(station_id: int, code: str) -> Any:
    """Show what a voucher sets aside, and hand it over."""
    voucher, said, status = _voucher(station_id, code), "", 200
    if request.method == "POST":
        try:
            done = redemptions.hand_over(
                voucher.hold, uid=sent_uid(), actor=actor(), at=clock.now(), today=clock.today()
            )
            return redirect(url_for("desk.receipt_page", receipt_uid=done.uid), 303)
        except (NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            said, status = str(refusal), refusal.status
    voucher = _voucher(station_id, code)
    page = render_template(
        "desk/counter/voucher.html", voucher=voucher, state=state_of(voucher), said=said, uid=new_uid(),
        members=[one.name for one in voucher.household.members if one.moved_out_on is None],
    )  # fmt: skip
    return page, status


@bp.get("/receipts/<receipt_uid>")
@requires("coin:list")
def receipt_page(receipt_uid: str) -> Any:
    return _receipt(receipt_uid)


@bp.post("/receipts/<receipt_uid>/reverse")
@requires("coin:reverse")
def reverse_receipt(receipt_uid: str) -> Any:
    """Take a redemption back: coins to the household, goods to the shelf, both journals stay."""
    paper = receipt(receipt_uid, actor(), "coin:reverse")
    if paper is None:
        abort(404)
    reason = request.form.get("reason", "").replace("\0", "")
    try:
        redemptions.reverse(
            paper.journal, reason=reason, uid=sent_uid(), actor=actor(), at=clock.now(), today=clock.today()
        )
    except (NotAllowed, NotFound):
        raise
    except Refusal as refusal:
        return _receipt(receipt_uid, str(refusal), reason), refusal.status
    flash(_("已撤销：道德币退回这一户，物品回到库存。"), "success")
    return redirect(url_for("desk.receipt_page", receipt_uid=receipt_uid), 303)


def _fill(basket: dict[int, int], places: Sequence[Place]) -> str:
    """Do what the pressed button, or the scanner, says to a basket; return what is wrong with it."""
    act, code = request.form.get("act", ""), request.form.get("scan", "")
    if act != "scan":
        pressed(basket, act, places)
    elif code.strip() and not scanned(basket, code, places):
        return str(_("本站没有这个条码的物品，没有加入。"))
    return ""


def state_of(voucher: Voucher) -> str:
    """Say how a voucher stands: open, lapsed, posted or voided."""
    if voucher.hold.state != HoldState.OPEN:
        return str(voucher.hold.state)
    return "lapsed" if voucher.hold.expires_at <= clock.now() else "open"


def new_uid() -> str:
    """Mint the name of what a page may ask for once."""
    return uuid.uuid4().hex


def sent_uid() -> str:
    """Return the name that the page was opened with; a new one where there is none that could be."""
    uid = request.form.get("uid", "")
    fits = len(uid) == UID_LENGTH and uid.isascii() and uid.isalnum()
    return uid if fits else new_uid()


def _receipt(receipt_uid: str, said: str = "", reason: str = "") -> str:
    paper: Paper | None = receipt(receipt_uid, actor())
    if paper is None:
        abort(404)
    size = request.args.get("paper", "")
    return render_template(
        "desk/counter/receipt.html", paper=paper, size=size if size in PAPERS else PAPERS[0], said=said,
        reason=reason, uid=new_uid(), mask=mask_name, may_redeem=actor().can(REDEEM),
        may_reverse=paper.taken_back is None and receipt(receipt_uid, actor(), "coin:reverse") is not None,
    )  # fmt: skip


def _station(station_id: int) -> CoinStation:
    station = station_in_scope(station_id, actor(), REDEEM)
    if station is None or station.closed_on is not None:
        abort(404)
    return station


def _household(household_id: int) -> Household:
    found = get_in_scope(Household, household_id, actor(), REDEEM) if 0 < household_id < LARGEST_ID else None
    if found is None:
        abort(404)
    return found


def _statement(household: Household) -> str:
    """Return where the household's statement lies, nothing for those who may not read it."""
    may = covers(actor(), "coin:export", household)
    return url_for("desk.household_statement", household_id=household.id) if may else ""


def _voucher(station_id: int, code: str) -> Voucher:
    voucher = voucher_at(_station(station_id), code)
    if voucher is None:
        abort(404)
    return voucher
