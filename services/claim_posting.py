"""The sweep of claims: what was approved and whose notice is over becomes coins, each claim its own act."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import force_locale

from models.access import Actor
from models.base import db
from models.claims import ClaimAct, ClaimState, CoinClaim
from models.point_rules import RuleItem
from queries.caps import CLAIM
from queries.claims import due
from queries.point_rules import DEDUCT, expires_on
from services.claims import refuse_over, step
from services.coins import deduct, earn, hash_uid
from services.locking import lock
from services.posting import Receipt, open_ledger
from services.refusals import Refusal
from services.transaction import transaction


def post_due(*, actor: Actor, at: datetime, today: date) -> tuple[int, int]:
    """Post the claims whose notice ended before today; returns how many were posted, and how many have to wait."""
    posted = waiting = 0
    for ident in due(today):
        claim = db.session.get_one(CoinClaim, ident)
        try:
            posted += post_claim(claim, actor=actor, at=at, today=today) is not None
        except Refusal as refusal:
            _keep_waiting(claim, refusal)
            waiting += 1
    return posted, waiting


@transaction
def post_claim(claim: CoinClaim, *, actor: Actor, at: datetime, today: date) -> Receipt | None:
    """Post one claim; None where another sweep was first, or somebody objected meanwhile.

    Raises CapReached, BudgetShort, and NotEnough for a deduction beyond what the household has.
    """
    open_ledger()
    lock(claim)
    if claim.state != ClaimState.NOTICE or claim.notice_until is None or claim.notice_until >= today:
        return None
    item, household = claim.item, claim.household
    refuse_over(item, household, claim.resident_id, claim.points, on=claim.done_on, apart_from=claim.id)
    receipt = _post(claim, item, actor=actor, at=at, today=today)
    claim.journal_id = receipt.journal_id
    step(claim, ClaimAct.POST, ClaimState.POSTED, actor=actor, at=at)
    return receipt


def _post(claim: CoinClaim, item: RuleItem, *, actor: Actor, at: datetime, today: date) -> Receipt:
    source = f"{CLAIM}{claim.uid}"
    if item.direction == DEDUCT:
        return deduct(
            claim.household, points=claim.points, uid=hash_uid(source), effective_on=today, rule_item_id=item.id,
            source_key=source, memo=claim.what, actor=actor, at=at, today=today,
        )  # fmt: skip
    return earn(
        claim.household, points=claim.points, uid=hash_uid(source), effective_on=today,
        expires_on=expires_on(item.rule_set, today), rule_item_id=item.id, resident_id=claim.resident_id,
        source_key=source, memo=claim.what, actor=actor, at=at, today=today,
    )  # fmt: skip


def _keep_waiting(claim: CoinClaim, refusal: Refusal) -> None:
    """Keep the reason for whoever reads the claim; a claim that waits for the same reason as before costs no write."""
    with force_locale("zh_Hans_CN"):
        reason = str(refusal)[:200]
    if claim.waits_for != reason:
        _tell(claim, reason)


@transaction
def _tell(claim: CoinClaim, reason: str) -> None:
    lock(claim).waits_for = reason
