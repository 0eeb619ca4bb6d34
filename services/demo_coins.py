"""Coins of the demo county: rules, a station with goods, and what households of some villages earned and took home."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from models.access import Actor
from models.accounts import User
from models.base import db
from models.coins import CoinJournal
from models.orgs import OrgUnit
from models.people import Household, Resident
from models.point_rules import RuleItem, RuleSet
from models.stations import CoinStation, MoveKind
from services.accounts import link_resident
from services.coins import allot, earn
from services.goods import create_good
from services.point_rules import Said, Terms, create_rule_set, publish_rule_set, put_item
from services.redemptions import redeem
from services.reversals import reverse
from services.stations import create_station
from services.stocktaking import move_stock

VILLAGE = "余村村"
NEIGHBOURS = ("余村村", "五鹤村", "红庙村", "横山坞村")
ALLOTTED = 5_000
MONTHS, MONTH = 4, timedelta(days=30)
GOODS = (  # code, name, unit, coins, how many
    ("6901000000017", "大米 5 千克", "袋", 30, 40),
    ("6901000000024", "食用油 1 升", "瓶", 18, 30),
    ("6901000000031", "洗衣粉", "袋", 9, 60),
    ("6901000000048", "肥皂", "块", 4, 80),
    ("6901000000055", "毛巾", "条", 6, 5),
)
EARNED = (  # code, name, least, most, evidence, days of notice
    ("clean", "庭院整洁", 2, 5, "photo", 3),
    ("help", "帮扶邻里", 3, 10, "text", 3),
    ("volunteer", "参加志愿服务", 5, 20, "text", 3),
    ("sorting", "垃圾分类达标", 1, 3, "none", 0),
    ("report", "报告隐患属实", 5, 15, "photo", 3),
)


def seed_coins(*, actor: Actor, at: datetime, today: date) -> None:
    """Set up the station of 余村村 and tell a few months of its life. Needs the demo people and accounts."""
    village = db.session.scalars(sa.select(OrgUnit).where(OrgUnit.name == VILLAGE)).one()
    county = db.session.get_one(OrgUnit, village.county_id)
    begun = today - MONTH
    rules = _rules(county, today - (MONTHS + 1) * MONTH, actor=actor, at=at)
    station = create_station(
        village, code="YZ001", name="余村道德易站", opened_on=today - MONTHS * MONTH, actor=actor, at=at
    )
    goods = {}
    for code, name, unit, price, amount in GOODS:
        good = create_good(county.id, code=code, name=name, unit=unit, price=price, on_sale=True, actor=actor, at=at)
        move_stock(station, good.id, MoveKind.IN, amount, seen=0, note="开站进货", actor=actor, at=at)
        goods[code] = good.id
    quarter = f"{today.year}Q{(today.month + 2) // 3}"
    allot(village, amount=ALLOTTED, quarter=quarter, uid=_uid("allot"), actor=actor, at=at, today=today)
    homes = list(
        db.session.scalars(
            sa.select(Household).where(Household.village_id == village.id).order_by(Household.id).limit(3)
        )
    )
    item = db.session.scalars(sa.select(RuleItem).where(RuleItem.rule_set_id == rules.id)).first()
    for number, home in enumerate(homes):
        for turn, points in enumerate((20, 15, 8)):
            day = begun + timedelta(days=7 * turn + number + 1)
            earn(
                home, points=points, uid=_uid(f"earn {number} {turn}"), effective_on=day,
                expires_on=date(today.year, 12, 31), rule_item_id=item.id if item else None, memo="演示",
                actor=actor, at=at, today=today,
            )  # fmt: skip
    _earlier(station, rules, goods["6901000000048"], actor=actor, at=at, today=today)
    if homes:
        redeem(
            homes[0].id, station.id, {goods["6901000000031"]: 2}, uid=_uid("redeem"), actor=actor, at=at, today=today
        )
        _link(homes[0], actor=actor, at=at)


def _earlier(station: CoinStation, rules: RuleSet, soap: int, *, actor: Actor, at: datetime, today: date) -> None:
    """Let some villages award, redeem and take back over the months before: statistics need something to say."""
    items = sa.select(RuleItem.id, RuleItem.points_max).where(RuleItem.rule_set_id == rules.id).order_by(RuleItem.id)
    offered = [(ident, most) for ident, most in db.session.execute(items)]
    for place, name in enumerate(NEIGHBOURS):
        village = db.session.scalars(sa.select(OrgUnit).where(OrgUnit.name == name)).one()
        ids = db.session.scalars(sa.select(Household.id).where(Household.village_id == village.id)).all()
        homes = sorted(ids)[3:6]
        for month in range(MONTHS, 0, -1):
            day = today - month * MONTH + timedelta(days=place)
            said: dict[str, Any] = {"actor": actor, "at": at, "today": day}
            quarter = f"{day.year}Q{(day.month + 2) // 3}"
            allot(village, amount=200, quarter=quarter, uid=_uid(f"allot {place} {month}"), **said)
            for number, ident in enumerate(homes):
                item, most = offered[(place + month + number) % len(offered)]
                home = db.session.get_one(Household, ident)
                earned = earn(
                    home, points=most, uid=_uid(f"earlier {place} {month} {number}"), effective_on=day,
                    expires_on=date(today.year, 12, 31), rule_item_id=item, memo="演示", **said,
                )  # fmt: skip
                if (place, month, number) == (0, 2, 1):
                    journal = db.session.get_one(CoinJournal, earned.journal_id)
                    reverse(journal, reason="重复登记", uid=_uid("reverse"), **said)
            if name == VILLAGE and month < MONTHS:
                home = db.session.get_one(Household, homes[0])
                redeem(home.id, station.id, {soap: 1}, uid=_uid(f"earlier redeem {month}"), **said)


def _rules(county: OrgUnit, begun: date, *, actor: Actor, at: datetime) -> RuleSet:
    terms = Terms(valid_from=begun, valid_to=None, expiry_years=0, expiry_months=None, note="演示规则")
    rules = create_rule_set(county, terms, actor=actor, at=at)
    for code, name, least, most, evidence, notice in EARNED:
        said = Said(
            code=code, name=name, direction="earn", points_min=least, points_max=most, cap_person_month=None,
            cap_household_month=60, cap_village_month=None, evidence=evidence,
            claimants={"roles": ["grid_worker", "village_official"], "villagers": evidence != "none"},
            approvers={"roles": ["village_official"]}, review=notice > 0, notice_days=notice, form_id=None,
        )  # fmt: skip
        put_item(rules, said, actor=actor, at=at)
    return publish_rule_set(rules, actor=actor, at=at)


def _link(home: Household, *, actor: Actor, at: datetime) -> None:
    """Let the demo villager be the head of a household."""
    user = db.session.scalar(sa.select(User).where(User.username == "villager.yucun"))
    resident = db.session.scalars(
        sa.select(Resident).where(Resident.household_id == home.id).order_by(Resident.id).limit(1)
    ).first()
    if user is not None and resident is not None:
        link_resident(user, resident, actor=actor, at=at)


def _uid(name: str) -> str:
    return hashlib.sha256(f"demo {name}".encode()).hexdigest()[:32]
