"""What was handed over for coins, as its receipt says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.coins import AccountKind, CoinAccount, CoinJournal, CoinLine, JournalKind
from models.people import Household
from models.stations import CoinGood, CoinStation, CoinStockMove
from queries.scope import in_scope

HANDED_OVER = (JournalKind.REDEEM, JournalKind.POST)


@dataclass(frozen=True)
class Paper:
    """One receipt: the journal, whose coins, where, what for, what was left, and what took it back."""

    journal: CoinJournal
    household: Household
    station: CoinStation
    goods: Sequence[Any]  # name, unit, quantity, price
    amount: int
    left: int
    taken_back: CoinJournal | None


def receipt(uid: str, actor: Actor, permission: str = "coin:list") -> Paper | None:
    """Return the receipt of a redemption or of goods handed over for a voucher, inside the actor's scope."""
    where = (CoinJournal.uid == uid, CoinJournal.kind.in_(HANDED_OVER), in_scope(CoinJournal, actor, permission))
    journal = db.session.scalar(sa.select(CoinJournal).where(*where))
    return None if journal is None else _paper(journal)


def _paper(journal: CoinJournal) -> Paper:
    purse, till = sa.orm.aliased(CoinAccount), sa.orm.aliased(CoinAccount)
    row = db.session.execute(
        sa.select(Household, CoinStation, CoinLine.amount, CoinLine.from_after)
        .select_from(CoinLine)
        .join(purse, purse.id == CoinLine.from_id)
        .join(till, till.id == CoinLine.to_id)
        .join(Household, Household.id == purse.household_id)
        .join(CoinStation, CoinStation.id == till.station_id)
        .where(CoinLine.journal_id == journal.id, purse.kind == AccountKind.HOUSEHOLD)
    ).one()
    goods = db.session.execute(
        sa.select(CoinGood.name, CoinGood.unit, (-CoinStockMove.quantity).label("quantity"), CoinStockMove.price)
        .join(CoinGood, CoinGood.id == CoinStockMove.good_id)
        .where(CoinStockMove.journal_id == journal.id)
        .order_by(CoinGood.id)
    ).all()
    taken_back = db.session.scalar(sa.select(CoinJournal).where(CoinJournal.reverses == journal.id))
    return Paper(journal, row.Household, row.CoinStation, goods, int(row.amount), int(row.from_after), taken_back)
