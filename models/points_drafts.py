"""The daily table of points under way: what an official has typed for a village and an item and not yet saved."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class PointsDraft(Base):
    """One user's table for one village and item. Never posted from here: the page sends it when it is saved."""

    __tablename__ = "points_draft"
    __table_args__ = (sa.Index("ix_points_draft_updated_at", "updated_at"),)

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), primary_key=True)
    village_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), primary_key=True)
    rule_item_id: Mapped[int] = mapped_column(sa.ForeignKey("coin_rule_item.id"), primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(32))  # that of the page, so that what was saved is not saved again
    sealed: Mapped[str]  # what was done and by whom: the whole table is sealed
    updated_at: Mapped[datetime]
