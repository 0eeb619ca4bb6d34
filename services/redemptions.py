"""Coins for goods: redeemed at the counter, or set aside by a hold and handed over or given back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor, Role
from models.base import db, table_of
from models.coins import CoinHold, HoldState, JournalKind
from models.prepared import Prepared, insertion
from models.stations import CoinHoldItem, MoveKind
from services.access import may, require
from services.coins import refuse_own
from services.parties import Parties, parties_at_counter, parties_at_home
from services.posting import Entry, Ledger, Once, Place, Receipt, account, open_ledger, post
from services.purses import (
    given_back,
    id_of,
    purses,
    sale_accounts,
    spend,
    take,
)
from services.refusals import NotFound, Refusal
from services.stock import Basket, goods_for, move_goods
from services.transaction import Act, transaction

HOLD_FOR = timedelta(minutes=30)
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that can be misread for something else
_CODE_LENGTH = 8
_hold = table_of(CoinHold)
_item = table_of(CoinHoldItem)
_HOLD = Prepared(
    sa.select(*_hold.c, account.c.household_id)
    .join(account, account.c.id == _hold.c.account_id)
    .where(_hold.c.id == sa.bindparam("id"))
)
_ITEMS = Prepared(
    sa.select(_item.c.good_id, _item.c.quantity, _item.c.price).where(_item.c.hold_id == sa.bindparam("hold"))
)
_END = Prepared(sa.update(_hold).where(_hold.c.id == sa.bindparam("hold")).values(state=sa.bindparam("ended")))
_NEW_HOLD, _NEW_ITEM = insertion(_hold), insertion(_item)


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


def redeem(
    household_id: int, station_id: int, basket: Basket, *, uid: str, actor: Actor, at: datetime, today: date
) -> Receipt:
    """Hand goods over a station's counter for coins; both are read when nobody else posts any more.

    Raises NotEnough, OutOfStock, EmptyBasket, StationClosed or NotFound.
    """
    once = _once("redeem", household_id, station_id, basket, uid)
    with Act():
        open_ledger()
        here, parties = parties_at_counter(household_id, station_id, once, actor)
        home = parties.home
        require(actor, "coin:redeem", here)
        require(actor, "coin:redeem", home)
        ledger = parties.ledger(once)
        if ledger.receipt:
            return ledger.receipt
        refuse_own(home, parties.own)
        goods = goods_for(here, basket)
        total = sum(good.price * basket[good.id] for good in goods)
        purse, till = sale_accounts(home, here, today=today)
        uses = spend(purse.id, total, on=today)
        entry = Entry(
            kind=JournalKind.REDEEM, once=once, place=Place.of(here), effective_on=today,
            lines=[(purse.id, till.id, total)],
        )  # fmt: skip
        receipt = post(entry, ledger, known={purse.id: purse, till.id: till}, actor=actor, at=at, today=today)
        take(receipt.journal_id, uses)
        out = {good.id: (-basket[good.id], good.price) for good in goods}
        there = {good.id: good.on_hand for good in goods}
        move_goods(here.id, out, MoveKind.REDEEM, known=there, journal_id=receipt.journal_id, actor=actor, at=at)
        return receipt


def hold(
    household_id: int,
    station_id: int,
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
    once = _once("hold", household_id, station_id, basket, uid)
    with Act():
        open_ledger()
        here, parties = parties_at_counter(household_id, station_id, once, actor)
        home = parties.home
        _require_hold(actor, parties)
        ledger = parties.ledger(once)
        if ledger.receipt:
            return _held(ledger.receipt)
        if here.county_id != home.county_id:
            raise NotFound
        goods = goods_for(here, basket)
        total = sum(good.price * basket[good.id] for good in goods)
        purse, _debt = purses(home, today=today)
        uses = spend(purse, total, on=today)
        entry = Entry(kind=JournalKind.HOLD, once=once, place=Place.of(home), effective_on=today)
        receipt = post(entry, ledger, actor=actor, at=at, today=today)
        take(receipt.journal_id, uses)
        made = {
            "id": receipt.journal_id, "account_id": purse, "station_id": here.id, "code": _new_code(),
            "amount": total, "state": HoldState.OPEN.value, "expires_at": at + lasting,
        }  # fmt: skip
        _NEW_HOLD.insert([made])
        _NEW_ITEM.insert(
            {"hold_id": receipt.journal_id, "good_id": good.id, "quantity": basket[good.id], "price": good.price}
            for good in goods
        )
        return _held(receipt)


def hand_over(held: CoinHold, *, uid: str, actor: Actor, at: datetime, today: date) -> Receipt:
    """Give out what a hold set aside: its coins go to the station. Raises HoldOver or HoldExpired."""
    once = Once.of(uid, {"act": "post", "hold": id_of(held)})
    with Act():
        open_ledger()
        there = _hold_now(held)
        station, parties = parties_at_counter(there.household_id, there.station_id, once, actor)
        require(actor, "coin:redeem", station)
        ledger = parties.ledger(once)
        if ledger.receipt:
            return ledger.receipt
        _refuse_over(there)
        if at >= there.expires_at:
            raise HoldExpired
        refuse_own(parties.home, parties.own)
        purse, till = sale_accounts(parties.home, station, today=today)
        entry = Entry(
            kind=JournalKind.POST, once=once, place=Place.of(station), effective_on=today,
            lines=[(purse.id, till.id, there.amount)], resolves=there.id,
        )  # fmt: skip
        known = {purse.id: purse, till.id: till}
        receipt = _resolve(held, entry, ledger, there, known, actor=actor, at=at, today=today)
        out = {row.good_id: (-row.quantity, row.price) for row in _ITEMS.all(hold=there.id)}
        move_goods(station.id, out, MoveKind.REDEEM, journal_id=receipt.journal_id, actor=actor, at=at)
        return receipt


@transaction
def give_back(held: CoinHold, *, uid: str, actor: Actor, at: datetime, today: date) -> Receipt:
    """Void a hold: its coins can be spent again, its goods are free. Raises HoldOver."""
    open_ledger()
    there = _hold_now(held)
    once = Once.of(uid, {"act": "void", "hold": there.id})
    parties = parties_at_home(there.household_id, once, actor)
    household = parties.home
    _require_hold(actor, parties)
    ledger = parties.ledger(once)
    if ledger.receipt:
        return ledger.receipt
    _refuse_over(there)
    purse, debt = purses(household, today=today)
    lines, uses = given_back(purse, debt, there.id)
    entry = Entry(
        kind=JournalKind.VOID, once=once, place=Place.of(household), effective_on=today, lines=lines,
        resolves=there.id,
    )  # fmt: skip
    receipt = _resolve(held, entry, ledger, there, None, actor=actor, at=at, today=today)
    take(receipt.journal_id, uses)
    return receipt


# ---------- what they share ----------


def _once(act: str, household_id: int, station_id: int, basket: Basket, uid: str) -> Once:
    wanted = {str(good): quantity for good, quantity in sorted(basket.items())}
    return Once.of(uid, {"act": act, "household": household_id, "station": station_id, "basket": wanted})


def _require_hold(actor: Actor, parties: Parties) -> None:
    """Refuse whoever may not hold for a household. A villager may for their own: others' are not found."""
    household = parties.home
    require(actor, "coin:hold", household)
    office = replace(actor, grants=tuple(grant for grant in actor.grants if grant.role != Role.VILLAGER))
    if not may(office, "coin:hold", household) and parties.own != household.id:
        raise NotFound


def _hold_now(held: CoinHold) -> Any:
    """Return the columns of a hold under the ledger's lock, and whose it is."""
    row = _HOLD.first(id=id_of(held))
    if row is None:
        raise NotFound
    return row


def _refuse_over(held: Any) -> None:
    if held.state != HoldState.OPEN:
        raise HoldOver


def _resolve(
    held: CoinHold, entry: Entry, ledger: Ledger, there: Any, known: Mapping[int, Any] | None, *, actor: Actor,
    at: datetime, today: date,
) -> Receipt:  # fmt: skip
    """Post the journal that ends a hold; its coins are let go before a line takes them."""
    state = HoldState.POSTED if entry.kind == JournalKind.POST else HoldState.VOIDED

    def let_go() -> None:
        _END.run(hold=there.id, ended=state.value)
        db.session.expire(held)

    released = {there.account_id: there.amount}
    return post(
        entry, ledger, released=released, between=let_go, known=known, actor=actor, at=at, today=today,
    )  # fmt: skip


def _held(receipt: Receipt) -> Held:
    row = _HOLD.all(id=receipt.journal_id)[0]
    return Held(receipt, row.id, row.code, row.amount, row.expires_at)


def _new_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
