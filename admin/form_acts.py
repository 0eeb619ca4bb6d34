"""What the designer's pages share: the form of the address, doing an act on it, and what is shown on a conflict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import abort, flash, redirect, render_template, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.guard import ZhiyeView
from admin.refusing import show_refusal
from engine.messages import Message
from forms.saying import said
from models.audit import AuditEvent
from models.forms import Form
from queries import forms as reads
from queries.labels import FORM_EDITS
from services.form_drafts import Edit, change_draft
from services.forms import DefinitionRefused
from services.refusals import NotAllowed, NotFound, Refusal, Stale
from shell.access import actor
from shell.clock import now

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
# What people are told somebody did, by the name under which the audit keeps it.
DID = {
    **FORM_EDITS,
    "form:publish": _l("发布了新版本"),
    "form:retire": _l("停用了表单"),
    "form:reopen": _l("重新启用了表单"),
}
CONFLICT = 409
Said = str | Callable[[], str]  # what is told when an act was done; some words are known only then
UNPROCESSABLE = 422


def route(rule: str, *, methods: tuple[str, ...] = ("GET",)) -> Callable[[F], F]:
    """Give a method of a view an address; flask_admin.expose with types."""
    return cast("Callable[[F], F]", expose(rule, methods=methods))


def asks_redraw() -> bool:
    """Tell whether a button only asks to show the page again, with a row more or less, and to save nothing."""
    return request.method == "POST" and not {"more", "less", "redraw"}.isdisjoint(request.form)


class FormActs(ZhiyeView):
    """The base of the designer's parts."""

    def row(self, key: str, permission: str = "form:list") -> Form:
        """Return the form of the address. Answers 404 where it is missing or another county's."""
        found = reads.form_by_key(key, actor(), permission)
        if found is None:
            abort(404)
        return found

    def page(self, template: str, row: Form | None = None, status: int = 200, /, **context: Any) -> Any:
        """Show a page of the designer; pages of one form carry its head and tabs."""
        return render_template(f"admin/forms/{template}.html", row=row, admin_view=self, **context), status

    @property
    def may_design(self) -> bool:
        return self.may("design")

    def posted_version(self) -> int:
        """Return the state of the form on which a button was pressed; 0, which is never current, when missing."""
        text = request.form.get("row_version", "")
        return int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - fits a column

    def press(self, form: Form, act: Callable[[], Any], *, done: Said, back: str = "", wanted: str = "") -> Any:
        """Do what a button says, and go back; on a conflict show what changed and offer the button again."""
        back = back or url_for(".edit_view", key=form.key)
        try:
            act()
        except (NotAllowed, NotFound):
            raise
        except Stale:
            return self.conflict(form, wanted)
        except DefinitionRefused as refused:
            flash(refused.message, "danger")
            for problem in refused.problems[:5]:
                flash(said(Message(problem.message, problem.params)), "danger")
        except Refusal as refusal:
            flash(refusal.message, "danger")
        else:
            flash(done if isinstance(done, str) else done(), "success")
        return redirect(back)

    def edit_draft(
        self, form: Form, edit: Edit, *, did: str, version: int, fid: str | None = None, about: str | None = None
    ) -> Any:
        """Change the draft by one edit, as who is signed in, now."""
        return change_draft(
            form, edit=edit, row_version=version, did=did, fid=fid, about=about, actor=actor(), at=now()
        )

    def press_edit(
        self,
        key: str,
        edit: Edit,
        *,
        did: str,
        done: Said,
        wanted: str,
        back: str = "",
        fid: str | None = None,
        about: str | None = None,
    ) -> Any:
        """Do an edit of the draft that a button asks for."""
        form, version = self.row(key, "form:design"), self.posted_version()
        return self.press(
            form, lambda: self.edit_draft(form, edit, did=did, version=version, fid=fid, about=about),
            done=done, wanted=wanted, back=back,
        )  # fmt: skip

    def save(self, form: Form, page: Any, edit: Any, *, did: str, template: str, done: str, **context: Any) -> Any:
        """Save what a settings page says; on a conflict or refusal show the page again with what was typed."""
        try:
            self.edit_draft(form, edit, did=did, version=page.seen_version)
        except (NotAllowed, NotFound):
            raise
        except Stale:
            changes = self.changes(form, page.seen_version)
            page.row_version.process(None, form.row_version)
            return self.page(template, form, CONFLICT, form=page, changes=changes, **context)
        except Refusal as refusal:
            for problem in getattr(refusal, "problems", ()):
                page.form_errors.append(said(Message(problem.message, problem.params)))
            show_refusal(page, refusal)
            return self.page(template, form, UNPROCESSABLE, form=page, **context)
        flash(done, "success")
        return redirect(url_for(".edit_view", key=form.key))

    @staticmethod
    def found(look: Callable[[], T]) -> T:
        """Return what a look-up finds. Answers 404 where it finds nothing."""
        try:
            return look()
        except LookupError:
            abort(404)

    def conflict(self, form: Form, wanted: str) -> Any:
        """Tell that somebody else saved first: what they did, what was asked here, and how to do it all the same."""
        ours = {"csrf_token", "row_version"}
        asked = [(name, value) for name, value in request.form.items(multi=True) if name not in ours]
        return self.page(
            "conflict", form, CONFLICT, changes=self.changes(form, self.posted_version()), wanted=wanted, asked=asked
        )

    def changes(self, form: Form, version: int) -> list[tuple[str, str, AuditEvent]]:
        """Return who did what since a state of the form: (name, words, event), newest first."""
        return [(event.actor_name, self.told(event), event) for event in reads.changes_since(form, version)]

    @staticmethod
    def told(event: AuditEvent) -> str:
        """Say an audited act in words, with the item it was about."""
        after = event.after or {}
        words = str(DID.get(str(after.get("did", event.act))) or _("修改了表单"))
        items = [value or (event.before or {}).get(name) for name, value in after.items() if name.startswith("item:")]
        labels = [item["label"] for item in items if isinstance(item, dict)]
        labels = [after["about"]] if after.get("about") else labels
        names = [label if isinstance(label, str) else str(label.get("zh_Hans_CN", "")) for label in labels]
        return words + ("“" + "”“".join(names[:3]) + "”" if names else "")
