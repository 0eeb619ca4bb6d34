"""What people are told of coins on their home page: what expires soon, and that the ledger is not as it must be."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from jobs.coins import remind_of_expiry, verify_ledger
from jobs.nightly import PERIODIC
from models.base import db
from models.messages import Notice
from services.messages import deliver_waiting
from services.settings import change_setting
from services.transaction import write_transaction
from tests.pages import JudgingClient
from tests.support.cast import AT, Cast
from tests.support.coins import RICE, SOAP, YEAR_END, Station, without_triggers


@pytest.fixture
def station(app: Flask, cast: Cast) -> Station:
    return Station(cast)


def night(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 1, tzinfo=AT.tzinfo)  # 9:00 in the county


def notices(cast: Cast, username: str) -> list[str]:
    """Deliver what waits and return what a user was told, in order."""
    deliver_waiting(at=AT + timedelta(days=60))
    query = sa.select(Notice.text).where(Notice.user_id == cast.users[username]).order_by(Notice.id)
    return list(db.session.scalars(query))


def test_a_household_and_the_village_are_told_once_what_expires_in_thirty_days(station: Station, cast: Cast) -> None:
    station.move_in("H1", "villager.yucun")
    station.earn("H1", 30)
    station.earn("H1", 50, expires_on=date(2027, 12, 31))
    station.earn("H2", 8)
    station.redeem("H1", {SOAP: 1})
    station.hold("H1", {SOAP: 1})
    assert remind_of_expiry(night(date(2026, 11, 30))) == {"accounts": 0, "officials": 0}
    assert remind_of_expiry(night(date(2026, 12, 1))) == {"accounts": 1, "officials": 1}
    station.earn("H1", 5, today=date(2026, 12, 2))
    for day in (1, 5):
        assert remind_of_expiry(night(date(2026, 12, day))) == {"accounts": 0, "officials": 0}
    assert notices(cast, "villager.yucun") == [
        "您家有 16 道德币 2026-12-31 到期，过了这一天就不能用了。可以在这之前到余村村道德易站兑换物品。"
    ]
    assert notices(cast, "official.yucun") == [
        "本村有 2 户共 24 道德币 2026-12-31 到期。请提醒村民在这之前到易站兑换物品。"
    ]
    assert notices(cast, "official.wuhe") == notices(cast, "official.tianhuangping") == []


def test_a_night_that_was_missed_is_made_up_for_and_each_day_of_expiry_is_told_of_itself(
    station: Station, cast: Cast
) -> None:
    station.move_in("H1", "villager.yucun")
    station.move_in("H1", "grid.yucun")
    for points, day in ((3, 10), (4, 20)):
        station.earn("H1", points, expires_on=date(2026, 12, day))
    station.earn("H2", 30, expires_on=date(2026, 12, 9))
    station.redeem("H2", {RICE: 1})
    assert remind_of_expiry(night(date(2026, 12, 10))) == {"accounts": 4, "officials": 2}
    for username in ("villager.yucun", "grid.yucun"):
        assert [text[:9] for text in notices(cast, username)] == ["您家有 3 道德币", "您家有 4 道德币"]
    query = sa.select(Notice.path).where(Notice.user_id == cast.users["grid.yucun"]).distinct()
    assert list(db.session.scalars(query)) == [""], "who is no villager has no page of the own household"
    assert remind_of_expiry(night(YEAR_END)) == {"accounts": 0, "officials": 0}


def test_a_county_sets_the_days_or_turns_the_notices_off(station: Station, cast: Cast) -> None:
    station.move_in("H1", "villager.yucun")
    station.earn("H1", 30)
    county = cast.units["安吉县综治中心"]
    for version, (days, told) in enumerate(((0, 0), (7, 1))):
        change_setting(
            county, key="expiry_notice_days", value=days, row_version=version, actor=cast.actor("admin"), at=AT
        )
        for day in (23, 24):
            found = remind_of_expiry(night(date(2026, 12, day)))
            assert found == {"accounts": told * (day == 24), "officials": told * (day == 24)}


def test_the_notices_are_on_the_schedule() -> None:
    assert [item.name for item in PERIODIC if item.run is remind_of_expiry] == ["coins_remind"]


def test_a_ledger_that_is_not_as_it_must_be_is_told_on_the_home_pages_of_those_who_must_act(
    station: Station, cast: Cast, client: JudgingClient
) -> None:
    station.earn("H1", 30)
    assert verify_ledger(AT)["breaches"] == []
    assert notices(cast, "auditor.county") == []
    db.session.remove()
    with db.engine.begin() as connection:
        connection.execute(sa.text(without_triggers()))
        connection.execute(sa.text("UPDATE coin_line SET amount = amount + 1 WHERE journal_id = 2"))
    assert verify_ledger(AT)["breaches"]
    deliver_waiting(at=AT)
    told = []
    for username in ("admin", "auditor.county", "leader.county", "dispatcher.county", "official.yucun"):
        cast.sign_in(client, username)
        if "夜间核对发现道德币账本有" in client.get("/").text:
            told.append(username)
    assert told == ["admin", "auditor.county", "leader.county"]


def test_counters_that_differ_are_no_reason_to_stop_posting(station: Station, cast: Cast) -> None:
    with write_transaction():
        db.session.execute(sa.text("UPDATE coin_month SET coins = coins + 1"))
    verify_ledger(AT)
    assert "账本本身没有问题" in notices(cast, "auditor.county")[0]
    assert notices(cast, "leader.county") == []
