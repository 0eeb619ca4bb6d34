"""Uploaded files: stored outside static under a random name, served only through a permission check."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId


class File(Base):
    """One upload. Until handed in it belongs to its owner's draft; then to the record, whose scope it takes."""

    __tablename__ = "file"
    __table_args__ = (
        sa.UniqueConstraint("uid"),
        sa.CheckConstraint("size > 0", "size"),
        sa.Index("ix_file_record_id", "record_id"),
        sa.Index("ix_file_draft_uid", "draft_uid"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(32))
    name: Mapped[str] = mapped_column(sa.String(200))
    mime: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    draft_uid: Mapped[str | None] = mapped_column(sa.String(32))
    record_id: Mapped[int | None] = mapped_column(sa.ForeignKey("record.id"))
    fid: Mapped[str] = mapped_column(sa.String(32))
    created_at: Mapped[datetime]
    # Of photographs whose form asks for it: the camera's clock, degrees (WGS 84) and metres.
    taken_at: Mapped[datetime | None]
    latitude: Mapped[float | None] = mapped_column(sa.Double)
    longitude: Mapped[float | None] = mapped_column(sa.Double)
    accuracy: Mapped[float | None] = mapped_column(sa.Double)
