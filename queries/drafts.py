"""Drafts as reads: only ever the actor's own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.drafts import Draft
from models.forms import Form
from models.records import Record, RecordState
from queries.scope import in_scope

SHOWN = 50
LOOKED_BACK = 20  # records in which an earlier answer is looked for
UNTOUCHED = 1  # the row_version of a draft that was opened and never saved


@dataclass(frozen=True)
class DraftLine:
    """One draft in a list."""

    uid: str
    title: str
    updated_at: datetime

    @property
    def url(self) -> str:
        """Where to go on filling it in."""
        return f"/field/e/{self.uid}/1"


def own_draft(uid: str, actor: Actor) -> Draft | None:
    """Return a draft of the actor; another person's is None, like one that does not exist."""
    return db.session.scalar(sa.select(Draft).where(Draft.uid == uid, Draft.user_id == actor.user_id))


def own_drafts(actor: Actor, limit: int = SHOWN) -> list[DraftLine]:
    """Return the drafts the actor has typed something into, newest first."""
    query = (
        sa.select(Draft.uid, Form.title, Draft.updated_at)
        .join(Form, Form.id == Draft.form_id)
        .where(Draft.user_id == actor.user_id, Draft.row_version > UNTOUCHED)
        .order_by(Draft.updated_at.desc(), Draft.id.desc())
        .limit(limit)
    )
    return [DraftLine(*row) for row in db.session.execute(query)]


def untouched_drafts(actor: Actor, *, before: datetime) -> list[Draft]:
    """Return the actor's drafts that were opened before an instant and never saved."""
    query = sa.select(Draft).where(
        Draft.user_id == actor.user_id, Draft.row_version == UNTOUCHED, Draft.created_at < before
    )
    return list(db.session.scalars(query))


def own_record(uid: str, actor: Actor) -> Record | None:
    """Return the record that came of the actor's draft, while it lies in the actor's scope."""
    seen = in_scope(Record, actor, "record:create")
    return db.session.scalar(sa.select(Record).where(Record.uid == uid, Record.author_id == actor.user_id, seen))


def earlier_answers(form: Form, actor: Actor, fids: Collection[str], limit: int = LOOKED_BACK) -> dict[str, Any]:
    """Return, for each of the fids, what the actor last entered in a form, as far back as some records."""
    if not fids:
        return {}
    own = (Record.form_id == form.id, Record.author_id == actor.user_id, Record.state == RecordState.ACTIVE)
    query = sa.select(Record.answers).where(*own, in_scope(Record, actor, "record:create"))
    found: dict[str, Any] = {}
    for answers in db.session.scalars(query.order_by(Record.id.desc()).limit(limit)):
        found = {fid: answers[fid] for fid in fids if answers.get(fid) is not None} | found
    return found


def handed_in(actor: Actor, limit: int = 10) -> list[Record]:
    """Return what the actor handed in lately, newest first."""
    seen = in_scope(Record, actor, "record:create")
    query = sa.select(Record).where(Record.author_id == actor.user_id, seen).order_by(Record.id.desc()).limit(limit)
    return list(db.session.scalars(query))
