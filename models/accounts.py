"""Users, the roles they hold in organisations with dates, and their sign-in sessions."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.access import Role
from models.base import Base, BigId, Versioned
from models.orgs import OrgUnit

_ROLES = ",".join(f"'{role}'" for role in Role)


class User(Versioned, Base):
    """Somebody who can sign in. county_id says whose administrators look after the account."""

    __tablename__ = "user"
    __table_args__ = (
        sa.UniqueConstraint("username"),
        sa.CheckConstraint("failed_sign_ins >= 0", "failures"),
        sa.Index("ix_user_county_id", "county_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    county_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"))
    username: Mapped[str] = mapped_column(sa.String(64))
    name: Mapped[str] = mapped_column(sa.String(64))
    password_hash: Mapped[str] = mapped_column(sa.String(255))
    password_changed_at: Mapped[datetime | None]
    must_change_password: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    demo: Mapped[bool] = mapped_column(default=False)
    service: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # a program's: no password opens it
    locale: Mapped[str] = mapped_column(sa.String(16), default="")
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    totp_sealed: Mapped[str | None]
    totp_required: Mapped[bool] = mapped_column(default=False)
    totp_last_step: Mapped[int | None] = mapped_column(BigId)
    oidc_subject: Mapped[str | None] = mapped_column(sa.String(255), unique=True)
    resident_id: Mapped[int | None] = mapped_column(sa.ForeignKey("resident.id"))  # who this is in the village
    created_at: Mapped[datetime]

    memberships: Mapped[list[Membership]] = relationship(back_populates="user", order_by="Membership.id")

    def __str__(self) -> str:
        return self.name


class Membership(Base):
    """A role in an organisation between two dates (valid_to is the first day without it)."""

    __tablename__ = "membership"
    __table_args__ = (
        sa.UniqueConstraint("user_id", "org_id", "role", "valid_from"),
        sa.CheckConstraint("valid_to is null or valid_to > valid_from", "dates"),
        sa.CheckConstraint(f"role in ({_ROLES})", "role"),
        sa.Index("ix_membership_org_id", "org_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    org_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"))
    role: Mapped[Role] = mapped_column(sa.String(32))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    user: Mapped[User] = relationship(back_populates="memberships")
    org: Mapped[OrgUnit] = relationship()


class SignIn(Base):
    """One sign-in of one browser; the cookie holds a random token, the table only its SHA-256."""

    __tablename__ = "sign_in"
    __table_args__ = (sa.Index("ix_sign_in_user_id", "user_id", "revoked_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    origin: Mapped[str] = mapped_column(sa.String(64), default="")
    agent: Mapped[str] = mapped_column(sa.String(200), default="")
    second_factor: Mapped[bool] = mapped_column(default=False)

    user: Mapped[User] = relationship()
