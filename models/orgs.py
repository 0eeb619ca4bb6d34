"""Organisation units: county, townships, villages, departments, committees, studios."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Versioned


class Level(StrEnum):
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"
    DEPARTMENT = "department"
    COMMITTEE = "committee"
    STUDIO = "studio"


class OrgUnit(Versioned, Base):
    """A unit. county_id, town_id and village_id repeat its place in the tree so that scope is plain equality.

    A county's county_id is its own id; a village carries all three; a department hangs under a county or township.
    """

    __tablename__ = "org_unit"
    __table_args__ = (
        sa.UniqueConstraint("code"),
        sa.CheckConstraint("level in ('county','township','village','department','committee','studio')", "level"),
        sa.CheckConstraint("valid_to is null or valid_to > valid_from", "dates"),
        sa.CheckConstraint("level <> 'village' or (village_id = id and town_id is not null)", "village_place"),
        sa.CheckConstraint("level <> 'township' or (town_id = id and village_id is null)", "township_place"),
        sa.Index("ix_org_unit_place", "county_id", "level", "town_id"),
        sa.Index("ix_org_unit_parent_id", "parent_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("org_unit.id"))
    level: Mapped[Level] = mapped_column(sa.String(16))
    code: Mapped[str] = mapped_column(sa.String(32))
    name: Mapped[str] = mapped_column(sa.String(100))
    pinyin: Mapped[str] = mapped_column(sa.String(200), default="")
    county_id: Mapped[int | None] = mapped_column(sa.ForeignKey("org_unit.id"))
    town_id: Mapped[int | None] = mapped_column(sa.ForeignKey("org_unit.id"))
    village_id: Mapped[int | None] = mapped_column(sa.ForeignKey("org_unit.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    note: Mapped[str] = mapped_column(sa.String(200), default="")

    parent: Mapped[OrgUnit | None] = relationship(remote_side=[id], foreign_keys=[parent_id])
    names: Mapped[list[OrgName]] = relationship(back_populates="org", order_by="OrgName.valid_from")

    def __str__(self) -> str:
        return self.name


class OrgName(Base):
    """A name a unit carried for a time; the hall itself was renamed in 2019, 2022 and 2025."""

    __tablename__ = "org_name"
    __table_args__ = (
        sa.UniqueConstraint("org_id", "valid_from"),
        sa.CheckConstraint("valid_to is null or valid_to > valid_from", "dates"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    org_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"))
    name: Mapped[str] = mapped_column(sa.String(100))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    org: Mapped[OrgUnit] = relationship(back_populates="names")
