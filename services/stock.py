"""Goods of a station on their way in and out; each move states what it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db, table_of
from models.stations import CoinGood, CoinStation, CoinStock, CoinStockMove, MoveKind
from services.posting import open_ledger
from services.refusals import NotFound, Refusal

MOST_OF_A_GOOD = 999
_stock = table_of(CoinStock)
_moved = table_of(CoinStockMove)
_THERE = sa.select(_stock).where(_stock.c.station_id == sa.bindparam("station"))
_NEW_MOVES = sa.insert(_moved)
Basket = Mapping[int, int]  # good id -> how many


class OutOfStock(Refusal):
    """The station has not so many."""

    def __init__(self, good: str, *, available: int) -> None:
        super().__init__(_l("缺货：%(good)s只剩 %(n)s 件可以兑换。", good=good, n=available))


class StationClosed(Refusal):
    message = _l("这个站点已经停用，不能再办理。")


class EmptyBasket(Refusal):
    message = _l("请先选要兑换的物品，每样最多 %(most)s 件。", most=MOST_OF_A_GOOD)


def goods_for(station: CoinStation, basket: Basket) -> list[CoinGood]:
    """Return the goods of a basket that the station can give out now.

    Raises StationClosed, EmptyBasket, NotFound or OutOfStock.
    """
    if station.closed_on is not None:
        raise StationClosed
    if not basket or not all(0 < quantity <= MOST_OF_A_GOOD for quantity in basket.values()):
        raise EmptyBasket
    query = sa.select(CoinGood).where(
        CoinGood.id.in_(basket), CoinGood.county_id == station.county_id, CoinGood.on_sale
    )
    goods = list(db.session.scalars(query.order_by(CoinGood.id), execution_options={"populate_existing": True}))
    if len(goods) != len(basket):
        raise NotFound
    free = free_of(station.id)
    for good in goods:
        if basket[good.id] > free.get(good.id, 0):
            raise OutOfStock(good.name, available=free.get(good.id, 0))
    return goods


def free_of(station_id: int) -> dict[int, int]:
    """Return how many of each good a station can still give out, by good id."""
    rows = db.session.connection().execute(_THERE, {"station": station_id})
    return {row.good_id: int(row.on_hand) - int(row.reserved) for row in rows}


def move_goods(
    station_id: int,
    quantities: Mapping[int, tuple[int, int | None]],
    kind: MoveKind,
    *,
    journal_id: int | None = None,
    note: str = "",
    actor: Actor,
    at: datetime,
) -> None:
    """Write moves of goods: `quantities` gives (how many, coins each) by good id, below 0 what goes out.

    Under the ledger's lock: two who count at the same moment would else both state what the first has left.
    """
    if journal_id is None:  # whoever has posted has the lock
        open_ledger()
    rows = db.session.connection().execute(_THERE, {"station": station_id})
    known = {row.good_id: int(row.on_hand) for row in rows}
    new = [{"station_id": station_id, "good_id": good_id} for good_id in quantities if good_id not in known]
    if new:
        db.session.execute(sa.insert(_stock).values(on_hand=0, reserved=0, low_at=0), new)
    moves = [
        {
            "station_id": station_id, "good_id": good_id, "kind": kind.value, "quantity": quantity, "price": price,
            "after": known.get(good_id, 0) + quantity, "journal_id": journal_id, "note": note,
            "actor_id": actor.user_id, "at": at,
        }
        for good_id, (quantity, price) in sorted(quantities.items())
    ]  # fmt: skip
    db.session.connection().execute(_NEW_MOVES, moves)
