"""Categories that admins configure: classes of disputes, channels and the like, as trees with dates."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Versioned


class CategoryKind(StrEnum):
    DISPUTE = "dispute"
    CHANNEL = "channel"
    HAZARD = "hazard"
    OTHER = "other"


class Category(Versioned, Base):
    """One entry of a county's category list. Entries in use are never deleted: they get a valid_to."""

    __tablename__ = "category"
    __table_args__ = (
        sa.UniqueConstraint("county_id", "kind", "code"),
        sa.CheckConstraint("kind in ('dispute','channel','hazard','other')", "kind"),
        sa.CheckConstraint("valid_to is null or valid_to > valid_from", "dates"),
        sa.Index("ix_category_list", "county_id", "kind", "position", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    county_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"))
    kind: Mapped[CategoryKind] = mapped_column(sa.String(16))
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("category.id"))
    code: Mapped[str] = mapped_column(sa.String(32))
    name: Mapped[str] = mapped_column(sa.String(64))
    position: Mapped[int] = mapped_column(default=0)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    parent: Mapped[Category | None] = relationship(remote_side=[id])

    def __str__(self) -> str:
        return self.name
