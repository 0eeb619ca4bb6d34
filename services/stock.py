"""Goods of a station on their way in and out; each move states what it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db, table_of
from models.prepared import Prepared, insertion, many, numbered
from models.stations import CoinGood, CoinStock, CoinStockMove, MoveKind
from services.posting import open_ledger
from services.refusals import NotFound, Refusal

MOST_OF_A_GOOD = 999
_stock = table_of(CoinStock)
_moved = table_of(CoinStockMove)
_good = table_of(CoinGood)
_THERE = Prepared(
    sa.select(_stock.c.good_id, _stock.c.on_hand, _stock.c.reserved).where(
        _stock.c.station_id == sa.bindparam("station")
    )
)
_NEW_MOVE = insertion(_moved, "id")
Basket = Mapping[int, int]  # good id -> how many


class OutOfStock(Refusal):
    """The station has not so many."""

    def __init__(self, good: str, *, available: int) -> None:
        super().__init__(_l("缺货：%(good)s只剩 %(n)s 件可以兑换。", good=good, n=available))


class StationClosed(Refusal):
    message = _l("这个站点已经停用，不能再办理。")


class EmptyBasket(Refusal):
    message = _l("请先选要兑换的物品，每样最多 %(most)s 件。", most=MOST_OF_A_GOOD)


@lru_cache(64)
def _offered(number: int) -> Prepared:
    """Return the question for so many goods of a station: each with its price, and what is there of it."""
    here = sa.and_(_stock.c.good_id == _good.c.id, _stock.c.station_id == sa.bindparam("station"))
    return Prepared(
        sa.select(
            _good.c.id, _good.c.name, _good.c.price, sa.func.coalesce(_stock.c.on_hand, 0).label("on_hand"),
            sa.func.coalesce(_stock.c.reserved, 0).label("reserved"),
        )
        .outerjoin(_stock, here)
        .where(_good.c.id.in_(many(number)), _good.c.county_id == sa.bindparam("county"), _good.c.on_sale)
        .order_by(_good.c.id)
    )  # fmt: skip


def goods_for(station: Any, basket: Basket) -> list[Any]:
    """Return the goods of a basket that the station can give out now: id, name, price, on_hand, reserved.

    Raises StationClosed, EmptyBasket, NotFound or OutOfStock.
    """
    if station.closed_on is not None:
        raise StationClosed
    if not basket or not all(0 < quantity <= MOST_OF_A_GOOD for quantity in basket.values()):
        raise EmptyBasket
    goods = _offered(len(basket)).all(station=station.id, county=station.county_id, **numbered(list(basket)))
    if len(goods) != len(basket):
        raise NotFound
    for good in goods:
        free = good.on_hand - good.reserved
        if basket[good.id] > free:
            raise OutOfStock(good.name, available=free)
    return goods


def move_goods(
    station_id: int,
    quantities: Mapping[int, tuple[int, int | None]],
    kind: MoveKind,
    *,
    known: Mapping[int, int] | None = None,
    journal_id: int | None = None,
    note: str = "",
    actor: Actor,
    at: datetime,
) -> None:
    """Write moves of goods: `quantities` gives (how many, coins each) by good id, below 0 what goes out.

    `known` says what is on hand of each, where that was read under the ledger's lock already.
    Under the ledger's lock: two who count at the same moment would else both state what the first has left.
    """
    if journal_id is None:  # whoever has posted has the lock
        open_ledger()
    if known is None:
        known = {row.good_id: int(row.on_hand) for row in _THERE.all(station=station_id)}
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
    _NEW_MOVE.insert(moves)
