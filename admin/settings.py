"""Settings: what a county may change at run time, one key at a time."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request
from flask_admin.form import FormOpts
from flask_babel import gettext as _

from admin.guard import ZhiyeView, expose
from admin.refusing import attempt
from forms.settings import setting_form
from queries.accounts import ROLE_LABELS
from queries.audit import timeline
from queries.orgs import county_of
from queries.settings import SETTINGS, SettingKind, Spec, setting_row, settings_of
from services.settings import change_setting
from shell.access import actor
from shell.clock import now


class SettingsView(ZhiyeView):
    """The settings of the signed-in administrator's county."""

    allows = {"list": "setting:list", "edit": "setting:manage"}

    @expose("/")
    def index_view(self) -> Any:
        county = county_of(actor(), "setting:list")
        rows = settings_of(county)
        lines = [
            (spec, told(spec, rows[key].value if key in rows else spec.default), rows.get(key))
            for key, spec in SETTINGS.items()
        ]
        return self.render("admin/settings/list.html", lines=lines, can_edit=self.may("edit"))

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> Any:
        spec = SETTINGS.get(request.args.get("key", ""))
        if spec is None:
            abort(404)
        county = county_of(actor(), "setting:manage")
        row = setting_row(county, spec.key)
        form = setting_form(spec)(
            data={"value": row.value if row else spec.default, "row_version": row.row_version if row else 0}
        )
        if form.validate_on_submit() and self._change(form, county, spec) is not None:
            flash(_("已保存。"), "success")
            return redirect(self.get_url(".index_view"))
        events = timeline("setting", row.id, actor()) if row else []
        return self.render(
            "admin/settings/edit.html", form=form, form_opts=FormOpts(), spec=spec, events=events,
            return_url=self.get_url(".index_view"), page_title=_("修改设置：%(name)s", name=spec.label),
        )  # fmt: skip

    def _change(self, form: Any, county: int, spec: Spec) -> Any:
        version, key = form.row_version.data, spec.key
        return attempt(
            form,
            lambda: change_setting(
                county, key=key, value=form.value.data, row_version=version, actor=actor(), at=now()
            ),
            lambda: setting_row(county, key),
        )


def told(spec: Spec, value: Any) -> str:
    """Return a value in words."""
    if spec.kind == SettingKind.ROLES:
        return "、".join(str(ROLE_LABELS[role]) for role in ROLE_LABELS if role in value)
    return str(spec.choices.get(value, value))
