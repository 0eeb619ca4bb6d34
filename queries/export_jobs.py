"""Export jobs as reads: only their owner sees them."""

from __future__ import annotations

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.exports import ExportJob
from models.forms import Form
from queries.scope import in_scope

SHOWN = 20
PERMISSION = "record:export"


def own_jobs(form: Form, actor: Actor) -> list[ExportJob]:
    """Return the actor's newest exports of a form."""
    query = sa.select(ExportJob).where(ExportJob.form_id == form.id, _own(actor))
    return list(db.session.scalars(query.order_by(ExportJob.id.desc()).limit(SHOWN)))


def own_job(form: Form, uid: str, actor: Actor) -> ExportJob | None:
    """Return one of the actor's exports, or None."""
    query = sa.select(ExportJob).where(ExportJob.uid == uid, ExportJob.form_id == form.id, _own(actor))
    return db.session.scalar(query)


def _own(actor: Actor) -> sa.ColumnElement[bool]:
    """Only the owner, and only while the right to export is still there."""
    return sa.and_(ExportJob.owner_id == actor.user_id, in_scope(ExportJob, actor, PERMISSION))
