"""Signing in and out: passwords and codes checked, failures counted, tokens given and taken back."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyotp
import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.accounts import SignIn, User
from models.base import db
from queries.accounts import token_hash, user_by_subject, user_by_username
from services.audit import record_audit
from services.messages import put_notice
from services.passwords import hash_password, matches, outdated
from services.refusals import NotFound, Refusal
from services.transaction import transaction
from services.vault import vault

FREE_FAILURES = 5
LONGEST_LOCK_MINUTES = 60
STEP_SECONDS = 30
TOTP_CONTEXT = "user.totp"
SEEN_EVERY = timedelta(minutes=5)
KEEP = timedelta(days=90)
NOBODY = "未登录"


class WrongCredentials(Refusal):
    """A wrong name or password; it never says which."""

    message = _l("用户名或密码不正确。连续输错 5 次，账号会暂时锁定。")


class WrongPassword(WrongCredentials):
    """A wrong password of somebody who is signed in."""

    message = _l("现在的密码不正确。连续输错 5 次，账号会暂时锁定。")


class WrongCode(Refusal):
    """A second factor that is wrong, too old or used before."""

    message = _l("验证码不正确或已经用过。请等手机上出现下一个验证码，再输入一次。")


class Locked(Refusal):
    """Too many failures; the message tells how many minutes are left."""

    status = 429

    def __init__(self, minutes: int) -> None:
        super().__init__(
            _l(
                "输错次数太多，账号已暂时锁定，请 %(n)s 分钟后再试。忘记密码请联系县中心管理员重置。",
                n=minutes,
            )
        )


class UnknownSubject(Refusal):
    """The single sign-on knows the person, this house does not."""

    status = 403
    message = _l("统一身份认证已通过，但还没有为您开通枝叶账号。请联系县中心管理员。")


@dataclass(frozen=True)
class Passed:
    """A first factor that was right: whose it is, and whether a code is still to be asked for."""

    user_id: int
    needs_code: bool


def check_password(username: str, password: str, *, origin: str, at: datetime) -> Passed:
    """Check a name and a password. Raises WrongCredentials, Locked or TooManyAtOnce.

    Hashing happens outside any transaction, so that nobody's save waits for somebody's sign-in. Failures stay counted
    although the sign-in is refused. Unknown names take as long as known ones.
    """
    user = user_by_username(username.strip().casefold())
    if user is not None and (left := minutes_left(user, at)):
        raise Locked(left)
    stored = user.password_hash if user is not None and user.active and not user.service else ""
    good = matches(stored, password)
    renewed = hash_password(password) if good and outdated(stored) else ""
    refusal = _settle(user.id if user else None, good=good, renewed=renewed, origin=origin, at=at)
    if refusal is not None:
        raise refusal
    assert user is not None
    return Passed(user.id, needs_code=user.totp_sealed is not None)


def confirm_password(user: User, password: str, *, actor: Actor, at: datetime) -> None:
    """Check the password of somebody signed in, before something important. Counts failures like a sign-in.

    Raises WrongPassword or Locked.
    """
    try:
        check_password(user.username, password, origin=actor.origin, at=at)
    except WrongCredentials as refusal:
        raise WrongPassword from refusal


def check_code(user_id: int, code: str, *, origin: str, at: datetime) -> None:
    """Check the second factor after the first. Raises WrongCode or Locked; failures stay counted."""
    refusal = _settle_code(user_id, code, origin=origin, at=at)
    if refusal is not None:
        raise refusal


def check_subject(subject: str) -> Passed:
    """Find the user linked to a subject of the county's single sign-on. Raises UnknownSubject."""
    user = user_by_subject(subject)
    if user is None or not user.active or user.service:
        raise UnknownSubject
    return Passed(user.id, needs_code=user.totp_sealed is not None)


@transaction
def open_sign_in(
    user_id: int, *, origin: str, agent: str, second_factor: bool, hours: int, at: datetime, by: str = "password"
) -> str:
    """Open a sign-in and return its token, which is kept nowhere but in the browser. Forgives earlier failures.

    Raises NotFound when the user was deactivated in between.
    """
    user = _for_update(user_id)
    if not user.active:
        raise NotFound
    token = secrets.token_urlsafe(32)
    user.failed_sign_ins, user.locked_until = 0, None
    row = SignIn(
        token_hash=token_hash(token),
        user_id=user.id,
        created_at=at,
        last_seen_at=at,
        expires_at=at + timedelta(hours=hours),
        origin=origin[:64],
        agent=agent[:200],
        second_factor=second_factor,
    )
    db.session.add(row)
    after = {"by": by, "second_factor": second_factor}
    record_audit("user:sign_in", user, actor=self_actor(user, origin), at=at, after=after)
    return token


@transaction
def end_sign_in(sign_in_id: int, *, actor: Actor, at: datetime) -> None:
    """Sign out: the token opens nothing any more."""
    row = db.session.get(SignIn, sign_in_id)
    if row is None or row.user_id != actor.user_id:
        raise NotFound
    row.revoked_at = row.revoked_at or at
    record_audit("user:sign_out", row.user, actor=actor, at=at)


@transaction
def touch_sign_in(sign_in_id: int, *, at: datetime) -> None:
    """Note that a sign-in is in use. The caller does so at most every five minutes."""
    db.session.execute(sa.update(SignIn).where(SignIn.id == sign_in_id).values(last_seen_at=at))


@transaction
def forget_sign_ins(*, at: datetime) -> int:
    """Delete sign-ins that ended more than 90 days ago; return how many. What they did stays in the audit chain."""
    gone = db.session.execute(sa.delete(SignIn).where(SignIn.expires_at < at - KEEP).returning(SignIn.id))
    return len(gone.all())


def revoke_all(user: User, *, at: datetime, keep: int | None = None) -> int:
    """End the open sign-ins of a user, except one; return how many. Belongs inside an act that audits it."""
    query = sa.update(SignIn).where(SignIn.user_id == user.id, SignIn.revoked_at.is_(None), SignIn.expires_at > at)
    if keep is not None:
        query = query.where(SignIn.id != keep)
    return len(db.session.execute(query.values(revoked_at=at).returning(SignIn.id)).all())


def used_step(user: User, code: str, *, secret: str, at: datetime) -> int | None:
    """Return the time step (RFC 6238, 30 s) a code belongs to, one step early or late allowed; None when it is wrong.

    Steps up to the last one used are not looked at, so no code opens twice.
    """
    totp = pyotp.TOTP(secret)
    now = int(at.timestamp()) // STEP_SECONDS
    typed = "".join(code.split())
    for step in (now - 1, now, now + 1):
        fresh = user.totp_last_step is None or step > user.totp_last_step
        if fresh and hmac.compare_digest(totp.generate_otp(step).encode(), typed.encode()):
            return step
    return None


def minutes_left(user: User, at: datetime) -> int:
    """Return for how many minutes, rounded up, the user is still locked; 0 when not."""
    if user.locked_until is None or user.locked_until <= at:
        return 0
    return -int((at - user.locked_until) / timedelta(minutes=1) // 1)


def self_actor(user: User, origin: str) -> Actor:
    """Return the user as the actor of their own sign-in, before they have any grant."""
    return Actor(user.id, user.username, user.name, origin=origin)


def _for_update(user_id: int) -> User:
    query = sa.select(User).where(User.id == user_id).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


@transaction
def _settle(user_id: int | None, *, good: bool, renewed: str, origin: str, at: datetime) -> Refusal | None:
    """Write down how a check ended and return the refusal: raised in here it would undo the counting.

    The lock is asked again: of many guesses sent at once, those that end after the fifth failure learn nothing.
    """
    if user_id is None:
        stranger = Actor(None, "", NOBODY, origin=origin)
        record_audit("user:sign_in_failed", User(), actor=stranger, at=at, label=NOBODY, after={"why": "unknown"})
        return WrongCredentials()
    user = _for_update(user_id)
    if left := minutes_left(user, at):
        return Locked(left)
    if not good:
        return _count_failure(user, WrongCredentials(), why="password", origin=origin, at=at)
    if renewed:
        user.password_hash = renewed
    return None


@transaction
def _settle_code(user_id: int, code: str, *, origin: str, at: datetime) -> Refusal | None:
    user = _for_update(user_id)
    if left := minutes_left(user, at):
        return Locked(left)
    if user.totp_sealed is None or not user.active:
        return WrongCode()
    step = used_step(user, code, secret=vault().unseal(user.totp_sealed, context=TOTP_CONTEXT), at=at)
    if step is None:
        return _count_failure(user, WrongCode(), why="code", origin=origin, at=at)
    user.totp_last_step = step
    return None


def _count_failure(user: User, refusal: Refusal, *, why: str, origin: str, at: datetime) -> Refusal:
    """Count a failure; from the fifth on lock for 1, 2, 4, 8 … minutes, at most an hour."""
    user.failed_sign_ins += 1
    after: dict[str, Any] = {"why": why, "failures": user.failed_sign_ins}
    over = user.failed_sign_ins - FREE_FAILURES
    minutes = min(2 ** min(over, 10), LONGEST_LOCK_MINUTES) if over >= 0 else 0
    if minutes:
        user.locked_until = at + timedelta(minutes=minutes)
        after["locked_minutes"] = minutes
        text = f"有人连续输错您的密码或验证码，账号锁定了 {minutes} 分钟。如果不是您本人，请尽快修改密码。"
        put_notice(user.id, text=text, at=at)
    act = "user:locked" if minutes else "user:sign_in_failed"
    record_audit(act, user, actor=self_actor(user, origin), at=at, after=after)
    return Locked(minutes) if minutes else refusal
