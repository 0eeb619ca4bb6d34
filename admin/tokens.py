"""Tokens in the back office: those of everybody an administrator looks after, and new ones for other systems."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from admin.base import ZhiyeModelView
from admin.conditions import Condition, one_of
from admin.formatters import labelled, told_at, verbatim
from admin.guard import expose
from forms.tokens import USUAL, IntegrationForm, RenewForm, chosen_forms, offer_forms
from models.access import Role
from models.orgs import OrgUnit
from models.tokens import ApiToken
from queries.orgs import org_tree
from queries.scope import get_in_scope
from queries.tokens import KIND_LABELS, SCOPE_LABELS, form_titles, offered_forms, token_scope
from services.tokens import Asked, create_integration, renew_integration, revoke_token
from shell.access import actor
from shell.clock import end_of, now, today

MANAGE = "token:manage"


def state_of(token: ApiToken) -> str:
    """Say in a word whether a token still opens the door."""
    if token.revoked_at is not None:
        return str(_("已作废"))
    if token.expires_at <= now():
        return str(_("已到期"))
    return str(_("在用") if token.user.active else _("账号已停用"))


def _state(_view: Any, _context: Any, row: ApiToken, _name: str) -> str:
    return state_of(row)


def _user(_view: Any, _context: Any, row: ApiToken, _name: str) -> str:
    return row.user.name


def _scopes(_view: Any, _context: Any, row: ApiToken, _name: str) -> str:
    return "、".join(str(label) for scope, label in SCOPE_LABELS.items() if scope in row.scopes)


def _forms(_view: Any, _context: Any, row: ApiToken, _name: str) -> str:
    return "、".join(form_titles(row.forms).values()) if row.forms else _("全部表单")


def _last_used(_view: Any, _context: Any, row: ApiToken, _name: str) -> str:
    return told_at(row.last_used_at) if row.last_used_at else _("还没有用过")


def _open(value: str) -> sa.ColumnElement[bool]:
    opens = sa.and_(ApiToken.revoked_at.is_(None), ApiToken.expires_at > now())
    return opens if value == "1" else ~opens


class TokensView(ZhiyeModelView):
    """Tokens of the users in the scope. Nobody changes one: it is revoked, and another made."""

    allows = {"list": MANAGE, "create": MANAGE, "revoke": MANAGE}
    methods = {"renew_view": "create", "revoke_view": "revoke"}
    timeline_of = "api_token"
    list_template = "admin/tokens/list.html"
    details_template = "admin/tokens/details.html"
    column_list = ("name", "kind", "user", "scopes", "expires_at", "last_used_at", "state")
    column_details_list = (
        "name", "id", "kind", "user", "scopes", "forms", "tail", "created_at", "expires_at", "last_used_at",
        "last_used_origin", "state",
    )  # fmt: skip
    column_labels = {
        "name": _l("名称"), "id": _l("编号"), "kind": _l("种类"), "user": _l("账号"), "scopes": _l("可以做的事"),
        "forms": _l("限于哪些表单"), "tail": _l("末四位"), "created_at": _l("建立时间"), "expires_at": _l("到期"),
        "last_used_at": _l("上次使用"), "last_used_origin": _l("来自"), "state": _l("状态"),
    }  # fmt: skip
    column_formatters = {
        "name": verbatim, "kind": labelled(KIND_LABELS), "user": _user, "scopes": _scopes, "forms": _forms,
        "tail": verbatim, "last_used_at": _last_used, "last_used_origin": verbatim, "state": _state,
    }  # fmt: skip
    eager = (joinedload(ApiToken.user),)
    conditions = (
        one_of(ApiToken.kind, "kind", _l("种类"), KIND_LABELS.items),
        Condition("open", _l("在用"), _open, options=lambda: [("1", _("是")), ("0", _("否"))]),
    )

    def scope(self) -> sa.ColumnElement[bool]:
        return token_scope(actor(), self.permission())

    def get_create_form(self) -> type[IntegrationForm]:
        return IntegrationForm

    def details_context(self, row: ApiToken) -> dict[str, Any]:
        ended = row.revoked_at is not None or row.expires_at <= now()
        return {**super().details_context(row), "ended": ended, "is_service": row.user.service}

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> Any:
        form = IntegrationForm(data={"expires_on": today() + USUAL})
        offer_forms(form, offered_forms(actor()))
        tree = [(depth, unit) for depth, unit in org_tree(actor(), MANAGE) if unit.valid_to is None]
        form.org_id.offer((str(unit.id), "— " * depth + unit.name) for depth, unit in tree)
        made = self.attempt(form, lambda: self._create(form)) if form.validate_on_submit() else None
        return self._asked_or_shown(form, made, _("接入一个系统"), str(form.name.data or ""))

    def _create(self, form: IntegrationForm) -> tuple[int, str]:
        org = get_in_scope(OrgUnit, form.org_id.data, actor(), MANAGE)
        if org is None:
            abort(404)
        asked = Asked(
            form.name.data or "", form.scopes.data or (), chosen_forms(form), end_of(form.expires_on.data or today())
        )
        return create_integration(org, asked, role=Role(form.role.data or ""), today=today(), actor=actor(), at=now())

    @expose("/renew/", methods=("GET", "POST"))
    def renew_view(self) -> Any:
        """Give the account of a system another token, so that it can be changed without a gap."""
        row = self.one()
        if not row.user.service:
            abort(404)
        form, name = RenewForm(data={"expires_on": today() + USUAL}), row.name

        def renew() -> tuple[int, str]:
            until = end_of(form.expires_on.data or today())
            return renew_integration(row, expires_at=until, actor=actor(), at=now())

        made = self.attempt(form, renew) if form.validate_on_submit() else None
        return self._asked_or_shown(form, made, _("换一个新令牌：%(name)s", name=name), name)

    def _asked_or_shown(self, form: Any, made: tuple[int, str] | None, title: str, name: str) -> Any:
        if made is None:
            return self.form_page("admin/tokens/new.html", form, page_title=title)
        # The token goes into this one answer: a flashed message would lie in the cookie.
        ident, secret = made
        back = self.get_url(".details_view", id=ident)
        return self.render("admin/tokens/shown.html", secret=secret, token_name=name, return_url=back)

    @expose("/revoke/", methods=("GET", "POST"))
    def revoke_view(self) -> Any:
        row = self.one()
        back = self.get_url(".details_view", id=row.id)
        if request.method == "POST":
            revoke_token(row, actor=actor(), at=now())
            flash(_("令牌已作废，用它的程序从现在起不能再访问。"), "success")
            return redirect(back)
        return self.render("admin/tokens/revoke.html", model=row, return_url=back)
