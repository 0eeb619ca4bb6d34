"""Households and residents. ID number, phone and address are stored sealed, found by a keyed hash."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Scoped, Versioned
from models.orgs import OrgUnit


class Household(Scoped, Versioned, Base):
    """A household of a village. `address_sealed` is SM4-GCM ciphertext with its key id (services/vault.py)."""

    __tablename__ = "household"
    __table_args__ = (
        sa.UniqueConstraint("county_id", "code"),
        sa.Index("ix_household_county", "county_id", "id"),
        sa.Index("ix_household_name", "head_name", "pinyin"),
        sa.Index("ix_household_village", "village_id", "id"),
        sa.Index("ix_household_town", "town_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(32))
    head_name: Mapped[str] = mapped_column(sa.String(64))
    pinyin: Mapped[str] = mapped_column(sa.String(200), default="")
    address_sealed: Mapped[str | None]
    address_hint: Mapped[str] = mapped_column(sa.String(100), default="")
    closed_on: Mapped[date | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    village: Mapped[OrgUnit | None] = relationship(foreign_keys="Household.village_id")
    members: Mapped[list[Resident]] = relationship(back_populates="household", order_by="Resident.id")

    def __str__(self) -> str:
        return self.code


class Resident(Scoped, Versioned, Base):
    """A person living in the county. The *_hash columns are HMAC-SM3 blind indexes for exact search."""

    __tablename__ = "resident"
    __table_args__ = (
        sa.UniqueConstraint("county_id", "id_no_hash"),
        sa.CheckConstraint("sex in ('male','female','unknown')", "sex"),
        sa.CheckConstraint("(id_no_sealed is null) = (id_no_hash is null)", "id_no"),
        sa.CheckConstraint("(phone_sealed is null) = (phone_hash is null)", "phone"),
        sa.Index("ix_resident_county", "county_id", "id"),
        sa.Index("ix_resident_name", "name", "pinyin"),
        sa.Index("ix_resident_village", "village_id", "id"),
        sa.Index("ix_resident_town", "town_id", "id"),
        sa.Index("ix_resident_phone_hash", "phone_hash"),
        sa.Index("ix_resident_household_id", "household_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int | None] = mapped_column(sa.ForeignKey("household.id"))
    name: Mapped[str] = mapped_column(sa.String(64))
    pinyin: Mapped[str] = mapped_column(sa.String(200), default="")
    sex: Mapped[str] = mapped_column(sa.String(8), default="unknown")
    birth_date: Mapped[date | None]
    id_no_sealed: Mapped[str | None]
    id_no_hash: Mapped[str | None] = mapped_column(sa.String(64))
    phone_sealed: Mapped[str | None]
    phone_hash: Mapped[str | None] = mapped_column(sa.String(64))
    address_sealed: Mapped[str | None]
    moved_out_on: Mapped[date | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    village: Mapped[OrgUnit | None] = relationship(foreign_keys="Resident.village_id")
    household: Mapped[Household | None] = relationship(back_populates="members")

    def __str__(self) -> str:
        return self.name[:1] + "**"
