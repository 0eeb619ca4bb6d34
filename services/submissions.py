"""Entries that programs hand in: the same request twice is one record."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db
from models.forms import Form
from models.records import Record
from models.tokens import Submission
from services.access import require
from services.form_holds import open_form
from services.records import create_record, identity_of
from services.refusals import Refusal
from services.transaction import transaction
from services.vault import vault


class KeyUsed(Refusal):
    """The idempotency key came before, with another request."""

    status = 409
    message = _l("这个幂等键已经用在另一次内容不同的提交上。重发同一次提交才用同一个键，新的提交请换一个键。")


@transaction
def submit_once(
    form: Form,
    *,
    key: str,
    request: str,
    version: int,
    raw: Mapping[str, Any],
    actor: Actor,
    at: datetime,
    today: date,
    locale: str = "zh_Hans_CN",
) -> tuple[Record, bool]:
    """Enter a record under an idempotency key of the actor's own; return it and whether it is new.

    `request` is all that was asked, as one text: under the same key it must be the same. Raises KeyUsed and what
    create_record raises; a refused entry leaves its key free.
    """
    require(actor, "record:create")
    uid = hashlib.sha256(f"{actor.user_id}\0{key}".encode()).hexdigest()[:32]
    digest = vault().blind(request, context="submission")
    if (earlier := _earlier(uid)) is None:
        open_form(identity_of(form), actor)  # two requests at once wait here for each other
        earlier = _earlier(uid)
    if earlier is not None:
        kept = db.session.get(Submission, earlier.id)
        if kept is None or kept.digest != digest or earlier.form_id != form.id:
            raise KeyUsed
        return earlier, False
    record = create_record(
        form, version=version, raw=raw, uid=uid, actor=actor, at=at, today=today, locale=locale
    )  # fmt: skip
    db.session.add(Submission(record_id=record.id, digest=digest))
    return record, True


def _earlier(uid: str) -> Record | None:
    return db.session.scalar(sa.select(Record).where(Record.uid == uid))
