"""Configured forms: a draft that admins change and numbered versions that never change."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Versioned


class FormState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class Form(Versioned, Base):
    """A register or intake form of a county. `draft` is the definition under work; `current` is what people fill."""

    __tablename__ = "form"
    __table_args__ = (
        sa.UniqueConstraint("county_id", "key"),
        sa.UniqueConstraint("county_id", "prefix"),
        sa.CheckConstraint("state in ('draft','published','retired')", "state"),
        sa.CheckConstraint("(state = 'draft') = (current_version is null)", "published"),
        sa.CheckConstraint("next_number >= 1", "next_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    county_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"))
    key: Mapped[str] = mapped_column(sa.String(64))
    title: Mapped[str] = mapped_column(sa.String(100))
    prefix: Mapped[str] = mapped_column(sa.String(8))
    state: Mapped[FormState] = mapped_column(sa.String(16), default=FormState.DRAFT)
    draft: Mapped[dict[str, Any]]
    current_version: Mapped[int | None]
    next_number: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    versions: Mapped[list[FormVersion]] = relationship(back_populates="form", order_by="FormVersion.number")

    def __str__(self) -> str:
        return self.title


class FormStep(Base):
    """One change of a form's draft since it was published, so that it can be undone and redone.

    `document` is the draft on the other side of the change: as it was before, or, once undone, as it was after.
    """

    __tablename__ = "form_step"
    __table_args__ = (sa.CheckConstraint("n >= 1", "n"),)

    form_id: Mapped[int] = mapped_column(sa.ForeignKey("form.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    did: Mapped[str] = mapped_column(sa.String(32))
    about: Mapped[str] = mapped_column(sa.String(200))
    document: Mapped[dict[str, Any]]
    undone: Mapped[bool] = mapped_column(default=False)
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    at: Mapped[datetime]


class FormVersion(Base):
    """A published definition: immutable (triggers), numbered from 1, named by its SHA-256."""

    __tablename__ = "form_version"
    __table_args__ = (sa.CheckConstraint("number >= 1", "number"),)

    form_id: Mapped[int] = mapped_column(sa.ForeignKey("form.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    definition: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    published_at: Mapped[datetime]
    published_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))

    form: Mapped[Form] = relationship(back_populates="versions")
