"""Configured forms as reads: what an actor may fill or configure, and parsed definitions."""

from __future__ import annotations

from functools import lru_cache

import sqlalchemy as sa

from engine.definition import Definition, parse
from models.access import Actor
from models.base import db
from models.forms import Form, FormState, FormVersion
from queries.scope import in_scope


def form_by_key(key: str, actor: Actor, permission: str) -> Form | None:
    """Return the form of the actor's county, or None where it is missing or another county's."""
    return db.session.scalar(sa.select(Form).where(Form.key == key, in_scope(Form, actor, permission)))


def published_forms(actor: Actor, permission: str = "record:list") -> list[Form]:
    """Return the forms in use of the actor's county, by title."""
    query = sa.select(Form).where(Form.state == FormState.PUBLISHED, in_scope(Form, actor, permission))
    return list(db.session.scalars(query.order_by(Form.title, Form.id)))


def definition(form_id: int, number: int) -> Definition:
    """Return a published definition, parsed once per process: a version never changes.

    Raises LookupError when there is no such version.
    """
    return _cached(str(db.engine.url), form_id, number)


def versions(form_id: int) -> list[FormVersion]:
    """Return the published versions of a form, newest first."""
    query = sa.select(FormVersion).where(FormVersion.form_id == form_id).order_by(FormVersion.number.desc())
    return list(db.session.scalars(query))


@lru_cache(maxsize=1024)
def _cached(_database: str, form_id: int, number: int) -> Definition:
    version = db.session.get(FormVersion, (form_id, number))
    if version is None:
        raise LookupError(f"form {form_id} has no version {number}")
    return parse(version.definition)
