"""Uploads as reads: who may see one, and what belongs to a draft."""

from __future__ import annotations

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.files import File
from models.records import Record, RecordState
from queries.scope import in_scope


def readable_file(uid: str, actor: Actor) -> File | None:
    """Return an upload the actor may see, or None.

    Before hand-in only its owner sees it; then whoever may list the record it belongs to, and once that is void,
    whoever may read histories there.
    """
    listed = sa.and_(in_scope(Record, actor, "record:list"), Record.state == RecordState.ACTIVE)
    seen = sa.select(Record.id).where(sa.or_(listed, in_scope(Record, actor, "record:history")))
    own = sa.and_(File.record_id.is_(None), File.owner_id.is_not(None), File.owner_id == actor.user_id)
    return db.session.scalar(sa.select(File).where(File.uid == uid, sa.or_(own, File.record_id.in_(seen))))


def files_by_uid(uids: list[str]) -> dict[str, File]:
    """Return the named uploads; only for pages that show an answer the reader may already see."""
    if not uids:
        return {}
    return {file.uid: file for file in db.session.scalars(sa.select(File).where(File.uid.in_(uids)))}


def draft_file(uid: str, draft_uid: str) -> File | None:
    """Return an upload of a draft, or None."""
    return db.session.scalar(sa.select(File).where(File.uid == uid, File.draft_uid == draft_uid))
