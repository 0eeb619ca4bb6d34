"""Many records in one act: an import entered, or taken back. The rules are those of a single record, the writes bulk.

Who calls audits the whole as one event; every record still has its revisions.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from engine.answers import Outcome
from models.access import Actor
from models.base import db
from models.forms import Form
from models.records import Record, RecordRevision, RecordState
from models.webhooks import WebhookEvent
from queries.indexing import Shape, derived, held_shape
from services.access import require
from services.form_holds import HeldForm, count_on, open_form
from services.indexing import add_all, drop_all
from services.record_rows import revision_values
from services.records import identity_of, locked_records, new_record, reason_given
from services.refusals import Refusal
from services.sealing import seal_answers
from services.transaction import transaction
from services.versions import version_asked
from services.webhooks import announce

CHUNK = 1_000
T = TypeVar("T")


class NotClean(Refusal):
    """Answers that were not judged, or not accepted, do not come this far."""


@dataclass(frozen=True)
class Entered:
    """What came of a batch: the ids in the order of the answers, the first and the last number."""

    ids: list[int]
    first: str
    last: str


@transaction
def create_records(
    form: Form, outcomes: Sequence[Outcome], *, version: int, actor: Actor, at: datetime, today: date
) -> Entered:
    """Enter records from judged answers, all or none, in their order.

    `version` is the one they were judged against. Raises what create_record raises.
    """
    require(actor, "record:create")
    if not all(outcome.ok for outcome in outcomes):
        raise NotClean
    held = open_form(identity_of(form), actor)
    with held_shape(held.id) as known:
        return _create(held, known, outcomes, version=version, actor=actor, at=at, today=today)


def _create(
    form: HeldForm,
    known: Shape,
    outcomes: Sequence[Outcome],
    *,
    version: int,
    actor: Actor,
    at: datetime,
    today: date,
) -> Entered:
    asked = version_asked(known, version, today)
    ids: list[int] = []
    numbers: list[str] = []
    first = form.next_number
    for part in chunks(outcomes):
        records = [
            new_record(form, asked, outcome, version=version, uid=secrets.token_hex(16), serial=serial,
                       actor=actor, at=at)
            for serial, outcome in enumerate(part, start=first)
        ]  # fmt: skip
        ids += _insert(records, form.id, first)
        first += len(records)
        fresh = ids[-len(records) :]
        _add_revisions(fresh, records, [seal_answers(asked, one.hidden) for one in part], actor=actor, at=at)
        add_all(form.id, [(ident, derived(one, known)) for ident, one in zip(fresh, records, strict=True)])
        announce(WebhookEvent.RECORD_CREATED, form, zip(fresh, records, strict=True), at=at)
        numbers += [records[0].number, records[-1].number]
    count_on(form, len(ids))
    return Entered(ids, numbers[0] if numbers else "", numbers[-1] if numbers else "")


@transaction
def void_batch(form: Form, ids: Sequence[int], *, reason: str, actor: Actor, at: datetime) -> None:
    """Take many records out of use, all or none. Raises what void_records raises."""
    reason = reason_given(reason)
    require(actor, "record:delete")
    with held_shape(form.id) as known:
        _void(form, known, sorted(ids), reason=reason, actor=actor, at=at)


def _void(form: Form, known: Shape, ids: Sequence[int], *, reason: str, actor: Actor, at: datetime) -> None:
    for part in chunks(ids):
        records = locked_records(form, part, actor, "record:delete")
        drop_all(form.id, [(record.id, derived(record, known)) for record in records])
        for record in records:
            record.state, record.updated_at = RecordState.VOID, at
            record.row_version += 1
        db.session.flush()
        _add_revisions(part, records, [{}] * len(records), reason=reason, actor=actor, at=at)
        announce(WebhookEvent.RECORD_VOIDED, form, zip(part, records, strict=True), at=at)
        for record in records:  # ten thousand documents need not stay in memory
            db.session.expunge(record)


def chunks(things: Sequence[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Cut a sequence into parts."""
    for first in range(0, len(things), size):
        yield list(things[first : first + size])


def _insert(records: Sequence[Record], form_id: int, first: int) -> list[int]:
    """Write new records and return their ids, found again by their numbers."""
    names = [column.key for column in sa.inspect(Record).column_attrs if column.key != "id"]
    db.session.execute(sa.insert(Record), [{name: getattr(one, name) for name in names} for one in records])
    span = (Record.form_id == form_id, Record.serial >= first)
    return list(db.session.scalars(sa.select(Record.id).where(*span).order_by(Record.serial)))


def _add_revisions(
    ids: Sequence[int],
    records: Sequence[Record],
    hidden: Sequence[dict[str, Any]],
    *,
    reason: str = "",
    actor: Actor,
    at: datetime,
) -> None:
    rows = [
        {"record_id": ident, **revision_values(record, kept, reason=reason, actor=actor, at=at)}
        for ident, record, kept in zip(ids, records, hidden, strict=True)
    ]
    db.session.execute(sa.insert(RecordRevision), rows)
