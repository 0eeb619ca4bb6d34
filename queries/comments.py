"""Remarks on records as reads. The record itself must have been read in scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from models.base import db
from models.comments import Comment
from models.files import File
from models.records import Record
from queries.files import files_by_uid


@dataclass(frozen=True)
class Remark:
    """One remark as people read it; a withdrawn one says nothing but when it was."""

    id: int
    who: str
    author_id: int | None
    at: datetime
    text: str
    files: Sequence[File]
    withdrawn_at: datetime | None


def remarks(record: Record) -> list[Remark]:
    """Return the remarks on a record, oldest first."""
    query = sa.select(Comment).where(Comment.record_id == record.id).order_by(Comment.id)
    rows = list(db.session.scalars(query.options(sa.orm.joinedload(Comment.author))))
    gone = {one.withdraws: one.at for one in rows if one.withdraws is not None}
    told = [one for one in rows if one.withdraws is None]
    known = files_by_uid([uid for one in told if one.id not in gone for uid in one.files])
    return [
        Remark(
            id=one.id,
            who=one.author.name if one.author else "",
            author_id=one.author_id,
            at=one.at,
            text="" if one.id in gone else one.text,
            files=[known[uid] for uid in one.files if uid in known and one.id not in gone],
            withdrawn_at=gone.get(one.id),
        )
        for one in told
    ]


def get_comment(record: Record, comment_id: int) -> Comment | None:
    """Return one remark of a record, or None."""
    query = sa.select(Comment).where(Comment.id == comment_id, Comment.record_id == record.id)
    return db.session.scalar(query.where(Comment.withdraws.is_(None))) if 0 < comment_id < 2**62 else None


def is_withdrawn(comment_id: int) -> bool:
    """Tell whether a remark was taken back."""
    return bool(db.session.scalar(sa.select(sa.exists().where(Comment.withdraws == comment_id))))
