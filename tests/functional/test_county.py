"""Setting up a county: the demo one whole, and a real one from nothing."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa
from flask import Flask

from cli.demo import seed
from models.access import Role
from models.accounts import Membership, User
from models.base import db
from models.categories import Category
from models.orgs import OrgName, OrgUnit
from models.people import Resident
from models.records import Record
from queries.chain import first_break
from services.demo_county import ACCOUNTS, PASSWORD
from services.demo_entries import COUNTY_TIME, demo_entries
from services.signins import check_password
from tests.support.cast import AT


@pytest.fixture
def demo(app: Flask) -> Flask:
    seed()
    return app


def test_the_demo_county_has_1_centre_15_townships_208_villages_and_the_rest(demo: Flask) -> None:
    levels = Counter(db.session.scalars(sa.select(OrgUnit.level)))
    assert levels == {
        "county": 1, "township": 15, "village": 208, "department": 18, "committee": 13, "studio": 5,
    }  # fmt: skip
    names = set(db.session.scalars(sa.select(OrgUnit.name).where(OrgUnit.note == "")))
    assert {"余村村", "五鹤村", "红庙村", "康山村", "横山坞村", "天荒坪镇", "谈鲁鲁工作室"} <= names
    invented = sa.select(sa.func.count()).where(OrgUnit.note.contains("虚构"))
    assert db.session.scalar(invented) == 208 - 5
    assert db.session.scalar(sa.select(sa.func.count()).select_from(OrgName)) == 3


def test_each_demo_account_signs_in_and_holds_its_role(demo: Flask) -> None:
    held = db.session.execute(sa.select(User.username, Membership.role, OrgUnit.name).select_from(Membership).join(
        Membership.user).join(Membership.org))  # fmt: skip
    assert {tuple(row) for row in held} == {(user, role, org) for user, _name, role, org in ACCOUNTS}
    for username, *_rest in ACCOUNTS:
        assert check_password(username, PASSWORD, origin="127.0.0.1", at=AT).needs_code is False


def test_the_demo_has_entries_and_people_and_a_whole_chain(demo: Flask) -> None:
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Record)) == 72
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Resident)) == 60
    checked, broken = first_break()
    assert checked > 400
    assert broken is None


def test_a_real_county_begins_with_one_admin_and_a_one_time_password(app: Flask) -> None:
    answer = app.test_cli_runner().invoke(args=["county", "create", "330522", "长兴县综治中心", "--admin", "boss"])
    assert answer.exit_code == 0, answer.output
    password = answer.output.split("一次性密码：")[1].split()[0]
    assert check_password("boss", password, origin="127.0.0.1", at=AT)
    boss = db.session.scalars(sa.select(User).where(User.username == "boss")).one()
    assert boss.must_change_password
    assert not boss.demo
    assert [held.role for held in boss.memberships] == [Role.ADMIN]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Category)) == 15


def test_demo_entries_are_made_in_office_hours_of_days_gone_by() -> None:
    for at in (AT, AT.replace(hour=0, minute=1), AT.replace(hour=23, minute=59)):
        entries = demo_entries(at)
        told = [entry.at.astimezone(COUNTY_TIME) for entry in entries]
        assert len(entries) == 72
        assert told == sorted(told)
        assert told[-1] < at
        assert {when.hour for when in told} <= set(range(8, 18))
        happened = [entry.answers["a4"] for entry in entries if entry.form == "hazard"]
        assert happened == [when.date().isoformat() for entry, when in zip(entries, told, strict=True)
                            if entry.form == "hazard"]  # fmt: skip


@pytest.mark.parametrize("arguments", [["33052", "短代码"], ["330522", "同一个县"]])
def test_a_bad_or_taken_county_code_is_refused_and_nothing_remains(app: Flask, arguments: list[str]) -> None:
    runner = app.test_cli_runner()
    runner.invoke(args=["county", "create", "330522", "长兴县综治中心"])
    before = db.session.scalar(sa.select(sa.func.count()).select_from(OrgUnit))
    answer = runner.invoke(args=["county", "create", *arguments, "--admin", "other"])
    assert answer.exit_code == 1
    assert "代码" in answer.output
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(OrgUnit)) == before
