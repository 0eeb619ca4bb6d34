"""What the engine needs to know of the house while it reads answers: the user, organisations, files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.orm import SessionTransaction

from engine.context import Context
from models.access import Actor, Grant
from models.base import db, table_of
from models.files import File
from models.orgs import Level, OrgUnit
from models.people import Household
from models.prepared import Prepared
from queries.people import person_in_scope
from queries.scope import OWN_UNIT_LEVELS, covers, in_scope

LARGEST_ID = 2**31 - 1  # of an organisation: PostgreSQL fails on more instead of finding nothing
PLACES = (Level.VILLAGE, Level.TOWNSHIP)
_org = table_of(OrgUnit)
_UNIT = Prepared(
    sa.select(
        *(_org.c[name] for name in ("id", "level", "name", "county_id", "town_id", "village_id", "valid_to")),
        _org.c.id.label("org_id"),  # a unit owns itself: so queries/scope.py reads it like any row
    ).where(_org.c.id == sa.bindparam("ident"))
)
_seen: WeakKeyDictionary[SessionTransaction, dict[int, Any]] = WeakKeyDictionary()


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
        unit = unit_at(org_id)
        if unit is None or (unit.valid_to is not None and unit.valid_to <= today):
            return False
        return level in (None, unit.level) and _offers(actor, permission, unit)

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
    unit = unit_at(org_id)
    return unit.name if unit else None


def unit_at(org_id: int) -> Any | None:
    """Return a unit's columns, None where there is none: read once in a transaction, however many answers name it."""
    if not 0 < org_id <= LARGEST_ID:
        return None
    transaction = db.session().get_transaction()
    seen = _seen.setdefault(transaction, {}) if transaction else {}
    if org_id not in seen:
        seen[org_id] = _UNIT.first(ident=org_id)
    return seen[org_id]


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
    place = OrgUnit.level.in_(PLACES)
    return sa.or_(in_scope(OrgUnit, actor, permission), *(sa.and_(place, one) for one in served))


def _offers(actor: Actor, permission: str, unit: Any) -> bool:
    """Tell the same of one unit that was read."""
    if covers(actor, permission, unit):
        return True
    grants = [grant for grant in actor.grants_for(permission) if grant.level in OWN_UNIT_LEVELS]
    return unit.level in PLACES and any(getattr(unit, column) == ident for column, ident in map(_serves, grants))


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


def org_options(actor: Actor, level: str | None, permission: str) -> list[tuple[int, str]]:
    """Return (id, name) of the same units as org_choices, for menus: two hundred rows need no objects."""
    query = sa.select(OrgUnit.id, OrgUnit.name).where(in_scope(OrgUnit, actor, permission), OrgUnit.valid_to.is_(None))
    if level:
        query = query.where(OrgUnit.level == level)
    rows = db.session.execute(query.order_by(OrgUnit.town_id, OrgUnit.pinyin, OrgUnit.id))
    return [(ident, name) for ident, name in rows]
