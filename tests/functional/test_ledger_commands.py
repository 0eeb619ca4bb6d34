"""`flask ledger audit --since|close|expire`: what an operator types, and what is refused."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from models.base import db
from models.coins import CoinPeriod
from services.posting import head
from shell import clock
from tests.support.cast import Cast
from tests.support.coins import Purse, Station, without_triggers


@pytest.fixture
def station(app: Flask, cast: Cast) -> Station:
    return Station(cast)


def test_an_audit_walks_only_behind_the_journal_it_is_told(app: Flask, station: Station) -> None:
    for points in (5, 6, 7):
        station.earn("H1", points)
    newest, hashed = head()
    run = app.test_cli_runner().invoke
    told = json.loads(run(args=["ledger", "audit", "--json", "--since", "2"]).output)
    assert told == {"journals": newest - 2, "head_id": newest, "head_hash": hashed, "breaches": []}
    db.session.remove()
    with db.engine.begin() as connection:
        connection.execute(sa.text(without_triggers()))
        connection.execute(sa.text("UPDATE coin_line SET from_after = from_after - 1, to_after = to_after - 1"
                                   " WHERE journal_id = 2"))  # fmt: skip
    assert run(args=["ledger", "audit", "--since", "2"]).exit_code == 0
    whole = run(args=["ledger", "audit"])
    assert (whole.exit_code, "I11 流水 2" in whole.output) == (1, True)


def test_a_month_is_closed_once_and_never_the_one_that_runs(app: Flask, cast: Cast, station: Station) -> None:
    run, today = app.test_cli_runner().invoke, clock.today()
    county = f"--county={cast.unit('安吉县综治中心').code}"
    assert run(args=["ledger", "close", "2026-01"]).exit_code == 1  # there are two counties
    last = (today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    assert run(args=["ledger", "close", county, today.strftime("%Y-%m")]).exit_code == 1
    done = run(args=["ledger", "close", county, last])
    assert done.exit_code == 0, done.output
    _number, hashed = head()
    assert hashed in done.output
    assert run(args=["ledger", "close", county, last]).exit_code == 1
    assert [one.ym for one in db.session.scalars(sa.select(CoinPeriod))] == [last]


def test_coins_expire_by_command_once_and_not_before_their_day(app: Flask, station: Station) -> None:
    run, today = app.test_cli_runner().invoke, clock.today()
    station.earn("H1", 30, today=date(2026, 11, 22), expires_on=today)
    station.earn("H1", 8, today=date(2026, 11, 22), expires_on=today + timedelta(days=1))
    tomorrow = run(args=["ledger", "expire", (today + timedelta(days=1)).isoformat()])
    assert (tomorrow.exit_code, station.purse("H1").balance) == (1, 38)
    first, second = (run(args=["ledger", "expire", today.isoformat()]) for _again in range(2))
    assert "1 户，共 30 道德币" in first.output
    assert "0 户，共 0 道德币" in second.output
    assert station.purse("H1") == Purse(8, 0, 0)
