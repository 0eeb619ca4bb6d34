"""Tokens given and taken back: personal ones by their user, those of programs by an administrator."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor, Role
from models.accounts import User
from models.base import db
from models.orgs import OrgUnit
from models.tokens import ApiToken, TokenKind, TokenScope
from queries.accounts import token_hash, user_in_scope
from queries.tokens import offered_forms, open_tokens
from services.access import require
from services.accounts import create_user, grant_role
from services.audit import record_audit
from services.refusals import NotFound, Refusal
from services.signins import confirm_password
from services.transaction import transaction

MANAGE = "token:manage"
PREFIX = "zhy_"
LONGEST = timedelta(days=366)
MOST_TOKENS = 20
NAME_LENGTH = 64
USED_EVERY = timedelta(minutes=1)


class BadTokenName(Refusal):
    field = "name"
    message = _l("请给令牌起个名字，最多 64 个字，说明它用在哪里。")


class NoScope(Refusal):
    field = "scopes"
    message = _l("请至少选一项令牌可以做的事。")


class BadExpiry(Refusal):
    field = "expires_on"
    message = _l("到期日要在今天之后，最长一年。")


class BadForms(Refusal):
    field = "forms"
    message = _l("选中的表单里，有的已经不能用了。请重新选择。")


class TooManyTokens(Refusal):
    message = _l("您已经有 %(n)s 个在用的令牌。请先作废不用的，再新建。", n=MOST_TOKENS)


@dataclass(frozen=True)
class Asked:
    """What a token is to be: its name, what it may do, on which forms (ids, none means all), until when."""

    name: str
    scopes: Sequence[str]
    forms: Sequence[int]
    expires_at: datetime


def create_personal(user: User, asked: Asked, *, current: str, actor: Actor, at: datetime) -> tuple[int, str]:
    """Give somebody a token of their own, after their password; return its id and the token, kept nowhere else.

    Raises WrongPassword, Locked, NotFound and what the token itself is refused for.
    """
    if user.id != actor.user_id:
        raise NotFound
    confirm_password(user, current, actor=actor, at=at)
    return _create_personal(user, asked, actor=actor, at=at)


@transaction
def _create_personal(user: User, asked: Asked, *, actor: Actor, at: datetime) -> tuple[int, str]:
    db.session.refresh(user, with_for_update=True)
    if open_tokens(user.id, at) >= MOST_TOKENS:
        raise TooManyTokens
    return _create(user, asked, kind=TokenKind.PERSONAL, actor=actor, at=at)


@transaction
def create_integration(
    org: OrgUnit, asked: Asked, *, role: Role, today: date, actor: Actor, at: datetime
) -> tuple[int, str]:
    """Make an account for another system, with a role in an organisation, and its first token.

    Nobody can sign in to that account: it has a password that nobody knows, and is marked as a program's.
    """
    require(actor, MANAGE, org)
    user = create_user(
        org, username=f"api-{secrets.token_hex(4)}", name=_checked_name(asked.name),
        password=secrets.token_urlsafe(32), actor=actor, at=at,
    )  # fmt: skip
    grant_role(user, org=org, role=role, valid_from=today, actor=actor, at=at)
    user.service = True
    return _create(user, asked, kind=TokenKind.INTEGRATION, actor=actor, at=at)


@transaction
def renew_integration(token: ApiToken, *, expires_at: datetime, actor: Actor, at: datetime) -> tuple[int, str]:
    """Give the same account another token that may do the same; the earlier one stays valid until it is revoked."""
    user = _looked_after(token.user_id, actor)
    if not user.service:
        raise NotFound
    asked = Asked(token.name, list(token.scopes), list(token.forms), expires_at)
    return _create(user, asked, kind=TokenKind.INTEGRATION, actor=actor, at=at)


@transaction
def revoke_token(token: ApiToken, *, actor: Actor, at: datetime) -> None:
    """Make a token open nothing any more: one's own, or one of a user one looks after. Raises NotFound."""
    db.session.refresh(token, with_for_update=True)
    if token.user_id != actor.user_id:
        _looked_after(token.user_id, actor)
    if token.revoked_at is None:
        token.revoked_at = at
        record_audit("token:revoke", token, actor=actor, at=at, after={"name": token.name, "tail": token.tail})


@transaction
def touch_token(token_id: int, *, origin: str, at: datetime) -> None:
    """Note when and from where a token was used. The caller does so at most once a minute."""
    used = sa.update(ApiToken).where(ApiToken.id == token_id)
    db.session.execute(used.values(last_used_at=at, last_used_origin=origin[:64]))


def _create(user: User, asked: Asked, *, kind: TokenKind, actor: Actor, at: datetime) -> tuple[int, str]:
    name, scopes = _checked_name(asked.name), sorted(set(asked.scopes) & set(TokenScope))
    if not scopes:
        raise NoScope
    if not at < asked.expires_at <= at + LONGEST:
        raise BadExpiry
    forms = sorted(set(asked.forms))
    if not set(forms) <= {ident for ident, _title in offered_forms(actor)}:
        raise BadForms
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        user_id=user.id, kind=kind, name=name, token_hash=token_hash(secret), tail=secret[-4:], scopes=scopes,
        forms=forms, created_at=at, created_by=actor.user_id, expires_at=asked.expires_at,
    )  # fmt: skip
    db.session.add(token)
    db.session.flush()
    until = asked.expires_at.date().isoformat()
    after = {"name": name, "whose": user.name, "scopes": scopes, "forms": len(forms), "expires_at": until}
    record_audit("token:create", token, actor=actor, at=at, after=after)
    return token.id, secret


def _looked_after(user_id: int, actor: Actor) -> User:
    """Return the user when the actor is the administrator of them. Raises NotAllowed or NotFound."""
    require(actor, MANAGE)
    user = user_in_scope(user_id, actor, MANAGE)
    if user is None:
        raise NotFound
    return user


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > NAME_LENGTH:
        raise BadTokenName
    return name
