"""The sweep of lapsed vouchers: their coins and goods are free again, each given back in its own act, once."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.coins import CoinHold, HoldState
from services.coins import hash_uid
from services.redemptions import HoldOver, give_back

BATCH = 500


def sweep_holds(*, actor: Actor, at: datetime, today: date) -> int:
    """Give back what was not fetched in time, at most 500 vouchers at once; return how many."""
    lapsed = sa.select(CoinHold.id).where(CoinHold.state == HoldState.OPEN, CoinHold.expires_at <= at)
    swept = 0
    for ident in list(db.session.scalars(lapsed.order_by(CoinHold.expires_at, CoinHold.id).limit(BATCH))):
        try:
            give_back(
                db.session.get_one(CoinHold, ident), uid=hash_uid(f"lapsed:{ident}"), actor=actor, at=at, today=today
            )
            swept += 1
        except HoldOver:
            continue  # its household cancelled it at this very moment
    return swept
