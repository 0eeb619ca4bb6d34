"""The form designer: the list of forms, a new one, the draft with its pages, settings, check and publishing."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import BaseView
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.form_acts import UNPROCESSABLE, route
from admin.form_governing import FormGoverning
from admin.form_items import FormItems
from admin.form_moves import FormMoves
from admin.form_outline import KIND_CARDS, outline, state_pill
from admin.form_publishing import FormPublishing, changed
from admin.form_steps import FormSteps, steps_of
from admin.form_tries import FormTries, preview_width
from admin.form_versions import FormVersions
from admin.form_workbooks import FormWorkbooks
from admin.refusing import show_refusal
from engine import editing
from forms.forms import COLUMNS, NewForm, PageForm, SettingsForm, choices, en_of, text_of, zh_of
from models.forms import Form, FormState
from queries import forms as reads
from queries.answers import org_name
from services.form_names import free_key, free_prefix
from services.forms import (
    TITLE_LENGTH,
    create_form,
)
from services.pinyin import slug
from services.refusals import NotAllowed, NotFound, Refusal
from shell.access import actor
from shell.clock import now

SPARE_COLUMNS = 2


class FormsView(FormPublishing, FormItems, FormMoves, FormSteps, FormGoverning, FormVersions, FormTries, FormWorkbooks):
    """Everything under /admin/forms/."""

    allows = {"list": "form:list", "design": "form:design", "publish": "form:publish"}
    methods = {
        "index_view": "list",
        "new_view": "design",
        "edit_view": "list",
        "settings_view": "design",
        "page_add_view": "design",
        "page_view": "design",
        "page_move_view": "design",
        "page_remove_view": "design",
        **FormPublishing.publishing_methods,
        **FormItems.item_methods,
        **FormMoves.move_methods,
        **FormSteps.step_methods,
        **FormGoverning.governing_methods,
        **FormVersions.version_methods,
        **FormTries.try_methods,
        **FormWorkbooks.workbook_methods,
    }

    # ---------- the list, and a new form ----------

    @route("/")
    def index_view(self) -> Any:
        state, words = request.args.get("state", ""), request.args.get("q", "").replace("\0", "")[:TITLE_LENGTH]
        forms = reads.configured_forms(actor(), state=state, words=words)
        totals = reads.record_totals([form.id for form in forms])
        return self.page(
            "list", forms=forms, totals=totals, state=state, words=words, states=list(FormState), state_pill=state_pill
        )

    @route("/new", methods=("GET", "POST"))
    def new_view(self) -> Any:
        counties = sorted({grant.county_id for grant in actor().grants_for("form:design")})
        form = NewForm(data={"county": counties[0]})
        form.county.choices = choices(*((county, org_name(county) or str(county)) for county in counties))
        if form.validate_on_submit():
            made = self._create(form)
            if made is not None:
                flash(_("已新建。现在可以添加题目。"), "success")
                return redirect(url_for(".edit_view", key=made.key))
        status = UNPROCESSABLE if form.errors else 200
        return self.page("new", None, status, form=form, several=len(counties) > 1)

    @staticmethod
    def _create(form: NewForm) -> Form | None:
        county, title = int(form.county.data), str(form.title.data)
        key = form.key.data or free_key(county, slug(title))
        prefix = form.prefix.data or free_prefix(county, title)
        try:
            return create_form(county, key=key, title=title, prefix=prefix, actor=actor(), at=now())
        except (NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            form.key.data, form.prefix.data = key, prefix
            show_refusal(form, refusal)
            return None

    # ---------- the draft ----------

    @route("/<key>/")
    def edit_view(self, key: str) -> Any:
        form = self.row(key)
        fids = reads.published_fids(form)
        current = None if form.current_version is None else reads.definition(form.id, form.current_version)
        return self.page(
            "edit",
            form,
            outline=outline(form.draft, published=fids),
            changed=changed(form, current),
            steps=steps_of(form),
            width=preview_width(),
            cards=KIND_CARDS,
            tab="edit",
        )

    @route("/<key>/settings", methods=("GET", "POST"))
    def settings_view(self, key: str) -> Any:
        form = self.row(key, "form:design")
        page = self._settings_form(form)
        if page.validate_on_submit():
            policy = page.stale_policy.data
            until = page.refuse_after.data.isoformat() if page.refuse_after.data else ""
            if policy == "refuse_after" and not until:
                page.refuse_after.errors = [_("请选一个日期。")]
                return self.page("settings", form, UNPROCESSABLE, form=page, tab="settings")
            chosen = list(dict.fromkeys(column.data for column in page.columns if column.data))
            title = text_of(str(page.title.data), page.title_en.data or "", form.draft["title"])
            policy = {"refuse_after": until} if policy == "refuse_after" else policy
            return self.save(
                form, page,
                lambda draft: editing.change_settings(draft, title=title, stale_policy=policy, columns=chosen),
                did="settings", template="settings", done=_("设置已保存。"), tab="settings",
            )  # fmt: skip
        return self.page("settings", form, UNPROCESSABLE if page.errors else 200, form=page, tab="settings")

    @staticmethod
    def _settings_form(form: Form) -> SettingsForm:
        draft = form.draft
        policy = draft.get("stale_policy", "finish_old")
        columns = editing.column_fids(draft)
        page = SettingsForm(
            data={
                "row_version": form.row_version,
                "title": zh_of(draft["title"]),
                "title_en": en_of(draft["title"]),
                "stale_policy": "refuse_after" if isinstance(policy, dict) else policy,
                "columns": [*columns, *[""] * max(SPARE_COLUMNS, COLUMNS - len(columns))],
            }
        )
        if isinstance(policy, dict) and not page.is_submitted():
            page.refuse_after.process(None, date.fromisoformat(policy["refuse_after"]))
        live = [item for item in editing.items_of(draft) if not item.get("retired") and item["type"] != "note"]
        for column in page.columns:
            column.choices = choices(("", _("（空）")), *((item["fid"], zh_of(item["label"])) for item in live))
        return page

    # ---------- pages ----------

    @route("/<key>/pages/new", methods=("GET", "POST"))
    def page_add_view(self, key: str) -> Any:
        form = self.row(key, "form:design")
        page = PageForm(data={"row_version": form.row_version})
        if page.validate_on_submit():
            title = text_of(str(page.title.data), page.title_en.data or "")
            return self.save(
                form, page, lambda draft: editing.add_page(draft, title)[0], did="page_added", template="page",
                done=_("已添加一页。"), page_id="",
            )  # fmt: skip
        return self.page("page", form, UNPROCESSABLE if page.errors else 200, form=page, page_id="")

    @route("/<key>/pages/<page_id>", methods=("GET", "POST"))
    def page_view(self, key: str, page_id: str) -> Any:
        form = self.row(key, "form:design")
        stored = self.found(lambda: editing.page_of(form.draft, page_id))
        names = {"title": zh_of(stored["title"]), "title_en": en_of(stored["title"])}
        page = PageForm(data={"row_version": form.row_version, **names})
        if page.validate_on_submit():
            title = text_of(str(page.title.data), page.title_en.data or "", stored["title"])
            return self.save(
                form, page, lambda draft: editing.change_page(draft, page_id, title), did="page_changed",
                template="page", done=_("页名已保存。"), page_id=page_id,
            )  # fmt: skip
        return self.page("page", form, UNPROCESSABLE if page.errors else 200, form=page, page_id=page_id)

    @route("/<key>/pages/<page_id>/move", methods=("POST",))
    def page_move_view(self, key: str, page_id: str) -> Any:
        step = -1 if request.form.get("to") == "up" else 1
        return self.press_edit(
            key, lambda draft: editing.move_page(draft, page_id, step), did="page_moved",
            done=_("已移动。"), wanted=_("移动一页"),
        )  # fmt: skip

    @route("/<key>/pages/<page_id>/remove", methods=("POST",))
    def page_remove_view(self, key: str, page_id: str) -> Any:
        return self.press_edit(
            key, lambda draft: editing.remove_page(draft, page_id), did="page_removed",
            done=_("已删除这一页。"), wanted=_("删除一页"),
        )  # fmt: skip


def views() -> list[BaseView]:
    """Return the designer's view, new for each application."""
    return [FormsView(name=_l("表单设计"), endpoint="forms", url="/admin/forms")]
