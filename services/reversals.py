"""What is taken back: a journal undone by its opposite, once, by whoever could have done the like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db, table_of
from models.coins import AccountKind, CoinJournal, JournalKind
from models.people import Household
from models.stations import CoinStockMove, MoveKind
from services.access import require
from services.coins import refuse_own
from services.parties import home_of
from services.posting import (
    BudgetShort,
    Entry,
    Line,
    NotEnough,
    Once,
    Place,
    Receipt,
    account,
    ledger_now,
    line,
    open_ledger,
    post,
)
from services.purses import account_id, chosen, county_of, expired_of, given_back, purses, take, whatever
from services.refusals import NotFound, Refusal
from services.stock import move_goods
from services.transaction import transaction

REVERSE = "coin:reverse"
# Which permission undoes a kind: coins between a village and the county stay with whoever may move them.
UNDONE_BY: Mapping[JournalKind, str] = {
    JournalKind.ALLOT: "coin:allot",
    JournalKind.SETTLE: "coin:settle",
    JournalKind.EARN: REVERSE,
    JournalKind.BONUS: REVERSE,
    JournalKind.DEDUCT: REVERSE,
    JournalKind.REDEEM: REVERSE,
    JournalKind.POST: REVERSE,
}
# What is never undone, and what to do instead.
NEVER: Mapping[JournalKind, Any] = {
    JournalKind.HOLD: _l("预约不能冲正。还没有领的，请取消兑换券；已经领了的，请冲正那一笔兑换。"),
    JournalKind.VOID: _l("取消兑换券不能冲正。要兑换的话，请重新预约或到兑换台办。"),
    JournalKind.REVERSE: _l("冲正不能再冲正。原来那一笔如果是对的，请重新记一次。"),
    JournalKind.EXPIRE: _l("到期清零是按规则办的，不能冲正。"),
}
_OF_UNITS = frozenset({JournalKind.ALLOT, JournalKind.SETTLE})
_EARNED = frozenset({JournalKind.EARN, JournalKind.BONUS})
_moved = table_of(CoinStockMove)


class NotReversible(Refusal):
    """The kind of journal is never undone, or this one was undone already."""


class ReasonNeeded(Refusal):
    field = "reason"
    message = _l("请写明原因，审计时要看。")


class TillShort(Refusal):
    message = _l("站点收到的道德币已经结算，退不出这一笔。请先和乡镇对账。")


class AllotmentSpent(Refusal):
    """The village has awarded of what is to be taken back."""

    def __init__(self, *, available: int, wanted: int) -> None:
        super().__init__(
            _l("这笔额度已经用了一部分：还剩 %(available)s，收不回 %(wanted)s。", available=available, wanted=wanted)
        )


@transaction
def reverse(original: CoinJournal, *, reason: str, uid: str, actor: Actor, at: datetime, today: date) -> Receipt:
    """Undo a journal by its opposite, once. Coins that were earned and are spent already become a debt.

    Raises NotReversible, ReasonNeeded, TillShort or AllotmentSpent.
    """
    open_ledger()
    kind = JournalKind(original.kind)
    require(actor, UNDONE_BY.get(kind, REVERSE), original)
    if kind not in UNDONE_BY:
        raise NotReversible(NEVER[kind])
    if not reason.strip():
        raise ReasonNeeded
    once = Once.of(uid, {"act": "reverse", "journal": original.id})
    ledger = ledger_now(once, original.county_id)
    if ledger.receipt:
        return ledger.receipt
    taken_back = sa.select(CoinJournal.id).where(CoinJournal.reverses == original.id)
    if db.session.scalar(taken_back) is not None:
        raise NotReversible(_l("这一笔已经冲正过，不能再冲正。"))
    lines, uses = _opposite(original, actor, today)
    entry = Entry(
        kind=JournalKind.REVERSE, once=once, place=Place.of(original), effective_on=today, lines=lines,
        memo=reason.strip(), reverses=original.id, rule_item_id=original.rule_item_id,
    )  # fmt: skip
    try:
        receipt = post(entry, ledger, actor=actor, at=at, today=today)
    except NotEnough as short:
        raise TillShort from short
    except BudgetShort as short:
        raise AllotmentSpent(available=short.available, wanted=short.wanted) from short
    take(receipt.journal_id, uses)
    _take_goods_back(original.id, receipt.journal_id, actor=actor, at=at)
    return receipt


# ---------- what it is made of ----------


def _opposite(original: CoinJournal, actor: Actor, today: date) -> tuple[list[Line], dict[int, int]]:
    """Return the lines that take a journal back, and what they take from lots or give back to them."""
    lines = [
        (row.from_id, row.to_id, int(row.amount))
        for row in db.session.execute(sa.select(line).where(line.c.journal_id == original.id).order_by(line.c.n))
    ]
    back = [(taker, giver, amount) for giver, taker, amount in lines]
    if original.kind in _OF_UNITS:
        return back, {}
    household = _whose(lines)
    refuse_own(household, home_of(actor))
    purse, debt = purses(household, today=today)
    if original.kind in _EARNED:
        gone = account_id(AccountKind.EXPIRED, county_of(household.county_id), today=today)
        return _unearned(original.id, lines, (purse, debt, gone))
    spent_by = original.resolves or original.id
    owed, uses = given_back(purse, debt, spent_by)
    return [*back, *owed], uses


def _unearned(
    journal_id: int, lines: Sequence[Line], givers: tuple[int, int, int]
) -> tuple[list[Line], dict[int, int]]:
    """Take earned coins back from the household's purse, its debt, and the county's expired coins.

    What expired of them comes from there: nobody owes what they never spent. Then what is left of them, then other
    coins that are not held; the rest becomes a debt.
    """
    purse, debt, gone = givers
    budget = lines[0][0]
    wanted = sum(amount for _giver, _taker, amount in lines)
    expired = expired_of(journal_id)
    uses = chosen(whatever(purse, first=journal_id), wanted - expired)
    there = sum(uses.values())
    parts = ((gone, expired), (purse, there), (debt, wanted - expired - there))
    return [(giver, budget, amount) for giver, amount in parts if amount], uses


def _whose(lines: Sequence[Line]) -> Household:
    ids = {ident for one in lines for ident in one[:2]}
    query = sa.select(account.c.household_id).where(account.c.id.in_(ids), account.c.household_id.is_not(None))
    owner = db.session.scalars(query).first()
    found = db.session.get(Household, owner) if owner else None
    if found is None:
        raise NotFound
    return found


def _take_goods_back(original: int, journal_id: int, *, actor: Actor, at: datetime) -> None:
    rows = db.session.execute(sa.select(_moved).where(_moved.c.journal_id == original)).all()
    if rows:
        back = {row.good_id: (-row.quantity, row.price) for row in rows}
        move_goods(rows[0].station_id, back, MoveKind.RETURN, journal_id=journal_id, actor=actor, at=at)
