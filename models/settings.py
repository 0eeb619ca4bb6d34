"""What a county may set at run time: one row a key, checked against services/settings.py's list."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Json, Versioned


class Setting(Versioned, Base):
    __tablename__ = "setting"
    __table_args__ = (sa.UniqueConstraint("county_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    county_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"))
    key: Mapped[str] = mapped_column(sa.String(64))
    value: Mapped[Any] = mapped_column(Json)
    updated_at: Mapped[datetime]

    def __str__(self) -> str:
        return self.key
