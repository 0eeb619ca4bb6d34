"""What of the coins waits for somebody today: claims, unsaved tables, vouchers, goods that run out, one's own purse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from models.access import Actor, Role
from models.base import db
from models.claims import ClaimState, CoinClaim
from models.coins import CoinHold, HoldState
from models.points_drafts import PointsDraft
from models.stations import CoinGood, CoinStation, CoinStock
from queries.claims import APPROVE, REVIEW, WAITING, counts
from queries.purses import own_household, purse_of
from queries.scope import in_scope

CONTESTED, APPEALED, UNSAVED, FETCH, LOW, OWN = "contested", "appealed", "unsaved", "fetch", "low", "own"


@dataclass(frozen=True)
class Work:
    """One line: what kind, how many, and for vouchers and goods which station."""

    kind: str
    count: int
    station: CoinStation | None = None
    draft: PointsDraft | None = None


def coin_work(actor: Actor) -> list[Work]:
    """Return what waits for the actor, in the order in which it is done."""
    return [*_claims(actor), *_tables(actor), *_vouchers(actor), *_goods(actor), *_own(actor)]


def _claims(actor: Actor) -> Iterator[Work]:
    may_review, may_approve = actor.can("claim:review"), actor.can("claim:approve")
    if not (may_review or may_approve):
        return
    found = counts(actor)
    township = any(grant.role == Role.TOWNSHIP_OFFICIAL for grant in actor.grants)
    if may_approve:
        mine = in_scope(CoinClaim, actor, "claim:approve")
        for kind, waits in (
            (CONTESTED, CoinClaim.state == ClaimState.CONTESTED),
            (APPEALED, sa.and_(CoinClaim.state == ClaimState.FILED, CoinClaim.appealed)),
        ):
            found[kind] = db.session.scalar(sa.select(sa.func.count()).where(waits, mine)) or 0
    shown = (
        (REVIEW, may_review), (APPROVE, may_approve), (CONTESTED, may_approve), (APPEALED, township),
        (WAITING, may_approve),
    )  # fmt: skip
    yield from (Work(kind, found[kind]) for kind, may in shown if may and found[kind])


def _tables(actor: Actor) -> Iterator[Work]:
    if actor.user_id is None or not actor.can("claim:file"):
        return
    query = sa.select(PointsDraft).where(PointsDraft.user_id == actor.user_id).order_by(PointsDraft.updated_at.desc())
    for draft in db.session.scalars(query.limit(3)):
        yield Work(UNSAVED, 1, draft=draft)


def _vouchers(actor: Actor) -> Iterator[Work]:
    """Count what was reserved and waits at a counter of one's own; the sweep of each minute voids what has lapsed."""
    if not actor.can("coin:redeem"):
        return
    query = (
        sa.select(CoinStation, sa.func.count())
        .join(CoinHold, CoinHold.station_id == CoinStation.id)
        .where(
            CoinHold.state == HoldState.OPEN,
            CoinStation.closed_on.is_(None),
            in_scope(CoinStation, actor, "coin:redeem"),
        )
        .group_by(CoinStation.id)
        .order_by(CoinStation.id)
    )
    for station, count in db.session.execute(query):
        yield Work(FETCH, count, station=station)


def _goods(actor: Actor) -> Iterator[Work]:
    if not actor.can("stock:move"):
        return
    low = sa.and_(CoinStock.low_at > 0, CoinStock.on_hand - CoinStock.reserved <= CoinStock.low_at)
    query = (
        sa.select(CoinStation, sa.func.count())
        .join(CoinStock, CoinStock.station_id == CoinStation.id)
        .join(CoinGood, CoinGood.id == CoinStock.good_id)
        .where(low, CoinGood.on_sale, CoinStation.closed_on.is_(None), in_scope(CoinStation, actor, "stock:move"))
        .group_by(CoinStation.id)
        .order_by(CoinStation.id)
    )
    for station, count in db.session.execute(query):
        yield Work(LOW, count, station=station)


def _own(actor: Actor) -> Iterator[Work]:
    home = own_household(actor) if actor.can("own:coins") else None
    if home is not None:
        purse = purse_of(home)
        yield Work(OWN, purse.available)
