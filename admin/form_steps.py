"""The designer's buttons that undo and redo changes of the draft, and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from admin.form_acts import DID, FormActs, route
from models.forms import Form, FormStep
from queries import form_drafts as reads
from services.form_drafts import redo_step, undo_step
from shell.access import actor
from shell.clock import now


@dataclass(frozen=True)
class Steps:
    """What undoing would take back and redoing would do again, in words; nothing where there is nothing."""

    back: str
    forward: str


def steps_of(form: Form) -> Steps:
    """Return what the two buttons would do now."""
    return Steps(_told(reads.last_done(form.id)), _told(reads.first_undone(form.id)))


def _told(step: FormStep | None) -> str:
    if step is None:
        return ""
    words = str(DID.get(step.did) or _("修改了表单"))
    return f"{words}“{step.about}”" if step.about else words


class FormSteps(FormActs):
    """Going back and forward through the changes of a draft."""

    step_methods = {"undo_act": "design", "redo_act": "design"}

    @route("/<key>/undo", methods=("POST",))
    def undo_act(self, key: str) -> Any:
        form, version = self.row(key, "form:design"), self.posted_version()
        told = steps_of(form).back
        return self.press(
            form, lambda: undo_step(form, row_version=version, actor=actor(), at=now()),
            done=_("已撤销：%(what)s。", what=told), wanted=_("撤销"),
        )  # fmt: skip

    @route("/<key>/redo", methods=("POST",))
    def redo_act(self, key: str) -> Any:
        form, version = self.row(key, "form:design"), self.posted_version()
        told = steps_of(form).forward
        return self.press(
            form, lambda: redo_step(form, row_version=version, actor=actor(), at=now()),
            done=_("已重做：%(what)s。", what=told), wanted=_("重做"),
        )  # fmt: skip
