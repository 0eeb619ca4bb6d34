"""Organisations as reads: the tree of a county, units by level and name, and where an actor's home lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.orgs import Level, OrgName, OrgUnit
from models.prepared import Prepared
from queries.scope import covers, in_scope

LOOKUP_MAX = 50
TREE_MAX = 5_000
# What may hang under what. A village's own departments do not exist; studios may sit anywhere.
PARENTS: dict[Level, frozenset[Level]] = {
    Level.COUNTY: frozenset(),
    Level.TOWNSHIP: frozenset({Level.COUNTY}),
    Level.VILLAGE: frozenset({Level.TOWNSHIP}),
    Level.DEPARTMENT: frozenset({Level.COUNTY, Level.TOWNSHIP}),
    Level.COMMITTEE: frozenset({Level.COUNTY, Level.TOWNSHIP, Level.VILLAGE}),
    Level.STUDIO: frozenset({Level.COUNTY, Level.TOWNSHIP, Level.VILLAGE}),
}
ORDER = {level: position for position, level in enumerate(Level)}
_NAMED = Prepared(
    sa.select(OrgUnit.id.label("org_id"), OrgUnit.name, OrgUnit.county_id, OrgUnit.town_id, OrgUnit.village_id).where(
        OrgUnit.id == sa.bindparam("id")
    )
)


def county_of(actor: Actor, permission: str) -> int:
    """Return the county in which an actor holds a permission; 0 where there is none, which every act refuses."""
    return next((grant.county_id for grant in actor.grants_for(permission)), 0)


def org_tree(actor: Actor, permission: str = "org:list", *, where: Any = None) -> list[tuple[int, OrgUnit]]:
    """Return (depth, unit) of the units an actor may see: county, township by township, then its other units."""
    query = sa.select(OrgUnit).where(in_scope(OrgUnit, actor, permission))
    if where is not None:
        query = query.where(where)
    rows = db.session.scalars(query.order_by(OrgUnit.code).limit(TREE_MAX)).all()
    shown = {row.id for row in rows}
    children: dict[int | None, list[OrgUnit]] = {}
    for row in sorted(rows, key=lambda unit: (ORDER[Level(unit.level)], unit.code)):
        children.setdefault(row.parent_id if row.parent_id in shown else None, []).append(row)
    return list(_walk(children, None, 0))


def _walk(children: dict[int | None, list[OrgUnit]], parent: int | None, depth: int) -> Iterator[tuple[int, OrgUnit]]:
    for row in children.get(parent, ()):
        yield depth, row
        yield from _walk(children, row.id, depth + 1)


def find_orgs(
    actor: Actor, *, text: str = "", level: str = "", permission: str = "org:list", on: date | None = None
) -> Sequence[OrgUnit]:
    """Return at most 50 units of the scope whose name, pinyin or code matches, in the order of the tree."""
    query = sa.select(OrgUnit).where(in_scope(OrgUnit, actor, permission))
    if level:
        query = query.where(OrgUnit.level == level)
    if on is not None:
        query = query.where(sa.or_(OrgUnit.valid_to.is_(None), OrgUnit.valid_to > on))
    if text:
        query = query.where(matches(text))
    return db.session.scalars(query.order_by(OrgUnit.town_id, OrgUnit.pinyin, OrgUnit.id).limit(LOOKUP_MAX)).all()


def matches(text: str) -> sa.ColumnElement[bool]:
    """Return the condition for units with this in their present or an earlier name, their pinyin or their code."""
    earlier = sa.select(OrgName.org_id).where(OrgName.name.contains(text, autoescape=True))
    return sa.or_(
        OrgUnit.name.contains(text, autoescape=True),
        OrgUnit.pinyin.contains(text.lower().replace(" ", ""), autoescape=True),
        OrgUnit.code == text,
        OrgUnit.id.in_(earlier),
    )


def villages(actor: Actor, permission: str, *, on: date) -> Sequence[OrgUnit]:
    """Return the villages in use that lie in an actor's scope, township by township."""
    query = sa.select(OrgUnit).where(
        in_scope(OrgUnit, actor, permission),
        OrgUnit.level == Level.VILLAGE,
        sa.or_(OrgUnit.valid_to.is_(None), OrgUnit.valid_to > on),
    )
    return db.session.scalars(query.order_by(OrgUnit.town_id, OrgUnit.pinyin, OrgUnit.id)).all()


def children_of(org: OrgUnit, *, open_on: date | None = None) -> Sequence[OrgUnit]:
    """Return the units directly under one; with `open_on`, only those still in use that day."""
    query = sa.select(OrgUnit).where(OrgUnit.parent_id == org.id)
    if open_on is not None:
        query = query.where(sa.or_(OrgUnit.valid_to.is_(None), OrgUnit.valid_to > open_on))
    return db.session.scalars(query.order_by(OrgUnit.code)).all()


def counties() -> list[OrgUnit]:
    """Return all counties of the installation, by code: for operators, who have no scope."""
    return list(db.session.scalars(sa.select(OrgUnit).where(OrgUnit.level == Level.COUNTY).order_by(OrgUnit.code)))


def code_taken(code: str, *, apart_from: int | None = None) -> bool:
    query = sa.select(OrgUnit.id).where(OrgUnit.code == code, OrgUnit.id != (apart_from or 0))
    return db.session.scalar(query) is not None


def name_on(org: OrgUnit, day: date) -> str:
    """Return the name a unit carried on a day: documents of that day are printed with it."""
    for past in org.names:
        if past.valid_from <= day and (past.valid_to is None or day < past.valid_to):
            return past.name
    return org.name


def towns(actor: Actor, permission: str = "org:list") -> Sequence[OrgUnit]:
    """Return the townships in an actor's scope, by code."""
    query = sa.select(OrgUnit).where(in_scope(OrgUnit, actor, permission), OrgUnit.level == Level.TOWNSHIP)
    return db.session.scalars(query.order_by(OrgUnit.code)).all()


def town_names(actor: Actor, permission: str) -> dict[int, str]:
    """Return the names of the townships that the villages of a scope lie in, by id."""
    inside = sa.select(OrgUnit.town_id).where(in_scope(OrgUnit, actor, permission), OrgUnit.level == Level.VILLAGE)
    rows = db.session.execute(sa.select(OrgUnit.id, OrgUnit.name).where(OrgUnit.id.in_(inside)))
    return {ident: name for ident, name in rows}  # noqa: C416 - a row is no pair to the type checker


def unit_names(ids: Iterable[int]) -> dict[int, str]:
    """Return the present names of units by id."""
    rows = db.session.execute(sa.select(OrgUnit.id, OrgUnit.name).where(OrgUnit.id.in_(set(ids))))
    return {ident: name for ident, name in rows}  # noqa: C416


def unit_name_in_scope(ident: int, actor: Actor, permission: str) -> str | None:
    """Return the name of a unit, of a closed one too; None where the actor may not do this there."""
    row = _NAMED.first(id=ident)
    return row.name if row is not None and covers(actor, permission, row) else None


def units_below(ids: Iterable[int], level: str | None) -> list[int]:
    """Return the ids of the units of a level (or of any) that lie in some townships or counties."""
    wanted = set(ids)
    query = sa.select(OrgUnit.id).where(
        sa.or_(OrgUnit.town_id.in_(wanted), OrgUnit.county_id.in_(wanted)), OrgUnit.id.not_in(wanted)
    )
    if level:
        query = query.where(OrgUnit.level == level)
    return list(db.session.scalars(query.order_by(OrgUnit.id)))
