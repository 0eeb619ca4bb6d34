"""Tokens by which programs act for a user through the interface, and the entries that they handed in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base, BigId


class TokenKind(StrEnum):
    PERSONAL = "personal"
    INTEGRATION = "integration"


class TokenScope(StrEnum):
    READ = "read"
    CREATE = "create"
    CHANGE = "change"


class ApiToken(Base):
    """A bearer token; whoever holds it acts as its user, narrowed by `scopes` and `forms` (ids; none means all).

    The table knows only its SHA-256, and its last four characters for telling tokens apart.
    """

    __tablename__ = "api_token"
    __table_args__ = (
        sa.CheckConstraint("kind in ('personal','integration')", "kind"),
        sa.Index("ix_api_token_user_id", "user_id", "revoked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    kind: Mapped[TokenKind] = mapped_column(sa.String(16))
    name: Mapped[str] = mapped_column(sa.String(64))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    tail: Mapped[str] = mapped_column(sa.String(4))
    scopes: Mapped[list[Any]]
    forms: Mapped[list[Any]]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    last_used_origin: Mapped[str] = mapped_column(sa.String(64), default="")
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(foreign_keys="ApiToken.user_id")

    def __str__(self) -> str:
        return self.name

    @property
    def county_id(self) -> int:
        """Whose administrators look after it: those of its user's county."""
        return self.user.county_id


class Submission(Base):
    """What was handed in under an idempotency key: the record that came of it, and a keyed hash of the request."""

    __tablename__ = "submission"

    record_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("record.id"), primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(sa.String(64))
