"""What people add to a record beside its answers: remarks with attachments. Nothing is changed, only withdrawn."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base, BigId

TEXT_LENGTH = 2000


class Comment(Base):
    """One remark on a record, or the withdrawal of an earlier one. Append-only by triggers.

    `files` names the uploads (File.uid) that came with it. Withdrawn ones stay, and are shown as withdrawn.
    """

    __tablename__ = "record_comment"
    __table_args__ = (
        sa.UniqueConstraint("withdraws"),
        sa.Index("ix_record_comment_record", "record_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    record_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("record.id"))
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(sa.Text)
    files: Mapped[list[Any]]
    withdraws: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("record_comment.id"))

    author: Mapped[User | None] = relationship()

    def __str__(self) -> str:
        return self.text[:40]
