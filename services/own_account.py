"""What everybody does with their own account: password, second factor, devices, language."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.accounts import Membership, SignIn, User
from models.base import db
from queries.accounts import totp_roles
from services.audit import record_audit
from services.passwords import check_rules, set_password
from services.refusals import NotAllowed, Refusal
from services.signins import TOTP_CONTEXT, WrongCode, confirm_password, revoke_all, used_step
from services.transaction import transaction
from services.vault import vault


class CodeDemanded(Refusal):
    message = _l("管理员要求您使用两步验证，不能关闭。换手机请先联系县中心管理员重置。")


def change_password(user: User, *, current: str, new: str, keep: int, actor: Actor, at: datetime) -> None:
    """Change one's own password and end all other sign-ins. Raises WrongCredentials, Locked or WeakPassword."""
    _own(user, actor)
    confirm_password(user, current, actor=actor, at=at)
    check_rules(new, username=user.username, name=user.name, last_hash=user.password_hash)
    _change_password(user, new=new, keep=keep, actor=actor, at=at)


@transaction
def _change_password(user: User, *, new: str, keep: int, actor: Actor, at: datetime) -> None:
    set_password(user, new, at=at)
    user.must_change_password = False
    ended = revoke_all(user, at=at, keep=keep)
    record_audit("user:change_password", user, actor=actor, at=at, after={"ended_sign_ins": ended})


@transaction
def revoke_other_sign_ins(user: User, *, keep: int, actor: Actor, at: datetime) -> int:
    """End all of one's own sign-ins but this one; return how many."""
    _own(user, actor)
    ended = revoke_all(user, at=at, keep=keep)
    if ended:
        record_audit("user:revoke_sign_in", user, actor=actor, at=at, after={"ended_sign_ins": ended})
    return ended


@transaction
def set_up_totp(user: User, *, secret: str, code: str, sign_in_id: int, actor: Actor, at: datetime) -> None:
    """Turn on one's second factor once the phone shows the right code; other sign-ins end. Raises WrongCode."""
    _own(user, actor)
    user.totp_last_step = None
    step = used_step(user, code, secret=secret, at=at)
    if step is None:
        raise WrongCode
    user.totp_sealed, user.totp_last_step = vault().seal(secret, context=TOTP_CONTEXT), step
    db.session.execute(sa.update(SignIn).where(SignIn.id == sign_in_id).values(second_factor=True))
    revoke_all(user, at=at, keep=sign_in_id)
    record_audit("user:set_up_totp", user, actor=actor, at=at)


def turn_off_totp(user: User, *, current: str, today: date, actor: Actor, at: datetime) -> None:
    """Turn off one's second factor with one's password. Raises CodeDemanded, WrongCredentials or Locked."""
    _own(user, actor)
    if code_demanded(user, today=today):
        raise CodeDemanded
    confirm_password(user, current, actor=actor, at=at)
    _turn_off_totp(user, actor=actor, at=at)


@transaction
def _turn_off_totp(user: User, *, actor: Actor, at: datetime) -> None:
    user.totp_sealed = user.totp_last_step = None
    record_audit("user:turn_off_totp", user, actor=actor, at=at)


@transaction
def set_locale(user: User, *, locale: str, actor: Actor, at: datetime) -> None:
    """Remember one's language."""
    _own(user, actor)
    if user.locale == locale:
        return
    before = {"locale": user.locale}
    user.locale = locale
    record_audit("user:set_locale", user, actor=actor, at=at, before=before, after={"locale": locale})


def code_demanded(user: User, *, today: date) -> bool:
    """Tell whether a second factor is demanded of the user: by name, or through a role held today."""
    demanded = totp_roles(user.county_id)
    return user.totp_required or any(held.role in demanded and _valid(held, today) for held in user.memberships)


def _valid(held: Membership, today: date) -> bool:
    return held.valid_from <= today and (held.valid_to is None or held.valid_to > today)


def _own(user: User, actor: Actor) -> None:
    if user.id != actor.user_id:
        raise NotAllowed
