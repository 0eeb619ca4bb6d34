"""Stock by hand: goods in and out, losses, stock-taking, and when a good counts as nearly used up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db, table_of
from models.stations import CoinGood, CoinStation, CoinStock, MoveKind
from queries.goods import good_of_county
from services.access import require
from services.audit import record_audit
from services.posting import open_ledger
from services.refusals import NotFound, Refusal, Stale
from services.stock import OutOfStock, StationClosed, move_goods
from services.transaction import transaction

MOST_MOVED = 100_000
BY_HAND = {MoveKind.IN: 1, MoveKind.OUT: -1, MoveKind.LOSS: -1}  # and in which direction
NOTE_LENGTH = 200
_stock = table_of(CoinStock)


class StockMoved(Stale):
    """Goods came or went since the page was opened: also what a second click meets."""

    message = _l("页面打开之后库存有变动，没有再记一次。请核对现在的数量，需要时再登记。")


class BadQuantity(Refusal):
    field = "quantity"
    message = _l("数量要是 1 到 %(most)s 的整数。", most=MOST_MOVED)


class BadCount(Refusal):
    field = "counted"
    message = _l("点到的数量要是 0 到 %(most)s 的整数。", most=MOST_MOVED)


class LossUntold(Refusal):
    field = "note"
    message = _l("报损请写明原因。")


class Reserved(Refusal):
    """Fewer were counted than holders of vouchers wait for."""

    def __init__(self, good: str, *, reserved: int) -> None:
        super().__init__(
            _l("%(good)s有 %(n)s 件已经被预约，点到的数量不能比它少。请先核对兑换券。", good=good, n=reserved)
        )


@transaction
def move_stock(
    station: CoinStation,
    good_id: int,
    kind: MoveKind,
    quantity: int,
    *,
    seen: int,
    note: str = "",
    actor: Actor,
    at: datetime,
) -> None:
    """Take goods in, give them out to elsewhere, or write off a loss; `seen` is what lay there when the page opened.

    Raises StockMoved, BadQuantity, LossUntold, OutOfStock, StationClosed.
    """
    good, there = _at_hand(station, good_id, actor)
    if not 0 < quantity <= MOST_MOVED or kind not in BY_HAND:
        raise BadQuantity
    if kind == MoveKind.LOSS and not note.strip():
        raise LossUntold
    if seen != there.on_hand:
        raise StockMoved
    change = BY_HAND[kind] * quantity
    free = there.on_hand - there.reserved
    if change < -free:
        raise OutOfStock(good.name, available=free)
    told = note.strip()[:NOTE_LENGTH]
    move_goods(station.id, {good.id: (change, None)}, kind, note=told, actor=actor, at=at)


@transaction
def count_stock(
    station: CoinStation, counted: Mapping[int, tuple[int, int]], *, note: str = "", actor: Actor, at: datetime
) -> int:
    """Write down a stock-taking: `counted` gives (seen, counted) by good id. Returns how many goods differed.

    Raises StockMoved when something came or went meanwhile, BadCount, Reserved, StationClosed.
    """
    differing = {}
    for good_id, (seen, found) in counted.items():
        good, there = _at_hand(station, good_id, actor)
        if not 0 <= found <= MOST_MOVED:
            raise BadCount
        if seen != there.on_hand:
            raise StockMoved
        if found < there.reserved:
            raise Reserved(good.name, reserved=there.reserved)
        if found != there.on_hand:
            differing[good.id] = (found - there.on_hand, None)
    if differing:
        told = note.strip()[:NOTE_LENGTH]
        move_goods(station.id, differing, MoveKind.COUNT, note=told, actor=actor, at=at)
    return len(differing)


@transaction
def remind_at(station: CoinStation, marks: Mapping[int, int], *, actor: Actor, at: datetime) -> None:
    """Say at how many left a good counts as nearly used up; 0: nobody is reminded. Raises BadCount."""
    changed: dict[str, int] = {}
    for good_id, mark in marks.items():
        good, there = _at_hand(station, good_id, actor)
        if not 0 <= mark <= MOST_MOVED:
            raise BadCount
        if mark == there.low_at:
            continue
        here = (_stock.c.station_id == station.id, _stock.c.good_id == good.id)
        done = cast("sa.CursorResult[Any]", db.session.execute(sa.update(_stock).where(*here).values(low_at=mark)))
        if done.rowcount == 0:
            new = {"station_id": station.id, "good_id": good.id, "on_hand": 0, "reserved": 0, "low_at": mark}
            db.session.execute(sa.insert(_stock), new)
        changed[good.name] = mark
    if changed:
        record_audit("stock:remind", station, actor=actor, at=at, after={"goods": len(changed)})


def _at_hand(station: CoinStation, good_id: int, actor: Actor) -> tuple[CoinGood, CoinStock]:
    """Return a good and what the station has of it, under the ledger's lock."""
    open_ledger()
    require(actor, "stock:move", station)
    if station.closed_on is not None:
        raise StationClosed
    good = good_of_county(good_id, station.county_id)
    if good is None:
        raise NotFound
    there = db.session.get(CoinStock, (station.id, good.id), populate_existing=True)
    return good, there or CoinStock(station_id=station.id, good_id=good.id, on_hand=0, reserved=0, low_at=0)
