"""The ledger of 道德币: accounts, journals with their lines, holds, lots, closed months. Whole coins only.

Money moves in one way: a journal with lines, each from one account to another, so the sum of all balances is 0 by
construction. A line states the balances it leaves; triggers refuse a stale statement, move the balances, and refuse
any other change of a balance, of a line, of a journal (migrations/versions/0003_coins.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, Scoped


class AccountKind(StrEnum):
    ISSUER = "issuer"  # of a county: what it has issued, as a negative balance
    BUDGET = "budget"  # of a village: what it may still award this quarter
    HOUSEHOLD = "household"
    DEBT = "debt"  # of a household: spent coins whose earning was reversed; never above 0
    STATION = "station"  # coins taken in
    EXPIRED = "expired"  # of a county
    SETTLED = "settled"  # of a county: coins of stations that were paid for


class JournalKind(StrEnum):
    ALLOT = "allot"
    EARN = "earn"
    DEDUCT = "deduct"
    REDEEM = "redeem"
    HOLD = "hold"
    POST = "post"
    VOID = "void"
    REVERSE = "reverse"
    EXPIRE = "expire"
    SETTLE = "settle"
    BONUS = "bonus"


class HoldState(StrEnum):
    OPEN = "open"
    POSTED = "posted"
    VOIDED = "voided"


NO_FLOOR = -(10**15)  # of accounts that may be negative
MOST_COINS = 10**9  # of one line
GENESIS = "0" * 64  # before the first journal
_SORTING, _AS_IT_IS = (
    json.JSONEncoder(ensure_ascii=False, sort_keys=sort, separators=(",", ":")) for sort in (True, False)
)  # not one for each journal
_HASHED = (
    "id", "uid", "body_hash", "kind", "actor_id", "actor_name", "memo", "rule_item_id", "resident_id", "source_key",
    "reverses", "resolves", "prev_hash", "county_id", "town_id", "village_id", "org_id",
)  # fmt: skip
_IN_ORDER = sorted((*_HASHED, "effective_on", "recorded_at", "lines"))


def _kinds(kinds: type[StrEnum]) -> str:
    return ",".join(f"'{kind}'" for kind in kinds)


class CoinAccount(Scoped, Base):
    """One account. `available` is balance - held and never below min_balance."""

    __tablename__ = "coin_account"
    __table_args__ = (
        sa.UniqueConstraint("code"),
        sa.CheckConstraint(f"kind in ({_kinds(AccountKind)})", "kind"),
        sa.CheckConstraint("held >= 0", "held"),
        sa.CheckConstraint("balance - held >= min_balance", "available"),
        sa.CheckConstraint("kind <> 'debt' or balance <= 0", "debt"),
        sa.CheckConstraint(f"min_balance = 0 or (min_balance = {NO_FLOOR} and kind in ('issuer','debt'))", "floor"),
        sa.CheckConstraint("(kind in ('household','debt')) = (household_id is not null)", "household"),
        sa.CheckConstraint("(kind = 'station') = (station_id is not null)", "station"),
        sa.Index("ix_coin_account_household_id", "household_id", "kind", unique=True),
        sa.Index("ix_coin_account_station_id", "station_id", unique=True),
        sa.Index("ix_coin_account_village", "village_id", "kind", "id"),
        sa.Index("ix_coin_account_county", "county_id", "kind", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64))
    kind: Mapped[AccountKind] = mapped_column(sa.String(16))
    household_id: Mapped[int | None] = mapped_column(sa.ForeignKey("household.id"))
    station_id: Mapped[int | None] = mapped_column(sa.ForeignKey("coin_station.id"))
    min_balance: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    balance: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    held: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]


class CoinJournal(Scoped, Base):
    """One act on the ledger. Ids are gapless; each hash covers the journal, its lines, and the hash before it."""

    __tablename__ = "coin_journal"
    __table_args__ = (
        sa.UniqueConstraint("uid"),
        sa.UniqueConstraint("source_key"),
        sa.UniqueConstraint("reverses"),
        sa.UniqueConstraint("resolves"),
        sa.CheckConstraint("id >= 1", "id"),
        sa.CheckConstraint(f"kind in ({_kinds(JournalKind)})", "kind"),
        sa.CheckConstraint("(kind = 'reverse') = (reverses is not null)", "reverses"),
        sa.CheckConstraint("(kind in ('post','void')) = (resolves is not null)", "resolves"),
        sa.Index("ix_coin_journal_county", "county_id", "effective_on", "id"),
        sa.Index("ix_coin_journal_village", "village_id", "effective_on", "id"),
        sa.Index("ix_coin_journal_rule_item_id", "rule_item_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    uid: Mapped[str] = mapped_column(sa.String(32))
    body_hash: Mapped[str] = mapped_column(sa.String(64))
    kind: Mapped[JournalKind] = mapped_column(sa.String(16))
    effective_on: Mapped[date]
    recorded_at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    actor_name: Mapped[str] = mapped_column(sa.String(64))
    origin: Mapped[str] = mapped_column(sa.String(64), default="")
    memo: Mapped[str] = mapped_column(sa.String(200), default="")
    rule_item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("coin_rule_item.id"))
    resident_id: Mapped[int | None] = mapped_column(sa.ForeignKey("resident.id"))  # the member who earned it
    source_key: Mapped[str | None] = mapped_column(sa.String(120))
    reverses: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("coin_journal.id"))
    resolves: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("coin_journal.id"))  # the hold it ends
    prev_hash: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64))


class CoinLine(Base):
    """Coins from one account to another, and the balances both are left with."""

    __tablename__ = "coin_line"
    __table_args__ = (
        sa.CheckConstraint(f"amount > 0 and amount <= {MOST_COINS}", "amount"),
        sa.CheckConstraint("from_id <> to_id", "accounts"),
        sa.Index("ix_coin_line_from", "from_id", "journal_id", "n"),
        sa.Index("ix_coin_line_to", "to_id", "journal_id", "n"),
    )

    journal_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("coin_journal.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    from_id: Mapped[int] = mapped_column(sa.ForeignKey("coin_account.id"))
    to_id: Mapped[int] = mapped_column(sa.ForeignKey("coin_account.id"))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    from_after: Mapped[int] = mapped_column(sa.BigInteger)
    to_after: Mapped[int] = mapped_column(sa.BigInteger)


class CoinHold(Base):
    """Coins set aside for goods until they are handed over (posted) or given back (voided), once."""

    __tablename__ = "coin_hold"
    __table_args__ = (
        sa.UniqueConstraint("code"),
        sa.CheckConstraint("state in ('open','posted','voided')", "state"),
        sa.CheckConstraint("amount > 0", "amount"),
        sa.Index("ix_coin_hold_account", "account_id", "state"),
        sa.Index("ix_coin_hold_due", "state", "expires_at"),
        sa.Index("ix_coin_hold_station", "station_id", "state"),
    )

    id: Mapped[int] = mapped_column(
        BigId, sa.ForeignKey("coin_journal.id"), primary_key=True
    )  # the journal that made it
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("coin_account.id"))
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("coin_station.id"))
    code: Mapped[str] = mapped_column(sa.String(16))  # what the QR code says and a clerk may type
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    state: Mapped[HoldState] = mapped_column(sa.String(8), default=HoldState.OPEN)
    expires_at: Mapped[datetime]


class CoinLot(Base):
    """Coins of a household that came at once and expire together; spent earliest expiry first."""

    __tablename__ = "coin_lot"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", "amount"),
        sa.CheckConstraint("remaining >= 0 and remaining <= amount", "remaining"),
        sa.Index("ix_coin_lot_account", "account_id", "expires_on", "id"),
        sa.Index("ix_coin_lot_due", "expires_on", "account_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("coin_account.id"))
    journal_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("coin_journal.id"))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    remaining: Mapped[int] = mapped_column(sa.BigInteger)
    expires_on: Mapped[date | None]  # the last day on which they can be spent; None: never


class CoinLotUse(Base):
    """Coins taken from a lot by a journal, or (below 0) given back to it."""

    __tablename__ = "coin_lot_use"
    __table_args__ = (
        sa.CheckConstraint("amount <> 0", "amount"),
        sa.Index("ix_coin_lot_use_journal_id", "journal_id"),
    )

    lot_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("coin_lot.id"), primary_key=True)
    journal_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("coin_journal.id"), primary_key=True)
    amount: Mapped[int] = mapped_column(sa.BigInteger)


class CoinPeriod(Base):
    """A month of a county that is closed: nothing becomes effective in it, or before it, any more."""

    __tablename__ = "coin_period"

    county_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), primary_key=True)
    ym: Mapped[str] = mapped_column(sa.String(7), primary_key=True)
    closed_at: Mapped[datetime]
    closed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    head_id: Mapped[int] = mapped_column(BigId)
    head_hash: Mapped[str] = mapped_column(sa.String(64))


def hash_of(body: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of what was asked for."""
    return hashlib.sha256(_SORTING.encode(body).encode()).hexdigest()


def journal_hash(row: Mapping[str, Any] | sa.RowMapping, lines: Sequence[tuple[str, str, int, int, int]]) -> str:
    """Return the SHA-256 (hex) of a journal with its lines, by account codes, and of the hash before it."""
    said: dict[str, Any] = dict.fromkeys(_IN_ORDER)  # so there is nothing to sort
    for name in _HASHED:
        said[name] = row[name]
    said["effective_on"] = row["effective_on"].isoformat()
    said["recorded_at"] = row["recorded_at"].astimezone(UTC).isoformat(timespec="microseconds")
    said["lines"] = lines
    return hashlib.sha256(_AS_IT_IS.encode(said).encode()).hexdigest()
