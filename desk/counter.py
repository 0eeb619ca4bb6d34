"""The counter of a station: find the household, fill the basket, hand over, print, take back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from desk.baskets import lines, pressed, read_basket, scanned
from desk.blueprint import bp
from desk.taking_back import taken_back
from models.coins import HoldState
from models.people import Household
from models.stations import CoinStation
from queries.people import find_households, household_by_code
from queries.purses import Voucher, purse_of, station_of_voucher, voucher_at
from queries.receipts import Paper, receipt
from queries.scope import covers, get_in_scope, row_in_scope
from queries.stations import LARGEST_ID, handed_over, open_stations, station_in_scope
from queries.stock import Place, shelf
from services import redemptions
from services.codes import read_codes
from services.personal import mask_name
from services.posting import UidConflict
from services.refusals import NotAllowed, NotFound, Refusal
from shell import clock
from shell.access import actor, requires
from shell.files import file_store
from shell.uids import new_uid, sent_uid

REDEEM = "coin:redeem"
LONGEST = 64
PAPERS = ("80", "a4")


class NoPhoto(Refusal):
    message = _l("还没有照片。请先拍照或选一张照片，再按“识别照片”。")


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
    meant = _meant(station, words) if words else None
    return _find(station, words) if meant is None else redirect(meant)


@bp.post("/counter/<int:station_id>")
@requires(REDEEM)
def counter_photo(station_id: int) -> Any:
    """Read the code in a photograph, which is not kept, and go where the code typed would lead."""
    photo = next((one for one in request.files.getlist("photo") if one.filename), None)
    try:
        if photo is None:
            raise NoPhoto
        codes = read_codes(cast("BinaryIO", photo.stream), most=file_store().max_bytes)
    except Refusal as refusal:
        return _find(_station(station_id), said=str(refusal)), refusal.status
    station = _station(station_id)
    meant = {code: address for code in codes if (address := _meant(station, code[:LONGEST]))}
    if len(meant) != 1:
        return _find(station, said=_why_none(codes, several=bool(meant))), Refusal.status
    (address,) = meant.values()
    return redirect(address, 303)


@bp.route("/counter/<int:station_id>/h/<int:household_id>", methods=["GET", "POST"])
@requires(REDEEM)
def counter_sale(station_id: int, household_id: int) -> Any:
    """Fill a household's basket. Every button posts the whole basket, so nothing on the page needs a script."""
    # The act reads station and household for itself, as they are when nobody else posts any more.
    counter = row_in_scope(CoinStation, station_id, actor(), REDEEM) if 0 < station_id < LARGEST_ID else abort(404)
    if counter is None or counter.closed_on is not None:
        abort(404)
    places = shelf(counter, on_offer=True)
    basket, uid, said, status, earlier = read_basket(request.form, places), sent_uid(), "", 200, ""
    if request.form.get("act") == "redeem" and 0 < household_id < LARGEST_ID:
        try:
            at, today = clock.now(), clock.today()
            done = redemptions.redeem(household_id, station_id, basket, uid=uid, actor=actor(), at=at, today=today)
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
    return taken_back(
        paper.journal,
        lambda said, reason: _receipt(receipt_uid, said, reason),
        address=url_for("desk.receipt_page", receipt_uid=receipt_uid),
        told=_("已撤销：道德币退回这一户，物品回到库存。"),
    )


def _meant(station: CoinStation, code: str) -> str | None:
    """Return where a code leads at this station: to its voucher, to a household that spends coins here, or nowhere."""
    voucher = voucher_at(station, code)
    if voucher is not None:
        return url_for("desk.counter_voucher", station_id=station.id, code=voucher.hold.code)
    household = household_by_code(code, actor(), REDEEM)
    return url_for("desk.counter_sale", station_id=station.id, household_id=household.id) if household else None


def _why_none(codes: Sequence[str], *, several: bool) -> str:
    """Say why the codes in a photograph lead nowhere, and what to do."""
    if several:
        return str(_("照片里有几个能用的码，不知道要办哪一个。请只拍一个码再试。"))
    elsewhere = next((one for code in codes if (one := station_of_voucher(code[:LONGEST], actor(), REDEEM))), None)
    if elsewhere is not None:
        return str(_("这张券要在“%(station)s”领取，本站办不了。请到那个易站的兑换台办。", station=elsewhere.name))
    return str(_("读出的码不是本站的兑换券，也不是本村的户码。请核对券上写的易站，或者输入户编号、户主姓名来找。"))


def _find(station: CoinStation, words: str = "", said: str = "") -> str:
    return render_template(
        "desk/counter/find.html", station=station, words=words, said=said, recent=handed_over(station), mask=mask_name,
        found=find_households(words, actor(), REDEEM) if words else [],
    )  # fmt: skip


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
