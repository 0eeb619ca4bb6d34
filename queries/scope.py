"""Row scope: the one place where an actor's grants become conditions on rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar

import sqlalchemy as sa

from models.access import Actor, Grant, Role
from models.base import Base, db, table_of
from models.orgs import Level, OrgUnit
from models.prepared import Prepared, entity

T = TypeVar("T", bound=Base)
OWN_UNIT_LEVELS = frozenset({Level.DEPARTMENT, Level.COMMITTEE, Level.STUDIO})
# What each permission asks of a form's `access`: whoever may not list its records may not treat them otherwise.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "record:list": ("list",),
    "record:create": ("create",),
    "record:edit": ("list", "edit"),
    "record:delete": ("list", "delete"),
    "record:export": ("list", "export"),
    "record:reveal": ("list", "reveal"),
    "record:history": ("list",),
    "record:comment": ("list",),
    "record:import": ("list", "create"),
}


def limited(actor: Actor, access: Mapping[str, tuple[str, ...]]) -> Actor:
    """Return the actor as one form sees them by its `access`: every scope function then narrows by that too.

    A form only takes away: what the permission map does not give, no form can give.
    """
    if actor.system or not access:
        return actor
    limits = {
        permission: frozenset.intersection(*(_allowed(access.get(act)) for act in acts))
        for permission, acts in NEEDED.items()
    }
    return replace(actor, limits=limits)


def _allowed(named: tuple[str, ...] | None) -> frozenset[str]:
    return frozenset(Role) if named is None else frozenset(named)


def in_scope(model: type[Base], actor: Actor, permission: str) -> sa.ColumnElement[bool]:
    """Return the condition that keeps the rows an actor may treat so.

    Rows with county, town and village are kept by equality on the level of each grant; a department, committee or
    studio sees the rows that name it as owning unit. Rows with only county_id (forms, categories, settings) are kept
    for everybody of that county. Nothing granted means no row.
    """
    return _kept(model, None if actor.system else actor.grants_for(permission), actor.forms)


def _kept(model: type[Base], grants: tuple[Grant, ...] | None, forms: frozenset[int] | None) -> sa.ColumnElement[bool]:
    """Return the condition for these grants, None for the system's own, and a program's forms, None for all."""
    if grants is None:
        return sa.true()
    place = _in_place(model, grants)
    form = _form_id(model)
    return place if forms is None or form is None else sa.and_(place, form.in_(sorted(forms)))


def _form_id(thing: Any) -> Any:
    """Return the column (or value) that names the form of a model (or row); None where forms do not matter."""
    return thing.id if getattr(thing, "__tablename__", "") == "form" else getattr(thing, "form_id", None)


def _in_place(model: type[Base], grants: tuple[Grant, ...]) -> sa.ColumnElement[bool]:
    if not hasattr(model, "town_id"):
        return _any_of([model.county_id.in_({g.county_id for g in grants})] if grants else [])  # type: ignore[attr-defined]
    clauses = []
    for level, column in ((Level.COUNTY, "county_id"), (Level.TOWNSHIP, "town_id"), (Level.VILLAGE, "village_id")):
        ids = sorted({g.org_id for g in grants if g.level == level})
        if ids:
            clauses.append(getattr(model, column).in_(ids) if len(ids) > 1 else getattr(model, column) == ids[0])
    units = sorted({g.org_id for g in grants if g.level in OWN_UNIT_LEVELS})
    owner = model.id if model is OrgUnit else getattr(model, "org_id", None)
    if units and owner is not None:  # counters carry no owning unit: nothing of them is shown to a lone unit
        clauses.append(owner.in_(units))
    return _any_of(clauses)


def covers(actor: Actor, permission: str, row: Any) -> bool:
    """Tell whether one loaded row lies in the scope; the same rule as in_scope, in Python."""
    if actor.system:
        return True
    if actor.forms is not None and _form_id(row) not in {None, *actor.forms}:
        return False
    return any(_grant_covers(grant, row) for grant in actor.grants_for(permission))


def get_in_scope(model: type[T], ident: Any, actor: Actor, permission: str) -> T | None:
    """Fetch one object by primary key, or None where it is missing or outside the scope (the caller says 404)."""
    found = row_in_scope(model, ident, actor, permission)
    return None if found is None else entity(model, found)


def row_in_scope(model: type[Base], ident: Any, actor: Actor, permission: str) -> Any | None:
    """Fetch the same as a row, for who only looks at its columns."""
    db.session.flush()  # a row that an act has made is there too
    return _one(model, None if actor.system else actor.grants_for(permission), actor.forms).first(ident=ident)


@lru_cache(1024)
def _one(model: type[Base], grants: tuple[Grant, ...] | None, forms: frozenset[int] | None) -> Prepared:
    """Return the question for one row that these grants reach: put together once for as long as a user holds them."""
    table = table_of(model)
    key = sa.inspect(model).primary_key[0]
    return Prepared(sa.select(*table.c).where(key == sa.bindparam("ident"), _kept(model, grants, forms)))


def _grant_covers(grant: Grant, row: Any) -> bool:
    if not hasattr(row, "town_id"):
        return bool(row.county_id == grant.county_id)
    if grant.level in OWN_UNIT_LEVELS:
        return bool((row.id if isinstance(row, OrgUnit) else getattr(row, "org_id", None)) == grant.org_id)
    column = {Level.COUNTY: "county_id", Level.TOWNSHIP: "town_id", Level.VILLAGE: "village_id"}[grant.level]
    return bool(getattr(row, column) == grant.org_id)


def _any_of(clauses: list[sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
    if not clauses:
        return sa.false()
    return clauses[0] if len(clauses) == 1 else sa.or_(*clauses)


@dataclass(frozen=True, slots=True)
class Slice:
    """One disjoint part of a scope: rows whose `column` equals `id`; town_id narrows the side index of records."""

    column: str
    id: int
    town_id: int | None = None


def slices(actor: Actor, permission: str, *, county_id: int) -> tuple[Slice, ...]:
    """Return the same scope as in_scope for rows of one county, as equalities that an index can walk one by one.

    Parts that lie inside another part are left out. A unit's own rows may also lie in a place of the actor's, so a
    reader of several slices drops rows met twice.
    """
    whole = (Slice("county_id", county_id),)
    grants = actor.grants_for(permission)
    if actor.system or any(g.level == Level.COUNTY and g.org_id == county_id for g in grants):
        return whole
    here = [g for g in grants if g.county_id == county_id]
    towns = sorted({g.org_id for g in here if g.level == Level.TOWNSHIP})
    villages = sorted({(g.org_id, g.town_id) for g in here if g.level == Level.VILLAGE and g.town_id not in towns})
    units = sorted({g.org_id for g in here if g.level in OWN_UNIT_LEVELS})
    return (
        *(Slice("town_id", town, town) for town in towns),
        *(Slice("village_id", village, town) for village, town in villages),
        *(Slice("org_id", unit) for unit in units),
    )
