"""Goods of a station as reads: what lies there, what is short, every move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from models.accounts import User
from models.base import db
from models.stations import CoinGood, CoinStation, CoinStock, CoinStockMove

PAGE = 50
LARGEST_MOVE = 2**62


@dataclass(frozen=True)
class Place:
    """A good at a station: what lies there, what of it waits for holders of vouchers, when it is short."""

    good: CoinGood
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


def shelf(station: CoinStation, *, on_offer: bool = False) -> list[Place]:
    """Return the goods of a station by name: all of the county's catalogue, or what is on offer there."""
    here = sa.and_(CoinStock.good_id == CoinGood.id, CoinStock.station_id == station.id)
    query = (
        sa.select(CoinGood, CoinStock.on_hand, CoinStock.reserved, CoinStock.low_at)
        .join(CoinStock, here, isouter=not on_offer)
        .where(CoinGood.county_id == station.county_id)
        .order_by(CoinGood.pinyin, CoinGood.id)
    )
    if on_offer:
        query = query.where(CoinGood.on_sale)
    rows = db.session.execute(query)
    return [Place(good, on_hand or 0, reserved or 0, low_at or 0) for good, on_hand, reserved, low_at in rows]


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
