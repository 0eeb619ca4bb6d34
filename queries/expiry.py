"""Coins that expire soon: of which household, when, how many of them are left; and whose accounts are to be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from models.accounts import User
from models.base import db
from models.coins import CoinAccount, CoinLot
from models.people import Resident


@dataclass(frozen=True)
class Due:
    """Coins of a household whose last day is `on`."""

    household_id: int
    on: date
    coins: int


def due_between(county_id: int, first: date, last: date) -> Mapping[int | None, Sequence[Due]]:
    """Return by village what a county's households lose on the days of a span if they do not spend it."""
    left = sa.func.sum(CoinLot.remaining)
    query = (
        sa.select(CoinAccount.village_id, CoinAccount.household_id, CoinLot.expires_on, left)
        .join(CoinLot, CoinLot.account_id == CoinAccount.id)
        .where(CoinAccount.county_id == county_id, CoinLot.remaining > 0, CoinLot.expires_on.between(first, last))
        .group_by(CoinAccount.village_id, CoinAccount.household_id, CoinLot.expires_on)
        .order_by(CoinAccount.village_id, CoinLot.expires_on, CoinAccount.household_id)
    )
    found: dict[int | None, list[Due]] = {}
    for village, household, on, coins in db.session.execute(query):
        if household is not None and on is not None:  # only households have lots
            found.setdefault(village, []).append(Due(household, on, int(coins)))
    return found


def accounts_of(dues: Sequence[Due]) -> list[tuple[Due, int]]:
    """Return what is due with each active account that is linked to a member of that household."""
    homes = {due.household_id for due in dues}
    query = (
        sa.select(Resident.household_id, User.id)
        .join(User, User.resident_id == Resident.id)
        .where(Resident.household_id.in_(homes), User.active.is_(True))
        .order_by(User.id)
    )
    users: dict[int | None, list[int]] = {}
    for home, user_id in db.session.execute(query):
        users.setdefault(home, []).append(user_id)
    return [(due, user_id) for due in dues for user_id in users.get(due.household_id, ())]
