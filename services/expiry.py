"""The sweep of expired coins: household by household, each its own act, once for each day."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.coins import CoinAccount, CoinLot
from models.people import Household
from services.coins import expire_household


def expire(on: date, *, actor: Actor, at: datetime, today: date) -> tuple[int, int]:
    """Take away the coins whose last day is `on` or earlier; returns (households, coins), (0, 0) the second time."""
    due = (
        sa.select(CoinAccount.household_id)
        .join(CoinLot, CoinLot.account_id == CoinAccount.id)
        .where(CoinLot.remaining > 0, CoinLot.expires_on <= on)
        .distinct()
        .order_by(CoinAccount.household_id)
    )
    households = coins = 0
    for ident in list(db.session.scalars(due)):
        taken = expire_household(db.session.get_one(Household, ident), on, actor=actor, at=at, today=today)
        households += bool(taken)
        coins += taken
    return households, coins
