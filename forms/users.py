"""The forms by which administrators look after accounts."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField

from forms.fields import ChoiceField, DayField, LineField, VersionField
from queries.accounts import ROLE_LABELS

PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


class RoleForm(FlaskForm):  # type: ignore[misc]
    org_id = ChoiceField(_l("组织"), coerce=int)
    role = ChoiceField(_l("角色"), choices=[(str(role), label) for role, label in ROLE_LABELS.items()])
    valid_from = DayField(_l("从哪一天起"))
    valid_to = DayField(_l("到哪一天止"), required=False, description=_l("这一天起不再有这个角色；留空表示一直有。"))


class NewUserForm(FlaskForm):  # type: ignore[misc]
    name = LineField(_l("姓名"), longest=64)
    username = LineField(
        _l("用户名"), longest=64, render_kw=PLAIN, description=_l("登录用的名字：小写字母、数字、点和短横线。")
    )
    org_id = ChoiceField(_l("组织"), coerce=int)
    role = ChoiceField(_l("角色"), choices=[(str(role), label) for role, label in ROLE_LABELS.items()])
    valid_from = DayField(_l("从哪一天起"))
    valid_to = DayField(_l("到哪一天止"), required=False, description=_l("这一天起不再有这个角色；留空表示一直有。"))
    totp_required = BooleanField(_l("登录须用两步验证"))
    oidc_subject = LineField(_l("统一认证账号"), longest=255, required=False, render_kw=PLAIN)


class UserForm(FlaskForm):  # type: ignore[misc]
    name = LineField(_l("姓名"), longest=64)
    oidc_subject = LineField(_l("统一认证账号"), longest=255, required=False, render_kw=PLAIN)
    totp_required = BooleanField(_l("登录须用两步验证"))
    row_version = VersionField()


class EndRoleForm(FlaskForm):  # type: ignore[misc]
    valid_to = DayField(_l("到哪一天止"), description=_l("从这一天起不再有这个角色。"))


class ResidentOfUserForm(FlaskForm):  # type: ignore[misc]
    number = LineField(
        _l("身份证号或手机号"), longest=40, required=False, render_kw={"autocomplete": "off"},
        description=_l("居民底册里的完整号码。留空表示不关联。"),
    )  # fmt: skip
