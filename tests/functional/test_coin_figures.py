"""The figures of the coin ledger: counters that follow every posting, the page in the reader's scope, its files."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from models.base import db
from models.coin_figures import CoinMonth
from queries.ledger_audit import audit_ledger
from services import coins
from services.transaction import write_transaction
from tests.support.cast import AT, SYSTEM, TODAY, Cast
from tests.support.coins import RICE, SOAP, Station, uid


@pytest.fixture
def station(app: Flask, cast: Cast) -> Station:
    return Station(cast)


def counted() -> dict[str, tuple[int, int]]:
    """Return journals and coins by flow."""
    query = sa.select(CoinMonth.flow, sa.func.sum(CoinMonth.n), sa.func.sum(CoinMonth.coins)).group_by(CoinMonth.flow)
    return {flow: (int(n), int(total)) for flow, n, total in db.session.execute(query)}


def many_acts(station: Station) -> None:
    """Do a bit of everything that moves coins, with a debt, an expiry and what is taken back of each."""
    station.earn("H1", 100)
    bought = station.redeem("H1", {SOAP: 2})
    station.give_back(station.hold("H1", {RICE: 1}))
    station.hand_over(station.hold("H1", {RICE: 1}))
    station.reverse(bought)
    station.reverse(station.deduct("H1", 3))
    gone = station.earn("H2", 9, expires_on=TODAY)
    spent = station.earn("H2", 10)
    station.deduct("H2", 4)
    coins.expire_household(station.household("H2"), TODAY, actor=SYSTEM, at=AT, today=TODAY)
    station.deduct("H2", 8)
    station.reverse(gone)
    station.reverse(spent)
    station.earn("H2", 6)
    coins.settle_station(station.station, amount=5, uid=uid(), actor=SYSTEM, at=AT, today=TODAY)
    station.reverse(station.allot(70))


def test_counters_say_what_was_posted_and_what_was_taken_back_apart(station: Station) -> None:
    many_acts(station)
    assert counted() == {
        "allot": (2, 10_070), "allot_back": (1, 70),
        "earn": (4, 125), "earn_back": (1, 14), "expire_back": (1, 5),
        "deduct": (3, 15), "deduct_back": (1, 3),
        "redeem": (2, 44), "redeem_back": (1, 14),
        "expire": (1, 5), "settle": (1, 5),
    }  # fmt: skip
    held = station.purse("H1").balance + station.purse("H2").balance + station.purse("H2").debt
    assert held == (125 - 14 - 5) - (15 - 3) - (44 - 14) - (5 - 5)
    assert audit_ledger().breaches == []


def test_counters_that_say_otherwise_are_named_by_the_audit_and_written_anew(app: Flask, station: Station) -> None:
    many_acts(station)
    right = counted()
    with write_transaction():
        db.session.execute(sa.text("UPDATE coin_month SET coins = coins + 1 WHERE flow = 'redeem'"))
        db.session.execute(sa.text("DELETE FROM coin_month WHERE flow = 'earn'"))
    run = app.test_cli_runner().invoke
    told = run(args=["ledger", "audit"])
    assert told.exit_code == 1
    assert told.output.count("I15 ") == 2
    assert "改正 2 处" in run(args=["ledger", "recount"]).output
    db.session.remove()
    assert counted() == right
    assert run(args=["ledger", "audit"]).exit_code == 0
