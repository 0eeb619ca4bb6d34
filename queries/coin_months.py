"""The months of a county's coin ledger: which are closed, which is the next to be, what of it is still under way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from models.accounts import User
from models.base import db
from models.claims import ClaimState, CoinClaim
from models.coin_figures import CoinMonth
from models.coins import CoinHold, CoinJournal, CoinPeriod, HoldState
from models.orgs import OrgUnit
from models.points_drafts import PointsDraft
from models.stations import CoinStation
from queries.coin_figures import Flows
from queries.periods import days_of_month, month_before

SEE, CLOSE = "coin:months", "coin:close"


@dataclass(frozen=True)
class Closing:
    """A closing and the name of whoever did it; no name where an operator's command did."""

    period: CoinPeriod
    by: str | None


@dataclass(frozen=True)
class Month:
    """A month with journals, or one that is closed or may be. A later closing may have closed it, too."""

    ym: str
    flows: Flows
    closing: Closing | None


@dataclass(frozen=True)
class Waiting:
    """How much of a month, or of an earlier one, is not finished."""

    undecided: int  # claims before review or approval
    on_notice: int
    contested: int
    held: int  # vouchers that nobody has fetched
    unsaved: int  # daily tables: sealed, so of any month


def coin_months(county_id: int, today: date) -> tuple[list[Month], str | None]:
    """Return the months of a county, newest first, and the one that can be closed next, where there is one."""
    flows, closings = _flows(county_id), _closings(county_id)
    following = _following(min(flows, default=None), closings[-1].period.ym if closings else None, f"{today:%Y-%m}")
    known = {*flows, *(one.period.ym for one in closings), *([following] if following else [])}
    months = [
        Month(ym, flows.get(ym, Flows()), next((one for one in closings if one.period.ym >= ym), None))
        for ym in sorted(known, reverse=True)
    ]
    return months, following


def waiting(county_id: int, ym: str) -> Waiting:
    """Count what was done or set aside until the end of a month and is still under way."""
    _first, last = days_of_month(ym)
    states = sa.select(CoinClaim.state, sa.func.count()).where(
        CoinClaim.county_id == county_id, CoinClaim.done_on <= last,
        CoinClaim.state.in_((ClaimState.FILED, ClaimState.AGREED, ClaimState.NOTICE, ClaimState.CONTESTED)),
    )  # fmt: skip
    found: dict[str, int] = {state: n for state, n in db.session.execute(states.group_by(CoinClaim.state))}  # noqa: C416
    held = (
        sa.select(sa.func.count())
        .select_from(CoinHold)
        .join(CoinStation, CoinStation.id == CoinHold.station_id)
        .join(CoinJournal, CoinJournal.id == CoinHold.id)
        .where(CoinHold.state == HoldState.OPEN, CoinStation.county_id == county_id, CoinJournal.effective_on <= last)
    )
    unsaved = (
        sa.select(sa.func.count())
        .select_from(PointsDraft)
        .join(OrgUnit, OrgUnit.id == PointsDraft.village_id)
        .where(OrgUnit.county_id == county_id)
    )
    return Waiting(
        undecided=found.get(ClaimState.FILED, 0) + found.get(ClaimState.AGREED, 0),
        on_notice=found.get(ClaimState.NOTICE, 0),
        contested=found.get(ClaimState.CONTESTED, 0),
        held=db.session.scalar(held) or 0,
        unsaved=db.session.scalar(unsaved) or 0,
    )


def _following(earliest: str | None, last: str | None, now: str) -> str | None:
    """Return the month behind the last closed one, or the earliest one with journals; None while it runs."""
    following = month_before(last, -1) if last else earliest
    return following if following and following < now else None


def _flows(county_id: int) -> dict[str, Flows]:
    query = sa.select(CoinMonth.month, CoinMonth.flow, sa.func.sum(CoinMonth.n), sa.func.sum(CoinMonth.coins)).where(
        CoinMonth.county_id == county_id
    )
    n: dict[str, dict[str, int]] = {}
    coins: dict[str, dict[str, int]] = {}
    for month, flow, times, total in db.session.execute(query.group_by(CoinMonth.month, CoinMonth.flow)):
        n.setdefault(month, {})[flow], coins.setdefault(month, {})[flow] = int(times), int(total)
    return {month: Flows(n[month], coins[month]) for month in n}


def _closings(county_id: int) -> list[Closing]:
    query = sa.select(CoinPeriod, User.name).outerjoin(User, User.id == CoinPeriod.closed_by)
    rows = db.session.execute(query.where(CoinPeriod.county_id == county_id).order_by(CoinPeriod.ym))
    return [Closing(period, name) for period, name in rows]
