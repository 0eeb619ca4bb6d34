"""Counters of the coin ledger, which statistics read: a trigger on coin_line keeps them in the same transaction."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class CoinFlow(StrEnum):
    """Which way coins went, by the kinds of the two accounts of a line. What is taken back counts apart."""

    ALLOT = "allot"
    ALLOT_BACK = "allot_back"
    EARN = "earn"
    EARN_BACK = "earn_back"
    DEDUCT = "deduct"
    DEDUCT_BACK = "deduct_back"
    REDEEM = "redeem"
    REDEEM_BACK = "redeem_back"
    EXPIRE = "expire"
    EXPIRE_BACK = "expire_back"  # of an earning that was reversed after its coins had expired
    SETTLE = "settle"
    SETTLE_BACK = "settle_back"


class CoinMonth(Base):
    """How many coins went which way per place, month and rule item; 0 stands for no township, village or item.

    The place is the journal's: of what was earned the household's, of what was redeemed the station's. `n` counts
    journals by their first line, so that it is right where a journal's lines went the same way.
    """

    __tablename__ = "coin_month"
    __table_args__ = (sa.CheckConstraint("n >= 0 and coins >= 0", "n"), {"sqlite_with_rowid": False})

    county_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[str] = mapped_column(sa.String(7), primary_key=True)  # "2026-11"
    town_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    village_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    flow: Mapped[CoinFlow] = mapped_column(sa.String(16), primary_key=True)
    rule_item_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int]
    coins: Mapped[int] = mapped_column(sa.BigInteger)
