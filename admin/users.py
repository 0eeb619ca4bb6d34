"""Users: their roles in organisations with dates, their sign-ins, and what an administrator can do for them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import selectinload

from admin.base import ZhiyeModelView
from admin.conditions import Condition, one_of
from admin.formatters import verbatim
from admin.guard import expose
from admin.user_acts import ACTS, offered
from forms.users import EndRoleForm, NewUserForm, ResidentOfUserForm, RoleForm, UserForm
from models.access import Role
from models.accounts import Membership, User
from models.base import db
from models.orgs import OrgUnit
from queries.accounts import ROLE_LABELS, open_sign_ins, users_in_scope
from queries.orgs import org_tree
from queries.people import resident_by_number
from queries.scope import get_in_scope
from services.accounts import change_user, end_role, grant_role, link_resident
from services.enrolment import enrol
from services.refusals import Refusal
from shell.access import actor
from shell.assets import asset
from shell.clock import now, today


class NobodyWithNumber(Refusal):
    field = "number"
    message = _l("居民底册里没有这个号码，或者有几个人用它。请核对，或先登记居民。")


def _roles(_view: Any, _context: Any, row: User, _name: str) -> str:
    return "；".join(f"{ROLE_LABELS[Role(held.role)]} · {held.org.name}" for held in row.memberships if _held(held))


def _held(held: Membership) -> bool:
    return held.valid_from <= today() and (held.valid_to is None or held.valid_to > today())


def _with_role(role: str) -> sa.ColumnElement[bool]:
    day = today()
    return User.id.in_(
        sa.select(Membership.user_id).where(
            Membership.role == role,
            Membership.valid_from <= day,
            sa.or_(Membership.valid_to.is_(None), Membership.valid_to > day),
        )
    )


class UserView(ZhiyeModelView):
    """Accounts of the scope. Nobody is deleted: accounts are closed."""

    allows = {"list": "user:list", "create": "user:manage", "edit": "user:manage", "export": "user:list"}
    methods = {"resident_view": "edit", "grant_view": "edit", "end_role_view": "edit", "act_view": "edit"}
    timeline_of = "user"
    details_template = "admin/users/details.html"
    column_list = ("name", "username", "roles", "active", "totp_required", "created_at")
    column_details_list = (
        "name", "username", "active", "locked_until", "must_change_password", "totp_required", "oidc_subject",
        "service", "password_changed_at", "created_at",
    )  # fmt: skip
    column_labels = {
        "name": _l("姓名"), "username": _l("用户名"), "roles": _l("角色"), "active": _l("启用"),
        "totp_required": _l("须用两步验证"), "created_at": _l("建立时间"), "locked_until": _l("锁定至"),
        "must_change_password": _l("须改密码"), "oidc_subject": _l("统一认证账号"),
        "service": _l("其他系统对接用"), "password_changed_at": _l("密码修改时间"),
    }  # fmt: skip
    column_formatters = {"username": verbatim, "roles": _roles, "oidc_subject": verbatim}
    column_sortable_list = ("username",)
    eager = (selectinload(User.memberships).joinedload(Membership.org),)
    conditions = (
        Condition("role", _l("角色"), _with_role, options=lambda: [(str(r), text) for r, text in ROLE_LABELS.items()]),
        one_of(User.active, "active", _l("启用"), lambda: [("1", _("是")), ("0", _("否"))]),
    )
    searchable = True
    search_hint = _l("姓名或用户名")

    @property
    def extra_css(self) -> list[str]:
        return [asset("office.css")]

    def scope(self) -> sa.ColumnElement[bool]:
        return users_in_scope(actor(), self.permission())

    def get_create_form(self) -> type[NewUserForm]:
        return NewUserForm

    def get_edit_form(self) -> type[UserForm]:
        return UserForm

    def find(self, query: Any, text: str) -> Any:
        return query.filter(
            sa.or_(User.name.contains(text, autoescape=True), User.username.contains(text, autoescape=True))
        )

    def dress(self, form: Any, row: User | None) -> Any:
        return self._with_orgs(form) if row is None else form

    def _with_orgs(self, form: Any) -> Any:
        tree = [(depth, unit) for depth, unit in org_tree(actor(), "user:manage") if unit.valid_to is None]
        form.org_id.offer((str(unit.id), "— " * depth + unit.name) for depth, unit in tree)
        if form.valid_from.data is None:
            form.valid_from.data = today()
        return form

    def details_context(self, row: User) -> dict[str, Any]:
        return {
            **super().details_context(row), "roles": row.memberships, "labels": ROLE_LABELS, "today": today(),
            "sign_ins": open_sign_ins(row.id, now()), "acts": offered(row, now()) if self.may("edit") else [],
        }  # fmt: skip

    def update(self, form: Any, row: User) -> User:
        return change_user(
            row, name=form.name.data, oidc_subject=form.oidc_subject.data or "",
            totp_required=form.totp_required.data, row_version=form.row_version.data, actor=actor(), at=now(),
        )  # fmt: skip

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> Any:
        form = self.create_form()
        made = self.attempt(form, lambda: self._enrol(form)) if self.validate_form(form) else None
        if made is None:
            return self.form_page("admin/users/create.html", form)
        user, password = made
        return self._password_page(user.id, password, _("账号已建立"))

    def _enrol(self, form: Any) -> tuple[User, str]:
        return enrol(
            self._org(form), username=form.username.data, name=form.name.data, role=Role(form.role.data),
            valid_from=form.valid_from.data, valid_to=form.valid_to.data, totp_required=form.totp_required.data,
            oidc_subject=form.oidc_subject.data or "", actor=actor(), at=now(),
        )  # fmt: skip

    def _org(self, form: Any) -> OrgUnit:
        org = get_in_scope(OrgUnit, form.org_id.data, actor(), "user:manage")
        if org is None:
            abort(404)
        return org

    def _password_page(self, user_id: int, password: str, title: str) -> Any:
        # The password goes into this one answer: a flashed message would lie in the cookie.
        back = self.get_url(".details_view", id=user_id)
        username = db.session.get_one(User, user_id).username
        return self.render(
            "admin/users/password.html", password=password, username=username, return_url=back, page_title=title
        )

    @expose("/grant/", methods=("GET", "POST"))
    def grant_view(self) -> Any:
        """Give the user a role in an organisation."""
        row = self.one()
        form = self._with_orgs(RoleForm())

        def act() -> Any:
            return grant_role(
                row, org=self._org(form), role=Role(form.role.data or ""), valid_from=form.valid_from.data or today(),
                valid_to=form.valid_to.data, actor=actor(), at=now(),
            )  # fmt: skip

        return self._role_page(form, row, act, _("增加角色：%(name)s", name=row.name))

    @expose("/end-role/", methods=("GET", "POST"))
    def end_role_view(self) -> Any:
        """End one role of the user."""
        row = self.one()
        held = next((held for held in row.memberships if str(held.id) == request.args.get("role")), None)
        if held is None:
            abort(404)
        form = EndRoleForm(data={"valid_to": today()})
        title = _("结束角色：%(role)s · %(org)s", role=ROLE_LABELS[Role(held.role)], org=held.org.name)

        def act() -> bool:
            end_role(held, valid_to=form.valid_to.data or today(), actor=actor(), at=now())
            return True

        return self._role_page(form, row, act, title)

    @expose("/resident/", methods=("GET", "POST"))
    def resident_view(self) -> Any:
        """Link the account to a resident: whose household's coins it sees, and for whom it may not act."""
        row = self.one()
        form = ResidentOfUserForm()

        def act() -> bool:
            resident = resident_by_number(form.number.data or "", actor())
            if form.number.data and resident is None:
                raise NobodyWithNumber
            link_resident(row, resident, actor=actor(), at=now())
            return True

        return self._role_page(form, row, act, _("关联居民：%(name)s", name=row.name))

    def _role_page(self, form: Any, row: User, act: Any, title: str) -> Any:
        back = self.get_url(".details_view", id=row.id)
        if form.validate_on_submit() and self.attempt(form, act) is not None:
            flash(_("已保存。"), "success")
            return redirect(back)
        return self.form_page(self.edit_template, form, model=row, page_title=title)

    @expose("/act/", methods=("GET", "POST"))
    def act_view(self) -> Any:
        """Ask before, then do, one of the acts on an account (admin/user_acts.py)."""
        row = self.one()
        act = ACTS.get(request.values.get("act", ""))
        if act is None:
            abort(404)
        back = self.get_url(".details_view", id=row.id)
        refused = ""
        if request.method == "POST":
            try:
                password = act.do(row, request.form.get("which", ""), actor(), now())
            except Refusal as refusal:
                refused = str(refusal)
                row = self.one()
            else:
                if password:
                    return self._password_page(row.id, password, _("一次性密码"))
                flash(_("已完成：%(act)s", act=act.label), "success")
                return redirect(back)
        return self.render(
            "admin/users/act.html", act=act, model=row, which=request.values.get("which", ""), refused=refused,
            return_url=back, page_title=str(act.label),
        )  # fmt: skip
