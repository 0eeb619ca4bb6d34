"""Moving records along the stages of their form: forwards by those who edit, backwards with a reason."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace
from datetime import date, datetime

from flask_babel import lazy_gettext as _l

from engine.answers import Outcome, clean, from_json
from engine.definition import Definition
from engine.governing import reached
from models.access import Actor
from models.base import db
from models.forms import Form
from models.records import Record
from models.webhooks import WebhookEvent
from queries.answers import context_for
from queries.indexing import Shape, derived, shape
from queries.rights import Rights, stage_of
from services.audit import record_audit
from services.indexing import rewrite
from services.record_rows import add_revision
from services.records import BULK_MOST, AnswersRefused, TooManyAtOnce, identity_of, locked_records, reason_given
from services.refusals import NotFound, Refusal
from services.sealing import with_kept
from services.transaction import transaction
from services.webhooks import announce
from services.withheld import as_raw, edit_context


class NoSuchStage(Refusal):
    message = _l("没有这个办理阶段。请重新打开页面，再选一次。")


class SameStage(Refusal):
    status = 409
    message = _l("这条记录已经在这个阶段了。")


class NotReady(AnswersRefused):
    """Answers that the next stage requires are missing, or wrong; `outcome` says which."""

    def __init__(self, outcome: Outcome, record: Record, stage: str, view: Container[str]) -> None:
        super().__init__(outcome)
        closed = [_l("有您无权查看的题目没有填好")] if any(one.fid not in view for one in outcome.errors) else []
        told = [*(str(error) for error in outcome.errors if error.fid in view), *map(str, closed)]
        names = "；".join(dict.fromkeys(told))
        self.message = _l("%(number)s 还不能进入“%(stage)s”：%(why)s。请先修改，再推进。",
                          number=record.number, stage=stage, why=names)  # fmt: skip


@transaction
def move_stage(
    form: Form, ids: Iterable[int], *, stage: str, reason: str = "", actor: Actor, at: datetime, today: date
) -> int:
    """Move records of a form to a stage, all or none; return how many. Going back needs a reason.

    What the stage requires must be answered. Raises NoSuchStage, SameStage, ReasonMissing, NotReady, AlreadyVoid,
    TooManyAtOnce, NotFound and NotAllowed.
    """
    wanted = sorted(set(ids))
    if len(wanted) > BULK_MOST:
        raise TooManyAtOnce
    form = db.session.get_one(Form, identity_of(form), with_for_update={"read": True})
    known = shape(form.id)
    if stage not in {one.value for one in known.newest.stages}:
        raise NoSuchStage
    records = locked_records(form, wanted, actor, "record:edit")
    if not records:
        raise NotFound
    for record in records:
        _move(record, known, stage, reason=reason.strip(), actor=actor, at=at, today=today)
    announce(WebhookEvent.RECORD_CHANGED, form, [(record.id, record) for record in records], at=at)
    return len(records)


def _move(record: Record, known: Shape, stage: str, *, reason: str, actor: Actor, at: datetime, today: date) -> None:
    now = stage_of(record, known.newest)
    if now == stage:
        raise SameStage
    back = reached(known.newest.stages, now, stage)
    reason = reason_given(reason) if back else reason
    before = derived(record, known)
    record.stage = stage
    if not back:
        _refuse_unready(record, known, stage, actor=actor, today=today)
    record.updated_at = at
    record.row_version += 1
    db.session.flush()
    add_revision(record, {}, reason=reason, actor=actor, at=at)
    rewrite(record.id, record.form_id, before, derived(record, known))
    told = {"stage": label_of(known.newest, stage)} | ({"reason": reason} if reason else {})
    record_audit("record:stage", record, actor=actor, at=at, before={"stage": label_of(known.newest, now)}, after=told)


def _refuse_unready(record: Record, known: Shape, stage: str, *, actor: Actor, today: date) -> None:
    """Judge the answers as they would be judged in the new stage; nobody is excused by what they may not edit.

    What is shown only from this stage on could not be answered before it: the next change or stage asks for it.
    """
    rights = Rights(known.newest, actor)
    asked = known.definitions[record.version]
    context = context_for(actor, today=today, previous=from_json(asked, record.answers), permission="record:edit")
    context = replace(edit_context(context, record, asked, actor), locked=frozenset())
    needed = {
        item.fid
        for item in asked.every_live_item
        if reached(known.newest.stages, stage, item.stage.get("required_from"))
        and rights.stages_showing(item.fid)[:1] != (stage,)
    }
    outcome = clean(asked, with_kept(asked, as_raw(record.answers), record.answers), context)
    errors = [error for error in outcome.errors if error.fid in needed]
    if errors:
        view = rights.on(record).view
        raise NotReady(replace(outcome, errors=errors), record, label_of(known.newest, stage), view)


def label_of(newest: Definition, stage: str | None) -> str:
    """Return a stage's name in the default language; the audit keeps it as it was called then."""
    return next((str(one.label) for one in newest.stages if one.value == stage), stage or "")
