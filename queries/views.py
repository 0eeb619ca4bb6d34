"""Saved views of a register: the menu of one person, one view by its address, what a view names.

A view never widens what somebody sees: opening one only asks the list what its document says, in the reader's scope.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from models.access import Actor, Role
from models.base import db
from models.forms import Form
from models.orgs import OrgUnit
from models.prepared import Prepared, many, numbered
from models.views import DefaultView, RegisterView
from queries.scope import get_in_scope

MOST_IN_MENU = 50


@dataclass(frozen=True)
class ViewLine:
    """A view as menus name it."""

    id: int
    uid: str
    name: str
    document: Mapping[str, Any]
    own: bool
    org_name: str
    role: Role | None
    is_default: bool
    row_version: int


@functools.cache
def _lines(places: int) -> Prepared:
    """Return the query of every list for a reader in so many organisations."""
    view, chosen = RegisterView, DefaultView
    me: Any = sa.bindparam("me")
    query = (
        sa.select(view.id, view.uid, view.name, view.document, view.user_id, view.role, view.org_id, view.row_version,
                  OrgUnit.name.label("org_name"), chosen.view_id)
        .outerjoin(OrgUnit, OrgUnit.id == view.org_id)
        .outerjoin(chosen, sa.and_(chosen.view_id == view.id, chosen.user_id == me))
        .where(view.form_id == sa.bindparam("form"), sa.or_(view.user_id == me, view.org_id.in_(many(places))))
        .order_by(view.name, view.id)
    )  # fmt: skip
    return Prepared(query)


def view_lines(form: Form, actor: Actor) -> list[ViewLine]:
    """Return the views that are somebody's own or meant for them, by name, in one read."""
    if actor.user_id is None:
        return []
    places = _places(actor)
    rows = _lines(len(places)).all(form=form.id, me=actor.user_id, **numbered(places))
    return [
        ViewLine(ident, uid, name, document, user_id is not None, org_name or "", role, chosen_id is not None, version)
        for ident, uid, name, document, user_id, role, org_id, version, org_name, chosen_id in rows
        if user_id is not None or _meant_for(actor, org_id, role)
    ][:MOST_IN_MENU]


def view_of(form: Form, uid: str) -> RegisterView | None:
    """Return a view of a form by its address. Whoever may read the form may open it."""
    query = sa.select(RegisterView).where(RegisterView.form_id == form.id, RegisterView.uid == uid[:32])
    return db.session.scalar(query)


def may_change(view: RegisterView, actor: Actor) -> bool:
    """Tell whether somebody may rename, overwrite and delete a view: its owner, or who shares in its organisation."""
    if view.user_id is not None:
        return view.user_id == actor.user_id
    return get_in_scope(OrgUnit, view.org_id, actor, "view:share") is not None


def shareable_orgs(actor: Actor) -> list[tuple[int, str]]:
    """Return the organisations somebody may leave a view to: those in which they hold a role that shares."""
    return list(dict.fromkeys((grant.org_id, grant.org_name) for grant in actor.grants_for("view:share")))


def fids_of(document: Mapping[str, Any]) -> list[str]:
    """Return the fields a view names, in its order: columns, sort, conditions, and what its chart counts."""
    chart = document.get("chart") or {}
    named = [
        *document.get("columns", ()),
        str(document.get("sort", "")).removeprefix("-"),
        *(one["fid"] for one in document.get("conditions", ())),
        str(chart.get("of", "")).removeprefix("avg."),
        str(chart.get("split", "")),
    ]
    return list(dict.fromkeys(fid for fid in named if fid))


def _places(actor: Actor) -> list[int]:
    """Return the organisations somebody belongs to: their own and those above."""
    found = {
        place
        for grant in actor.grants
        for place in (grant.org_id, grant.county_id, grant.town_id, grant.village_id)
        if place
    }
    return sorted(found)


def _meant_for(actor: Actor, org_id: int, role: Role | None) -> bool:
    return any(
        role in (None, grant.role) and org_id in (grant.org_id, grant.county_id, grant.town_id, grant.village_id)
        for grant in actor.grants
    )
