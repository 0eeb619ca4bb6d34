"""The working calendar: which days are worked, and where each line comes from."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Versioned


class DayStatus(StrEnum):
    OFFICIAL = "official"
    PROJECTED = "projected"


class CalendarDay(Versioned, Base):
    """One day (Asia/Shanghai). `projected` days come from the statute before the yearly notice is out."""

    __tablename__ = "calendar_day"
    __table_args__ = (sa.CheckConstraint("status in ('official','projected')", "status"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    is_work: Mapped[bool]
    name: Mapped[str] = mapped_column(sa.String(64), default="")
    source: Mapped[str] = mapped_column(sa.String(200), default="")
    status: Mapped[DayStatus] = mapped_column(sa.String(16))

    def __str__(self) -> str:
        return self.day.isoformat()
