"""Acts on stations: opened, renamed, closed. Nobody deletes one: its takings stand in the ledger."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db
from models.coins import AccountKind, CoinAccount, CoinHold, HoldState
from models.orgs import Level, OrgUnit
from models.stations import CoinStation, CoinStock
from queries.stations import station_code_taken
from services.access import require
from services.audit import changes, record_audit
from services.locking import advance, lock
from services.posting import open_ledger
from services.refusals import Refusal
from services.transaction import transaction

LEVELS = frozenset({Level.VILLAGE, Level.TOWNSHIP})


class StationRefused(Refusal):
    """A station that cannot be so; `field` says which answer is wrong."""

    def __init__(self, field: str, message: Any) -> None:
        self.field = field
        super().__init__(message)


@transaction
def create_station(unit: OrgUnit, *, code: str, name: str, opened_on: date, actor: Actor, at: datetime) -> CoinStation:
    """Open a station in a village or township. Raises StationRefused."""
    station = CoinStation(
        code=code, name=name, opened_on=opened_on, county_id=unit.county_id, town_id=unit.town_id,
        village_id=unit.village_id, org_id=unit.id, row_version=1,
    )  # fmt: skip
    require(actor, "station:manage", station)
    if unit.level not in LEVELS:
        raise StationRefused("org_id", _l("易站要设在村（社区）或乡镇（街道）。"))
    if station_code_taken(unit.county_id or 0, code):
        raise StationRefused("code", _l("这个站点编号已经有了，请换一个。"))
    db.session.add(station)
    after = {"code": code, "name": name, "opened_on": opened_on}
    record_audit("station:create", station, actor=actor, at=at, after=after)
    return station


@transaction
def change_station(station: CoinStation, *, name: str, row_version: int, actor: Actor, at: datetime) -> CoinStation:
    """Rename a station; its code stays, because its account in the ledger carries it. Raises Stale."""
    lock(station)
    require(actor, "station:manage", station)
    advance(station, row_version)
    station.name = name
    before, after = changes(station)
    record_audit("station:change", station, actor=actor, at=at, before=before, after=after)
    return station


@transaction
def close_station(
    station: CoinStation, *, closed_on: date, row_version: int, actor: Actor, at: datetime, today: date
) -> CoinStation:
    """Close a station that has nothing left: no goods, no vouchers, no coins to be settled. Raises StationRefused."""
    open_ledger()  # nothing is sold or held there between the look at what is left and the closing
    lock(station)
    require(actor, "station:manage", station)
    advance(station, row_version)
    if station.closed_on is not None:
        raise StationRefused("", _l("这个站点已经停用。"))
    if not station.opened_on <= closed_on <= today:
        raise StationRefused("closed_on", _l("停用日期不能早于启用日期，也不能晚于今天。"))
    _refuse_leftovers(station)
    station.closed_on = closed_on
    record_audit("station:close", station, actor=actor, at=at, after={"valid_to": closed_on})
    return station


def _refuse_leftovers(station: CoinStation) -> None:
    waiting = sa.select(CoinHold.id).where(CoinHold.station_id == station.id, CoinHold.state == HoldState.OPEN)
    if db.session.scalar(waiting.limit(1)) is not None:
        raise StationRefused("", _l("还有没领取的兑换券，等领取或过期以后再停用。"))
    taken = sa.select(CoinAccount.balance).where(
        CoinAccount.station_id == station.id, CoinAccount.kind == AccountKind.STATION
    )
    if coins := db.session.scalar(taken):
        raise StationRefused("", _l("站点还有 %(n)s 道德币没有结算，请乡镇先结算。", n=coins))
    left = sa.select(CoinStock.good_id).where(CoinStock.station_id == station.id, CoinStock.on_hand > 0)
    if db.session.scalar(left.limit(1)) is not None:
        raise StationRefused("", _l("站点还有库存，请先登记出库。"))
