"""The outbox: acts put messages in, a job delivers them after the commit, with retries."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.messages import Notice, Outbox
from services.refusals import NotFound
from services.transaction import transaction

BATCH = 200
POSTED = "posted"  # in session.info: an act of this session has put something into the outbox
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=6)
ERROR_LENGTH = 300


@transaction
def put_notice(user_id: int, *, text: str, path: str = "", source_key: str | None = None, at: datetime) -> Outbox:
    """Put a notice for a user into the outbox. It reaches them only if the act around it commits.

    A `source_key` names what it is sent for, once: callers ask `queries.messages.sent` before.
    """
    body = {"text": text, "path": path}
    message = Outbox(channel="notice", user_id=user_id, body=body, created_at=at, not_before=at)
    message.source_key = source_key
    db.session.add(message)
    db.session.info[POSTED] = True
    return message


def has_posted() -> bool:
    """Tell whether acts of this session have put messages into the outbox since the last question."""
    return bool(db.session.info.pop(POSTED, False))


@transaction
def read_notice(notice: Notice, *, actor: Actor, at: datetime) -> None:
    """Mark a notice as read; only its reader can. Reading twice keeps the first time."""
    if notice.user_id != actor.user_id:
        raise NotFound
    notice.read_at = notice.read_at or at


@transaction
def deliver_waiting(*, at: datetime) -> dict[str, int]:
    """Deliver the messages that wait, at most 200; return {"delivered": n, "failed": n}.

    A message that cannot be delivered waits one minute, then twice as long each time, up to six hours.
    """
    delivered = failed = 0
    for message in _waiting(at):
        try:
            with db.session.begin_nested():
                _deliver(message, at)
            delivered += 1
        except (KeyError, TypeError, ValueError, sa.exc.SQLAlchemyError) as error:
            _postpone(message, f"{type(error).__name__}: {error}", at)
            failed += 1
    return {"delivered": delivered, "failed": failed}


def _waiting(at: datetime) -> list[Outbox]:
    """Return what may go out now; on PostgreSQL a second worker takes other rows."""
    statement = (
        sa.select(Outbox)
        .where(Outbox.delivered_at.is_(None), Outbox.not_before <= at)
        .order_by(Outbox.not_before, Outbox.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    return list(db.session.scalars(statement))


def _deliver(message: Outbox, at: datetime) -> None:
    body = message.body
    db.session.add(
        Notice(
            outbox_id=message.id,
            user_id=message.user_id,
            text=body["text"],
            path=body.get("path", ""),
            created_at=at,
        )
    )
    message.delivered_at = at
    message.attempts += 1
    db.session.flush()


def _postpone(message: Outbox, error: str, at: datetime) -> None:
    message.attempts += 1
    message.last_error = error[:ERROR_LENGTH]
    message.not_before = at + min(FIRST_RETRY * 2 ** min(message.attempts - 1, 10), LONGEST_RETRY)
