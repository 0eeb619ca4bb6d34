"""The units by which statistics are told: those of a reader's scope, what lies below them, what a page narrows to."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.orgs import Level, OrgUnit
from models.prepared import Prepared, many, numbered
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
    return _told(_by_ids(len(ids)).all(**numbered(ids)))


def narrowed(units: list[Unit], place_id: int | None) -> list[Unit]:
    """Return the one place asked for, where it lies inside the units; else the units."""
    if place_id is None:
        return units
    ids = many(len(units))
    query = _query(OrgUnit.id == place_id, _inside(ids), OrgUnit.level.in_(COUNTED))
    found = _told(db.session.execute(query, numbered([unit.id for unit in units])))
    return found or units


def units_below(units: list[Unit]) -> list[Unit]:
    """Return the rows of a table by organisation: what lies below the one unit, or the several."""
    if len(units) != 1:
        return units
    (place,) = units
    below = _BELOW.get(Level(place.level))
    return _told(below.all(unit=place.id)) if below else units


def places_in(units: Sequence[Unit]) -> list[Unit]:
    """Return what a reader of some units may narrow a page to: these units and the townships in them."""
    return _told(_within(len(units)).all(**numbered([unit.id for unit in units])))


def _query(*where: Any) -> sa.Select[Any, Any, Any]:
    return sa.select(OrgUnit.id, OrgUnit.name, OrgUnit.level).where(*where).order_by(OrgUnit.code)


# Every page of statistics asks these: put together once.
_BELOW = {
    Level.COUNTY: Prepared(_query(OrgUnit.county_id == sa.bindparam("unit"), OrgUnit.level == Level.TOWNSHIP)),
    Level.TOWNSHIP: Prepared(_query(OrgUnit.town_id == sa.bindparam("unit"), OrgUnit.level == Level.VILLAGE)),
}


@functools.cache
def _by_ids(number: int) -> Prepared:
    return Prepared(_query(OrgUnit.id.in_(many(number))))


@functools.cache
def _within(number: int) -> Prepared:
    """Return the query for so many units and the counties and townships in them."""
    ids = many(number)
    wide = (OrgUnit.level == level for level in (Level.COUNTY, Level.TOWNSHIP))
    return Prepared(_query(_inside(ids), sa.or_(*wide, OrgUnit.id.in_(ids))))


def _inside(ids: Sequence[Any]) -> sa.ColumnElement[bool]:
    return sa.or_(*(column.in_(ids) for column in (OrgUnit.county_id, OrgUnit.town_id, OrgUnit.village_id)))


def _told(rows: Iterable[Any]) -> list[Unit]:
    return [Unit(ident, name, level) for ident, name, level in rows]
