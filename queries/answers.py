"""What the engine needs to know of the house while it reads answers: the user, organisations, files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext

from engine.context import Context
from models.access import Actor, Grant
from models.base import db
from models.files import File
from models.orgs import Level, OrgUnit
from models.people import Household
from queries.people import person_in_scope
from queries.scope import OWN_UNIT_LEVELS, in_scope

LARGEST_ID = 2**31 - 1  # of an organisation: PostgreSQL fails on more instead of finding nothing


def context_for(
    actor: Actor,
    *,
    today: date,
    locale: str = "zh_Hans_CN",
    previous: Mapping[str, Any] | None = None,
    query: Mapping[str, Any] | None = None,
    earlier: Mapping[str, Any] | None = None,
    permission: str = "record:create",
) -> Context:
    """Build the engine's context: organisations are allowed only inside the actor's scope for the permission."""
    home = actor.home
    user = {
        "id": actor.user_id,
        "name": actor.name,
        "org": home.org_id if home else None,
        "county": home.county_id if home else None,
        "town": home.town_id if home else None,
        "village": home.village_id if home else None,
    }

    def org_allowed(org_id: int, level: str | None) -> bool:
        if not 0 < org_id <= LARGEST_ID:
            return False
        in_use = sa.or_(OrgUnit.valid_to.is_(None), OrgUnit.valid_to > today)
        query = sa.select(OrgUnit.level).where(OrgUnit.id == org_id, in_use, offered(actor, permission))
        found = db.session.scalar(query)
        return found is not None and level in (None, found)

    def file_known(uid: str) -> bool:
        return db.session.scalar(sa.select(File.id).where(File.uid == uid)) is not None

    @cache
    def person_name(of: str, ident: int) -> str | None:
        known = person_in_scope(of, ident, actor)
        return f"{known.code} {known.head_name}" if isinstance(known, Household) else known.name if known else None

    return Context(
        today=today,
        user=user,
        org_name=org_name,
        org_allowed=org_allowed,
        file_known=file_known,
        person_name=person_name,
        previous=previous or {},
        query=query or {},
        earlier=earlier or {},
        locale=locale,
        translate=gettext,
    )


def org_name(org_id: int) -> str | None:
    """Return a unit's present name, or None."""
    unit = _unit(org_id)
    return unit.name if unit else None


def offered(actor: Actor, permission: str) -> sa.ColumnElement[bool]:
    """Return the condition for the units that an actor may put on a record.

    Besides the scope: people of a department, committee or studio name the place where it happened, anywhere in the
    village, township or county that their unit serves. The record stays their unit's own (services/records.py).
    """
    served = [
        getattr(OrgUnit, column) == ident
        for grant in actor.grants_for(permission)
        if grant.level in OWN_UNIT_LEVELS
        for column, ident in (_serves(grant),)
    ]
    place = OrgUnit.level.in_((Level.VILLAGE, Level.TOWNSHIP))
    return sa.or_(in_scope(OrgUnit, actor, permission), *(sa.and_(place, one) for one in served))


def _serves(grant: Grant) -> tuple[str, int]:
    if grant.village_id:
        return "village_id", grant.village_id
    return ("town_id", grant.town_id) if grant.town_id else ("county_id", grant.county_id)


def org_choices(actor: Actor, level: str | None, permission: str = "record:create") -> list[OrgUnit]:
    """Return the units of a level that the actor may put on a record, by township and pinyin."""
    query = sa.select(OrgUnit).where(offered(actor, permission), OrgUnit.valid_to.is_(None))
    if level:
        query = query.where(OrgUnit.level == level)
    return list(db.session.scalars(query.order_by(OrgUnit.town_id, OrgUnit.pinyin, OrgUnit.id)))


def _unit(org_id: int) -> OrgUnit | None:
    return db.session.get(OrgUnit, org_id) if 0 < org_id <= LARGEST_ID else None


def org_options(actor: Actor, level: str | None, permission: str) -> list[tuple[int, str]]:
    """Return (id, name) of the same units as org_choices, for menus: two hundred rows need no objects."""
    query = sa.select(OrgUnit.id, OrgUnit.name).where(in_scope(OrgUnit, actor, permission), OrgUnit.valid_to.is_(None))
    if level:
        query = query.where(OrgUnit.level == level)
    rows = db.session.execute(query.order_by(OrgUnit.town_id, OrgUnit.pinyin, OrgUnit.id))
    return [(ident, name) for ident, name in rows]
