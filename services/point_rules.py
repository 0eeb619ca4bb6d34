"""Acts on the points rules: versions for a county or a village, drafted, published, and then unchanged for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor, Role
from models.base import db
from models.forms import Form
from models.orgs import Level, OrgUnit
from models.point_rules import RuleItem, RuleSet, RuleState
from queries.point_rules import DEDUCT, DIRECTIONS, EVIDENCE, approving_roles, claiming_roles, next_number
from services.access import require
from services.audit import record_audit
from services.locking import advance, lock
from services.refusals import NotFound, Refusal
from services.transaction import transaction

MOST_POINTS, MOST_DAYS, MOST_YEARS, MOST_MONTHS = 10_000, 60, 10, 120


class RulesPublished(Refusal):
    status = 409
    message = _l("这一版规则已经发布，不能再改。请新建一版。")


class RulesEmpty(Refusal):
    message = _l("规则里还没有项目，不能发布。请先添加项目。")


class RulesRefused(Refusal):
    """Something of a rule set or an item that cannot be; `field` names it."""

    def __init__(self, name: str, message: Any) -> None:
        self.field = name
        super().__init__(message)


@dataclass(frozen=True)
class Terms:
    """What a rule set says besides its items. Exactly one of the two expiries."""

    valid_from: date
    valid_to: date | None = None
    expiry_years: int | None = 0
    expiry_months: int | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What an item says."""

    code: str
    name: str
    direction: str = "earn"
    points_min: int
    points_max: int
    cap_person_month: int | None = None
    cap_household_month: int | None = None
    cap_village_month: int | None = None
    evidence: str = "none"
    claimants: Mapping[str, Any] = field(default_factory=dict)
    approvers: Mapping[str, Any] = field(default_factory=dict)
    review: bool = True
    notice_days: int = 0
    form_id: int | None = None


@transaction
def create_rule_set(
    owner: OrgUnit, terms: Terms, *, like: RuleSet | None = None, actor: Actor, at: datetime
) -> RuleSet:
    """Draft the next version of a county's or village's rules, with the items of another version to begin with."""
    require(actor, "rule:manage", owner)
    if owner.level not in {Level.COUNTY, Level.VILLAGE}:
        raise NotFound
    made = RuleSet(
        number=next_number(owner.id), state=RuleState.DRAFT, county_id=owner.county_id, town_id=owner.town_id,
        village_id=owner.village_id, org_id=owner.id, row_version=1, **asdict(_sound(terms)),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    for position, item in enumerate(like.items if like else ()):
        columns = {name: getattr(item, name) for name in Said.__dataclass_fields__}
        db.session.add(RuleItem(rule_set_id=made.id, position=position, **columns))
    record_audit("rule:create", made, actor=actor, at=at, label=_named(made))
    return made


@transaction
def change_rule_set(rules: RuleSet, terms: Terms, *, row_version: int, actor: Actor, at: datetime) -> RuleSet:
    """Change what a draft says. Raises RulesPublished, RulesRefused, Stale."""
    _draft(rules, actor)
    for name, value in asdict(_sound(terms)).items():
        setattr(rules, name, value)
    advance(rules, row_version)
    record_audit("rule:change", rules, actor=actor, at=at, label=_named(rules))
    return rules


@transaction
def put_item(rules: RuleSet, said: Said, *, item: RuleItem | None = None, actor: Actor, at: datetime) -> RuleItem:
    """Add an item to a draft, or change one of it. Raises RulesPublished, RulesRefused."""
    _draft(rules, actor)
    if item is not None and item.rule_set_id != rules.id:
        raise NotFound
    _refuse_unsound(rules, said, item)
    if item is None:
        item = RuleItem(rule_set_id=rules.id, position=len(rules.items))
        db.session.add(item)
    for name, value in asdict(said).items():
        setattr(item, name, value)
    advance(rules)
    record_audit("rule:item", rules, actor=actor, at=at, label=_named(rules), after={"name": said.name})
    return item


@transaction
def drop_item(item: RuleItem, *, actor: Actor, at: datetime) -> None:
    """Take an item out of a draft. Raises RulesPublished."""
    rules = _draft(item.rule_set, actor)
    advance(rules)
    record_audit("rule:drop", rules, actor=actor, at=at, label=_named(rules), before={"name": item.name})
    db.session.delete(item)


@transaction
def publish_rule_set(rules: RuleSet, *, actor: Actor, at: datetime) -> RuleSet:
    """Put a draft in force from its first day on; from now on it stays as it is. Raises RulesEmpty."""
    _draft(rules, actor)
    if not rules.items:
        raise RulesEmpty
    advance(rules)
    rules.state, rules.published_at, rules.published_by = RuleState.PUBLISHED, at, actor.user_id
    record_audit("rule:publish", rules, actor=actor, at=at, label=_named(rules))
    return rules


@transaction
def end_rule_set(rules: RuleSet, *, last: date, actor: Actor, at: datetime, today: date) -> RuleSet:
    """Say the last day of published rules: today or later. Raises RulesRefused."""
    lock(rules)
    require(actor, "rule:manage", rules)
    if last < today or last <= rules.valid_from:
        raise RulesRefused("valid_to", _l("最后一天要在今天或以后，并且晚于开始的日期。"))
    before = rules.valid_to
    rules.valid_to = last
    advance(rules)
    record_audit(
        "rule:end", rules, actor=actor, at=at, label=_named(rules), before={"valid_to": before},
        after={"valid_to": last},
    )  # fmt: skip
    return rules


def _draft(rules: RuleSet, actor: Actor) -> RuleSet:
    lock(rules)
    require(actor, "rule:manage", rules)
    if rules.state != RuleState.DRAFT:
        raise RulesPublished
    return rules


def _sound(terms: Terms) -> Terms:
    if terms.valid_to is not None and terms.valid_to <= terms.valid_from:
        raise RulesRefused("valid_to", _l("最后一天要晚于开始的日期。"))
    if (terms.expiry_years is None) == (terms.expiry_months is None):
        raise RulesRefused("expiry", _l("请选一种到期办法。"))
    least, most = (0, MOST_YEARS) if terms.expiry_months is None else (1, MOST_MONTHS)
    if not least <= (terms.expiry_years if terms.expiry_months is None else terms.expiry_months) <= most:  # type: ignore[operator]  # one of them is set
        raise RulesRefused("expiry_n", _l("请填写 %(least)s 到 %(most)s 之间的数。", least=least, most=most))
    return terms


def _refuse_unsound(rules: RuleSet, said: Said, item: RuleItem | None) -> None:
    for name, wrong, why in (
        ("direction", said.direction not in DIRECTIONS, _l("请从列表里选一项。")),
        ("evidence", said.evidence not in EVIDENCE, _l("请从列表里选一项。")),
        ("points_min", not 0 < said.points_min <= MOST_POINTS, _l("分值要是 1 以上的整数。")),
        ("points_max", not said.points_min <= said.points_max <= MOST_POINTS, _l("最高分不能小于最低分。")),
        ("notice_days", not 0 <= said.notice_days <= MOST_DAYS, _l("公示最多 60 天。")),
        ("notice_days", said.direction == DEDUCT and not said.notice_days,
         _l("扣分要先告知，并留出申诉的时间，至少 1 天。")),
        ("evidence", said.direction == DEDUCT and said.evidence == "none", _l("扣分要有证明。")),
        ("claimants", not _roles(said.claimants, claiming_roles()), _l("请从列表里选一项。")),
        ("claimants", not said.claimants.get("roles") and not said.claimants.get("villagers"),
         _l("请至少选一种能申报的人。")),
        ("claimants", said.direction == DEDUCT and bool(said.claimants.get("villagers")),
         _l("扣分不能由村民申报。")),
        ("approvers", not said.approvers.get("roles") or not _roles(said.approvers, approving_roles()),
         _l("请至少选一种审批的人。")),
        ("form_id", not _form_of(rules, said.form_id), _l("请从列表里选一项。")),
        ("code", _taken(rules, said.code, item), _l("这一版里已有这个编号。")),
    ):  # fmt: skip
        if wrong:
            raise RulesRefused(name, why)
    for name in ("cap_person_month", "cap_household_month", "cap_village_month"):
        cap = getattr(said, name)
        if cap is not None and cap < said.points_min:
            raise RulesRefused(name, _l("上限不能小于最低分。"))


def _roles(who: Mapping[str, Any], allowed: list[Role]) -> bool:
    return set(who.get("roles", ())) <= set(allowed)


def _form_of(rules: RuleSet, form_id: int | None) -> bool:
    form = db.session.get(Form, form_id) if form_id is not None else None
    return form_id is None or (form is not None and form.county_id == rules.county_id)


def _taken(rules: RuleSet, code: str, item: RuleItem | None) -> bool:
    query = sa.select(RuleItem.id).where(
        RuleItem.rule_set_id == rules.id, RuleItem.code == code, RuleItem.id != (item.id if item else 0)
    )
    return db.session.scalar(query) is not None


def _named(rules: RuleSet) -> str:
    owner = db.session.get_one(OrgUnit, rules.org_id)
    return f"{owner.name} {rules.number}"
