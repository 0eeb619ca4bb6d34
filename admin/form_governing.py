"""The designer's pages of a form as a whole: rules across questions; rights, stages and duplicates."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _

from admin.form_acts import UNPROCESSABLE, FormActs, asks_redraw, route
from engine import editing, whole
from engine.definition import Item
from engine.governing import ACTS
from engine.schema import build_item
from forms.builders import Builder, gather, rearrange
from forms.governing import ACT_LABELS, governing_page, read_governing, roles_of_act
from forms.rules import FormRulesForm, offer_rules, read_rules, rule_data
from models.forms import Form
from queries.accounts import ROLE_LABELS


class FormGoverning(FormActs):
    """Settings that no single question has."""

    governing_methods = {"rules_view": "design", "access_view": "design"}

    @route("/<key>/rules", methods=("GET", "POST"))
    def rules_view(self, key: str) -> Any:
        form = self.row(key, "form:design")
        builder = Builder(record_items(form))
        before = form.draft.get("rules") or []
        page = FormRulesForm(data={"row_version": form.row_version, "rules": rule_data(before, builder)})
        if asks_redraw():
            rearrange(page, more=request.form.get("more", ""), less=request.form.get("less", ""))
            for entry in page.rules:
                builder.turn(entry.form.when.form)
        elif page.validate_on_submit():
            rules = read_rules(page.rules, builder, before, places=True)
            if not page.gathered_errors():
                offer_rules(page.rules, builder)
                return self.save(
                    form, page, lambda draft: whole.change_form(draft, rules=rules), did="rules_changed",
                    template="rules", done=_("校验已保存。"), tab="rules",
                )  # fmt: skip
        offer_rules(page.rules, builder)
        wrong = gather(page) and not asks_redraw()
        return self.page("rules", form, UNPROCESSABLE if wrong else 200, form=page, tab="rules")

    @route("/<key>/access", methods=("GET", "POST"))
    def access_view(self, key: str) -> Any:
        form = self.row(key, "form:design")
        page = governing_page(form.draft, record_items(form).values(), form.row_version)
        shown = {
            "tab": "access", "acts": [(act, ACT_LABELS[act], roles_of_act(act)) for act in ACTS], "roles": ROLE_LABELS
        }  # fmt: skip
        if page.validate_on_submit():
            found = read_governing(page, form.draft)
            if not page.gathered_errors():
                return self.save(
                    form, page, lambda draft: whole.change_form(draft, **found), did="access_changed",
                    template="access", done=_("权限、阶段和查重已保存。"), **shown,
                )  # fmt: skip
        return self.page("access", form, UNPROCESSABLE if gather(page) else 200, form=page, **shown)


def record_items(form: Form) -> dict[str, Item]:
    """Return the live items with answers that a rule of the whole form may read: none inside repeats."""
    return {raw["fid"]: build_item(raw) for raw in editing.readable(form.draft)}
