"""Remarks on records: written with attachments, never changed; their authors may withdraw them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db
from models.comments import TEXT_LENGTH, Comment
from models.files import File
from models.records import Record
from queries.comments import is_withdrawn
from services.access import may, require
from services.audit import record_audit
from services.records import identity_of
from services.refusals import NotAllowed, NotFound, Refusal
from services.transaction import transaction

MOST_FILES = 9


class NothingSaid(Refusal):
    message = _l("请写几个字，或者附上文件，再提交。")


class TooLong(Refusal):
    message = _l("备注最多 %(n)s 个字，请写短一些，或分成两条。", n=TEXT_LENGTH)


class AlreadyWithdrawn(Refusal):
    status = 409
    message = _l("这条备注已经撤回了。")


@transaction
def write_comment(record: Record, *, text: str, files: Sequence[File] = (), actor: Actor, at: datetime) -> Comment:
    """Add a remark to a record, void ones too. `files` are uploads of the record that answer no question.

    Raises NothingSaid, TooLong, NotFound and NotAllowed.
    """
    record = _record(record, actor)
    text = "\n".join(line.rstrip() for line in text.strip().splitlines())
    own = [
        file.uid for file in files if file.record_id == record.id and not file.fid and file.owner_id == actor.user_id
    ]
    if not text and not own:
        raise NothingSaid
    if len(text) > TEXT_LENGTH:
        raise TooLong
    comment = Comment(record_id=record.id, author_id=actor.user_id, at=at, text=text, files=own[:MOST_FILES])
    db.session.add(comment)
    db.session.flush()
    attached = {"attached": len(own)} if own else {}
    record_audit("record:comment", record, actor=actor, at=at, after={"comment": comment.id} | attached)
    return comment


@transaction
def withdraw_comment(comment: Comment, *, actor: Actor, at: datetime) -> None:
    """Take a remark back: it stays in its place, shown as withdrawn, and its attachments are closed.

    Only its author may. Raises AlreadyWithdrawn, NotFound and NotAllowed.
    """
    comment = db.session.get_one(Comment, identity_of(comment))
    record = db.session.get_one(Record, comment.record_id)
    _record(record, actor)
    if comment.withdraws is not None:
        raise NotFound
    if actor.user_id is None or comment.author_id != actor.user_id:
        raise NotAllowed
    if is_withdrawn(comment.id):
        raise AlreadyWithdrawn
    db.session.add(
        Comment(record_id=record.id, author_id=actor.user_id, at=at, text="", files=[], withdraws=comment.id)
    )
    record_audit("record:withdraw_comment", record, actor=actor, at=at, after={"comment": comment.id})


def _record(record: Record, actor: Actor) -> Record:
    found = db.session.get_one(Record, identity_of(record))
    require(actor, "record:comment", found)
    if not may(actor, "record:list", found):
        raise NotFound
    return found
