"""The units by which statistics are told: those of a reader's scope, what lies below them, what a page narrows to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.orgs import Level, OrgUnit
from queries.scope import slices

COUNTED = (Level.COUNTY, Level.TOWNSHIP, Level.VILLAGE)  # a department or studio has no counters

LARGEST_ID = 2**31 - 1


@dataclass(frozen=True)
class Unit:
    id: int
    name: str
    level: str


def place_asked(asked: Mapping[str, str]) -> int | None:
    """Read which unit an address asks for; None where that is none."""
    place = asked.get("place", "")
    return int(place) if place.isascii() and place.isdecimal() and int(place) <= LARGEST_ID else None


def units_of(reader: Actor, permission: str, counties: Iterable[int]) -> list[Unit]:
    """Return the parts of a reader's scope that have counters, by code."""
    ids = [
        one.id for county in counties for one in slices(reader, permission, county_id=county) if one.column != "org_id"
    ]
    return _units(OrgUnit.id.in_(ids))


def narrowed(units: list[Unit], place_id: int | None) -> list[Unit]:
    """Return the one place asked for, where it lies inside the units; else the units."""
    if place_id is None:
        return units
    found = _units(OrgUnit.id == place_id, _inside(units), OrgUnit.level.in_(COUNTED))
    return found or units


def units_below(units: list[Unit]) -> list[Unit]:
    """Return the rows of a table by organisation: what lies below the one unit, or the several."""
    if len(units) != 1:
        return units
    (place,) = units
    below = {
        Level.COUNTY: (OrgUnit.county_id == place.id, OrgUnit.level == Level.TOWNSHIP),
        Level.TOWNSHIP: (OrgUnit.town_id == place.id, OrgUnit.level == Level.VILLAGE),
    }.get(Level(place.level))
    return _units(*below) if below else units


def places_in(units: Sequence[Unit]) -> list[Unit]:
    """Return what a reader of some units may narrow a page to: these units and the townships in them."""
    ids = [unit.id for unit in units]
    return _units(_inside(units), sa.or_(OrgUnit.level.in_((Level.COUNTY, Level.TOWNSHIP)), OrgUnit.id.in_(ids)))


def _inside(units: Sequence[Unit]) -> sa.ColumnElement[bool]:
    ids = [unit.id for unit in units]
    return sa.or_(*(column.in_(ids) for column in (OrgUnit.county_id, OrgUnit.town_id, OrgUnit.village_id)))


def _units(*where: Any) -> list[Unit]:
    query = sa.select(OrgUnit.id, OrgUnit.name, OrgUnit.level).where(*where).order_by(OrgUnit.code)
    return [Unit(ident, name, level) for ident, name, level in db.session.execute(query)]
