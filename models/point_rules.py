"""The 道德币 points rules: versions of a rule set, its items, and what each asks for."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Scoped, Versioned
from models.forms import Form


class RuleState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"


class RuleSet(Scoped, Versioned, Base):
    """One version of the rules of a county or a village. Once published only `valid_to` may still be set.

    Coins expire at the end of the year after `expiry_years` years (0: this year's end), or, with `expiry_months`,
    so many months after the day they are earned.
    """

    __tablename__ = "coin_rule_set"
    __table_args__ = (
        sa.UniqueConstraint("org_id", "number"),
        sa.CheckConstraint("state in ('draft','published')", "state"),
        sa.CheckConstraint("valid_to is null or valid_to > valid_from", "dates"),
        sa.CheckConstraint("(expiry_years is null) <> (expiry_months is null)", "expiry"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    state: Mapped[RuleState] = mapped_column(sa.String(16), default=RuleState.DRAFT)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    expiry_years: Mapped[int | None] = mapped_column(default=0)
    expiry_months: Mapped[int | None]
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    published_at: Mapped[datetime | None]
    published_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))

    items: Mapped[list[RuleItem]] = relationship(back_populates="rule_set", order_by="RuleItem.position")


class RuleItem(Base):
    """One thing that earns or costs coins. Caps are coins within a month (or quarter); None: no cap."""

    __tablename__ = "coin_rule_item"
    __table_args__ = (
        sa.UniqueConstraint("rule_set_id", "code"),
        sa.CheckConstraint("direction in ('earn','deduct')", "direction"),
        sa.CheckConstraint("points_min > 0 and points_max >= points_min", "points"),
        sa.CheckConstraint("evidence in ('none','text','photo')", "evidence"),
        sa.CheckConstraint("notice_days >= 0 and notice_days <= 60", "notice"),
        sa.CheckConstraint("direction = 'earn' or (notice_days > 0 and evidence <> 'none')", "deduction"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_set_id: Mapped[int] = mapped_column(sa.ForeignKey("coin_rule_set.id"))
    code: Mapped[str] = mapped_column(sa.String(32))
    name: Mapped[str] = mapped_column(sa.String(100))
    position: Mapped[int] = mapped_column(default=0)
    direction: Mapped[str] = mapped_column(sa.String(8), default="earn")
    points_min: Mapped[int]
    points_max: Mapped[int]
    cap_person_month: Mapped[int | None]
    cap_household_month: Mapped[int | None]
    cap_village_month: Mapped[int | None]
    evidence: Mapped[str] = mapped_column(sa.String(8), default="none")
    claimants: Mapped[dict[str, Any]]  # {"roles": [...], "villagers": bool}
    approvers: Mapped[dict[str, Any]]  # {"roles": [...]}
    review: Mapped[bool] = mapped_column(default=True)  # 评议 comes before the approval
    notice_days: Mapped[int] = mapped_column(default=0)  # public notice, in days
    form_id: Mapped[int | None] = mapped_column(sa.ForeignKey("form.id"))

    rule_set: Mapped[RuleSet] = relationship(back_populates="items")
    form: Mapped[Form | None] = relationship()

    def __str__(self) -> str:
        return self.name
