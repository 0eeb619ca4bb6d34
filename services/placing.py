"""Where a record lies: the place its answers name, and the unit that owns it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from engine.definition import Definition
from models.access import Actor, Grant
from models.records import Record
from queries.answers import PLACES, unit_at
from queries.scope import OWN_UNIT_LEVELS
from services.access import require
from services.refusals import Refusal


class NoPlace(Refusal):
    """Neither the answers nor the actor's role tell where the record lies."""

    message = _l("无法确定这条记录属于哪个村（社区）。请填写所在村（社区），或联系县中心管理员为您设置单位。")


def named_unit(asked: Definition, values: Mapping[str, Any]) -> Any | None:
    """Return the columns of the village or township that the answers name first."""
    for item in asked.items:
        if item.type == "org" and item.config.get("level") in PLACES and item.fid in values:
            return unit_at(values[item.fid])
    return None


def lay(record: Record, unit: Any | None, *, actor: Actor, county_id: int) -> None:
    """Give a new record its place: the unit it names, else the unit of the role that lets the actor enter it.

    A department, committee or studio owns what its people enter, so that they see it again wherever it happened.
    """
    grants = [grant for grant in actor.grants_for("record:create") if grant.county_id == county_id]
    owner = next((grant for grant in grants if grant.level in OWN_UNIT_LEVELS), None)
    if unit is not None and any(_holds(grant, unit) for grant in grants):
        owner = None
    place = unit or owner or (grants[0] if grants else None)
    if place is None or place.county_id != county_id:
        raise NoPlace
    record.county_id, record.town_id, record.village_id = county_id, place.town_id, place.village_id
    record.org_id = owner.org_id if owner else unit.id if unit is not None else grants[0].org_id


def _holds(grant: Grant, unit: Any) -> bool:
    return grant.org_id in (unit.county_id, unit.town_id, unit.village_id)


def move(record: Record, unit: Any | None, *, actor: Actor) -> None:
    """Follow a corrected place. Whoever moves a record must be allowed to edit it there too."""
    if unit is None or (record.town_id, record.village_id) == (unit.town_id, unit.village_id):
        return
    if unit.county_id != record.county_id:
        raise NoPlace
    own = record.org_id not in (record.county_id, record.town_id, record.village_id)
    record.town_id, record.village_id = unit.town_id, unit.village_id
    record.org_id = record.org_id if own else unit.id
    require(actor, "record:edit", record)
