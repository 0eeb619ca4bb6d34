"""Points rules in the back office: versions of the county and of villages, with their items."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request
from flask_admin.form import FormOpts
from flask_admin.model.template import EditRowAction
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.base import ZhiyeModelView
from admin.conditions import number
from admin.formatters import labelled
from admin.guard import expose
from admin.refusing import attempt
from forms.claims import told
from forms.point_rules import EditRulesForm, ItemForm, NewRulesForm, said_by, shown_item, shown_terms, terms_of
from models.point_rules import RuleItem, RuleSet, RuleState
from queries.accounts import ROLE_LABELS
from queries.forms import published_forms
from queries.labels import STATES
from queries.orgs import unit_names
from queries.point_rules import DEDUCT, EVIDENCE, item_in_scope, known_sets, listed_sets, owner_in_scope, owners
from services import point_rules
from services.access import may
from services.refusals import NotAllowed, NotFound, Refusal
from shell.access import actor
from shell.clock import now, today

MANAGE = "rule:manage"


def _owner(_view: Any, _context: Any, row: RuleSet, _name: str) -> str:
    return unit_names([row.org_id]).get(row.org_id, "")


def _expiry(_view: Any, _context: Any, row: RuleSet, _name: str) -> str:
    if row.expiry_months is not None:
        return str(_("获得后满 %(n)s 个月", n=row.expiry_months))
    return str(_("满 %(n)s 年后的年底", n=row.expiry_years) if row.expiry_years else _("当年年底"))


class RulesView(ZhiyeModelView):
    """Versions of points rules: drafted, given items, published, and then only ended."""

    allows = {"list": "rule:list", "create": MANAGE, "edit": MANAGE}
    methods = {
        "item_view": "edit", "drop_view": "edit", "publish_view": "edit", "end_view": "edit",
    }  # fmt: skip
    timeline_of = "coin_rule_set"
    details_template = "admin/rules/details.html"
    column_list = ("org_id", "number", "state", "valid_from", "valid_to", "expiry_years")
    column_details_list = ("org_id", "number", "state", "valid_from", "valid_to", "expiry_years", "note")
    column_labels = {
        "org_id": _l("谁的规则"), "number": _l("第几版"), "state": _l("状态"), "valid_from": _l("从哪一天起用"),
        "valid_to": _l("用到哪一天"), "expiry_years": _l("到期"), "note": _l("说明"),
    }  # fmt: skip
    column_formatters = {"org_id": _owner, "expiry_years": _expiry, "state": labelled(STATES)}

    def scope(self) -> sa.ColumnElement[bool]:
        return listed_sets(actor(), self.permission())

    def get_list_row_actions(self) -> list[Any]:
        """Leave changing to the page of a version: it knows which are drafts, and whose."""
        return [one for one in super().get_list_row_actions() if not isinstance(one, EditRowAction)]

    def title_of(self, row: RuleSet) -> str:
        return str(_("%(owner)s积分规则第 %(n)s 版", owner=_owner(self, None, row, ""), n=row.number))

    def details_context(self, row: RuleSet) -> dict[str, Any]:
        draft = row.state == RuleState.DRAFT
        return {
            **super().details_context(row), "items": row.items, "told": told, "evidence": EVIDENCE, "deduct": DEDUCT,
            "roles": ROLE_LABELS, "draft": draft, "mine": may(actor(), MANAGE, row), "today": today(),
        }  # fmt: skip

    # Versions

    def get_create_form(self) -> type[NewRulesForm]:
        return NewRulesForm

    def get_edit_form(self) -> type[EditRulesForm]:
        return EditRulesForm

    def dress(self, form: Any, row: RuleSet | None) -> Any:
        if row is None:
            form.owner.offer([(unit.id, unit.name) for unit in owners(actor())])
            form.like.offer([("", _("从空白开始")), *((one.id, self.title_of(one)) for one in known_sets(actor()))])
            if not form.is_submitted():
                form.valid_from.data = today()
                form.expiry_n.data = 0
        elif not form.is_submitted():
            for name, value in shown_terms(row).items():
                form[name].data = value
        return form

    def create(self, form: Any) -> RuleSet:
        owner = owner_in_scope(form.owner.data, actor())
        if owner is None:
            raise NotFound
        like = next((one for one in known_sets(actor()) if one.id == form.like.data), None)
        return point_rules.create_rule_set(owner, terms_of(form), like=like, actor=actor(), at=now())

    def update(self, form: Any, row: RuleSet) -> RuleSet:
        version = form.row_version.data
        return point_rules.change_rule_set(row, terms_of(form), row_version=version, actor=actor(), at=now())

    @expose("/publish/", methods=("POST",))
    def publish_view(self) -> Any:
        row = self.one()
        return self._done(
            row.id, lambda: point_rules.publish_rule_set(row, actor=actor(), at=now()), _("已发布，不能再改。")
        )

    @expose("/end/", methods=("POST",))
    def end_view(self) -> Any:
        row = self.one()
        try:
            last = date.fromisoformat(request.form.get("last", ""))
        except ValueError:
            flash(_("日期不对，请重新选择。"), "danger")
            return redirect(self.get_url(".details_view", id=row.id))
        who: dict[str, Any] = {"actor": actor(), "at": now(), "today": today()}
        return self._done(row.id, lambda: point_rules.end_rule_set(row, last=last, **who), _("已保存。"))

    # Items

    @expose("/item/", methods=("GET", "POST"))
    def item_view(self) -> Any:
        """Show one item of a draft, or a new one; `item` in the address names it."""
        rules = self.one()
        ident = rules.id
        item = self._item(rules) if request.args.get("item") else None
        form = ItemForm(data=shown_item(item) if item else None)
        form.form_id.offer([("", _("没有")), *((one.id, one.title) for one in published_forms(actor(), "rule:list"))])
        if form.validate_on_submit():
            said, who, at = said_by(form), actor(), now()
            if attempt(form, lambda: point_rules.put_item(rules, said, item=item, actor=who, at=at)) is not None:
                flash(_("已保存。"), "success")
                again = "_add_another" in request.form
                where = self.get_url(".item_view", id=ident) if again else self.get_url(".details_view", id=ident)
                return redirect(where)
        template = self.edit_template if item else self.create_template
        title = _("修改项目") if item else _("添加项目")
        self_url = self.get_url(".details_view", id=ident)
        return self._form_page(template, form, title, self_url)

    @expose("/drop/", methods=("POST",))
    def drop_view(self) -> Any:
        rules = self.one()
        item = self._item(rules)
        return self._done(rules.id, lambda: point_rules.drop_item(item, actor=actor(), at=now()), _("已删去。"))

    def _form_page(self, template: str, form: Any, title: str, back: str) -> Any:
        return self.render(
            template, form=form, form_opts=FormOpts(widget_args=None, form_rules=None), return_url=back,
            page_title=title,
        )  # fmt: skip

    def _item(self, rules: RuleSet) -> RuleItem:
        try:
            found = item_in_scope(number(request.values.get("item", "")), actor())
        except ValueError:
            found = None
        if found is None or found.rule_set_id != rules.id:
            abort(404)
        return found

    def _done(self, ident: int, act: Any, said: str) -> Any:
        try:
            act()
        except (NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            flash(str(refusal), "danger")
        else:
            flash(said, "success")
        return redirect(self.get_url(".details_view", id=ident))
