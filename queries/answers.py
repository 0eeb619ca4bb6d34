"""What the engine needs to know of the house while it reads answers: the user, organisations, files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext

from engine.context import Context
from models.access import Actor
from models.base import db
from models.files import File
from models.orgs import OrgUnit
from queries.scope import covers, in_scope

LARGEST_ID = 2**31 - 1  # of an organisation: PostgreSQL fails on more instead of finding nothing


def context_for(
    actor: Actor,
    *,
    today: date,
    locale: str = "zh_Hans_CN",
    previous: Mapping[str, Any] | None = None,
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
        unit = _unit(org_id)
        return unit is not None and (level is None or unit.level == level) and covers(actor, permission, _Place(unit))

    def file_known(uid: str) -> bool:
        return db.session.scalar(sa.select(File.id).where(File.uid == uid)) is not None

    return Context(
        today=today,
        user=user,
        org_name=org_name,
        org_allowed=org_allowed,
        file_known=file_known,
        previous=previous or {},
        locale=locale,
        translate=gettext,
    )


def org_name(org_id: int) -> str | None:
    """Return a unit's present name, or None."""
    unit = _unit(org_id)
    return unit.name if unit else None


def org_choices(actor: Actor, level: str | None, permission: str = "record:create") -> list[OrgUnit]:
    """Return the units of a level that the actor may put on a record, by township and pinyin."""
    query = sa.select(OrgUnit).where(in_scope(OrgUnit, actor, permission), OrgUnit.valid_to.is_(None))
    if level:
        query = query.where(OrgUnit.level == level)
    return list(db.session.scalars(query.order_by(OrgUnit.town_id, OrgUnit.pinyin, OrgUnit.id)))


def _unit(org_id: int) -> OrgUnit | None:
    return db.session.get(OrgUnit, org_id) if 0 < org_id <= LARGEST_ID else None


class _Place:
    """A unit seen as a row lying in it, for the scope rule."""

    def __init__(self, unit: OrgUnit) -> None:
        self.county_id, self.town_id, self.village_id = unit.county_id, unit.town_id, unit.village_id
        self.org_id = unit.id
