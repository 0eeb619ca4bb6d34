"""The points rules as reads: which rules hold in a village on a day, which items somebody may claim or approve."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import selectinload

from models.access import PERMISSIONS, Actor, Role
from models.base import db
from models.orgs import OrgUnit
from models.point_rules import RuleItem, RuleSet, RuleState
from queries.scope import covers, get_in_scope, in_scope

EARN, DEDUCT = "earn", "deduct"
DIRECTIONS: Mapping[str, Any] = {EARN: _l("加分"), DEDUCT: _l("扣分")}
EVIDENCE: Mapping[str, Any] = {"none": _l("不用证明"), "text": _l("文字说明"), "photo": _l("照片")}
MONTHS = 12


def rules_in_force(village: OrgUnit, day: date) -> RuleSet | None:
    """Return the village's own published rules of a day, else the county's; None where there are none."""
    for owner in (village.id, village.county_id):
        query = sa.select(RuleSet).where(
            RuleSet.org_id == owner,
            RuleSet.state == RuleState.PUBLISHED,
            RuleSet.valid_from <= day,
            sa.or_(RuleSet.valid_to.is_(None), RuleSet.valid_to >= day),
        )
        found = db.session.scalars(query.order_by(RuleSet.number.desc()).limit(1)).first()
        if found is not None:
            return found
    return None


def expires_on(rule_set: RuleSet, earned_on: date) -> date:
    """Return the last day on which coins earned on a day can be spent."""
    if rule_set.expiry_months is None:
        return date(earned_on.year + (rule_set.expiry_years or 0), MONTHS, 31)
    months = earned_on.month - 1 + rule_set.expiry_months
    year, month = earned_on.year + months // MONTHS, months % MONTHS + 1
    return date(year, month, min(earned_on.day, calendar.monthrange(year, month)[1]))


def items_in_force(village: OrgUnit, day: date) -> list[RuleItem]:
    """Return the items of the rules that hold in a village on a day, in their order."""
    rules = rules_in_force(village, day)
    return list(rules.items) if rules else []


def claimable(village: OrgUnit, day: date, actor: Actor) -> list[RuleItem]:
    """Return the items that the actor may claim in a village; a deduction is nothing that villagers claim."""
    return [item for item in items_in_force(village, day) if may_claim(item, village, actor)]


def may_claim(item: RuleItem, row: Any, actor: Actor) -> bool:
    """Tell whether an item is open to the actor's roles at the place of a row (a village or a household)."""
    roles = set(item.claimants.get("roles", ()))
    if item.claimants.get("villagers") and item.direction == EARN:
        roles.add(Role.VILLAGER)
    return _holds(actor, roles, "claim:file", row)


def may_decide(item: RuleItem, row: Any, actor: Actor) -> bool:
    """Tell whether the actor's roles approve claims of an item at the place of a row."""
    return _holds(actor, item.approvers.get("roles", ()), "claim:approve", row)


def stands_above(row: Any, actor: Actor) -> bool:
    """Tell whether the actor decides about claims of a row's place for the township, the village's superior."""
    return _holds(actor, (Role.TOWNSHIP_OFFICIAL,), "claim:approve", row)


def _holds(actor: Actor, roles: Iterable[str], permission: str, row: Any) -> bool:
    named = frozenset(roles)
    narrowed = replace(actor, grants=tuple(grant for grant in actor.grants if grant.role in named))
    return covers(narrowed, permission, row)


def claiming_roles() -> list[Role]:
    """Return the roles that a rule may let claim, besides the villagers."""
    return [role for role in Role if role in PERMISSIONS["claim:file"] and role != Role.VILLAGER]


def approving_roles() -> list[Role]:
    return [role for role in Role if role in PERMISSIONS["claim:approve"]]


# ---------- for the back office ----------


def listed_sets(actor: Actor, permission: str) -> sa.ColumnElement[bool]:
    """Return the condition for the sets to show: those of the scope, and the county's own, which hold there too."""
    own = in_scope(RuleSet, actor, permission)
    if permission != "rule:list" or actor.system:
        return own
    counties = {grant.county_id for grant in actor.grants_for(permission)}
    return sa.or_(own, sa.and_(RuleSet.org_id == RuleSet.county_id, RuleSet.county_id.in_(counties)))


def known_sets(actor: Actor) -> list[RuleSet]:
    """Return the versions that the actor may read, to begin a new one with."""
    query = sa.select(RuleSet).where(listed_sets(actor, "rule:list"))
    return list(db.session.scalars(query.order_by(RuleSet.org_id, RuleSet.number.desc())))


def owners(actor: Actor, permission: str = "rule:manage") -> list[OrgUnit]:
    """Return the county and the villages that the actor may make rules for."""
    query = sa.select(OrgUnit).where(
        in_scope(OrgUnit, actor, permission), OrgUnit.level.in_(("county", "village")), OrgUnit.valid_to.is_(None)
    )
    return sorted(db.session.scalars(query), key=lambda unit: (unit.level != "county", unit.pinyin))


def owner_in_scope(ident: int, actor: Actor) -> OrgUnit | None:
    return get_in_scope(OrgUnit, ident, actor, "rule:manage")


def item_in_scope(ident: int, actor: Actor) -> RuleItem | None:
    """Return an item whose set the actor may change."""
    query = sa.select(RuleItem).join(RuleSet).where(RuleItem.id == ident, in_scope(RuleSet, actor, "rule:manage"))
    return db.session.scalars(query.options(selectinload(RuleItem.rule_set))).first()


def next_number(org_id: int) -> int:
    """Return the number of the next version of a unit's rules."""
    return (db.session.scalar(sa.select(sa.func.max(RuleSet.number)).where(RuleSet.org_id == org_id)) or 0) + 1
