"""Stations as reads: which an actor may use, what one took in, what happened there last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.coins import AccountKind, CoinAccount, CoinJournal, CoinLine, JournalKind
from models.people import Household
from models.stations import CoinStation
from queries.scope import get_in_scope, in_scope

LARGEST_ID = 2**31
LATEST = 10


def station_code_taken(county_id: int, code: str) -> bool:
    query = sa.select(CoinStation.id).where(CoinStation.county_id == county_id, CoinStation.code == code)
    return db.session.scalar(query) is not None


def open_stations(actor: Actor, permission: str) -> list[CoinStation]:
    """Return the stations in use where an actor may do this."""
    query = sa.select(CoinStation).where(in_scope(CoinStation, actor, permission), CoinStation.closed_on.is_(None))
    return list(db.session.scalars(query.order_by(CoinStation.name, CoinStation.id)))


def station_in_scope(ident: int, actor: Actor, permission: str) -> CoinStation | None:
    return get_in_scope(CoinStation, ident, actor, permission) if 0 < ident < LARGEST_ID else None


def stations_of(household: Household) -> list[CoinStation]:
    """Return the stations in use where a household fetches goods: its village's, its township's."""
    here = sa.or_(
        CoinStation.village_id == household.village_id,
        sa.and_(CoinStation.village_id.is_(None), CoinStation.town_id == household.town_id),
    )
    query = sa.select(CoinStation).where(
        CoinStation.county_id == household.county_id, here, CoinStation.closed_on.is_(None)
    )
    return list(db.session.scalars(query.order_by(CoinStation.name, CoinStation.id)))


def till_of(station: CoinStation) -> int:
    """Return the coins that a station took in and that are not settled."""
    query = sa.select(CoinAccount.balance).where(
        CoinAccount.station_id == station.id, CoinAccount.kind == AccountKind.STATION
    )
    return int(db.session.scalar(query) or 0)


def handed_over(station: CoinStation) -> Sequence[Any]:
    """Return what was handed over last at a station, newest first: uid, at, amount, head's name, household code."""
    purse, till = sa.orm.aliased(CoinAccount), sa.orm.aliased(CoinAccount)
    query = (
        sa.select(CoinJournal.uid, CoinJournal.recorded_at, CoinLine.amount, Household.head_name, Household.code)
        .join(CoinLine, CoinLine.journal_id == CoinJournal.id)
        .join(till, till.id == CoinLine.to_id)
        .join(purse, purse.id == CoinLine.from_id)
        .join(Household, Household.id == purse.household_id)
        .where(till.station_id == station.id, CoinJournal.kind.in_([JournalKind.REDEEM, JournalKind.POST]))
    )
    return db.session.execute(query.order_by(CoinJournal.id.desc()).limit(LATEST)).all()
