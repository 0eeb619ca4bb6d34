"""Claims of 道德币: what somebody did for the village, who agreed, and what became of it. Steps are never changed."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, BigId, Scoped, Versioned
from models.orgs import OrgUnit
from models.people import Household, Resident
from models.point_rules import RuleItem


class ClaimState(StrEnum):
    FILED = "filed"  # waits for 评议, or for the approval where the rule asks for none
    AGREED = "agreed"  # waits for the approval
    NOTICE = "notice"  # approved: shown until notice_until, then posted by the sweep
    CONTESTED = "contested"  # somebody objected: stands still until that is decided
    POSTED = "posted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ClaimAct(StrEnum):
    FILE = "file"
    AGREE = "agree"
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    OBJECT = "object"
    OVERRULE = "overrule"  # the objection was decided: the claim goes on
    UPHOLD = "uphold"  # the objection was decided: the claim is refused
    APPEAL = "appeal"
    POST = "post"


class CoinClaim(Scoped, Versioned, Base):
    """Coins claimed for a household, or taken from it where the rule item deducts.

    Caps are of the month in which it was done. A claim of another scope than its household's village never exists.
    """

    __tablename__ = "coin_claim"
    __table_args__ = (
        sa.UniqueConstraint("uid"),
        sa.UniqueConstraint("journal_id"),
        sa.CheckConstraint("points > 0", "points"),
        sa.CheckConstraint("state in ('filed','agreed','notice','contested','posted','refused','withdrawn')", "state"),
        sa.CheckConstraint("(state = 'posted') = (journal_id is not null)", "posted"),
        sa.CheckConstraint("state not in ('notice','contested') or notice_until is not null", "notice"),
        sa.Index("ix_coin_claim_village", "village_id", "state", "id"),
        sa.Index("ix_coin_claim_town", "town_id", "state", "id"),
        sa.Index("ix_coin_claim_county", "county_id", "state", "id"),
        sa.Index("ix_coin_claim_due", "state", "notice_until"),
        sa.Index("ix_coin_claim_item", "rule_item_id", "done_on"),
        sa.Index("ix_coin_claim_household", "household_id", "id"),
        sa.Index("ix_coin_claim_filer", "filer_id", "id"),
        sa.Index("ix_coin_claim_photo", "photo"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(32))
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"))
    resident_id: Mapped[int | None] = mapped_column(sa.ForeignKey("resident.id"))
    rule_item_id: Mapped[int] = mapped_column(sa.ForeignKey("coin_rule_item.id"))
    points: Mapped[int]
    done_on: Mapped[date]
    what: Mapped[str] = mapped_column(sa.String(200))
    evidence: Mapped[str] = mapped_column(sa.String(500), default="")
    photo: Mapped[str | None] = mapped_column(sa.String(32))  # uid of a file
    record_id: Mapped[int | None] = mapped_column(sa.ForeignKey("record.id"))  # details, where a form is bound
    state: Mapped[ClaimState] = mapped_column(sa.String(16), default=ClaimState.FILED)
    filer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    filed_on: Mapped[date]
    notice_until: Mapped[date | None]  # the last day of the notice
    appealed: Mapped[bool] = mapped_column(default=False)
    waits_for: Mapped[str] = mapped_column(sa.String(200), default="")  # why the sweep could not post it yet
    journal_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("coin_journal.id"))
    updated_at: Mapped[datetime]

    household: Mapped[Household] = relationship()
    resident: Mapped[Resident | None] = relationship()
    item: Mapped[RuleItem] = relationship()
    village: Mapped[OrgUnit | None] = relationship(foreign_keys="CoinClaim.village_id")
    steps: Mapped[list[ClaimStep]] = relationship(back_populates="claim", order_by="ClaimStep.id")

    def __str__(self) -> str:
        return str(self.id)


class ClaimStep(Base):
    """One step of a claim: who did what, and why. Append-only by triggers."""

    __tablename__ = "coin_claim_step"
    __table_args__ = (sa.Index("ix_coin_claim_step_claim_id", "claim_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("coin_claim.id"))
    act: Mapped[ClaimAct] = mapped_column(sa.String(16))
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    actor_name: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[datetime]

    claim: Mapped[CoinClaim] = relationship(back_populates="steps")
