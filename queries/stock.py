"""Goods of a station as reads: what lies there, what is short, every move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from models.accounts import User
from models.base import db, table_of
from models.prepared import Prepared
from models.stations import CoinGood, CoinStation, CoinStock, CoinStockMove

PAGE = 50
LARGEST_MOVE = 2**62
_good, _stock = table_of(CoinGood), table_of(CoinStock)


@dataclass(frozen=True)
class Place:
    """A good at a station: what lies there, what of it waits for holders of vouchers, when it is short."""

    good: Any  # its row: id, code, name, unit, price, picture, on_sale
    on_hand: int
    reserved: int
    low_at: int

    @property
    def free(self) -> int:
        return self.on_hand - self.reserved

    @property
    def low(self) -> bool:
        """Tell whether it is nearly used up: at its mark or below. Without a mark nobody is reminded."""
        return 0 < self.low_at >= self.free


def _shelf(*, on_offer: bool) -> sa.Select[Any]:
    here = sa.and_(_stock.c.good_id == _good.c.id, _stock.c.station_id == sa.bindparam("station"))
    query = (
        sa.select(
            _good.c.id, _good.c.code, _good.c.name, _good.c.unit, _good.c.price, _good.c.picture, _good.c.on_sale,
            _stock.c.on_hand, _stock.c.reserved, _stock.c.low_at,
        )
        .join(_stock, here, isouter=not on_offer)
        .where(_good.c.county_id == sa.bindparam("county"))
        .order_by(_good.c.pinyin, _good.c.id)
    )  # fmt: skip
    return query.where(_good.c.on_sale) if on_offer else query


_SHELF, _ON_OFFER = Prepared(_shelf(on_offer=False)), Prepared(_shelf(on_offer=True))


def shelf(station: Any, *, on_offer: bool = False) -> list[Place]:
    """Return the goods of a station (or its row) by name: all of the county's catalogue, or what is on offer there."""
    query = _ON_OFFER if on_offer else _SHELF
    rows = query.all(station=station.id, county=station.county_id)
    return [Place(row, row.on_hand or 0, row.reserved or 0, row.low_at or 0) for row in rows]


def moves(station: CoinStation, *, before: int | None = None) -> Sequence[Any]:
    """Return moves of a station, newest first, one more than a page: move, name and unit of the good, who."""
    query = (
        sa.select(CoinStockMove, CoinGood.name, CoinGood.unit, User.name.label("who"))
        .join(CoinGood, CoinGood.id == CoinStockMove.good_id)
        .outerjoin(User, User.id == CoinStockMove.actor_id)
        .where(CoinStockMove.station_id == station.id)
    )
    if before is not None and 0 < before < LARGEST_MOVE:
        query = query.where(CoinStockMove.id < before)
    return db.session.execute(query.order_by(CoinStockMove.id.desc()).limit(PAGE + 1)).all()
