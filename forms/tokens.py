"""The forms by which tokens are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.validators import InputRequired

from forms.fields import ChoiceField, DayField, LineField
from forms.settings import BoxesField
from models.access import PERMISSIONS
from queries.accounts import ROLE_LABELS
from queries.tokens import SCOPE_LABELS

USUAL = timedelta(days=180)
_READERS = PERMISSIONS["record:list"] | PERMISSIONS["record:create"]


def _scopes() -> BoxesField:
    choices = [SelectChoice(str(scope), label) for scope, label in SCOPE_LABELS.items()]
    told = _l("只给用得着的。令牌能做的事，不会超过账号自己的权限。")
    return BoxesField(_l("可以做的事"), [InputRequired(_l("请至少选一项。"))], choices=choices, description=told)


def form_boxes() -> BoxesField:
    """Return the field for choosing forms; `offer_forms` fills it in."""
    return BoxesField(_l("限于哪些表单"), coerce=int, choices=[], description=_l("一个也不选，就是全部表单。"))


def offer_forms(form: Any, choices: Iterable[tuple[int, str]]) -> None:
    """Set the forms to choose from; without any the question is not asked."""
    form.forms.choices = [SelectChoice(ident, title) for ident, title in choices]
    if not form.forms.choices:
        del form.forms


def chosen_forms(form: Any) -> list[int]:
    """Return the ids of the forms that were ticked."""
    return list(form.forms.data or ()) if "forms" in form else []


class OwnTokenForm(FlaskForm):  # type: ignore[misc]
    name = LineField(_l("名称"), longest=64, description=_l("写明用在哪里，例如“村务公开屏”。"))
    scopes = _scopes()
    forms = form_boxes()
    expires_on = DayField(_l("用到哪一天"), description=_l("最长一年，到期后另建一个。"))
    current = PasswordField(
        _l("现在的密码"), [InputRequired(_l("请输入现在的密码。"))], render_kw={"autocomplete": "current-password"}
    )


class IntegrationForm(FlaskForm):  # type: ignore[misc]
    name = LineField(
        _l("对接的系统"), longest=64, description=_l("例如“一网统管平台”。它新增和修改的登记，都记在这个名字下。")
    )
    org_id = ChoiceField(_l("组织"), coerce=int)
    role = ChoiceField(
        _l("角色"),
        choices=[(str(role), label) for role, label in ROLE_LABELS.items() if role in _READERS],
        description=_l("能看到和办理的范围，和这个组织里有这个角色的人一样。"),
    )
    scopes = _scopes()
    forms = form_boxes()
    expires_on = DayField(_l("用到哪一天"), description=_l("最长一年，到期前换一个新的。"))


class RenewForm(FlaskForm):  # type: ignore[misc]
    expires_on = DayField(_l("用到哪一天"), description=_l("最长一年。"))
