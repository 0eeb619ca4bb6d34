"""Carrying a draft over to the newest version of its form: nothing typed is lost, only what is new is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from engine.answers import Outcome, clean, defaults
from engine.definition import Definition
from models.access import Actor
from models.base import db
from models.drafts import Draft
from models.forms import Form, FormState
from queries.answers import context_for
from queries.forms import definition
from services.access import require
from services.audit import record_audit
from services.carrying import opened
from services.drafts import contents, locked_draft, write_draft
from services.transaction import transaction
from services.versions import FormNotInUse
from services.withheld import entry_context

_BLANK: tuple[Any, ...] = (None, "", [])


@transaction
def move_draft(draft: Draft, *, actor: Actor, at: datetime, today: date, locale: str = "zh_Hans_CN") -> Draft:
    """Carry a draft to the newest version of its form. One that is there already stays as it is.

    Questions keep their answers by fid, new ones have their defaults. Those that were passed and now lack an answer,
    or whose answer is now wrong, are asked first. Raises FormNotInUse, NotFound and NotAllowed.
    """
    draft = locked_draft(draft, actor)
    form = db.session.get_one(Form, draft.form_id, with_for_update={"read": True})
    require(actor, "record:create", form)
    if form.state != FormState.PUBLISHED or form.current_version is None:
        raise FormNotInUse
    if form.current_version == draft.version:
        return draft
    old, new = definition(form.id, draft.version), definition(form.id, form.current_version)
    inside, before = contents(draft), draft.version
    context = entry_context(context_for(actor, today=today, locale=locale), form.id, new, actor)
    known = {item.fid for item in old.live_items}
    starts = {fid: new.item(fid).to_json(value) for fid, value in defaults(new, context).items() if fid not in known}
    answers = {**starts, **inside.answers}
    fresh = asked_again(new, clean(new, opened(answers), context), answers, inside.saves)
    draft.version = form.current_version
    told = {"old_version": before, "new_version": draft.version}
    record_audit("draft:forward", draft, actor=actor, at=at, after=told, label=form.title)
    carried = type(inside)(answers, inside.saves, inside.spare, fresh, inside.came_from or before)
    return write_draft(draft, carried, at=at)


def asked_again(new: Definition, outcome: Outcome, answers: Mapping[str, Any], passed: Mapping[str, Any]) -> list[str]:
    """Return the questions of record level that are wrong now: answered ones, and those of pages passed already."""
    wrong = {error.at.partition("/")[0] for error in outcome.errors if error.at}
    return [
        item.fid
        for item in new.live_items
        if item.fid in wrong and (new.page_of(item.fid) in passed or answers.get(item.fid) not in _BLANK)
    ]
