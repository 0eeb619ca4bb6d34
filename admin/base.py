"""The base of every back-office list: permission, scope, keyset paging, acts through services, safe export."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from flask import flash, g, redirect, request
from flask_admin.form import FormOpts
from flask_admin.helpers import get_redirect_target
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from admin.guard import expose
from admin.lists import ListView
from admin.refusing import attempt
from queries.audit import timeline
from services.refusals import NotAllowed, NotFound, Refusal
from shell.access import actor

R = TypeVar("R")


class ZhiyeModelView(ListView):
    """A list of rows with its pages. A noun's view says what is shown and which service act does what.

    To write a view: set `allows` (act -> permission), columns, `form` (a FlaskForm), and the three acts `create`,
    `update` and `delete`. `scope()` is the only door to rows: lists, counts, details, edits, exports, look-ups and
    bulk acts all go through it, with the permission of what is being done.
    """

    # CSRF comes from flask_wtf: Flask-Admin's SecureForm makes a new secret in each process.
    form_base_class = FlaskForm
    details_template = "admin/model/details.html"
    create_template = "admin/model/create.html"
    edit_template = "admin/model/edit.html"
    delete_template = "admin/model/delete_confirm.html"
    can_view_details = True
    bulk_permissions: ClassVar[Mapping[str, str]] = {}  # bulk act -> its own permission
    timeline_of: ClassVar[str] = ""  # table whose audit events the details page shows

    # What may be done, asked again on every page

    @property
    def can_create(self) -> bool:
        return self.may("create")

    @property
    def can_edit(self) -> bool:
        return self.may("edit")

    @property
    def can_delete(self) -> bool:
        return self.may("delete")

    @property
    def can_export(self) -> bool:
        return self.may("export")

    def is_action_allowed(self, name: str) -> bool:
        permission = self.bulk_permissions.get(name)
        return permission is not None and actor().can(permission)

    @expose("/action/", methods=("POST",))
    def action_view(self) -> Any:
        """Do a bulk act on ticked rows; each act has its own permission, and its scope."""
        name = request.form.get("action", "")
        if name not in self._actions_data or not self.is_action_allowed(name):
            return redirect(self.back())
        g.admin_permission = self.bulk_permissions[name]
        return self._actions_data[name][0](request.form.getlist("rowid")) or redirect(self.back())

    # Details

    @expose("/details/")
    def details_view(self) -> Any:
        row = self.one()
        return self.render(
            self.details_template,
            model=row,
            details_columns=self._details_columns,
            get_value=self.get_detail_value,
            return_url=self.back(),
            page_title=self.title_of(row),
            **self.details_context(row),
        )

    def details_context(self, row: Any) -> dict[str, Any]:
        """Return what a details page shows beside the facts: the course of events."""
        if not self.timeline_of:
            return {}
        return {"events": timeline(self.timeline_of, self.get_pk_value(row), actor())}

    def title_of(self, row: Any) -> str:
        return str(row)

    # Acts

    def create(self, form: Any) -> Any:
        """Do the service act that creates a row, and return it."""
        raise NotImplementedError

    def update(self, form: Any, row: Any) -> Any:
        """Do the service act that changes a row, and return it."""
        raise NotImplementedError

    def delete(self, row: Any) -> None:
        """Do the service act that deletes a row."""
        raise NotImplementedError

    def create_model(self, form: Any) -> Any:
        return self.attempt(form, lambda: self.create(form))

    def update_model(self, form: Any, model: Any) -> Any:
        ident = self.get_pk_value(model)
        return self.attempt(form, lambda: self.update(form, model), lambda: self.get_one(ident))

    def attempt(self, form: Any, act: Callable[[], R], latest: Callable[[], Any] = lambda: None) -> R | None:
        """Do an act; on a refusal show it on the form, which keeps what was typed, and return None."""
        return attempt(form, act, latest)

    def dress(self, form: Any, row: Any) -> Any:  # noqa: ARG002 - for views to override
        """Give a form what depends on who asks: choices, defaults. `row` is None on a new one."""
        return form

    def create_form(self, obj: Any = None) -> Any:
        return self.dress(super().create_form(obj), None)

    def edit_form(self, obj: Any = None) -> Any:
        return self.dress(super().edit_form(obj), obj)

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> Any:
        form = self.create_form()
        if self.validate_form(form):
            row = self.create_model(form)
            if row is not None:
                flash(_("已新建。"), "success")
                again = self.get_url(".create_view") if "_add_another" in request.form else None
                return redirect(again or self.get_save_return_url(row, is_created=True))
        return self.form_page(self.create_template, form)

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> Any:
        row = self.one()
        form = self.edit_form(obj=row)
        if self.validate_form(form) and self.update_model(form, row) is not None:
            flash(_("已保存。"), "success")
            return redirect(self.get_save_return_url(row))
        return self.form_page(self.edit_template, form, model=row)

    def form_page(self, template: str, form: Any, **context: Any) -> str:
        """Show a form with what was typed and what is wrong with it."""
        options = FormOpts(widget_args=self.form_widget_args, form_rules=None)
        return str(self.render(template, form=form, form_opts=options, return_url=self.back(), **context))

    def get_save_return_url(self, model: Any, is_created: bool = False) -> str:  # noqa: ARG002, FBT001, FBT002
        if self.can_view_details:
            return str(self.get_url(".details_view", id=self.get_pk_value(model)))
        return self.back()

    def back(self) -> str:
        """Return where "cancel" leads: a page of this site that was named, or the list."""
        return str(get_redirect_target() or self.get_url(".index_view"))

    # Deleting asks on a page of its own, for the name

    @expose("/delete/confirm/")
    def delete_confirm_view(self) -> Any:
        return self.delete_page(self.one())

    @expose("/delete/", methods=("POST",))
    def delete_view(self) -> Any:
        row = self.one()
        if request.form.get("confirm_name", "").strip() != self.name_to_type(row):
            return self.delete_page(row, _("名称不一致，没有删除。请照着上面的名称再输入一次。"))
        try:
            self.delete(row)
        except (NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            return self.delete_page(self.one(), str(refusal))
        flash(_("已删除。"), "success")
        return redirect(self.back())

    def delete_page(self, row: Any, error: str = "") -> Any:
        return self.render(
            self.delete_template, model=row, lost=self.lost(row), confirm_name=self.name_to_type(row),
            confirm_error=error, return_url=self.back(),
        )  # fmt: skip

    def lost(self, row: Any) -> list[str]:
        """Return what deleting this row takes with it, a line each."""
        return [str(row)]

    def name_to_type(self, row: Any) -> str:
        return str(row)


class ReadOnlyModelView(ZhiyeModelView):
    """A list that nobody changes here: ledgers, events, the audit chain. It has no route that writes."""

    WRITING = frozenset({"create", "edit", "delete", "bulk"})

    @classmethod
    def permission_for(cls, method: str) -> str | None:
        closed = {"create_view", "edit_view", "delete_confirm_view", "delete_view", "action_view"}
        return None if method in closed else super().permission_for(method)

    def may(self, act: str) -> bool:
        return act not in self.WRITING and super().may(act)
