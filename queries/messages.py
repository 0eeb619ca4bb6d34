"""Notices as reads: what a user has not read yet."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from models.base import db
from models.messages import Notice, Outbox

SHOWN = 20
LARGEST_ID = 2**62


def unread_notices(user_id: int) -> list[Notice]:
    """Return a user's unread notices, newest first, at most 20."""
    query = sa.select(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None))
    return list(db.session.scalars(query.order_by(Notice.id.desc()).limit(SHOWN)))


def own_notice(notice_id: int, user_id: int) -> Notice | None:
    """Return a notice if it is this user's."""
    mine = sa.select(Notice).where(Notice.id == notice_id, Notice.user_id == user_id)
    return db.session.scalar(mine) if 0 < notice_id < LARGEST_ID else None


def sent(keys: Sequence[str]) -> set[str]:
    """Return which of some source keys have had their message."""
    found = db.session.scalars(sa.select(Outbox.source_key).where(Outbox.source_key.in_(keys)))
    return {key for key in found if key is not None}
