"""Coins for goods: redeemed at the counter, or set aside by a hold and handed over or given back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor, Role
from models.base import db, table_of
from models.coins import AccountKind, CoinHold, HoldState, JournalKind
from models.people import Household
from models.stations import CoinHoldItem, CoinStation, MoveKind
from services.access import may, require
from services.coins import home_of, refuse_own
from services.posting import Entry, Line, Place, Receipt, earlier, open_ledger, post
from services.purses import (
    account_id,
    given_back,
    household_now,
    household_of,
    purses,
    sale_accounts,
    spend,
    station_now,
    take,
)
from services.refusals import NotFound, Refusal
from services.stock import Basket, goods_for, move_goods
from services.transaction import transaction

HOLD_FOR = timedelta(minutes=30)
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that can be misread for something else
_CODE_LENGTH = 8
_hold = table_of(CoinHold)
_item = table_of(CoinHoldItem)


class HoldOver(Refusal):
    message = _l("这张兑换券已经用过或已取消，不能再用。")


class HoldExpired(Refusal):
    message = _l("这张兑换券已经过期，道德币会退回。请重新预约。")


@dataclass(frozen=True)
class Held:
    """A hold as it was made: its receipt, the code on the voucher, and when it lapses."""

    receipt: Receipt
    hold_id: int
    code: str
    amount: int
    expires_at: datetime


@transaction
def redeem(
    household: Household, station: CoinStation, basket: Basket, *, uid: str, actor: Actor, at: datetime, today: date
) -> Receipt:
    """Hand goods over a station's counter for coins. Raises NotEnough, OutOfStock, EmptyBasket or StationClosed."""
    open_ledger()
    here, home = station_now(station), household_now(household)
    require(actor, "coin:redeem", here)
    require(actor, "coin:redeem", home)
    body = {"act": "redeem", "household": home.id, "station": here.id, "basket": _plain(basket)}
    known = earlier(uid, body)
    if known:
        return known
    refuse_own(home, actor)
    goods = goods_for(here, basket)
    total = sum(good.price * basket[good.id] for good in goods)
    purse, till = sale_accounts(home, here, today=today)
    uses = spend(purse.id, total, on=today)
    entry = Entry(
        kind=JournalKind.REDEEM, uid=uid, body=body, place=Place.of(here), effective_on=today,
        lines=[(purse.id, till.id, total)],
    )  # fmt: skip
    receipt = post(entry, known={purse.id: purse, till.id: till}, actor=actor, at=at, today=today)
    take(receipt.journal_id, uses)
    out = {good.id: (-basket[good.id], good.price) for good in goods}
    there = {good.id: good.on_hand for good in goods}
    move_goods(here.id, out, MoveKind.REDEEM, known=there, journal_id=receipt.journal_id, actor=actor, at=at)
    return receipt


@transaction
def hold(
    household: Household,
    station: CoinStation,
    basket: Basket,
    *,
    uid: str,
    lasting: timedelta = HOLD_FOR,
    actor: Actor,
    at: datetime,
    today: date,
) -> Held:
    """Set coins and goods aside until they are fetched; a villager for the own household only.

    Raises NotEnough, OutOfStock, EmptyBasket or StationClosed.
    """
    open_ledger()
    _require_hold(actor, household)
    body = {"act": "hold", "household": household.id, "station": station.id, "basket": _plain(basket)}
    known = earlier(uid, body)
    if known:
        return _held(known)
    if station.county_id != household.county_id:
        raise NotFound
    goods = goods_for(station, basket)
    total = sum(good.price * basket[good.id] for good in goods)
    purse, _debt = purses(household, today=today)
    uses = spend(purse, total, on=today)
    entry = Entry(kind=JournalKind.HOLD, uid=uid, body=body, place=Place.of(household), effective_on=today)
    receipt = post(entry, actor=actor, at=at, today=today)
    made = {
        "id": receipt.journal_id, "account_id": purse, "station_id": station.id, "code": _new_code(), "amount": total,
        "state": HoldState.OPEN.value, "expires_at": at + lasting,
    }  # fmt: skip
    take(receipt.journal_id, uses)
    db.session.execute(sa.insert(_hold), made)
    items = [
        {"hold_id": receipt.journal_id, "good_id": good.id, "quantity": basket[good.id], "price": good.price}
        for good in goods
    ]
    db.session.execute(sa.insert(_item), items)
    return _held(receipt)


@transaction
def hand_over(held: CoinHold, *, uid: str, actor: Actor, at: datetime, today: date) -> Receipt:
    """Give out what a hold set aside: its coins go to the station. Raises HoldOver or HoldExpired."""
    open_ledger()
    db.session.refresh(held)
    station = db.session.get_one(CoinStation, held.station_id)
    require(actor, "coin:redeem", station)
    body = {"act": "post", "hold": held.id}
    known = earlier(uid, body)
    if known:
        return known
    _refuse_over(held)
    if at >= held.expires_at:
        raise HoldExpired
    refuse_own(household_of(held), actor)
    till = account_id(AccountKind.STATION, station, today=today)
    receipt = _resolve(
        held, JournalKind.POST, uid, body, Place.of(station), [(held.account_id, till, held.amount)],
        actor=actor, at=at, today=today,
    )  # fmt: skip
    rows = db.session.execute(sa.select(_item).where(_item.c.hold_id == held.id))
    out = {row.good_id: (-row.quantity, row.price) for row in rows}
    move_goods(station.id, out, MoveKind.REDEEM, journal_id=receipt.journal_id, actor=actor, at=at)
    return receipt


@transaction
def give_back(held: CoinHold, *, uid: str, actor: Actor, at: datetime, today: date) -> Receipt:
    """Void a hold: its coins can be spent again, its goods are free. Raises HoldOver."""
    open_ledger()
    db.session.refresh(held)
    household = household_of(held)
    _require_hold(actor, household)
    body = {"act": "void", "hold": held.id}
    known = earlier(uid, body)
    if known:
        return known
    _refuse_over(held)
    purse, debt = purses(household, today=today)
    lines, uses = given_back(purse, debt, held.id)
    receipt = _resolve(held, JournalKind.VOID, uid, body, Place.of(household), lines, actor=actor, at=at, today=today)
    take(receipt.journal_id, uses)
    return receipt


# ---------- what they share ----------


def _require_hold(actor: Actor, household: Household) -> None:
    """Refuse whoever may not hold for a household. A villager may for their own: others' are not found."""
    require(actor, "coin:hold", household)
    office = replace(actor, grants=tuple(grant for grant in actor.grants if grant.role != Role.VILLAGER))
    if not may(office, "coin:hold", household) and home_of(actor) != household.id:
        raise NotFound


def _refuse_over(held: CoinHold) -> None:
    if held.state != HoldState.OPEN:
        raise HoldOver


def _resolve(
    held: CoinHold, kind: JournalKind, uid: str, body: Mapping[str, Any], place: Place, lines: Sequence[Line],
    *, actor: Actor, at: datetime, today: date,
) -> Receipt:  # fmt: skip
    """Post the journal that ends a hold; its coins are let go before a line takes them."""
    state = HoldState.POSTED if kind == JournalKind.POST else HoldState.VOIDED

    def let_go() -> None:
        db.session.execute(sa.update(_hold).where(_hold.c.id == held.id).values(state=state.value))
        db.session.expire(held)

    entry = Entry(kind=kind, uid=uid, body=body, place=place, effective_on=today, lines=lines, resolves=held.id)
    return post(entry, released={held.account_id: held.amount}, between=let_go, actor=actor, at=at, today=today)


def _held(receipt: Receipt) -> Held:
    row = db.session.execute(sa.select(_hold).where(_hold.c.id == receipt.journal_id)).one()
    return Held(receipt, row.id, row.code, row.amount, row.expires_at)


def _new_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))


def _plain(basket: Basket) -> dict[str, int]:
    return {str(good): quantity for good, quantity in sorted(basket.items())}
