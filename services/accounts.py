"""Accounts as administrators look after them: created, changed, closed, given roles."""

from __future__ import annotations

import re
from datetime import date, datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor, Role
from models.accounts import Membership, SignIn, User
from models.base import db
from models.orgs import OrgUnit
from models.people import Resident
from services.access import require
from services.audit import changes, record_audit
from services.passwords import check_rules, hash_password, one_time_password, set_password
from services.refusals import NotFound, Refusal, Stale
from services.signins import revoke_all
from services.transaction import transaction

MANAGE = "user:manage"
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
NAME_LENGTH = 64


class BadUsername(Refusal):
    message = _l("用户名只能用小写字母、数字、点、横线和下划线，2 到 64 个字符，以字母或数字开头。")


class UsernameTaken(Refusal):
    message = _l("这个用户名已经有人使用，请换一个。")


class SubjectTaken(Refusal):
    message = _l("这个统一身份已经绑定了另一个账号。")


class BadName(Refusal):
    message = _l("请填写姓名，最多 64 个字。")


class OwnAccount(Refusal):
    message = _l("不能对自己的账号做这件事，请另一位管理员操作。")


class ServiceAccount(Refusal):
    message = _l("这是其他系统对接用的账号，没有密码，不能登录。")


class RoleHeld(Refusal):
    message = _l("这个人在这段时间里已经担任这个单位的这个角色。")


class BadDates(Refusal):
    message = _l("结束日期必须晚于开始日期。")


@transaction
def create_user(
    org: OrgUnit,
    *,
    username: str,
    name: str,
    password: str,
    actor: Actor,
    at: datetime,
    must_change_password: bool = False,
    totp_required: bool = False,
    oidc_subject: str = "",
    demo: bool = False,
) -> User:
    """Create an account looked after by the county of an organisation. It may do nothing until a role is granted.

    Raises BadUsername, UsernameTaken, SubjectTaken, BadName or WeakPassword.
    """
    require(actor, MANAGE, org)
    username = username.strip().casefold()
    if not USERNAME.fullmatch(username):
        raise BadUsername
    if db.session.scalar(sa.select(User.id).where(User.username == username)):
        raise UsernameTaken
    check_rules(password, username=username, name=name)
    user = User(
        county_id=org.county_id or org.id,
        username=username,
        name=_checked_name(name),
        password_hash=hash_password(password),
        password_changed_at=at,
        must_change_password=must_change_password,
        totp_required=totp_required,
        oidc_subject=_free_subject(oidc_subject),
        demo=demo,
        created_at=at,
    )
    db.session.add(user)
    after = {"username": username, "name": user.name, "totp_required": totp_required, "demo": demo}
    record_audit("user:create", user, actor=actor, at=at, after=after)
    return user


@transaction
def change_user(
    user: User,
    *,
    name: str,
    oidc_subject: str = "",
    totp_required: bool | None = None,
    row_version: int,
    actor: Actor,
    at: datetime,
) -> User:
    """Change the name, the link to the single sign-on and whether a second factor is demanded. Raises Stale."""
    _require_over(user, actor=actor, at=at)
    if user.row_version != row_version:
        raise Stale
    user.name = _checked_name(name)
    if oidc_subject.strip() != (user.oidc_subject or ""):
        user.oidc_subject = _free_subject(oidc_subject)
    if totp_required is not None:
        user.totp_required = totp_required
    before, after = changes(user)
    if after:
        user.row_version += 1
        record_audit("user:change", user, actor=actor, at=at, before=before, after=after)
    return user


@transaction
def deactivate_user(user: User, *, actor: Actor, at: datetime) -> None:
    """Close an account: its sign-ins end at once and nobody can sign in to it. Nothing it did is lost."""
    _require_over(user, actor=actor, at=at, own=False)
    if not user.active:
        return
    user.active = False
    user.row_version += 1
    ended = revoke_all(user, at=at)
    after = {"active": False, "ended_sign_ins": ended}
    record_audit("user:deactivate", user, actor=actor, at=at, before={"active": True}, after=after)


@transaction
def activate_user(user: User, *, actor: Actor, at: datetime) -> None:
    """Open a closed account again, with the roles that are still valid."""
    _require_over(user, actor=actor, at=at, own=False)
    if user.active:
        return
    user.active = True
    user.row_version += 1
    record_audit("user:activate", user, actor=actor, at=at, before={"active": False}, after={"active": True})


@transaction
def reset_password(user: User, *, actor: Actor, at: datetime) -> str:
    """Give an account a one-time password and return it, to be told to its owner; it must be changed at once.

    Lifts a lock and ends all sign-ins.
    """
    _require_over(user, actor=actor, at=at, own=False)
    if user.service:
        raise ServiceAccount
    password = one_time_password()
    set_password(user, password, at=at)
    user.must_change_password = True
    ended = revoke_all(user, at=at)
    record_audit("user:reset_password", user, actor=actor, at=at, after={"ended_sign_ins": ended})
    return password


@transaction
def unlock_user(user: User, *, actor: Actor, at: datetime) -> None:
    """Lift the lock after too many failures."""
    _require_over(user, actor=actor, at=at)
    before = {"failed_sign_ins": user.failed_sign_ins, "locked_until": user.locked_until}
    user.failed_sign_ins, user.locked_until = 0, None
    record_audit("user:unlock", user, actor=actor, at=at, before=before)


@transaction
def require_totp(user: User, *, required: bool, actor: Actor, at: datetime) -> None:
    """Demand a second factor of a user, or stop demanding it. Who has none is asked to set it up at the next page."""
    _require_over(user, actor=actor, at=at)
    if user.totp_required == required:
        return
    user.totp_required = required
    user.row_version += 1
    before, after = {"totp_required": not required}, {"totp_required": required}
    record_audit("user:require_totp", user, actor=actor, at=at, before=before, after=after)


@transaction
def reset_totp(user: User, *, actor: Actor, at: datetime) -> None:
    """Remove the second factor of somebody who lost the phone, and end all sign-ins."""
    _require_over(user, actor=actor, at=at, own=False)
    user.totp_sealed = user.totp_last_step = None
    ended = revoke_all(user, at=at)
    record_audit("user:reset_totp", user, actor=actor, at=at, after={"ended_sign_ins": ended})


@transaction
def grant_role(
    user: User,
    *,
    org: OrgUnit,
    role: Role,
    valid_from: date,
    valid_to: date | None = None,
    actor: Actor,
    at: datetime,
) -> Membership:
    """Give a user a role in an organisation; `valid_to` is the first day without it. Raises RoleHeld or BadDates."""
    require(actor, MANAGE, org)
    _require_over(user, actor=actor, at=at)
    if valid_to is not None and valid_to <= valid_from:
        raise BadDates
    if _holds(user, org, role, valid_from, valid_to):
        raise RoleHeld
    held = Membership(user_id=user.id, org_id=org.id, role=Role(role), valid_from=valid_from, valid_to=valid_to)
    db.session.add(held)
    after = {"role": role, "org": org.name, "org_id": org.id, "valid_from": valid_from, "valid_to": valid_to}
    record_audit("user:grant_role", user, actor=actor, at=at, after=after)
    return held


@transaction
def end_role(held: Membership, *, valid_to: date, actor: Actor, at: datetime) -> None:
    """End a role; `valid_to` is the first day without it. A role that never began is removed.

    Raises OwnAccount when an administrator would give up their own rights: nobody locks the last door from outside.
    """
    held = _held(held)
    require(actor, MANAGE, held.org)
    if held.user_id == actor.user_id and held.role == Role.ADMIN:
        raise OwnAccount
    before = {"role": held.role, "org": held.org.name, "valid_from": held.valid_from, "valid_to": held.valid_to}
    user = held.user
    if valid_to <= held.valid_from:
        db.session.delete(held)
    else:
        held.valid_to = valid_to
    record_audit("user:end_role", user, actor=actor, at=at, before=before, after={"valid_to": valid_to})


@transaction
def link_resident(user: User, resident: Resident | None, *, actor: Actor, at: datetime) -> None:
    """Say which resident an account belongs to, or none: whose coins a villager sees, for whom nobody acts alone.

    Raises NotFound for a resident outside the actor's scope or of another county.
    """
    _require_over(user, actor=actor, at=at, own=False)
    if resident is not None:
        require(actor, "resident:list", resident)
        if resident.county_id != user.county_id:
            raise NotFound
    before = {"resident_id": user.resident_id}
    user.resident_id = resident.id if resident is not None else None
    record_audit("user:link_resident", user, actor=actor, at=at, before=before, after={"resident_id": user.resident_id})


@transaction
def revoke_sign_in(row: SignIn, *, actor: Actor, at: datetime) -> None:
    """End a sign-in, one's own or that of a user one looks after."""
    if row.user_id != actor.user_id:
        _require_over(row.user, actor=actor, at=at)
    if row.revoked_at is None:
        row.revoked_at = at
        record_audit("user:revoke_sign_in", row.user, actor=actor, at=at, after={"origin": row.origin})


def _require_over(user: User, *, actor: Actor, at: datetime, own: bool = True) -> None:
    """Refuse unless the actor looks after the user: the county, and every place the user has a role in.

    Otherwise an administrator of one village could take the county administrator's account by resetting its password.
    Holds the user's row until the act ends, so that two acts at once do not lose one another's change.
    """
    db.session.refresh(user, with_for_update=True)
    require(actor, MANAGE, user)
    for held in user.memberships:
        if held.valid_to is None or held.valid_to > at.date():
            require(actor, MANAGE, held.org)
    if not own and user.id == actor.user_id:
        raise OwnAccount


def _held(held: Membership) -> Membership:
    """Read a role again under lock. Raises NotFound when it was removed meanwhile."""
    key = sa.inspect(held).identity or (0,)
    query = sa.select(Membership).where(Membership.id == key[0]).with_for_update()
    found = db.session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def _holds(user: User, org: OrgUnit, role: Role, start: date, end: date | None) -> bool:
    overlapping: list[sa.ColumnElement[bool]] = [Membership.valid_to.is_(None) | (Membership.valid_to > start)]
    if end is not None:
        overlapping.append(Membership.valid_from < end)
    same = (Membership.user_id == user.id, Membership.org_id == org.id, Membership.role == role)
    return db.session.scalar(sa.select(Membership.id).where(*same, *overlapping).limit(1)) is not None


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > NAME_LENGTH:
        raise BadName
    return name


def _free_subject(subject: str) -> str | None:
    subject = subject.strip()
    if not subject:
        return None
    if db.session.scalar(sa.select(User.id).where(User.oidc_subject == subject)):
        raise SubjectTaken
    return subject
