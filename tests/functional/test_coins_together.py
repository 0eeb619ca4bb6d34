"""The stories of the ledger that several processes tell at the same moment, and those that are killed."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask

from models.base import db
from models.coins import CoinJournal, JournalKind
from models.orgs import OrgUnit
from models.stations import MoveKind
from queries.ledger_audit import audit_ledger
from services import coins
from services.posting import MonthClosed, NotEnough, Receipt
from services.refusals import Refusal
from services.stock import OutOfStock, move_goods
from services.transaction import write_transaction
from tests.support.cast import AT, SYSTEM, TODAY, Cast
from tests.support.coins import RICE, SOAP, Purse, Station, uid
from tests.support.crowd import Act, Crowd, Say, together

KILLS = max(2, int(os.environ.get("ZHIYE_TEST_KILLS", "50")))
PRESSED, TRIES = 8, 25


def journals(kind: str) -> int:
    query = sa.select(sa.func.count()).select_from(CoinJournal).where(CoinJournal.kind == kind)
    return db.session.scalar(query) or 0


def sound() -> None:
    db.session.rollback()
    assert audit_ledger().breaches == []


def told(receipt: Receipt) -> tuple[int, str]:
    return receipt.journal_id, receipt.hash


def test_a_form_sent_eight_times_at_once_is_one_journal(app: Flask, cast: Cast) -> None:
    station = Station(cast)
    station.earn("H1", 100)
    same = uid()

    def press(say: Say) -> None:
        say(told(station.redeem("H1", {RICE: 1}, uid=same)))

    said = together(app, [press] * PRESSED)
    assert len(said) == PRESSED
    assert len({one for lines in said for one in lines}) == 1
    assert (station.purse("H1"), station.stock(RICE), journals("redeem")) == (Purse(70, 0, 0), (9, 0), 1)
    sound()


def test_eight_processes_spend_exactly_what_is_there(app: Flask, cast: Cast) -> None:
    here, there = Station(cast, stock=500), Station(cast, village="五鹤村", stock=500, budget=0)
    here.earn("H1", 100)
    there.households = here.households

    def buying(station: Station) -> Act:
        def buy(say: Say) -> None:
            for _ in range(TRIES):
                try:
                    station.redeem("H1", {SOAP: 1})
                    say("sold")
                except NotEnough:
                    say("short")

        return buy

    said = together(app, [buying(here), buying(there)] * (PRESSED // 2))
    assert Counter(one for lines in said for one in lines) == {"sold": 14, "short": PRESSED * TRIES - 14}
    assert (here.purse("H1"), journals("redeem")) == (Purse(2, 0, 0), 14)
    assert here.stock(SOAP)[0] + there.stock(SOAP)[0] == 1000 - 14
    sound()


def test_goods_that_come_and_go_at_once_are_all_counted(app: Flask, cast: Cast) -> None:
    """Deliveries, sales and holds of one good: nobody overwrites another's count, or hands out the last one twice."""
    station = Station(cast, stock=3)
    for code in ("H1", "H2", "H3", "H4"):
        station.earn(code, 1_000)

    def deliver(say: Say) -> None:
        for _ in range(6):
            with write_transaction():
                move_goods(station.id, {station.goods[SOAP]: (2, None)}, MoveKind.IN, actor=SYSTEM, at=AT)
            say(2)

    def spending(code: str) -> Act:
        def spend(say: Say) -> None:
            for number in range(10):
                try:
                    if number % 2:
                        station.hand_over(station.hold(code, {SOAP: 1}))
                    else:
                        station.redeem(code, {SOAP: 1})
                    say(-1)
                except OutOfStock:
                    say(0)

        return spend

    said = together(app, [deliver, deliver, *map(spending, ("H1", "H2", "H3", "H4"))])
    assert station.stock(SOAP) == (3 + sum(one for lines in said for one in lines), 0)
    sound()


def test_accounts_that_nobody_has_opened_yet_are_opened_once(app: Flask, cast: Cast) -> None:
    station = Station(cast)
    station.household("H1")

    def earn(say: Say) -> None:
        say(told(station.earn("H1", 10)))

    said = together(app, [earn] * 4)
    assert len({one for lines in said for one in lines}) == 4
    assert station.purse("H1") == Purse(40, 0, 0)
    sound()


def test_eight_officials_award_a_bonus_once(app: Flask, cast: Cast) -> None:
    station = Station(cast)
    station.household("H1")
    source = "award:2026Q4:好党员:H1"

    def publish(say: Say) -> None:
        say(told(station.earn("H1", 200, kind=JournalKind.BONUS, source_key=source)))

    said = together(app, [publish] * PRESSED)
    assert len({one for lines in said for one in lines}) == 1
    assert (station.purse("H1").balance, journals("bonus")) == (200, 1)
    sound()


def test_the_ledger_is_sound_after_every_kill_9_and_has_what_was_acknowledged(app: Flask, cast: Cast) -> None:
    station = Station(cast, stock=100_000, budget=10_000_000)
    for code in ("H1", "H2"):
        station.earn(code, 1_000)
    chance = random.Random(20261122)

    def at_work(code: str) -> Crowd:
        crowd = Crowd(app, [lambda say: work(station, code, say)])
        crowd.begin()
        return crowd

    codes = ("H1", "H2")
    crowds = [at_work(code) for code in codes]
    for kill in range(KILLS):
        which = kill % 2  # one is killed while the other goes on
        crowds[which].listen(chance.randint(1, 6))  # it is at work; from here on a moment at random
        time.sleep(chance.uniform(0, 0.02))
        refuse_lost(crowds[which].kill())
        sound()
        if kill < KILLS - 2:
            crowds[which] = at_work(codes[which])
    county = db.session.get_one(OrgUnit, cast.units["安吉县综治中心"])
    next_month = date(2026, 12, 1)
    coins.close_month(county, "2026-11", actor=SYSTEM, at=AT, today=next_month)
    with pytest.raises(MonthClosed):
        station.earn("H1", 1, effective_on=TODAY, today=next_month)
    sound()


def refuse_lost(said: list[list[int]]) -> None:
    """Fail when something that a process was told is done is not there."""
    numbers = {number for lines in said for number in lines}
    db.session.rollback()
    assert set(db.session.scalars(sa.select(CoinJournal.id).where(CoinJournal.id.in_(numbers)))) == numbers
    assert numbers


def work(station: Station, code: str, say: Say) -> None:
    """Go on earning, buying, holding, handing over and taking back until the end."""
    while True:
        try:
            earned = station.earn(code, 37)
            say(earned.journal_id)
            bought = station.redeem(code, {SOAP: 2, RICE: 1})
            say(bought.journal_id)
            held = station.hold(code, {SOAP: 1})
            say(held.receipt.journal_id)
            say((station.hand_over if bought.journal_id % 2 else station.give_back)(held).journal_id)
            say(station.reverse(bought if earned.journal_id % 2 else earned).journal_id)
        except Refusal:
            continue
