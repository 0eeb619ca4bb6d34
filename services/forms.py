"""The life of a configured form: created, published in numbered versions, retired, reopened."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from engine import editing
from engine.answers import Context, run_tests
from engine.definition import Definition, Problem, check, diff, parse
from engine.messages import N_, Message
from engine.properties import key_problem
from models.access import Actor
from models.base import db
from models.forms import Form, FormState, FormStep, FormVersion
from models.webhooks import WebhookEvent
from queries import forms as reads
from queries.xlsforms import OpenMark, open_marks
from services.access import require
from services.audit import record_audit
from services.form_roles import full_check
from services.messages import put_notice
from services.refusals import Refusal, Stale
from services.reindexing import extend_index
from services.transaction import transaction
from services.webhooks import announce_form

Document = dict[str, Any]
ENTRY_PATH = "/field/"
PREFIX = re.compile(r"[A-Z][A-Z0-9]{1,7}")  # register numbers begin with it: LLJF-000412
TITLE_LENGTH = 100
RESERVED_KEYS = frozenset({"new", "workbooks", "packs"})  # addresses of the designer itself
FIRST_PAGE = N_("基本情况")
NOTICE = N_("表单“%(title)s”已发布第 %(n)s 版，可以开始填写。")


class DefinitionRefused(Refusal):
    """A definition with problems; `problems` names each with its place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(_l("表单有 %(n)s 处问题，没有保存。", n=len(self.problems)))

    @property
    def messages(self) -> list[Message]:
        """Return what is wrong, without the places."""
        return [Message(problem.message, problem.params) for problem in self.problems]


class NotPublishable(Refusal):
    """A draft that cannot follow the current version; `reasons` says why in words."""

    def __init__(self, reasons: Sequence[Message]) -> None:
        self.reasons = list(reasons)
        super().__init__(_l("表单还不能发布：%(n)s 处问题要先处理。", n=len(self.reasons)))


class KeyTaken(Refusal):
    field = "key"
    message = _l("县里已经有一张用这个标识的表单，请换一个。")


class PrefixTaken(Refusal):
    field = "prefix"
    message = _l("县里已经有一张用这个编号字头的表单，请换一个。")


class BadName(Refusal):
    """A key, title or prefix of the wrong shape; `field` says which."""

    def __init__(self, field: str, message: Any) -> None:
        self.field = field
        super().__init__(message)


class WrongState(Refusal):
    message = _l("表单现在的状态不能这样做。请刷新页面看看最新状态。")


@transaction
def create_form(
    county_id: int,
    *,
    key: str,
    title: str,
    prefix: str,
    definition: Document | None = None,
    actor: Actor,
    at: datetime,
) -> Form:
    """Create a form with an empty draft, or with a whole definition.

    Raises KeyTaken, PrefixTaken, BadName or DefinitionRefused.
    """
    require(actor, "form:design")
    form = Form(
        county_id=county_id, key=key, title=title.strip(), prefix=prefix, state=FormState.DRAFT, draft={},
        next_number=1, created_at=at, updated_at=at, row_version=1,
    )  # fmt: skip
    require(actor, "form:design", form)
    _refuse_taken(form)
    form.draft = editing.empty_form(key, form.title, FIRST_PAGE) if definition is None else {**definition, "key": key}
    problems = _shape_problems(form.draft) if definition is None else full_check(form.draft)
    if problems:
        raise DefinitionRefused(problems)
    db.session.add(form)
    record_audit("form:create", form, actor=actor, at=at, after={"key": key, "title": form.title, "prefix": prefix})
    return form


# ---------- publishing ----------


@transaction
def publish_form(form: Form, *, row_version: int, actor: Actor, at: datetime) -> FormVersion:
    """Make the draft the next version, for ever unchangeable, and tell everybody who fills forms in the county.

    Raises NotPublishable with every reason at once, Stale, or WrongState for a retired form.
    """
    lock(form, "form:publish", row_version, actor)
    if form.state == FormState.RETIRED:
        raise WrongState
    definition = publishable(form, at=at)
    version = FormVersion(
        form_id=form.id, number=reads.last_number(form.id) + 1, definition=definition.document,
        sha256=definition.sha256, published_at=at, published_by=actor.user_id,
    )  # fmt: skip
    db.session.add(version)
    before = {"state": form.state, "version": form.current_version}
    form.state, form.current_version = FormState.PUBLISHED, version.number
    form.title, form.draft = definition.title(), definition.document
    # What was done before is in the version now: nobody goes back behind it step by step.
    db.session.execute(sa.delete(FormStep).where(FormStep.form_id == form.id))
    touch(form, at)
    after = {"state": form.state, "version": version.number, "sha256": version.sha256, "row_version": form.row_version}
    record_audit("form:publish", form, actor=actor, at=at, before=before, after=after)
    announce_form(WebhookEvent.FORM_PUBLISHED, form, at=at)
    if version.number > 1:
        extend_index(form)
    text = NOTICE % {"title": form.title, "n": version.number}
    for user_id in reads.entry_user_ids(form.county_id, at.date()):
        put_notice(user_id, text=text, path=ENTRY_PATH, at=at)
    return version


def publishable(form: Form, *, at: datetime) -> Definition:
    """Return the definition that publishing would make; raises NotPublishable with every reason at once."""
    reasons = [Message(problem.message, problem.params) for problem in full_check(form.draft)]
    reasons += [_marked(mark) for mark in open_marks(form.id) if mark.blocking]
    if reasons:
        raise NotPublishable(reasons)
    definition, current = parse(form.draft), current_version(form)
    if current is not None and current.sha256 == definition.sha256:
        raise NotPublishable([Message(N_("草稿和现在的版本完全一样，不用再发布"))])
    changes = [change for change in diff(current, definition) if not change.allowed]
    failures = run_tests(definition, trying(at.date()))
    reasons = [Message(change.message, change.params) for change in changes]
    reasons += [Message(failure.message, failure.params) for failure in failures]
    if reasons:
        raise NotPublishable(reasons)
    return definition


@transaction
def retire_form(form: Form, *, row_version: int, actor: Actor, at: datetime) -> None:
    """Take a published form out of use; what was entered stays readable."""
    _switch(form, FormState.PUBLISHED, FormState.RETIRED, "form:retire", row_version=row_version, actor=actor, at=at)


@transaction
def reopen_form(form: Form, *, row_version: int, actor: Actor, at: datetime) -> None:
    """Put a retired form back into use with its current version."""
    _switch(form, FormState.RETIRED, FormState.PUBLISHED, "form:reopen", row_version=row_version, actor=actor, at=at)


def _switch(
    form: Form, old: FormState, new: FormState, act: str, *, row_version: int, actor: Actor, at: datetime
) -> None:
    lock(form, "form:publish", row_version, actor)
    if form.state != old:
        raise WrongState
    form.state = new
    touch(form, at)
    after = {"state": new, "row_version": form.row_version}
    record_audit(act, form, actor=actor, at=at, before={"state": old}, after=after)


# ---------- what acts share ----------


def lock(form: Form, permission: str, row_version: int, actor: Actor) -> None:
    """Hold the row until the act ends, check the permission on it and that nobody saved in between."""
    db.session.refresh(form, with_for_update=True)
    require(actor, permission, form)
    if form.row_version != row_version:
        raise Stale


def touch(form: Form, at: datetime) -> None:
    """Make everybody who opened the form before see that it changed."""
    form.updated_at = at
    form.row_version += 1


def current_version(form: Form) -> Definition | None:
    """Return the definition in use, None before the first."""
    return None if form.current_version is None else reads.definition(form.id, form.current_version)


def _shape_problems(document: Document) -> list[Problem]:
    return [problem for problem in check(document) if problem.path in {"", "key", "title"}]


def _refuse_taken(form: Form) -> None:
    if key_problem(form.key) or form.key in RESERVED_KEYS:
        raise BadName("key", _l("标识只能用小写英文字母、数字和下划线，以字母开头，不能是保留的词。"))
    if not PREFIX.fullmatch(form.prefix):
        raise BadName("prefix", _l("编号字头要用 2 到 8 个大写英文字母或数字，以字母开头。"))
    if not 0 < len(form.title) <= TITLE_LENGTH:
        raise BadName("title", _l("请填写表单名称，最多 %(n)s 个字。", n=TITLE_LENGTH))
    if reads.taken(form.county_id, key=form.key):
        raise KeyTaken
    if reads.taken(form.county_id, prefix=form.prefix):
        raise PrefixTaken


def _plain_title(title: Any) -> str:
    return str(title.get("zh_Hans_CN") if isinstance(title, dict) else title)


def _marked(mark: OpenMark) -> Message:
    """Say which cell of the imported workbook has no effect here; it must be settled before anybody relies on it."""
    return Message(N_("工作簿 %(cell)s：%(why)s。请看过后处理这一处"), {"cell": mark.cell, "why": mark.message})


def trying(day: date) -> Context:
    """Return the world in which recorded tests run: any organisation and any file will do."""
    return Context(today=day, org_allowed=_any_org, file_known=_any_file)


def _any_org(_org: int, _level: str | None) -> bool:
    return True


def _any_file(_uid: str) -> bool:
    return True
