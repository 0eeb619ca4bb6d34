"""Coins that moved between the county and its villages or stations: what was allotted, what was settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from models.access import Actor
from models.base import db
from models.coins import AccountKind, CoinAccount, CoinJournal, CoinLine, JournalKind
from models.orgs import OrgUnit
from models.stations import CoinStation
from queries.budgets import days_of
from queries.scope import in_scope

ALLOT, SETTLE = "coin:allot", "coin:settle"
PAGE = 50
LATEST = 10
_KINDS = {ALLOT: JournalKind.ALLOT, SETTLE: JournalKind.SETTLE}
_OF_UNITS = (AccountKind.BUDGET, AccountKind.STATION)


@dataclass(frozen=True)
class UnitJournal:
    """One allotment or settlement: of which village or station, how many coins, and what took it back."""

    journal: CoinJournal
    name: str
    amount: int
    taken_back: CoinJournal | None
    station_id: int | None = None


def allotments(
    actor: Actor, quarter: str, *, town_id: int | None = None, before: int | None = None
) -> tuple[Sequence[UnitJournal], int | None]:  # fmt: skip
    """Return one page of a quarter's allotments that the actor may take back, newest first; of one township if asked.

    With it comes the number of the journal before which older ones stand, None on the last page. Raises ValueError on
    anything but a quarter.
    """
    where = [in_scope(CoinJournal, actor, ALLOT), CoinJournal.effective_on.between(*days_of(quarter))]
    if town_id is not None:
        where.append(CoinJournal.town_id == town_id)
    if before is not None:
        where.append(CoinJournal.id < before)
    found = _read(JournalKind.ALLOT, *where, most=PAGE + 1)
    return found[:PAGE], found[PAGE - 1].journal.id if len(found) > PAGE else None


def settlements(station: CoinStation) -> Sequence[UnitJournal]:
    """Return the last settlements of a station, newest first. The station itself must have been read in scope."""
    return _read(JournalKind.SETTLE, CoinAccount.station_id == station.id, most=LATEST)


def unit_journal(uid: str, actor: Actor, permission: str) -> UnitJournal | None:
    """Return one that the actor may take back: an allotment by "coin:allot", a settlement by "coin:settle"."""
    where = (CoinJournal.uid == uid, in_scope(CoinJournal, actor, permission))
    return next(iter(_read(_KINDS[permission], *where, most=1)), None)


def _read(kind: JournalKind, *where: Any, most: int) -> list[UnitJournal]:
    """Read journals of one kind; each has one line, between the county and a village's budget or a station."""
    back = aliased(CoinJournal)
    name = sa.func.coalesce(CoinStation.name, OrgUnit.name)
    query = (
        sa.select(CoinJournal, name, CoinLine.amount, back, CoinStation.id)
        .join(CoinLine, CoinLine.journal_id == CoinJournal.id)
        .join(CoinAccount, CoinAccount.id.in_((CoinLine.from_id, CoinLine.to_id)))
        .outerjoin(CoinStation, CoinStation.id == CoinAccount.station_id)
        .outerjoin(OrgUnit, OrgUnit.id == CoinAccount.village_id)
        .outerjoin(back, back.reverses == CoinJournal.id)
        .where(CoinJournal.kind == kind, CoinAccount.kind.in_(_OF_UNITS), *where)
        .order_by(CoinJournal.id.desc())
        .limit(most)
    )
    rows = db.session.execute(query)
    return [UnitJournal(made, called or "", int(amount), undone, at) for made, called, amount, undone, at in rows]
