"""The designer's page of checks before publishing, publishing itself, and taking a form out of use and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from admin.form_acts import FormActs, route
from admin.form_changes import Told, changes_told
from admin.form_tries import TestLine, test_lines
from engine.definition import Definition, Problem, parse
from engine.editing import items_of
from engine.messages import Message
from engine.schema import digest, normalised
from forms.forms import zh_of
from forms.saying import said
from models.forms import Form
from queries import forms as reads
from queries.xlsforms import open_marks
from services.form_roles import full_check
from services.forms import publish_form, reopen_form, retire_form
from shell.access import actor
from shell.clock import now

# Where a problem of the whole form is mended, by the beginning of its path.
_PLACES = {
    "rules": "forms.rules_view",
    "access": "forms.access_view",
    "stages": "forms.access_view",
    "duplicate": "forms.access_view",
    "list": "forms.settings_view",
    "title": "forms.settings_view",
    "stale_policy": "forms.settings_view",
}


@dataclass(frozen=True)
class Trouble:
    """One thing that keeps the draft from being published: what it is about, why, and where to mend it."""

    about: str
    words: str
    url: str


def changed(form: Form, current: Definition | None) -> bool:
    """Tell whether the draft says something else than the version in use."""
    return current is not None and digest(normalised(form.draft)) != current.sha256


class FormPublishing(FormActs):
    """From a draft to a version."""

    publishing_methods = {
        "publish_view": "list",
        "publish_act": "publish",
        "retire_view": "publish",
        "reopen_act": "publish",
    }

    @route("/<key>/publish")
    def publish_view(self, key: str) -> Any:
        form = self.row(key)
        problems = full_check(form.draft)
        current = None if form.current_version is None else reads.definition(form.id, form.current_version)
        draft = None if problems else parse(form.draft)
        told = changes_told(current, draft, form) if draft else []
        tests = test_lines(draft) if draft else []
        return self.page(
            "publish", form, troubles=list(self._troubles(form, problems, told, tests)), changes=told, tests=tests,
            checked=draft is not None, first=current is None, next_number=reads.last_number(form.id) + 1,
            unchanged=current is not None and not changed(form, current),
            total=reads.record_totals([form.id]).get(form.id, 0), tab="publish",
        )  # fmt: skip

    def _troubles(
        self, form: Form, problems: list[Problem], told: list[Told], tests: list[TestLine]
    ) -> Iterator[Trouble]:
        labels = {raw["fid"]: zh_of(raw["label"]) for raw in items_of(form.draft)}
        for problem in problems:
            words = said(Message(problem.message, problem.params))
            yield Trouble(labels.get(problem.fid or "", ""), words, self._mended_at(form, problem.path, problem.fid))
        for mark in open_marks(form.id):
            if mark.blocking:
                words = _("工作簿 %(cell)s：%(why)s。请看过后处理这一处", cell=mark.cell, why=said(mark.message))
                yield Trouble(labels.get(mark.fid, ""), words, url_for(".workbook_view", key=form.key))
        for one in told:
            if not one.change.allowed:
                yield Trouble(
                    labels.get(one.change.fid or "", ""), one.words, self._mended_at(form, "stages", one.change.fid)
                )
        for line in tests:
            where = url_for(".try_view", key=form.key, _anchor=f"test-{line.place}")
            yield from (Trouble(line.title, words, where) for words in line.failures)

    def _mended_at(self, form: Form, path: str, fid: str | None) -> str:
        """Return the address of the page where a problem is mended."""
        if fid is not None and self.may_design and any(raw["fid"] == fid for raw in items_of(form.draft)):
            return url_for(".item_view", key=form.key, fid=fid)
        part = path.split("[", 1)[0].split(".", 1)[0]
        if part == "tests":
            return url_for(".try_view", key=form.key, _anchor="tests")
        if part in _PLACES and self.may_design:
            return url_for(_PLACES[part], key=form.key)
        return url_for(".edit_view", key=form.key)

    @route("/<key>/publish/now", methods=("POST",))
    def publish_act(self, key: str) -> Any:
        form, version = self.row(key, "form:publish"), self.posted_version()
        return self.press(
            form, lambda: publish_form(form, row_version=version, actor=actor(), at=now()),
            done=_("已发布。填写人现在用的就是这一版，并会收到通知。"), back=url_for(".versions_view", key=key),
            wanted=_("发布新版本"),
        )  # fmt: skip

    @route("/<key>/retire", methods=("GET", "POST"))
    def retire_view(self, key: str) -> Any:
        form, version = self.row(key, "form:publish"), self.posted_version()
        if request.method == "POST":
            return self.press(
                form, lambda: retire_form(form, row_version=version, actor=actor(), at=now()),
                done=_("表单已停用，不能再填写；已有的登记还能查看。"), wanted=_("停用表单"),
            )  # fmt: skip
        total = reads.record_totals([form.id]).get(form.id, 0)
        return self.page("retire", form, total=total)

    @route("/<key>/reopen", methods=("POST",))
    def reopen_act(self, key: str) -> Any:
        form, version = self.row(key, "form:publish"), self.posted_version()
        return self.press(
            form, lambda: reopen_form(form, row_version=version, actor=actor(), at=now()),
            done=_("表单已重新启用。"), wanted=_("重新启用表单"),
        )  # fmt: skip
