"""Users and sign-ins as reads: who a token belongs to, whose accounts an administrator sees, open sign-ins."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from models.access import Actor, Grant, Role
from models.accounts import Membership, SignIn, User
from models.base import db
from models.orgs import Level, OrgUnit
from models.prepared import Prepared
from models.settings import Setting
from queries.scope import in_scope

TOTP_ROLES = "totp_roles"  # the setting that names the roles which must have a second factor
CHANGE_PASSWORD = "change-password"  # noqa: S105 - flags of an actor who must do something first
SET_UP_CODE = "set-up-code"

ROLE_LABELS: dict[Role, Any] = {
    Role.ADMIN: _l("管理员"),
    Role.DISPATCHER: _l("调度员"),
    Role.TOWNSHIP_OFFICIAL: _l("乡镇干部"),
    Role.VILLAGE_OFFICIAL: _l("村干部"),
    Role.GRID_WORKER: _l("网格员"),
    Role.DEPARTMENT_HANDLER: _l("部门经办人"),
    Role.MEDIATOR: _l("调解员"),
    Role.DISCIPLINE_INSPECTOR: _l("纪检监察员"),
    Role.JUDGE: _l("评审员"),
    Role.LEADER: _l("领导"),
    Role.AUDITOR: _l("审计员"),
    Role.STATION_CLERK: _l("易站兑换员"),
    Role.VILLAGER: _l("村民"),
}
# The widest place comes first: it is the one shown beside the name.
_BREADTH = {Level.COUNTY: 0, Level.DEPARTMENT: 1, Level.COMMITTEE: 1, Level.TOWNSHIP: 2, Level.STUDIO: 3}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a request needs to know of who asks."""

    sign_in_id: int
    last_seen_at: datetime
    actor: Actor
    locale: str


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One line of the hint on the sign-in page of a demonstration."""

    username: str
    role: Role
    org_name: str


def token_hash(token: str) -> str:
    """Return what the table keeps of a token: its SHA-256. The token is random, so it needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def signed_in(token: str, *, origin: str, at: datetime, today: date) -> SignedIn | None:
    """Return who a token belongs to, with the roles valid today, in one query; None when it opens nothing any more."""
    rows = _SIGNED_IN.all(token=token_hash(token), at=at, today=today)
    if not rows:
        return None
    first = rows[0]
    return SignedIn(first.sign_in_id, first.last_seen_at, actor_of(rows, origin=origin), first.locale)


def actor_of(rows: Sequence[Any], *, origin: str) -> Actor:
    """Return the user that the rows of `person_query` tell of, as who acts."""
    first = rows[0]
    flags = _flags(first, {row.role for row in rows})
    # Who must do something first may do nothing else, wherever it is asked.
    grants = () if flags else _grants(rows)
    return Actor(first.user_id, first.username, first.name, grants=grants, origin=origin, flags=flags)


def user_by_username(username: str) -> User | None:
    return db.session.scalar(sa.select(User).where(User.username == username))


def user_by_subject(subject: str) -> User | None:
    """Return the user linked to a subject of the county's single sign-on."""
    return db.session.scalar(sa.select(User).where(User.oidc_subject == subject)) if subject else None


def users_in_scope(actor: Actor, permission: str) -> sa.ColumnElement[bool]:
    """Return the condition that keeps the users an actor may see.

    A county's own: all its users. Anybody lower: those who hold a role in an organisation of theirs.
    """
    if actor.system:
        return sa.true()
    counties = {grant.org_id for grant in actor.grants_for(permission) if grant.level == Level.COUNTY}
    members = sa.select(Membership.user_id).join(Membership.org).where(in_scope(OrgUnit, actor, permission))
    return sa.or_(User.county_id.in_(counties), User.id.in_(members))


def user_in_scope(user_id: int, actor: Actor, permission: str) -> User | None:
    """Return one user, or None where there is none or it lies outside the actor's scope."""
    return db.session.scalar(sa.select(User).where(User.id == user_id, users_in_scope(actor, permission)))


def own_user(actor: Actor) -> User | None:
    """Return the actor's own row."""
    return db.session.get(User, actor.user_id) if actor.user_id else None


def memberships_of(user_id: int, today: date) -> list[Membership]:
    """Return the roles a user holds today or will hold, the widest organisation first."""
    query = (
        sa.select(Membership)
        .options(joinedload(Membership.org))
        .where(Membership.user_id == user_id, sa.or_(Membership.valid_to.is_(None), Membership.valid_to > today))
    )
    return sorted(db.session.scalars(query), key=lambda held: (_breadth(held.org.level), held.org_id, held.role))


def open_sign_ins(user_id: int, at: datetime) -> list[SignIn]:
    """Return the sign-ins of a user that still open the door, the one used last first."""
    query = sa.select(SignIn).where(SignIn.user_id == user_id, SignIn.revoked_at.is_(None), SignIn.expires_at > at)
    return list(db.session.scalars(query.order_by(SignIn.last_seen_at.desc(), SignIn.id.desc())))


def demo_accounts() -> list[DemoAccount]:
    """Return the active demonstration accounts with the first role of each, in the order they were made."""
    query = (
        sa.select(User.username, Membership.role, OrgUnit.name)
        .join(Membership, Membership.user_id == User.id)
        .join(OrgUnit, OrgUnit.id == Membership.org_id)
        .where(User.demo.is_(True), User.active.is_(True))
        .order_by(User.id, Membership.id)
    )
    first: dict[str, DemoAccount] = {}
    for username, role, org_name in db.session.execute(query):
        first.setdefault(username, DemoAccount(username, Role(role), org_name))
    return list(first.values())


def totp_roles(county_id: int) -> set[str]:
    """Return the roles for which a county demands a second factor."""
    value = db.session.scalar(sa.select(Setting.value).where(Setting.county_id == county_id, Setting.key == TOTP_ROLES))
    return set(value or ())


def _flags(row: Any, roles: set[str | None]) -> frozenset[str]:
    demanded = not row.service and (row.totp_required or bool(roles & set(row.totp_roles or ())))
    flags = {CHANGE_PASSWORD} if row.must_change_password else set()
    return frozenset(flags | ({SET_UP_CODE} if demanded and not row.has_code else set()))


def _grants(rows: Sequence[Any]) -> tuple[Grant, ...]:
    grants = [
        Grant(
            role=Role(row.role),
            org_id=row.org_id,
            org_name=row.org_name,
            level=Level(row.level),
            county_id=row.county_id or row.org_id,
            town_id=row.town_id,
            village_id=row.village_id,
        )
        for row in rows
        if row.role is not None
    ]
    return tuple(sorted(grants, key=lambda grant: (_breadth(grant.level), grant.org_id, grant.role)))


def _breadth(level: str) -> int:
    return _BREADTH.get(Level(level), len(_BREADTH))


def person_query(key: Any, own: Sequence[Any], *where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Build the query for a person by what opens the door (`key` is its model): a row for each role valid today."""
    opened = sa.select(*own, *_person_columns()).select_from(key).join(User, User.id == key.user_id)
    return _with_roles(opened).where(
        key.token_hash == sa.bindparam("token"),
        key.revoked_at.is_(None),
        key.expires_at > sa.bindparam("at", type_=key.expires_at.type),
        User.active.is_(True),
        *where,
    )


def person(user_id: int, *, origin: str, today: date) -> tuple[Actor, str] | None:
    """Return who asked for a piece of work that is done later, with the roles of today and the language; or None."""
    query = _with_roles(sa.select(*_person_columns()).select_from(User))
    rows = db.session.execute(query.where(User.id == user_id, User.active.is_(True)), {"today": today}).all()
    return (actor_of(rows, origin=origin), rows[0].locale) if rows else None


def _person_columns() -> tuple[Any, ...]:
    org = OrgUnit.__table__.c
    return (
        User.id.label("user_id"),
        User.username,
        User.name,
        User.locale,
        User.must_change_password,
        User.service,
        User.totp_required,
        User.totp_sealed.is_not(None).label("has_code"),
        Membership.role,
        org.id.label("org_id"),
        org.name.label("org_name"),
        org.level,
        org.county_id,
        org.town_id,
        org.village_id,
        Setting.value.label("totp_roles"),
    )


def _with_roles(query: sa.Select[Any]) -> sa.Select[Any]:
    today = sa.bindparam("today", type_=sa.Date())
    valid_today = sa.and_(
        Membership.user_id == User.id,
        Membership.valid_from <= today,
        sa.or_(Membership.valid_to.is_(None), Membership.valid_to > today),
    )
    return (
        query.outerjoin(Membership, valid_today)
        .outerjoin(OrgUnit, OrgUnit.id == Membership.org_id)
        .outerjoin(Setting, sa.and_(Setting.county_id == User.county_id, Setting.key == TOTP_ROLES))
    )


_SIGNED_IN = Prepared(person_query(SignIn, (SignIn.id.label("sign_in_id"), SignIn.last_seen_at)))  # on every request


def names(user_ids: Sequence[int]) -> dict[int, str]:
    """Return the names of users, for pages that say who did something."""
    query = sa.select(User.id, User.name).where(User.id.in_(user_ids))
    return {int(row.id): str(row.name) for row in db.session.execute(query)}


def holders(roles: Sequence[Role], today: date, *, org_id: int | None = None) -> list[int]:
    """Return the ids of the active users who hold one of some roles today, anywhere or in one unit."""
    query = (
        sa.select(User.id)
        .join(Membership, Membership.user_id == User.id)
        .where(
            User.active.is_(True),
            Membership.role.in_(roles),
            Membership.valid_from <= today,
            sa.or_(Membership.valid_to.is_(None), Membership.valid_to > today),
        )
        .distinct()
        .order_by(User.id)
    )
    if org_id is not None:
        query = query.where(Membership.org_id == org_id)
    return list(db.session.scalars(query))
