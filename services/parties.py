"""Whom an act on the ledger is about, read under the ledger's lock in one statement with the ledger itself.

A household may have moved, and a station may have been closed, since the page was opened. To load the objects again
takes some 200 us of the time in which nobody else can post, and each statement on PostgreSQL another 100.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.access import Actor
from models.accounts import User
from models.base import table_of
from models.people import Household, Resident
from models.prepared import Prepared
from models.stations import CoinStation
from services.posting import Ledger, Once, Place, ledger_columns, ledger_of
from services.refusals import NotFound

_household, _station = table_of(Household), table_of(CoinStation)
_resident, _user = table_of(Resident), table_of(User)
_PLACED = ("id", "code", *Place.NAMES)
_WIDTH = len(_PLACED)
_HOME = (
    sa.select(_resident.c.household_id)
    .join(_user, _user.c.resident_id == _resident.c.id)
    .where(_user.c.id == sa.bindparam("user"))
)
_WHOSE = Prepared(_HOME)


class Placed(NamedTuple):
    """A household or a station: where it lies, and for a station since when it is closed."""

    id: int
    code: str
    county_id: int
    town_id: int | None
    village_id: int | None
    org_id: int
    closed_on: date | None = None  # of a household nothing is said


class Parties(NamedTuple):
    """A household, the household that who acts lives in, and what the ledger says."""

    home: Placed
    own: int | None
    found: Any

    def ledger(self, once: Once) -> Ledger:
        """Return the ledger, with the receipt of a request that came before. Raises UidConflict."""
        return ledger_of(self.found, once)


def parties_at_home(household_id: int, once: Once, actor: Actor) -> Parties:
    """Return the household an act is about. Raises NotFound."""
    row = _AT_HOME.first(household=household_id, uid=once.uid, user=actor.user_id)
    if row is None:
        raise NotFound
    return Parties(Placed(*row[:_WIDTH]), row.own, row)


def parties_at_counter(household_id: int, station_id: int, once: Once, actor: Actor) -> tuple[Placed, Parties]:
    """Return the station, and with it the household that is served there. Raises NotFound."""
    row = _AT_COUNTER.first(household=household_id, station=station_id, uid=once.uid, user=actor.user_id)
    if row is None:
        raise NotFound
    return Placed(*row[_WIDTH : 2 * _WIDTH + 1]), Parties(Placed(*row[:_WIDTH]), row.own, row)


def home_of(actor: Actor) -> int | None:
    """Return the household that an actor lives in, None where the account names no resident."""
    if actor.user_id is None:
        return None
    row = _WHOSE.first(user=actor.user_id)
    return row.household_id if row else None


def _placed(table: sa.Table) -> list[sa.Label[Any]]:
    return [table.c[name].label(f"{table.name}_{name}") for name in _PLACED]


_OWN = _HOME.scalar_subquery().label("own")
_AT_HOME = Prepared(
    sa.select(*_placed(_household), _OWN, *ledger_columns(_household.c.county_id)).where(
        _household.c.id == sa.bindparam("household")
    )
)
_AT_COUNTER = Prepared(
    sa.select(
        *_placed(_household), *_placed(_station), _station.c.closed_on, _OWN, *ledger_columns(_station.c.county_id)
    ).where(_household.c.id == sa.bindparam("household"), _station.c.id == sa.bindparam("station"))
)
