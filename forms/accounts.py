"""Forms about one's own account: signing in, codes, passwords."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from services.passwords import MAX_LENGTH

USERNAME = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "autocapitalize": "none", "spellcheck": "false"}
CURRENT = {"autocomplete": "current-password"}
NEW = {"autocomplete": "new-password"}


class SignInForm(FlaskForm):  # type: ignore[misc]
    username = StringField(
        _l("用户名"),
        [InputRequired(_l("请输入用户名。")), Length(max=64, message=_l("用户名太长。"))],
        render_kw=USERNAME,
    )
    password = PasswordField(_l("密码"), [InputRequired(_l("请输入密码。"))], render_kw=CURRENT)
    next = HiddenField()


class CodeForm(FlaskForm):  # type: ignore[misc]
    code = StringField(
        _l("验证码"),
        [InputRequired(_l("请输入 6 位验证码。")), Length(max=16, message=_l("验证码是 6 位数字。"))],
        render_kw=CODE,
    )
    next = HiddenField()


class PasswordForm(FlaskForm):  # type: ignore[misc]
    current = PasswordField(_l("现在的密码"), [InputRequired(_l("请输入现在的密码。"))], render_kw=CURRENT)
    new = PasswordField(
        _l("新密码"),
        [InputRequired(_l("请输入新密码。")), Length(max=MAX_LENGTH, message=_l("密码太长。"))],
        description=_l("至少 10 个字符，不能包含用户名或姓名，不能用常见密码。几个不相关的词连在一起，好记又安全。"),
        render_kw=NEW,
    )
    again = PasswordField(
        _l("再输一次新密码"),
        [InputRequired(_l("请再输一次新密码。")), EqualTo("new", _l("两次输入的新密码不一样。"))],
        render_kw=NEW,
    )


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    current = PasswordField(_l("现在的密码"), [InputRequired(_l("请输入现在的密码。"))], render_kw=CURRENT)
