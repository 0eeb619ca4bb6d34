"""Configured forms as reads: what an actor may fill or configure, and parsed definitions."""

from __future__ import annotations

import sqlalchemy as sa

from engine.definition import Definition, parse
from models.access import Actor
from models.base import db
from models.forms import Form, FormState, FormVersion
from queries.scope import in_scope

CACHED_DEFINITIONS = 1024
_parsed: dict[str, Definition] = {}  # by SHA-256 of the document


def form_by_key(key: str, actor: Actor, permission: str) -> Form | None:
    """Return the form of the actor's county, or None where it is missing or another county's."""
    return db.session.scalar(sa.select(Form).where(Form.key == key, in_scope(Form, actor, permission)))


def published_forms(actor: Actor, permission: str = "record:list") -> list[Form]:
    """Return the forms in use of the actor's county, by title."""
    query = sa.select(Form).where(Form.state == FormState.PUBLISHED, in_scope(Form, actor, permission))
    return list(db.session.scalars(query.order_by(Form.title, Form.id)))


def definition(form_id: int, number: int) -> Definition:
    """Return a published definition, parsed once per process: a version never changes.

    One primary-key read per call keeps any number of worker processes right. Raises LookupError when missing.
    """
    key = (FormVersion.form_id == form_id, FormVersion.number == number)
    sha256 = db.session.scalar(sa.select(FormVersion.sha256).where(*key))
    if sha256 is None:
        raise LookupError(f"form {form_id} has no version {number}")
    if sha256 not in _parsed:
        if len(_parsed) >= CACHED_DEFINITIONS:
            _parsed.clear()
        _parsed[sha256] = parse(db.session.scalars(sa.select(FormVersion.definition).where(*key)).one())
    return _parsed[sha256]


def versions(form_id: int) -> list[FormVersion]:
    """Return the published versions of a form, newest first."""
    query = sa.select(FormVersion).where(FormVersion.form_id == form_id).order_by(FormVersion.number.desc())
    return list(db.session.scalars(query))
