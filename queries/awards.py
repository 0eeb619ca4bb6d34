"""Points given and taken, each with its household, as officials look them through to put mistakes right."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from models.access import Actor
from models.base import db
from models.coins import AccountKind, CoinAccount, CoinJournal, CoinLine, JournalKind
from models.people import Household
from models.point_rules import RuleItem
from queries.scope import in_scope

PAGE = 50
AWARDS = (JournalKind.EARN, JournalKind.BONUS, JournalKind.DEDUCT)
OF_HOUSEHOLDS = (AccountKind.HOUSEHOLD, AccountKind.DEBT)
REVERSE = "coin:reverse"


@dataclass(frozen=True)
class Award:
    """One journal of points: whose, how many (below 0: taken), by which item, and what took it back."""

    journal: CoinJournal
    household: Household
    points: int
    item: RuleItem | None
    taken_back: CoinJournal | None


def awards(actor: Actor, *, before: int | None = None) -> tuple[Sequence[Award], int | None]:
    """Return one page of what the actor may take back, newest first, and the journal before which older ones stand."""
    query = sa.select(CoinJournal).where(CoinJournal.kind.in_(AWARDS), in_scope(CoinJournal, actor, REVERSE))
    if before is not None:
        query = query.where(CoinJournal.id < before)
    found = list(db.session.scalars(query.order_by(CoinJournal.id.desc()).limit(PAGE + 1)))
    return _told(found[:PAGE]), found[PAGE - 1].id if len(found) > PAGE else None


def award(uid: str, actor: Actor) -> Award | None:
    """Return one of them."""
    where = (CoinJournal.uid == uid, CoinJournal.kind.in_(AWARDS), in_scope(CoinJournal, actor, REVERSE))
    found = db.session.scalars(sa.select(CoinJournal).where(*where)).all()
    return next(iter(_told(found)), None)


def openable(numbers: Collection[int], actor: Actor) -> Mapping[int, str]:
    """Return, of some journals, those of points that the actor may open: number and uid."""
    where = (CoinJournal.id.in_(numbers), CoinJournal.kind.in_(AWARDS), in_scope(CoinJournal, actor, REVERSE))
    return {row.id: row.uid for row in db.session.execute(sa.select(CoinJournal.id, CoinJournal.uid).where(*where))}


def uid_of(journal_id: int | None) -> str | None:
    """Return the uid by which a journal is opened."""
    return db.session.scalar(sa.select(CoinJournal.uid).where(CoinJournal.id == journal_id))


def _told(journals: Sequence[CoinJournal]) -> list[Award]:
    ids = [one.id for one in journals]
    moved = sa.select(CoinLine.journal_id, CoinAccount.household_id, CoinLine.amount).join(
        CoinAccount, CoinAccount.id.in_((CoinLine.from_id, CoinLine.to_id))
    )
    whose: dict[int, tuple[int, int]] = {}
    for number, household_id, amount in db.session.execute(
        moved.where(CoinLine.journal_id.in_(ids), CoinAccount.kind.in_(OF_HOUSEHOLDS))
    ):
        whose[number] = household_id or 0, whose.get(number, (0, 0))[1] + int(amount)
    living = {ident for ident, _amount in whose.values()}
    households = sa.select(Household).where(Household.id.in_(living)).options(joinedload(Household.village))
    homes = {one.id: one for one in db.session.scalars(households)}
    named = {one.rule_item_id for one in journals if one.rule_item_id}
    items = {one.id: one for one in db.session.scalars(sa.select(RuleItem).where(RuleItem.id.in_(named)))}
    query = sa.select(CoinJournal).where(CoinJournal.reverses.in_(ids))
    undone = {one.reverses: one for one in db.session.scalars(query)}
    return [
        Award(
            one, homes[whose[one.id][0]], -whose[one.id][1] if one.kind == JournalKind.DEDUCT else whose[one.id][1],
            items.get(one.rule_item_id or 0), undone.get(one.id),
        )
        for one in journals
    ]  # fmt: skip
