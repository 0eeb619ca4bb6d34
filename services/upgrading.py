"""Bringing a record under the newest version of its form: the one act that changes which version a record has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.records import Record
from queries.indexing import shape
from services.records import Given, answer_anew, held_for_change
from services.refusals import Refusal
from services.transaction import transaction


class NewestAlready(Refusal):
    status = 409
    message = _l("这条记录已经是最新版的了，不用补录。")


@transaction
def upgrade_record(
    record: Record,
    *,
    raw: Mapping[str, Any],
    row_version: int,
    emptied: Collection[str] = (),
    reason: str = "",
    actor: Actor,
    at: datetime,
    today: date,
    locale: str = "zh_Hans_CN",
) -> Record:
    """Save a record under the newest version. What it said before stays as its earlier revision.

    `raw` are all answers as the newest version asks them. Raises NewestAlready, and what change_record raises.
    """
    given = Given(raw, frozenset(emptied), reason.strip())
    with held_for_change(record, row_version, actor) as (form, held):
        newest = max(shape(form.id).definitions)
        if held.version == newest:
            raise NewestAlready
        return answer_anew(
            form, held, given, "record:upgrade", version=newest, actor=actor, at=at, today=today, locale=locale
        )
