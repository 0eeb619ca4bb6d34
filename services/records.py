"""Acts on register entries: create, change, void, reveal. Each is one transaction with its index and its audit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from engine.answers import Outcome, clean, defaults, from_json
from engine.context import Context
from engine.definition import Definition
from engine.rows import answer_at
from engine.schema import fid_of
from models.access import Actor
from models.base import db
from models.forms import Form
from models.prepared import entity, saying
from models.records import Record, RecordState
from models.rows import Part
from models.webhooks import WebhookEvent
from queries.answers import context_for
from queries.forms import definition
from queries.indexing import NOTHING, Shape, derived, held_shape, shape
from queries.rights import on_form, rights_on
from queries.scope import covers, in_scope
from services.access import require
from services.audit import record_audit
from services.form_holds import AnyForm, HeldForm, counted_on, form_of, open_form, record_to_change
from services.indexing import add_all, count_changes, rewrite, rewrite_rows, rewrite_words
from services.placing import lay, move, named_unit
from services.record_rows import REASON_LENGTH, add_record, add_revision, revision_part, write_change
from services.refusals import NotFound, Refusal, Stale
from services.reveals import allow_reveal
from services.sealing import differences, is_sealed, seal_answers, told, unseal, with_kept
from services.transaction import transaction
from services.versions import version_asked, version_taken
from services.webhooks import announce
from services.withheld import edit_context, entry_context, unlocked

BULK_MOST = 500


class AnswersRefused(Refusal):
    """Answers that the form does not take; `outcome` says which and why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(_l("有 %(n)s 处需要修改，改好后再提交。", n=len(outcome.errors)))
        self.outcome = outcome


class UidTaken(Refusal):
    """Another person has already handed in an entry under this uid."""

    status = 409
    message = _l("这次提交的编号已被别人用过。请重新打开录入页再提交。")


class AlreadyVoid(Refusal):
    """The record was voided before."""

    status = 409
    message = _l("这条记录已经作废，不能再修改。")


class ReasonMissing(Refusal):
    message = _l("请写明原因，审计时要看。")


class NothingSealed(Refusal):
    message = _l("这一项没有填写，没有可以查看的内容。")


class TooManyAtOnce(Refusal):
    message = _l("一次最多作废 %(most)s 条，请分几次做。", most=BULK_MOST)


@transaction
def create_record(
    form: Form,
    *,
    version: int,
    raw: Mapping[str, Any],
    uid: str,
    actor: Actor,
    at: datetime,
    today: date,
    locale: str = "zh_Hans_CN",
) -> Record:
    """Enter a record. The same uid again by the same author returns the first one.

    `version` is the one the answers were given against; `raw` maps fid to what was typed.
    Raises AnswersRefused (with its outcome), FormNotInUse, UidTaken, NoPlace, NotFound and NotAllowed.
    """
    require(actor, "record:create")
    held = open_form(identity_of(form), actor)
    earlier = db.session.scalar(sa.select(Record).where(Record.uid == uid))
    if earlier is not None:
        return _same_entry(earlier, held, actor)
    with held_shape(held.id) as known:
        return enter(held, known, raw, version=version, uid=uid, actor=actor, at=at, today=today, locale=locale)


def enter(
    form: HeldForm,
    known: Shape,
    raw: Mapping[str, Any],
    *,
    version: int,
    uid: str,
    actor: Actor,
    at: datetime,
    today: date,
    locale: str,
    besides: Sequence[Part] = (),
) -> Record:
    """Judge the answers of a new record of an open form and write it, inside the act that opened the form.

    `besides` is written with it.
    """
    version = version_taken(known, version)
    asked = version_asked(known, version, today)
    outcome = judge_entry(form, asked, raw, context_for(actor, today=today, locale=locale), actor=actor)
    if not outcome.ok:
        raise AnswersRefused(outcome)
    record = new_record(form, asked, outcome, version=version, uid=uid, serial=form.next_number, actor=actor, at=at)
    add_record(record)
    revision = revision_part(record, seal_answers(asked, outcome.hidden), actor=actor, at=at)
    add_all(form.id, [(record.id, derived(record, known))], [counted_on(form), revision, *besides])
    record_audit("record:create", record, actor=actor, at=at, after=told(asked, record.answers))
    announce(WebhookEvent.RECORD_CREATED, form, [(record.id, record)], at=at)
    return record


@transaction
def change_record(
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
    """Save an edit against the record's own version. A sealed field left blank keeps its value unless `emptied`.

    Raises Stale on an old row_version, AnswersRefused, AlreadyVoid, NotFound and NotAllowed.
    """
    given = Given(raw, frozenset(emptied), reason.strip())
    with held_for_change(record, row_version, actor) as (form, held):
        return answer_anew(form, held, given, "record:change", actor=actor, at=at, today=today, locale=locale)


@dataclass(frozen=True)
class Given:
    """What somebody sends to change a record: raw answers, the addresses meant to be blank, and why."""

    raw: Mapping[str, Any]
    emptied: frozenset[str] = frozenset()
    reason: str = ""


@contextmanager
def held_for_change(record: Record, row_version: int, actor: Actor) -> Iterator[tuple[HeldForm, Record]]:
    """Hold a record, its form and the form's shape. Raises Stale on an old row_version, AlreadyVoid, NotFound."""
    form, row = record_to_change(identity_of(record))
    with held_shape(form.id):
        actor = on_form(actor, form.id)
        require(actor, "record:edit")
        if not covers(actor, "record:edit", row):
            raise NotFound
        if row.state != RecordState.ACTIVE:
            raise AlreadyVoid
        if row.row_version != row_version:
            raise Stale
        yield form, entity(Record, row, anew=True)


def answer_anew(
    form: HeldForm,
    record: Record,
    given: Given,
    act: str,
    *,
    version: int | None = None,
    actor: Actor,
    at: datetime,
    today: date,
    locale: str,
) -> Record:
    """Judge what was given and save it as the record's next revision, under another version when one is named."""
    known = shape(form.id)
    before, old = derived(record, known), dict(record.answers)
    version = version or record.version
    asked = known.definitions[version]
    context = context_for(actor, today=today, locale=locale, previous=from_json(asked, old), permission="record:edit")
    context = edit_context(context, record, asked, actor)
    blank = frozenset(at for at in given.emptied if fid_of(at) not in context.locked)
    outcome = _cleaned(asked, with_kept(asked, unlocked(given.raw, old, context.locked), old, emptied=blank), context)
    move(record, named_unit(asked, outcome.values), actor=actor)
    write_change(record, version=version, answers=seal_answers(asked, outcome.answers, kept=old), at=at)
    hidden = seal_answers(asked, outcome.hidden, kept=old)
    add_revision(record, hidden, reason=given.reason, actor=actor, at=at)
    rewrite(record.id, form.id, before, derived(record, known))
    was, now = differences(told(asked, old), told(asked, record.answers), old, record.answers)
    record_audit(act, record, actor=actor, at=at, before=was, after=now | _why(given.reason))
    announce(WebhookEvent.RECORD_CHANGED, form, [(record.id, record)], at=at)
    return record


@transaction
def void_record(record: Record, *, reason: str, actor: Actor, at: datetime) -> Record:
    """Take a record out of use; it stays readable by its number. Raises ReasonMissing, AlreadyVoid, NotFound."""
    form = db.session.get_one(Form, form_of(identity_of(record)).id)
    void_records(form, [identity_of(record)], reason=reason, actor=actor, at=at)
    return db.session.get_one(Record, identity_of(record))


@transaction
def void_records(form: Form, ids: Iterable[int], *, reason: str, actor: Actor, at: datetime) -> int:
    """Take several records of a form out of use, all or none; return how many."""
    reason = reason_given(reason)
    wanted = sorted(set(ids))
    if len(wanted) > BULK_MOST:
        raise TooManyAtOnce
    require(actor, "record:delete")
    form = db.session.get_one(Form, identity_of(form), with_for_update={"read": True})
    known = shape(form.id)
    changes = []
    records = locked_records(form, wanted, actor, "record:delete")
    for record in records:
        before = derived(record, known)
        record.state = RecordState.VOID
        record.updated_at = at
        record.row_version += 1
        add_revision(record, {}, reason=reason, actor=actor, at=at)
        rewrite_rows(record.id, form.id, before.rows, NOTHING.rows)
        rewrite_words(record.id, form.id, before.tokens, NOTHING.tokens)
        record_audit("record:void", record, actor=actor, at=at, after={"reason": reason})
        changes.append((before, NOTHING))
    count_changes(form.id, changes)
    announce(WebhookEvent.RECORD_VOIDED, form, [(record.id, record) for record in records], at=at)
    return len(changes)


@transaction
def reveal(record: Record, address: str, *, reason: str, actor: Actor, at: datetime) -> str:
    """Return one masked answer in full, with the reason in the audit. In rows the address is `b0/<row id>/b1`.

    Raises ReasonMissing, NothingSealed and TooManyReveals: looks count per day, at whatever register they are.
    """
    reason = reason_given(reason)
    require(actor, "record:reveal", record)
    allow_reveal(record.county_id, reason=reason, actor=actor, at=at)
    asked = definition(record.form_id, record.version)
    stored, fid = answer_at(record.answers, address), fid_of(address)
    if stored is None:
        raise NothingSealed
    if fid not in rights_on(record, actor).reveal:
        raise NotFound
    record_audit("record:reveal", record, actor=actor, at=at, after={"fid": address, "reason": reason})
    if is_sealed(stored):
        return unseal(fid, stored)
    item = asked.item(fid)
    return item.kind.display(item, item.kind.from_json(stored), context_for(actor, today=at.date()))


def judge_entry(form: AnyForm, asked: Definition, raw: Mapping[str, Any], context: Context, *, actor: Actor) -> Outcome:
    """Judge the answers of a new record. What its author may not give has its default, whatever was sent."""
    context = entry_context(context, form.id, asked, actor)
    values = defaults(asked, context) if context.locked else {}
    kept = {fid: asked.item(fid).to_json(value) for fid, value in values.items() if fid in context.locked}
    return clean(asked, unlocked(raw, kept, context.locked), context)


def new_record(
    form: HeldForm,
    asked: Definition,
    outcome: Outcome,
    *,
    version: int,
    uid: str,
    serial: int,
    actor: Actor,
    at: datetime,
) -> Record:
    """Build a record from clean answers, with its number and its place; it is in no session yet.

    Raises NoPlace, and NotFound where the actor may not enter.
    """
    values = {
        "uid": uid, "form_id": form.id, "version": version, "serial": serial, "number": f"{form.prefix}-{serial:06d}",
        "state": RecordState.ACTIVE, "stage": asked.stages[0].value if asked.stages else None,
        "author_id": actor.user_id, "created_at": at, "updated_at": at, "row_version": 1,
        "answers": seal_answers(asked, outcome.answers),
    }  # fmt: skip
    record = saying(Record, values)
    lay(record, named_unit(asked, outcome.values), actor=actor, county_id=form.county_id)
    require(actor, "record:create", record)
    return record


def locked_records(form: AnyForm, ids: list[int], actor: Actor, permission: str) -> list[Record]:
    """Read active records again under lock, in the order of their ids. Raises NotFound unless all are in scope."""
    actor = on_form(actor, form.id)
    require(actor, permission)
    query = (
        sa.select(Record)
        .where(Record.id.in_(ids), Record.form_id == form.id, in_scope(Record, actor, permission))
        .order_by(Record.id)
        .with_for_update()
    )
    records = list(db.session.scalars(query.execution_options(populate_existing=True)))
    if len(records) != len(ids):
        raise NotFound
    if any(record.state != RecordState.ACTIVE for record in records):
        raise AlreadyVoid
    return records


def _same_entry(earlier: Record, form: HeldForm, actor: Actor) -> Record:
    if earlier.form_id != form.id or earlier.author_id != actor.user_id:
        raise UidTaken
    return earlier


def _cleaned(asked: Definition, raw: Mapping[str, Any], context: Context) -> Outcome:
    outcome = clean(asked, raw, context)
    if not outcome.ok:
        raise AnswersRefused(outcome)
    return outcome


def reason_given(reason: str) -> str:
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()[:REASON_LENGTH]


def _why(reason: str) -> dict[str, str]:
    return {"reason": reason.strip()[:REASON_LENGTH]} if reason.strip() else {}


def identity_of(row: Any) -> int:
    """Return the primary key without reading the row again: it may have expired, or lie in a closed transaction."""
    key = sa.inspect(row).identity
    if key is None:
        raise NotFound
    return int(key[0])
