"""The stories of the ledger that one process tells; those of several processes stand in test_coins_together.py."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from models.base import db
from models.coins import CoinJournal, CoinLot
from models.orgs import OrgUnit
from models.people import Household
from queries.ledger_audit import audit_ledger
from services import coins, posting
from services.coins import NotCloseable, OwnHousehold, SourceConflict
from services.posting import BudgetShort, MonthClosed, NotEnough, UidConflict
from services.redemptions import HoldExpired, HoldOver
from services.refusals import NotAllowed, NotFound
from services.reversals import NotReversible
from services.stock import OutOfStock
from services.transaction import write_transaction
from tests.support.cast import AT, SYSTEM, TODAY, Cast
from tests.support.coins import LATER, RICE, SOAP, YEAR_END, Purse, Station, uid, without_triggers

NEXT_YEAR_END = date(2027, 12, 31)


@pytest.fixture
def station(app: Flask, cast: Cast) -> Station:
    return Station(cast)


def test_the_same_request_twice_is_one_journal_and_another_body_is_refused(station: Station) -> None:
    station.earn("H1", 100)
    same = uid()
    first = station.redeem("H1", {RICE: 1}, uid=same)
    again = station.redeem("H1", {RICE: 1}, uid=same)
    assert (again.journal_id, again.hash, again.balances) == (first.journal_id, first.hash, first.balances)
    assert (station.purse("H1").balance, station.stock(RICE)) == (70, (9, 0))
    with pytest.raises(UidConflict):
        station.redeem("H1", {RICE: 2}, uid=same)
    assert station.purse("H1").balance == 70


def test_the_last_item_is_held_once_and_comes_back_when_the_hold_lapses(app: Flask, cast: Cast) -> None:
    station = Station(cast, stock=1)
    station.earn("H1", 40)
    station.earn("H2", 40)
    held = station.hold("H1", {RICE: 1})
    assert station.purse("H1") == Purse(40, 30, 0)
    with pytest.raises(OutOfStock):
        station.hold("H2", {RICE: 1})
    with pytest.raises(HoldExpired):
        station.hand_over(held, at=AT + LATER)
    station.give_back(held, at=AT + LATER)
    assert (station.purse("H1"), station.stock(RICE)) == (Purse(40, 0, 0), (1, 0))
    with pytest.raises(HoldOver):
        station.give_back(held, at=AT + LATER)


def test_held_coins_cannot_be_spent_twice(station: Station) -> None:
    station.earn("H1", 40)
    held = station.hold("H1", {RICE: 1})
    with pytest.raises(NotEnough):
        station.redeem("H1", {SOAP: 2})
    station.hand_over(held)
    assert (station.purse("H1"), station.stock(RICE), station.balance("station")) == (Purse(10, 0, 0), (9, 0), 30)
    station.redeem("H1", {SOAP: 1})
    assert station.purse("H1").balance == 3


def test_a_journal_belongs_to_the_day_of_the_county_and_a_clock_set_back_breaks_nothing(station: Station) -> None:
    late = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
    first = station.earn("H1", 1, at=late, today=date(2026, 12, 31))
    second = station.earn("H1", 1, at=late + timedelta(minutes=2), today=date(2027, 1, 1))
    third = station.earn("H1", 1, at=late - timedelta(hours=3), today=date(2026, 12, 31))
    assert [one.effective_on for one in (first, second, third)] == [
        date(2026, 12, 31), date(2027, 1, 1), date(2026, 12, 31),
    ]  # fmt: skip
    assert [one.journal_id - first.journal_id for one in (first, second, third)] == [0, 1, 2]


def test_spent_coins_that_are_reversed_become_a_debt_that_the_next_earning_pays(station: Station) -> None:
    before = station.balance("budget")
    earned = station.earn("H1", 30)
    station.redeem("H1", {SOAP: 3})
    station.deduct("H1", 4)
    station.reverse(earned)
    assert (station.purse("H1"), station.balance("budget")) == (Purse(0, 0, -25), before)
    with pytest.raises(NotReversible):
        station.reverse(earned)
    station.earn("H1", 40)
    assert station.purse("H1") == Purse(15, 0, 0)


def test_a_redemption_taken_back_returns_coins_to_their_lots_and_goods_to_the_shelf(station: Station) -> None:
    station.earn("H1", 40)
    bought = station.redeem("H1", {RICE: 1})
    station.reverse(bought)
    assert (station.purse("H1"), station.stock(RICE), station.balance("station")) == (Purse(40, 0, 0), (10, 0), 0)
    station.redeem("H1", {RICE: 1})


def test_coins_expire_once_earliest_lots_are_spent_first(station: Station) -> None:
    station.earn("H1", 30, expires_on=date(2026, 12, 31))
    station.earn("H1", 50, expires_on=NEXT_YEAR_END)
    station.earn("H2", 8, expires_on=date(2026, 12, 31))
    station.deduct("H1", 10)
    day = date(2026, 12, 31)
    for expected in ([20, 8], [0, 0]):
        found = [
            coins.expire_household(station.household(code), day, actor=SYSTEM, at=AT, today=day)
            for code in ("H1", "H2")
        ]
        assert found == expected
    assert (station.purse("H1").balance, station.purse("H2").balance, station.balance("expired")) == (50, 0, 28)


def test_a_sale_takes_from_as_many_lots_as_it_needs_and_from_those_without_end_last(station: Station) -> None:
    station.earn("H1", 5, expires_on=None)
    for _ in range(44):
        station.earn("H1", 1)
    station.redeem("H1", {SOAP: 6})
    assert station.purse("H1").balance == 7
    left = sa.select(CoinLot.expires_on, sa.func.sum(CoinLot.remaining)).group_by(CoinLot.expires_on)
    assert {tuple(row) for row in db.session.execute(left)} == {(YEAR_END, 2), (None, 5)}
    with pytest.raises(NotEnough) as short:
        station.redeem("H1", {SOAP: 2})
    assert (short.value.available, short.value.wanted) == (7, 14)


def test_a_village_cannot_award_more_than_it_was_allotted(app: Flask, cast: Cast) -> None:
    station = Station(cast, budget=50)
    station.earn("H1", 50)
    with pytest.raises(BudgetShort):
        station.earn("H2", 1)
    assert station.purse("H2").balance == 0


def test_a_source_awards_once(station: Station) -> None:
    first = station.earn("H1", 200, source_key="award:2026Q4:1")
    again = station.earn("H1", 200, source_key="award:2026Q4:1")
    assert (again.journal_id, station.purse("H1").balance) == (first.journal_id, 200)


def test_a_source_that_asks_for_something_else_is_refused_and_changes_nothing(station: Station) -> None:
    station.earn("H1", 20, source_key="award:2026Q4:1")
    before = posting.head()
    for home, points in (("H1", 30), ("H2", 20)):
        with pytest.raises(SourceConflict) as refused:
            station.earn(home, points, source_key="award:2026Q4:1")
        assert refused.value.status == HTTPStatus.CONFLICT
    assert (posting.head(), station.purse("H1").balance, station.purse("H2").balance) == (before, 20, 0)


def test_nothing_becomes_effective_in_a_closed_month(station: Station) -> None:
    county = db.session.get_one(OrgUnit, station.cast.units["安吉县综治中心"])
    next_month = date(2026, 12, 1)
    with pytest.raises(NotCloseable):
        coins.close_month(county, "2026-11", actor=SYSTEM, at=AT, today=TODAY)
    closed = coins.close_month(county, "2026-11", actor=SYSTEM, at=AT, today=next_month)
    newest = db.session.scalars(sa.select(CoinJournal).order_by(CoinJournal.id.desc())).first()
    assert newest is not None
    assert (closed.head_id, closed.head_hash) == (newest.id, newest.hash)
    for day in (TODAY, date(2026, 9, 1)):
        with pytest.raises(MonthClosed):
            station.earn("H1", 5, effective_on=day, today=next_month)
    with pytest.raises(NotCloseable):
        coins.close_month(county, "2026-11", actor=SYSTEM, at=AT, today=next_month)


def test_nobody_acts_for_their_own_household(station: Station) -> None:
    station.move_in("H1", "official.yucun")
    official = station.cast.actor("official.yucun")
    with pytest.raises(OwnHousehold):
        station.earn("H1", 5, actor=official)
    station.earn("H2", 5, actor=official)


def test_a_village_neither_awards_nor_redeems_nor_takes_back_in_another(station: Station, cast: Cast) -> None:
    earned = station.earn("H1", 40)
    stranger, worker = cast.actor("official.wuhe"), cast.actor("grid.yucun")
    for actor, refusal in ((stranger, NotFound), (worker, NotAllowed)):
        with pytest.raises(refusal):
            station.earn("H1", 5, actor=actor)
        with pytest.raises(refusal):
            station.redeem("H1", {SOAP: 1}, actor=actor)
        with pytest.raises(refusal):
            station.reverse(earned, actor=actor)
    assert station.purse("H1").balance == 40


def test_a_villager_holds_and_gives_back_for_the_own_household_only(station: Station) -> None:
    station.earn("H1", 40)
    station.earn("H2", 40)
    station.move_in("H1", "villager.yucun")
    villager = station.cast.actor("villager.yucun")
    neighbours = station.hold("H2", {SOAP: 1}, actor=station.cast.actor("clerk.yucun"))
    with pytest.raises(NotFound):
        station.hold("H2", {SOAP: 1}, actor=villager)
    with pytest.raises(NotFound):
        station.give_back(neighbours, actor=villager)
    station.give_back(station.hold("H1", {SOAP: 1}, actor=villager), actor=villager)
    assert (station.purse("H1"), station.purse("H2")) == (Purse(40, 0, 0), Purse(40, 7, 0))


def test_a_code_that_passes_to_another_household_brings_no_coins_along(station: Station) -> None:
    station.earn("H1", 40)
    code, other = station.household("H1").code, station.household("H2").id
    with write_transaction():
        station.household("H1").code = "renamed"
        db.session.flush()
        db.session.get_one(Household, other).code = code
    station.earn("H2", 5)
    station.redeem("H1", {RICE: 1})
    assert (station.purse("H1").balance, station.purse("H2").balance) == (10, 5)
    assert audit_ledger().breaches == []


def test_what_expired_of_a_reversed_earning_is_no_debt(station: Station) -> None:
    before = station.balance("budget")
    earned = station.earn("H1", 30, expires_on=TODAY)
    station.deduct("H1", 4)
    coins.expire_household(station.household("H1"), TODAY, actor=SYSTEM, at=AT, today=TODAY)
    station.earn("H1", 10)
    station.reverse(earned)
    assert (station.purse("H1"), station.balance("expired")) == (Purse(6, 0, 0), 0)
    assert station.balance("budget") == before - 10
    assert audit_ledger().breaches == []


def test_an_earning_that_paid_a_debt_is_taken_from_what_came_later(station: Station) -> None:
    first = station.earn("H1", 10)
    station.deduct("H1", 10)
    station.reverse(first)
    paying = station.earn("H1", 10)
    station.earn("H1", 20)
    station.reverse(paying)
    assert station.purse("H1") == Purse(10, 0, 0)
    assert audit_ledger().breaches == []


_FORGED = (
    "INSERT INTO coin_line (journal_id, n, from_id, to_id, amount, from_after, to_after)"
    " SELECT {journal}, 9, a.id, b.id, {amount}, a.balance - {amount}, b.balance + {amount}"
    " FROM coin_account a, coin_account b WHERE a.kind = 'household' AND b.kind = 'station'"
)
TAMPERED = (
    "UPDATE coin_line SET amount = amount + 1",
    "DELETE FROM coin_journal",
    "DELETE FROM coin_line",
    "UPDATE coin_account SET balance = balance + 500 WHERE kind = 'household'",
    "UPDATE coin_account SET held = 0 WHERE held > 0",
    "UPDATE coin_hold SET state = 'voided'",
    "UPDATE coin_lot SET remaining = amount",
    "UPDATE coin_stock SET on_hand = on_hand + 1",
    _FORGED.format(journal="1", amount=5),
    _FORGED.format(journal="(SELECT max(id) FROM coin_journal)", amount=1000),
)


def test_the_database_itself_refuses_tampering(station: Station) -> None:
    station.earn("H1", 100)
    station.redeem("H1", {SOAP: 1})
    station.hold("H1", {RICE: 1})
    db.session.remove()
    for statement in TAMPERED:
        with db.engine.connect() as connection:
            try:
                changed = connection.execute(sa.text(statement)).rowcount
            except DBAPIError:
                continue
        pytest.fail(f"{changed} rows by {statement}")


def test_the_audit_finds_nothing_after_all_kinds_of_acts_and_names_what_an_intruder_changed(
    app: Flask, station: Station
) -> None:
    station.earn("H1", 100)
    bought = station.redeem("H1", {SOAP: 2})
    station.give_back(station.hold("H1", {RICE: 1}))
    station.hand_over(station.hold("H1", {RICE: 1}))
    station.reverse(bought)
    station.reverse(station.earn("H2", 9))
    coins.settle_station(station.station, uid=uid(), actor=SYSTEM, at=AT, today=TODAY)
    station.hold("H1", {SOAP: 1})
    audited = audit_ledger()
    assert audited.breaches == []
    assert audit_ledger(since=3).breaches == []
    run = app.test_cli_runner().invoke
    assert run(args=["ledger", "audit"]).exit_code == 0
    db.session.remove()
    with db.engine.begin() as connection:
        connection.execute(sa.text(without_triggers()))
        connection.execute(sa.text("UPDATE coin_line SET amount = amount + 1 WHERE journal_id = 2"))
    told = run(args=["ledger", "audit", "--json"])
    assert told.exit_code == 1
    breaches = json.loads(told.output)["breaches"]
    assert (breaches[0]["invariant"], breaches[0]["about"]) == (11, "流水 2")
    assert any(b["invariant"] == 2 and "household" in b["about"] for b in breaches)


def test_the_ledger_is_written_for_beancount(app: Flask, station: Station, tmp_path: Path) -> None:
    station.earn("H1", 100)
    station.redeem("H1", {SOAP: 2})
    made = app.test_cli_runner().invoke(args=["ledger", "export", "--beancount", str(tmp_path)])
    assert made.exit_code == 0, made.output
    text = (tmp_path / "ledger.beancount").read_text(encoding="utf-8")
    assert text.count(" open ") == text.count(" balance ") == 5
    assert " 86 DDB" in text
