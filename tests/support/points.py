"""Points rules for 安吉 county in tests, by the acts that officials use."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.point_rules import RuleItem, RuleSet
from services.point_rules import Said, Terms, create_rule_set, publish_rule_set, put_item
from tests.support.cast import AT, Cast

FROM = date(2020, 1, 1)
OFFICIALS = {"roles": ["village_official", "township_official"]}
ANYBODY = {"roles": ["village_official", "township_official", "grid_worker"], "villagers": True}
ITEMS: dict[str, dict[str, Any]] = {
    "clean": {"name": "庭院整洁", "points_min": 1, "points_max": 10, "cap_household_month": 15, "notice_days": 3,
              "claimants": ANYBODY},
    "daily": {"name": "垃圾分类", "points_min": 1, "points_max": 5, "cap_household_month": 8, "review": False,
              "claimants": OFFICIALS},
    "fine": {"name": "乱倒垃圾", "points_min": 1, "points_max": 20, "direction": "deduct", "evidence": "text",
             "notice_days": 5, "review": False, "claimants": ANYBODY | {"villagers": False}},
}  # fmt: skip


def publish_rules(cast: Cast, *, items: dict[str, dict[str, Any]] = ITEMS, owner: str = "安吉县综治中心") -> RuleSet:
    """Draft and publish rules of the county or of a village."""
    admin = cast.actor("admin")
    rules = create_rule_set(cast.unit(owner), Terms(FROM), actor=admin, at=AT)
    for code, said in items.items():
        put_item(rules, Said(**{"code": code, "approvers": OFFICIALS, **said}), actor=admin, at=AT)
    return publish_rule_set(rules, actor=admin, at=AT)


def item(code: str) -> RuleItem:
    """Return the newest item with a code."""
    found = db.session.scalars(sa.select(RuleItem).where(RuleItem.code == code).order_by(RuleItem.id.desc())).first()
    assert found is not None
    return found
