"""The changes of a form's draft that can be undone or redone."""

from __future__ import annotations

import sqlalchemy as sa

from models.base import db
from models.forms import FormStep


def last_done(form_id: int) -> FormStep | None:
    """Return the change that undoing takes back."""
    return _end(FormStep.form_id == form_id, FormStep.undone.is_(False), order=FormStep.n.desc())


def first_undone(form_id: int) -> FormStep | None:
    """Return the change that redoing does again."""
    return _end(FormStep.form_id == form_id, FormStep.undone.is_(True), order=FormStep.n.asc())


def _end(*where: sa.ColumnElement[bool], order: sa.ColumnElement[int]) -> FormStep | None:
    return db.session.scalar(sa.select(FormStep).where(*where).order_by(order).limit(1))
