"""Who may do what with a claim: nobody decides what is theirs, and nobody decides twice over their own decision.

An appeal after a refusal, and an objection to an approval, are decided by somebody else than whoever refused or
approved. So that this never stands still in a village with one official, the township may decide both, whatever roles
the rule names, and without a second 评议.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db
from models.claims import ClaimAct, ClaimState, ClaimStep, CoinClaim
from queries.point_rules import DEDUCT, may_decide, stands_above
from queries.purses import own_household
from queries.scope import covers
from services.coins import refuse_own
from services.parties import home_of
from services.refusals import NotAllowed, Refusal

REFUSED_BY = frozenset({ClaimAct.REFUSE, ClaimAct.UPHOLD})


class OwnClaim(Refusal):
    message = _l("这条申报是您填的，要由别人评议和审批。")


class OwnRefusal(Refusal):
    """Whoever refused a claim has no say in its appeal."""

    message = _l("这条申报是您退回的，申诉要由别人来办，也可以由乡镇来办。")


class OwnApproval(Refusal):
    """Whoever approved a claim does not decide an objection to it."""

    message = _l("这条申报是您审批的，异议要由别人裁定，也可以由乡镇裁定。")


class OwnObjection(Refusal):
    field = "note"
    message = _l("异议是您提的，要由别人裁定。")


def under_review(claim: CoinClaim, actor: Actor) -> bool:
    """Tell whether a claim waits for 评议 before this actor may approve or refuse it."""
    appealed = claim.appealed and stands_above(claim, actor)
    return claim.state == ClaimState.FILED and claim.item.review and not appealed


def refuse_partial(claim: CoinClaim, actor: Actor) -> None:
    """Refuse whoever filed the claim, lives in its household, or refused it before its appeal.

    Raises OwnClaim, OwnHousehold, OwnRefusal.
    """
    if actor.user_id is not None and claim.filer_id == actor.user_id:
        raise OwnClaim
    refuse_own(claim.household, home_of(actor))
    if claim.appealed and _last(claim, REFUSED_BY) == actor.user_id and actor.user_id is not None:
        raise OwnRefusal


def refuse_other_than_decider(claim: CoinClaim, actor: Actor) -> None:
    """Refuse whoever may not approve the claim. Raises what refuse_partial does, NotAllowed."""
    refuse_partial(claim, actor)
    if not decides(claim, actor):
        raise NotAllowed


def refuse_other_than_arbiter(claim: CoinClaim, actor: Actor) -> None:
    """Refuse whoever may not decide the objection to a claim. Raises OwnApproval, OwnObjection and more."""
    refuse_other_than_decider(claim, actor)
    if actor.user_id is None:
        return
    if _last(claim, {ClaimAct.OBJECT}) == actor.user_id:
        raise OwnObjection
    if _last(claim, {ClaimAct.APPROVE}) == actor.user_id:
        raise OwnApproval


def why_not(claim: CoinClaim, actor: Actor) -> Refusal | None:
    """Return why the actor is not the one to treat a claim as it stands now, for a page; None where they may."""
    contested = claim.state == ClaimState.CONTESTED
    try:
        if contested:
            refuse_other_than_arbiter(claim, actor)
        else:
            refuse_partial(claim, actor)
    except Refusal as refusal:
        return refusal
    return None


def decides(claim: CoinClaim, actor: Actor) -> bool:
    """Tell whether the actor's roles decide the claim: those of the rule; of what is disputed the township too."""
    disputed = claim.appealed or claim.state == ClaimState.CONTESTED
    return may_decide(claim.item, claim, actor) or (disputed and stands_above(claim, actor))


def may_object(claim: CoinClaim, actor: Actor) -> bool:
    """Tell whether the actor may object to a claim that is on notice."""
    home = own_household(actor)
    if home is not None and home.id == claim.household_id:
        return True
    if claim.item.direction == DEDUCT:  # what the household said at the desk
        return covers(actor, "claim:review", claim) or covers(actor, "claim:approve", claim)
    return covers(actor, "claim:file", claim)


def _last(claim: CoinClaim, acts: Collection[ClaimAct]) -> int | None:
    """Return who did the newest of these acts on a claim."""
    query = sa.select(ClaimStep.actor_id).where(ClaimStep.claim_id == claim.id, ClaimStep.act.in_(acts))
    return db.session.scalars(query.order_by(ClaimStep.id.desc())).first()
