"""The 道德易站: stations, the goods of a county, what each station has of them, and every move of stock."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, BigId, Scoped, Versioned
from models.orgs import OrgUnit


class MoveKind(StrEnum):
    IN = "in"
    OUT = "out"  # to another station, or back to the supplier
    COUNT = "count"  # what a stock-taking found more or less
    LOSS = "loss"
    REDEEM = "redeem"
    RETURN = "return"  # a redemption was reversed and the goods came back


class CoinStation(Scoped, Versioned, Base):
    """A counter of a village or township where coins become goods."""

    __tablename__ = "coin_station"
    __table_args__ = (
        sa.UniqueConstraint("county_id", "code"),
        sa.CheckConstraint("closed_on is null or closed_on >= opened_on", "dates"),
        sa.Index("ix_coin_station_village", "village_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(32))
    name: Mapped[str] = mapped_column(sa.String(64))
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]

    org: Mapped[OrgUnit] = relationship(foreign_keys="CoinStation.org_id")

    def __str__(self) -> str:
        return self.name


class CoinGood(Versioned, Base):
    """Something that can be had for coins, at one price in the whole county."""

    __tablename__ = "coin_good"
    __table_args__ = (
        sa.UniqueConstraint("county_id", "code"),
        sa.CheckConstraint("price > 0", "price"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    county_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"))
    code: Mapped[str] = mapped_column(sa.String(32))  # what a scanner reads
    name: Mapped[str] = mapped_column(sa.String(64))
    pinyin: Mapped[str] = mapped_column(sa.String(200), default="")
    unit: Mapped[str] = mapped_column(sa.String(16), default="")
    price: Mapped[int]  # coins
    picture: Mapped[str | None] = mapped_column(sa.String(32))  # uid of a file
    on_sale: Mapped[bool] = mapped_column(default=True)

    def __str__(self) -> str:
        return self.name


class CoinStock(Base):
    """What a station has of a good. `reserved` waits for holders to come; triggers derive both from moves and holds."""

    __tablename__ = "coin_stock"
    __table_args__ = (
        sa.CheckConstraint("reserved >= 0", "reserved"),
        sa.CheckConstraint("on_hand - reserved >= 0", "available"),
    )

    station_id: Mapped[int] = mapped_column(sa.ForeignKey("coin_station.id"), primary_key=True)
    good_id: Mapped[int] = mapped_column(sa.ForeignKey("coin_good.id"), primary_key=True)
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    low_at: Mapped[int] = mapped_column(default=0)

    good: Mapped[CoinGood] = relationship()


class CoinStockMove(Base):
    """Goods in or out of a station, never changed. A redemption names its journal."""

    __tablename__ = "coin_stock_move"
    __table_args__ = (
        sa.CheckConstraint("quantity <> 0", "quantity"),
        sa.CheckConstraint("kind in ('in','out','count','loss','redeem','return')", "kind"),
        sa.CheckConstraint("(kind in ('redeem','return')) = (journal_id is not null)", "journal"),
        sa.Index("ix_coin_stock_move_stock", "station_id", "good_id", "id"),
        sa.Index("ix_coin_stock_move_journal_id", "journal_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("coin_station.id"))
    good_id: Mapped[int] = mapped_column(sa.ForeignKey("coin_good.id"))
    kind: Mapped[MoveKind] = mapped_column(sa.String(8))
    quantity: Mapped[int]
    after: Mapped[int]  # what is left on hand
    price: Mapped[int | None]  # coins each, of a redemption
    journal_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("coin_journal.id"))
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    at: Mapped[datetime]


class CoinHoldItem(Base):
    """Goods that a hold sets aside."""

    __tablename__ = "coin_hold_item"
    __table_args__ = (sa.CheckConstraint("quantity > 0 and price > 0", "amounts"),)

    hold_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("coin_hold.id"), primary_key=True)
    good_id: Mapped[int] = mapped_column(sa.ForeignKey("coin_good.id"), primary_key=True)
    quantity: Mapped[int]
    price: Mapped[int]
