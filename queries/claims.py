"""Claims as reads: what waits for whom, what is on notice, what became of one's own. Every list goes by scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import contains_eager, selectinload

from models.access import Actor
from models.base import db
from models.claims import ClaimAct, ClaimState, CoinClaim
from models.coins import AccountKind, CoinAccount
from models.people import Household, Resident
from models.point_rules import RuleItem
from models.records import Record, RecordState
from queries.people import find_households
from queries.point_rules import DEDUCT, EARN
from queries.purses import own_household
from queries.scope import get_in_scope, in_scope

PAGE = 50
STATES: Mapping[str, Any] = {
    ClaimState.FILED: _l("待评议"),
    ClaimState.AGREED: _l("待审批"),
    ClaimState.NOTICE: _l("公示中"),
    ClaimState.CONTESTED: _l("有异议"),
    ClaimState.POSTED: _l("已入账"),
    ClaimState.REFUSED: _l("未通过"),
    ClaimState.WITHDRAWN: _l("已撤回"),
}
TOLD, DUE = _l("告知中"), _l("等待入账")  # what notice means where nothing is shown in public
ACTS: Mapping[str, Any] = {
    ClaimAct.FILE: _l("申报"),
    ClaimAct.AGREE: _l("评议同意"),
    ClaimAct.APPROVE: _l("审批通过"),
    ClaimAct.REFUSE: _l("没有通过"),
    ClaimAct.WITHDRAW: _l("撤回"),
    ClaimAct.OBJECT: _l("提出异议"),
    ClaimAct.OVERRULE: _l("异议不成立，继续办理"),
    ClaimAct.UPHOLD: _l("异议成立，没有通过"),
    ClaimAct.APPEAL: _l("申诉"),
    ClaimAct.POST: _l("入账"),
}
REVIEW, APPROVE, NOTICE, WAITING, ENDED = "review", "approve", "notice", "waiting", "ended"
TABS: Mapping[str, Any] = {
    REVIEW: _l("待评议"),
    APPROVE: _l("待审批"),
    NOTICE: _l("公示和异议"),
    WAITING: _l("暂时不能入账"),
    ENDED: _l("办完的"),
}


@dataclass(frozen=True)
class Page:
    """Claims of one tab, newest first, and the id after which older ones begin."""

    claims: Sequence[CoinClaim]
    older: int | None


def state_told(claim: CoinClaim) -> Any:
    """Say in words how far a claim has come, by what its item asks for."""
    item, state = claim.item, claim.state
    if state == ClaimState.FILED and not item.review:
        return STATES[ClaimState.AGREED]
    if state == ClaimState.NOTICE and item.direction == DEDUCT:
        return TOLD
    return DUE if state == ClaimState.NOTICE and not item.notice_days else STATES[state]


def open_to_objection(claim: CoinClaim, today: date) -> bool:
    """Tell whether anybody may still object."""
    return claim.state == ClaimState.NOTICE and claim.notice_until is not None and today <= claim.notice_until


def tab_of(tab: str) -> sa.ColumnElement[bool]:
    """Return the condition for the claims that a tab of the list shows."""
    state = CoinClaim.state
    filed = state == ClaimState.FILED
    conditions = {
        REVIEW: sa.and_(filed, RuleItem.review),
        APPROVE: sa.or_(state == ClaimState.AGREED, sa.and_(filed, ~RuleItem.review)),
        NOTICE: sa.and_(state.in_((ClaimState.NOTICE, ClaimState.CONTESTED)), CoinClaim.waits_for == ""),
        WAITING: sa.and_(state == ClaimState.NOTICE, CoinClaim.waits_for != ""),
        ENDED: state.in_((ClaimState.POSTED, ClaimState.REFUSED, ClaimState.WITHDRAWN)),
    }
    return conditions[tab]


def listed(tab: str, actor: Actor, *, before: int | None = None) -> Page:
    """Return one page of a tab."""
    query = _whole().where(in_scope(CoinClaim, actor, "claim:list"), tab_of(tab))
    if before is not None:
        query = query.where(CoinClaim.id < before)
    found = list(db.session.scalars(query.order_by(CoinClaim.id.desc()).limit(PAGE + 1)))
    return Page(found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None)


def counts(actor: Actor) -> dict[str, int]:
    """Return how many claims wait under each tab of work to do."""
    base = sa.select(sa.func.count()).select_from(CoinClaim).join(RuleItem, RuleItem.id == CoinClaim.rule_item_id)
    inside = in_scope(CoinClaim, actor, "claim:list")
    return {tab: db.session.scalar(base.where(inside, tab_of(tab))) or 0 for tab in (REVIEW, APPROVE, NOTICE, WAITING)}


def claim_by_uid(uid: str, actor: Actor) -> CoinClaim | None:
    """Return a claim that the actor may see: of the scope, filed by them, or of their own household."""
    return db.session.scalars(_whole().where(CoinClaim.uid == uid, visible(actor))).first()


def claims_by_uid(uids: Sequence[str], actor: Actor, permission: str) -> list[CoinClaim]:
    """Return the ticked claims that the actor may treat so, oldest first."""
    query = _whole().where(CoinClaim.uid.in_(uids[:PAGE]), in_scope(CoinClaim, actor, permission))
    return list(db.session.scalars(query.order_by(CoinClaim.id)))


def visible(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the condition for claims that the actor may open."""
    home = own_household(actor)
    own = [CoinClaim.filer_id == actor.user_id] if actor.user_id is not None else []
    of_home = [CoinClaim.household_id == home.id] if home else []
    return sa.or_(in_scope(CoinClaim, actor, "claim:list"), *own, *of_home)


def own_claims(actor: Actor) -> Sequence[CoinClaim]:
    """Return the newest claims that the actor filed, or that concern their household."""
    home = own_household(actor)
    whose = [CoinClaim.filer_id == actor.user_id, *([CoinClaim.household_id == home.id] if home else [])]
    return list(db.session.scalars(_whole().where(sa.or_(*whose)).order_by(CoinClaim.id.desc()).limit(PAGE)))


def on_notice(actor: Actor, today: date) -> Sequence[CoinClaim]:
    """Return the additions on public notice where the actor belongs. Deductions are nobody's reading here."""
    place = sa.or_(in_scope(CoinClaim, actor, "claim:list"), in_scope(CoinClaim, actor, "claim:file"))
    query = (
        _whole()
        .options(selectinload(CoinClaim.household, Household.members))
        .where(
            place,
            RuleItem.direction == EARN,
            CoinClaim.state.in_((ClaimState.NOTICE, ClaimState.CONTESTED)),
            sa.or_(CoinClaim.notice_until >= today, CoinClaim.state == ClaimState.CONTESTED),
        )
    )
    return list(db.session.scalars(query.order_by(CoinClaim.notice_until, CoinClaim.id).limit(10 * PAGE)))


def notice_by_uid(uid: str, actor: Actor, today: date) -> CoinClaim | None:
    """Return a claim to which the actor may object: on public notice where they belong, or of their household."""
    claim = claim_by_uid(uid, actor)
    return claim or next((one for one in on_notice(actor, today) if one.uid == uid), None)


def due(today: date) -> Sequence[int]:
    """Return the claims whose notice is over; what waited for a budget only where there is one again."""
    budget = (
        sa.select(CoinAccount.balance)
        .where(CoinAccount.kind == AccountKind.BUDGET, CoinAccount.village_id == CoinClaim.village_id)
        .scalar_subquery()
    )
    query = (
        sa.select(CoinClaim.id)
        .join(RuleItem, RuleItem.id == CoinClaim.rule_item_id)
        .where(
            CoinClaim.state == ClaimState.NOTICE,
            CoinClaim.notice_until < today,
            sa.or_(CoinClaim.waits_for == "", RuleItem.direction != EARN, budget >= CoinClaim.points),
        )
    )
    return list(db.session.scalars(query.order_by(CoinClaim.id)))


def _whole() -> sa.Select[CoinClaim]:
    return (
        sa.select(CoinClaim)
        .join(RuleItem, RuleItem.id == CoinClaim.rule_item_id)
        .options(
            contains_eager(CoinClaim.item),
            selectinload(CoinClaim.household),
            selectinload(CoinClaim.resident),
            selectinload(CoinClaim.village),
        )
    )


# ---------- for whom ----------


def claimable_households(text: str, actor: Actor) -> list[Household]:
    """Return at most 20 open households found by words, in the places where the actor files claims."""
    if not actor.can("household:list"):
        return []
    found = find_households(text, actor, "household:list") if text else []
    return [one for one in found if one.closed_on is None]


def claimable_household(ident: int, actor: Actor) -> Household | None:
    """Return a household that the actor may file a claim for: of the scope, or their own."""
    home = own_household(actor)
    if home is not None and home.id == ident:
        return home
    return get_in_scope(Household, ident, actor, "household:list") if actor.can("household:list") else None


def households_of(village_id: int, actor: Actor) -> Sequence[Household]:
    """Return the open households of a village for the daily table, by their codes."""
    query = sa.select(Household).where(
        Household.village_id == village_id, Household.closed_on.is_(None), in_scope(Household, actor, "household:list")
    )
    return list(db.session.scalars(query.order_by(Household.code)))


def members(household: Household) -> list[Resident]:
    """Return who lives in a household now."""
    return [one for one in household.members if one.moved_out_on is None]


def record_by_number(number: str, actor: Actor) -> Record | None:
    """Return a record that holds the details of a claim, where the actor may see it."""
    query = sa.select(Record).where(
        Record.number == number, Record.state == RecordState.ACTIVE, in_scope(Record, actor, "record:list")
    )
    return db.session.scalars(query.limit(1)).first()
