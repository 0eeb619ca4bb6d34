"""The draft of a configured form: changed edit by edit, undone and redone, replaced as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from engine import editing
from engine.definition import Problem, diff, parse
from engine.messages import N_, Message
from models.access import Actor
from models.base import db
from models.forms import Form, FormState, FormStep
from queries import form_drafts as steps
from queries import forms as reads
from services.audit import record_audit
from services.form_roles import full_check
from services.forms import DefinitionRefused, WrongState, current_version, lock, touch
from services.refusals import NotFound, Refusal
from services.transaction import transaction

Document = dict[str, Any]
Edit = Callable[[Document], Document]
STEPS = 50
ABOUT_LENGTH = 200


class EditImpossible(Refusal):
    """An edit of the draft that makes no sense, with the engine's reason."""

    def __init__(self, reason: Message) -> None:
        self.reason = reason
        super().__init__(_l(reason.text, **reason.params))


@transaction
def change_draft(
    form: Form,
    *,
    edit: Edit,
    row_version: int,
    did: str,
    fid: str | None = None,
    about: str | None = None,
    actor: Actor,
    at: datetime,
) -> Document:
    """Apply an edit of engine.editing to the draft and return the new draft.

    `did` names the edit in the audit; `fid` the item whose problems keep the edit from being saved; `about` the item
    that is told of where the edit changes nothing in it, as moving does. Raises Stale on an
    old row_version, DefinitionRefused, EditImpossible, or NotFound when the edit names something that is not there.
    """
    lock(form, "form:design", row_version, actor)
    before = form.draft
    try:
        after = edit(before)
    except editing.EditRefused as refused:
        raise EditImpossible(refused.message) from refused
    except LookupError as missing:
        raise NotFound from missing
    _refuse_worse(before, after, fid)
    if after != before:
        told = {"about": _plain(editing.item_of(before, about)["label"])} if about else {}
        _save(form, after, did=did, actor=actor, at=at, **told)
    return after


@transaction
def import_definition(form: Form, document: object, *, row_version: int, actor: Actor, at: datetime) -> None:
    """Replace the draft by a definition given as JSON. Raises DefinitionRefused; nothing is saved then."""
    lock(form, "form:design", row_version, actor)
    problems = full_check(document)
    if not problems and isinstance(document, dict):
        problems = _follow_problems(form, document)
    if problems or not isinstance(document, dict):
        raise DefinitionRefused(problems)
    _save(form, document, did="import", actor=actor, at=at)


@transaction
def restore_version(form: Form, number: int, *, row_version: int, actor: Actor, at: datetime) -> None:
    """Make an earlier version the draft; what came later stays in it, retired. Raises NotFound."""
    lock(form, "form:design", row_version, actor)
    current = current_version(form)
    try:
        old = reads.definition(form.id, number)
    except LookupError as missing:
        raise NotFound from missing
    if current is None:
        raise WrongState
    draft = editing.restored(old.document, current.document)
    _save(form, draft, did="restore", actor=actor, at=at, version=number)


# ---------- undo and redo ----------


class NothingToUndo(Refusal):
    message = _l("没有可以撤销的改动了。发布之后，从前的改动要到“版本”里恢复。")


class NothingToRedo(Refusal):
    message = _l("没有可以重做的改动。")


@transaction
def undo_step(form: Form, *, row_version: int, actor: Actor, at: datetime) -> FormStep:
    """Take the last change of the draft back, whoever made it. Raises Stale or NothingToUndo."""
    lock(form, "form:design", row_version, actor)
    step = steps.last_done(form.id)
    if step is None:
        raise NothingToUndo
    return _swap(form, step, did="undo", actor=actor, at=at)


@transaction
def redo_step(form: Form, *, row_version: int, actor: Actor, at: datetime) -> FormStep:
    """Do the change again that was taken back last. Raises Stale or NothingToRedo."""
    lock(form, "form:design", row_version, actor)
    step = steps.first_undone(form.id)
    if step is None:
        raise NothingToRedo
    return _swap(form, step, did="redo", actor=actor, at=at)


def _swap(form: Form, step: FormStep, *, did: str, actor: Actor, at: datetime) -> FormStep:
    """Exchange the draft and what the step keeps: the draft on its other side."""
    other, step.document, step.undone = step.document, form.draft, not step.undone
    about = {"about": step.about} if step.about else {}
    _store(form, other, did=did, actor=actor, at=at, step=step.did, **about)
    return step


def _remember(form: Form, *, did: str, about: str, actor: Actor, at: datetime) -> None:
    """Keep the draft as it was, so that the change can be undone; what was undone before can no longer be redone."""
    db.session.execute(sa.delete(FormStep).where(FormStep.form_id == form.id, FormStep.undone))
    last = steps.last_done(form.id)
    n = last.n + 1 if last else 1
    db.session.execute(sa.delete(FormStep).where(FormStep.form_id == form.id, FormStep.n <= n - STEPS))
    db.session.add(
        FormStep(form_id=form.id, n=n, did=did, about=about, document=form.draft, actor_id=actor.user_id, at=at)
    )


def _about(before: Document, after: Document) -> str:
    """Return the label of the item that a change is about, nothing when it is about several or none."""
    old, new = delta(before, after)
    items = [new[name] or old[name] for name in new if name.startswith("item:")]
    return _plain(items[0]["label"]) if len(items) == 1 else ""


# ---------- what acts share ----------


def _save(form: Form, draft: Document, *, did: str, actor: Actor, at: datetime, **told: Any) -> None:
    about = told.get("about") or _about(form.draft, draft)
    _remember(form, did=did, about=about[:ABOUT_LENGTH], actor=actor, at=at)
    _store(form, draft, did=did, actor=actor, at=at, **told)


def _store(form: Form, draft: Document, *, did: str, actor: Actor, at: datetime, **told: Any) -> None:
    before, after = delta(form.draft, draft)
    form.draft = draft
    if form.state == FormState.DRAFT:
        form.title = _plain(draft["title"])  # a published form keeps its name until the next version
    touch(form, at)
    after = {"did": did, "row_version": form.row_version, **told, **after}
    record_audit("form:change", form, actor=actor, at=at, before=before, after=after)


def delta(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what differs between two drafts: items by fid, the layout of pages, and the form's own properties."""
    old, new = _flat(before), _flat(after)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return {name: old.get(name) for name in names}, {name: new.get(name) for name in names}


def _flat(document: Mapping[str, Any]) -> dict[str, Any]:
    flat = {name: value for name, value in document.items() if name != "pages"}
    flat["layout"] = [[page["id"], page["title"], _fids(page["items"])] for page in document["pages"]]
    for item in editing.items_of(document):
        flat[f"item:{item['fid']}"] = {name: value for name, value in item.items() if name != "items"}
    return flat


def _fids(items: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the fids of items, each group or repeat followed by a list of what stands in it."""
    return [part for one in items for part in (one["fid"], *([_fids(one["items"])] if one.get("items") else []))]


def _refuse_worse(before: Document, after: Document, fid: str | None) -> None:
    """Refuse an edit that leaves a problem on the item it is about, or a new one on the form as a whole.

    A group or repeat begins empty: that nothing stands in it yet is told, and keeps it from being published.
    """
    known = {(problem.path, problem.message) for problem in full_check(before)}
    worse = [
        problem
        for problem in full_check(after)
        if (fid is not None and problem.fid == fid and not problem.path.endswith(".items"))
        or (problem.fid is None and problem.path != "pages" and (problem.path, problem.message) not in known)
    ]
    if worse:
        raise DefinitionRefused(worse)


def _follow_problems(form: Form, document: Document) -> list[Problem]:
    """Tell why a sound definition cannot become this form's draft: another key, or something published left out."""
    if document["key"] != form.key:
        return [Problem("key", None, N_("标识要和这张表单一样：%(key)s"), {"key": form.key})]
    refused = [change for change in diff(current_version(form), parse(document)) if not change.allowed]
    return [Problem("pages", change.fid, change.message, change.params) for change in refused]


def _plain(text: Any) -> str:
    return str(text.get("zh_Hans_CN") if isinstance(text, dict) else text)
