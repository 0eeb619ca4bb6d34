"""What an administrator can do with an account by one button, each asked for first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.accounts import SignIn, User
from models.base import db
from services import accounts
from services.refusals import NotFound


@dataclass(frozen=True)
class UserAct:
    """A button: its words, when it is offered, and the act, which may return a one-time password."""

    name: str
    label: Any
    what: Any
    do: Callable[[User, str, Actor, datetime], str | None]
    when: Callable[[User, datetime], bool] = lambda _user, _at: False


def _locked(user: User, at: datetime) -> bool:
    return user.locked_until is not None and user.locked_until > at


def _revoke(user: User, which: str, actor: Actor, at: datetime) -> None:
    row = db.session.get(SignIn, int(which)) if which.isascii() and which.isdigit() and len(which) < 10 else None  # noqa: PLR2004 - int32
    if row is None or row.user_id != user.id:
        raise NotFound
    accounts.revoke_sign_in(row, actor=actor, at=at)


ACTS = {
    act.name: act
    for act in (
        UserAct(
            "reset_password",
            _l("重置密码"),
            _l("会生成一个只显示一次的密码，本人下次登录时必须改掉；现在的登录全部结束。"),
            lambda user, _which, actor, at: accounts.reset_password(user, actor=actor, at=at),
            lambda user, _at: user.active and not user.service,
        ),
        UserAct(
            "unlock",
            _l("解除锁定"),
            _l("输错密码次数太多造成的锁定立即解除。"),
            lambda user, _which, actor, at: accounts.unlock_user(user, actor=actor, at=at),
            _locked,
        ),
        UserAct(
            "reset_totp",
            _l("重置两步验证"),
            _l("用于手机丢失：原来手机上的验证码作废，现在的登录全部结束。"),
            lambda user, _which, actor, at: accounts.reset_totp(user, actor=actor, at=at),
            lambda user, _at: bool(user.totp_sealed),
        ),
        UserAct(
            "deactivate",
            _l("停用账号"),
            _l("现在的登录立即结束，以后不能登录；做过的事和记录都还在，可以再启用。"),
            lambda user, _which, actor, at: accounts.deactivate_user(user, actor=actor, at=at),
            lambda user, _at: user.active,
        ),
        UserAct(
            "activate",
            _l("启用账号"),
            _l("账号恢复登录，还在有效期内的角色一并恢复。"),
            lambda user, _which, actor, at: accounts.activate_user(user, actor=actor, at=at),
            lambda user, _at: not user.active,
        ),
        UserAct("revoke_sign_in", _l("结束这次登录"), _l("那台设备上要重新登录。"), _revoke),
    )
}


def offered(user: User, at: datetime) -> list[UserAct]:
    """Return the acts that make sense for an account now."""
    return [act for act in ACTS.values() if act.when(user, at)]
