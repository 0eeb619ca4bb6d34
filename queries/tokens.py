"""Tokens as reads: whom a token lets act, whose tokens somebody may look after, what a token may be given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from models.access import Actor
from models.accounts import User
from models.base import db
from models.forms import Form
from models.tokens import ApiToken, TokenKind, TokenScope
from queries.accounts import actor_of, person_query, token_hash, users_in_scope
from queries.scope import in_scope

SHOWN_AFTER = timedelta(days=30)  # how long a list still shows what has ended

# What each scope of a token opens; the user's own roles must allow it too.
_READ = frozenset({"record:list", "record:history", "org:list"})
SCOPES: Mapping[str, frozenset[str]] = {
    TokenScope.READ: _READ,
    TokenScope.CREATE: frozenset({"record:create", "org:list"}),
    TokenScope.CHANGE: _READ | {"record:edit", "record:delete"},  # whoever changes must have read what there is
}
SCOPE_LABELS: Mapping[str, Any] = {
    TokenScope.READ: _l("读取登记"),
    TokenScope.CREATE: _l("新增登记"),
    TokenScope.CHANGE: _l("读取、修改和作废登记"),
}
KIND_LABELS: Mapping[str, Any] = {TokenKind.PERSONAL: _l("个人令牌"), TokenKind.INTEGRATION: _l("系统对接")}


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a request needs to know of the token it came with."""

    token_id: int
    last_used_at: datetime | None
    actor: Actor
    locale: str


def bearer(token: str, *, origin: str, at: datetime, today: date) -> Bearer | None:
    """Return whom a token lets act, in one query; None when it opens nothing.

    It opens nothing once revoked or expired, nor while its user is switched off, locked, or must change the password
    or set up a second factor first.
    """
    rows = db.session.execute(_BEARER, {"token": token_hash(token), "at": at, "today": today}).all()
    if not rows:
        return None
    first = rows[0]
    actor = actor_of(rows, origin=f"令牌{first.token_id} {origin}")
    if actor.flags:
        return None
    only = frozenset[str]().union(*(SCOPES[scope] for scope in first.scopes))
    forms = frozenset(first.forms) if first.forms else None
    narrowed = replace(actor, only=only, forms=forms)
    return Bearer(first.token_id, first.last_used_at, narrowed, first.locale)


def tokens_of(user_id: int, at: datetime) -> list[ApiToken]:
    """Return a user's tokens, newest first; those that ended more than 30 days ago are left out."""
    ended = sa.or_(ApiToken.revoked_at < at - SHOWN_AFTER, ApiToken.expires_at < at - SHOWN_AFTER)
    query = sa.select(ApiToken).where(ApiToken.user_id == user_id, sa.or_(ApiToken.revoked_at.is_(None), ~ended))
    tokens = db.session.scalars(query.order_by(ApiToken.id.desc()))
    return [token for token in tokens if token.expires_at >= at - SHOWN_AFTER]


def token_scope(actor: Actor, permission: str = "token:manage") -> sa.ColumnElement[bool]:
    """Return the condition for the tokens of the users an actor looks after."""
    return ApiToken.user_id.in_(sa.select(User.id).where(users_in_scope(actor, permission)))


def token_in_scope(token_id: int, actor: Actor, permission: str = "token:manage") -> ApiToken | None:
    """Return one token, or None outside the scope."""
    query = sa.select(ApiToken).where(ApiToken.id == token_id, token_scope(actor, permission))
    return db.session.scalar(query.options(joinedload(ApiToken.user)))


def own_token(token_id: int, actor: Actor) -> ApiToken | None:
    """Return one of the actor's own tokens."""
    return db.session.scalar(sa.select(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == actor.user_id))


def open_tokens(user_id: int, at: datetime) -> int:
    """Count a user's tokens that still open the door."""
    open_ = (ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > at)
    return db.session.scalar(sa.select(sa.func.count()).select_from(ApiToken).where(*open_)) or 0


def offered_forms(actor: Actor) -> list[tuple[int, str]]:
    """Return (id, title) of the forms a token may be limited to: those once published in the actor's counties."""
    usable = sa.or_(*(in_scope(Form, actor, name) for name in ("record:list", "record:create", "form:list")))
    query = sa.select(Form.id, Form.title).where(Form.current_version.is_not(None), usable)
    return [(ident, title) for ident, title in db.session.execute(query.order_by(Form.title, Form.id))]


def form_titles(ids: Sequence[int]) -> dict[int, str]:
    """Return the titles of forms, for lists that say what a token or webhook is limited to."""
    rows = db.session.execute(sa.select(Form.id, Form.title).where(Form.id.in_(ids)))
    return {ident: title for ident, title in rows}  # noqa: C416 - a row is no pair to the type checker


_BEARER = person_query(
    ApiToken,
    (
        ApiToken.id.label("token_id"),
        ApiToken.scopes,
        ApiToken.forms,
        ApiToken.last_used_at,
    ),
    # A program has no password that somebody could guess wrong, so nobody locks it out.
    sa.or_(
        User.service,
        User.locked_until.is_(None),
        User.locked_until <= sa.bindparam("at", type_=User.locked_until.type),
    ),
)
