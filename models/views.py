"""Saved views of registers: which columns, conditions, search, order and chart, under a name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.access import Role
from models.base import Base, Versioned
from models.forms import Form
from models.orgs import OrgUnit


class RegisterView(Versioned, Base):
    """A view of one form. It belongs to a user, or to the people of an organisation (those in one role, or all).

    `uid` opens it for whoever may read the form; what they see is their own scope. `document` is as
    queries/views.py reads it: {"columns", "search", "sort", "conditions", "chart"}.
    """

    __tablename__ = "register_view"
    __table_args__ = (
        sa.UniqueConstraint("uid"),
        sa.CheckConstraint("(user_id is null) <> (org_id is null)", "owner"),
        sa.CheckConstraint("role is null or org_id is not null", "role"),
        sa.Index("ix_register_view_form_id", "form_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(32))
    form_id: Mapped[int] = mapped_column(sa.ForeignKey("form.id"))
    county_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"))
    name: Mapped[str] = mapped_column(sa.String(40))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    org_id: Mapped[int | None] = mapped_column(sa.ForeignKey("org_unit.id"))
    role: Mapped[Role | None] = mapped_column(sa.String(32))
    document: Mapped[dict[str, Any]]
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    form: Mapped[Form] = relationship()
    org: Mapped[OrgUnit | None] = relationship(foreign_keys=[org_id])

    def __str__(self) -> str:
        return self.name


class DefaultView(Base):
    """With which view a register opens for one user."""

    __tablename__ = "default_view"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), primary_key=True, autoincrement=False)
    form_id: Mapped[int] = mapped_column(sa.ForeignKey("form.id"), primary_key=True, autoincrement=False)
    view_id: Mapped[int] = mapped_column(sa.ForeignKey("register_view.id", ondelete="CASCADE"))
