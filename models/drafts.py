"""Entries and edits under way: what somebody has typed but not yet handed in."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, Versioned


class Draft(Versioned, Base):
    """Raw answers of one user for one entry; `uid` becomes the record's uid, so handing in twice is one record."""

    __tablename__ = "draft"
    __table_args__ = (
        sa.ForeignKeyConstraint(["form_id", "version"], ["form_version.form_id", "form_version.number"]),
        sa.UniqueConstraint("uid"),
        sa.Index("ix_draft_user", "user_id", "updated_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(32))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    form_id: Mapped[int] = mapped_column(sa.ForeignKey("form.id"))
    version: Mapped[int]
    sealed_answers: Mapped[str]  # drafts hold ID numbers and phones too: the whole document is sealed
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
