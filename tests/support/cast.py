"""The cast of the tests: a small county, its people by user name, and a way to sign in as one of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models.access import Actor, Role, system_actor
from models.accounts import Membership, User
from models.base import Base, db
from models.orgs import Level, OrgUnit
from queries.accounts import person
from services.forms import create_form, publish_form
from services.ids import next_id
from services.passwords import hash_password
from services.pinyin import sort_key
from services.signins import open_sign_in
from services.transaction import write_transaction
from shell.bearer import TOKEN

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)  # 14:00 in the county
TODAY = date(2026, 11, 22)
SINCE = date(2020, 1, 1)
PASSWORD = "a-long-test-password"
SYSTEM = system_actor("tests")

UNITS: tuple[tuple[str, Level, str | None], ...] = (
    ("安吉县综治中心", Level.COUNTY, None),
    ("天荒坪镇", Level.TOWNSHIP, "安吉县综治中心"),
    ("梅溪镇", Level.TOWNSHIP, "安吉县综治中心"),
    ("灵峰街道", Level.TOWNSHIP, "安吉县综治中心"),
    ("余村村", Level.VILLAGE, "天荒坪镇"),
    ("五鹤村", Level.VILLAGE, "天荒坪镇"),
    ("红庙村", Level.VILLAGE, "梅溪镇"),
    ("横山坞村", Level.VILLAGE, "灵峰街道"),
    ("信访局", Level.DEPARTMENT, "安吉县综治中心"),
    ("婚姻家庭纠纷调解委员会", Level.COMMITTEE, "安吉县综治中心"),
    ("银采法官工作室", Level.STUDIO, "灵峰街道"),
    ("邻县综治中心", Level.COUNTY, None),
    ("邻镇", Level.TOWNSHIP, "邻县综治中心"),
    ("邻村", Level.VILLAGE, "邻镇"),
)
PEOPLE: tuple[tuple[str, str, Role, str], ...] = (
    ("admin", "陈管理", Role.ADMIN, "安吉县综治中心"),
    ("dispatcher.county", "周调度", Role.DISPATCHER, "安吉县综治中心"),
    ("official.tianhuangping", "沈镇干", Role.TOWNSHIP_OFFICIAL, "天荒坪镇"),
    ("official.meixi", "倪镇干", Role.TOWNSHIP_OFFICIAL, "梅溪镇"),
    ("official.yucun", "潘村干", Role.VILLAGE_OFFICIAL, "余村村"),
    ("official.wuhe", "施村干", Role.VILLAGE_OFFICIAL, "五鹤村"),
    ("official.hongmiao", "许村干", Role.VILLAGE_OFFICIAL, "红庙村"),
    ("grid.yucun", "俞网格", Role.GRID_WORKER, "余村村"),
    ("grid.hengshanwu", "章网格", Role.GRID_WORKER, "横山坞村"),
    ("handler.xinfang", "董承办", Role.DEPARTMENT_HANDLER, "信访局"),
    ("mediator.county", "方调解", Role.MEDIATOR, "婚姻家庭纠纷调解委员会"),
    ("discipline.county", "严纪检", Role.DISCIPLINE_INSPECTOR, "安吉县综治中心"),
    ("judge.yincai", "王法官", Role.JUDGE, "银采法官工作室"),
    ("leader.county", "林县长", Role.LEADER, "安吉县综治中心"),
    ("auditor.county", "钱审计", Role.AUDITOR, "安吉县综治中心"),
    ("clerk.yucun", "夏兑换", Role.STATION_CLERK, "余村村"),
    ("villager.yucun", "胡村民", Role.VILLAGER, "余村村"),
    ("admin.next", "邻管理", Role.ADMIN, "邻县综治中心"),
    ("official.next", "邻村干", Role.VILLAGE_OFFICIAL, "邻村"),
)


@dataclass
class Cast:
    """Everybody and everything by name; ids only, because rows expire with each act."""

    app: Flask
    units: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)

    def unit(self, name: str) -> OrgUnit:
        return db.session.get_one(OrgUnit, self.units[name])

    def user(self, username: str) -> User:
        return db.session.get_one(User, self.users[username])

    def actor(self, username: str, *, today: date = TODAY) -> Actor:
        """Return the actor as a request of this user would have it."""
        found = person(self.users[username], origin="127.0.0.1", today=today)
        assert found is not None
        return found[0]

    def token(self, username: str) -> str:
        return open_sign_in(
            self.users[username], origin="127.0.0.1", agent="tests", second_factor=False, hours=24 * 3650, at=AT
        )

    def publish(self, document: dict[str, Any], prefix: str) -> int:
        """Create and publish a form of 安吉 county; return its id."""
        admin = self.actor("admin")
        form = create_form(
            self.units["安吉县综治中心"], key=document["key"], title=document["title"]["zh_Hans_CN"], prefix=prefix,
            definition=document, actor=admin, at=AT,
        )  # fmt: skip
        publish_form(form, row_version=form.row_version, actor=admin, at=AT)
        return form.id

    def sign_in(self, client: FlaskClient, username: str) -> None:
        """Sign a client in without the page, which has its own tests."""
        token = self.token(username)
        with client.session_transaction() as session:
            session[TOKEN] = token


def assemble(app: Flask) -> Cast:
    """Put the cast into the empty database of the application's context.

    The first time in the words of the models; later as the rows that came of it, in a tenth of the time.
    """
    if app not in _known:
        made = _assemble(app)
        _known[app] = made, _rows()
        return Cast(app, dict(made.units), dict(made.users))  # what one test adds, the next does not know
    known, rows = _known[app]
    with db.engine.begin() as connection:
        for table, found in rows:
            connection.execute(sa.insert(table), found)
    return Cast(app, dict(known.units), dict(known.users))


_known: WeakKeyDictionary[Flask, tuple[Cast, list[tuple[sa.Table, list[dict[str, Any]]]]]] = WeakKeyDictionary()


def _rows() -> list[tuple[sa.Table, list[dict[str, Any]]]]:
    tables = (User.__table__, OrgUnit.__table__, Membership.__table__)
    wanted = [table for table in Base.metadata.sorted_tables if table in tables]
    with db.engine.connect() as connection:
        return [
            (table, [dict(row) for row in connection.execute(sa.select(table).order_by(table.c.id)).mappings()])
            for table in wanted
        ]


def _assemble(app: Flask) -> Cast:
    cast = Cast(app)
    with write_transaction():
        for number, (name, level, parent) in enumerate(UNITS, start=1):
            cast.units[name] = _unit(name, level, cast.units.get(parent or ""), f"U{number:03d}").id
        for username, name, role, org in PEOPLE:
            cast.users[username] = _person(username, name, role, cast.units[org]).id
    return cast


def _unit(name: str, level: Level, parent_id: int | None, code: str) -> OrgUnit:
    parent = db.session.get(OrgUnit, parent_id) if parent_id else None
    unit = OrgUnit(
        id=next_id(OrgUnit), parent_id=parent_id, level=level, code=code, name=name, pinyin=sort_key(name),
        valid_from=SINCE,
    )  # fmt: skip
    unit.county_id = parent.county_id if parent else unit.id
    unit.town_id = unit.id if level == Level.TOWNSHIP else (parent.town_id if parent else None)
    unit.village_id = unit.id if level == Level.VILLAGE else None
    db.session.add(unit)
    db.session.flush()
    return unit


def _person(username: str, name: str, role: Role, org_id: int) -> User:
    county_id = db.session.get_one(OrgUnit, org_id).county_id
    user = User(county_id=county_id, username=username, name=name, password_hash=_hashed(), created_at=AT)
    user.memberships.append(Membership(org_id=org_id, role=role, valid_from=SINCE))
    db.session.add(user)
    db.session.flush()
    return user


@cache
def _hashed() -> str:
    return hash_password(PASSWORD)


def chain_length() -> int:
    """Return how many rows the audit chain has."""
    from models.audit import AuditEvent

    return db.session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) or 0
