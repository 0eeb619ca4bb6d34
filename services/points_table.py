"""The daily table of points: one item, many households, one save. All rows or none, and each bad row is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.people import Household
from models.point_rules import RuleItem
from queries.point_rules import EARN, expires_on, may_decide
from services.claim_filing import Asked, file_claim, refuse_unfit
from services.claims import refuse_over
from services.coins import earn, hash_uid
from services.points_drafts import forget_table, source_of
from services.posting import UidConflict, by_source, open_ledger
from services.refusals import NotAllowed, NotFound, Refusal
from services.transaction import transaction


class RowsRefused(Refusal):
    """Nothing was saved; `rows` says of each bad row (by household) why."""

    message = _l("有的行不能保存，所以一行也没有记。请改正标出的行，再保存。")

    def __init__(self, rows: Mapping[int, Any]) -> None:
        self.rows = rows
        super().__init__()


class NothingTyped(Refusal):
    message = _l("还没有填分值。请在要记的人家那一行填写。")


@dataclass(frozen=True)
class Row:
    """One household's row: its points, and what it did where that differs from what is said for all."""

    household: Household
    points: int
    note: str = ""


def posts_at_once(item: RuleItem, village: Any, actor: Actor) -> bool:
    """Tell whether rows of an item become coins right away: no 评议, no notice, and the actor approves it."""
    plain = item.direction == EARN and not item.review and not item.notice_days
    return plain and actor.can("coin:earn") and may_decide(item, village, actor)


@transaction
def enter_rows(
    item: RuleItem, rows: Sequence[Row], *, what: str, done_on: date, uid: str, actor: Actor, at: datetime, today: date
) -> int:
    """Save all rows, each one journal or one claim as the rule demands; returns how many. The same page saves once.

    Raises RowsRefused with all bad rows, NothingTyped.
    """
    open_ledger()
    if not rows:
        raise NothingTyped
    bad: dict[int, Any] = {}
    for row in rows:
        try:
            _enter(item, row, what=what, done_on=done_on, uid=uid, actor=actor, at=at, today=today)
        except (NotAllowed, NotFound, UidConflict):
            raise
        except Refusal as refusal:
            bad[row.household.id] = refusal.message
    if bad:
        raise RowsRefused(bad)
    forget_table(rows[0].household.village_id or 0, item, actor=actor)
    return len(rows)


def _enter(
    item: RuleItem, row: Row, *, what: str, done_on: date, uid: str, actor: Actor, at: datetime, today: date
) -> None:
    source = source_of(uid, row.household.id)
    said = row.note or what or item.name
    asked = Asked(item=item, points=row.points, done_on=done_on, what=said, evidence=row.note or what)
    if not posts_at_once(item, row.household, actor):
        file_claim(row.household, asked, uid=hash_uid(source), actor=actor, at=at, today=today)
        return
    if by_source(source) is None:  # the same page again counts nothing twice
        refuse_unfit(row.household, asked, actor=actor, today=today)
        refuse_over(item, row.household, None, row.points, on=done_on)
    earn(
        row.household, points=row.points, uid=hash_uid(source), effective_on=done_on,
        expires_on=expires_on(item.rule_set, done_on), rule_item_id=item.id, source_key=source, memo=said,
        actor=actor, at=at, today=today,
    )  # fmt: skip
