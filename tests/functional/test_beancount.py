"""The ledger as Beancount reads it: twenty thousand journals of every kind, then one coin more than there was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from models.base import db
from models.coins import AccountKind, CoinAccount, CoinJournal, CoinLine, JournalKind
from services import coins
from services.posting import Entry, Once, Place, open_ledger, post_all
from services.purses import account_id
from services.transaction import write_transaction
from tests.functional.test_point_imports import homes, put, workbook
from tests.support.cast import AT, SYSTEM, TODAY, Cast
from tests.support.coins import RICE, SOAP, Station, uid, without_triggers

JOURNALS = 20_000
HOMES, DEEDS, ROUNDS = 250, 40, 20
CHECKER = Path(sys.executable).with_name("bean-check")
VILLAGES = ("余村村", "五鹤村", "红庙村", "横山坞村")
BY: dict[str, Any] = {"actor": SYSTEM, "at": AT, "today": TODAY}


@pytest.fixture
def engine_name() -> str:
    """What is judged is the text; that both engines keep the same ledger is said by test_coins.py."""
    return "sqlite"


def count() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(CoinJournal)) or 0


def checked(app: Flask, folder: Path) -> subprocess.CompletedProcess[str]:
    """Export the ledger as an operator does, and let the real bean-check judge it."""
    made = app.test_cli_runner().invoke(args=["ledger", "export", "--beancount", str(folder)])
    assert made.exit_code == 0, made.output
    return subprocess.run([CHECKER, folder / "ledger.beancount"], capture_output=True, text=True, check=False)


def do_everything(station: Station, code: str) -> None:
    """Do for one household all that can be done with coins, and end with a debt that is paid in part."""
    station.earn(code, 60)
    bought = station.redeem(code, {SOAP: 1, RICE: 1})
    station.hand_over(station.hold(code, {SOAP: 1}))
    station.give_back(station.hold(code, {SOAP: 1}))
    station.reverse(bought)
    station.deduct(code, 3)
    bonus = station.earn(code, 10, kind=JournalKind.BONUS)
    station.deduct(code, station.purse(code).balance)
    station.reverse(bonus)
    station.earn(code, 5)


def allot_often(cast: Cast, times: int) -> None:
    """Allot to four villages in turn, as a workbook of budgets would."""
    villages = [cast.unit(name) for name in VILLAGES]
    with write_transaction():
        open_ledger()
        issuer = account_id(AccountKind.ISSUER, cast.unit("安吉县综治中心"), today=TODAY)
        budgets = [account_id(AccountKind.BUDGET, village, today=TODAY) for village in villages]
        places = [Place(one.county_id or 0, one.town_id, one.village_id, one.id) for one in villages]
        entries = [
            Entry(
                kind=JournalKind.ALLOT, once=Once.of(uid(), {"n": n}), place=places[n % 4], effective_on=TODAY,
                lines=[(issuer, budgets[n % 4], 1 + n % 7)],
            )
            for n in range(times)
        ]  # fmt: skip
        post_all(entries, **BY)


def keep_books(cast: Cast, station: Station) -> None:
    """Post 20,000 journals: two months of deeds from workbooks, every act at the counter, an expiry, a settlement."""
    codes = homes(station, HOMES)
    for month in ("10", "11"):
        days = [f"2026-{month}-{1 + n:02d}" for n in range(DEEDS // 2)]
        assert put(workbook([(code, "", "", "5", day, "扫雪") for day in days for code in codes])) == (5_000, 0)
    coins.close_month(cast.unit("安吉县综治中心"), "2026-10", **BY)
    for number in range(ROUNDS):
        station.household(f"R{number}")
    with write_transaction():
        for number in range(ROUNDS):
            do_everything(station, f"R{number}")
            station.earn(f"R{number}", 20, expires_on=TODAY)
            coins.expire_household(station.household(f"R{number}"), TODAY, **BY)
        coins.settle_station(station.station, uid=uid(), **BY)
        station.earn("R0", 20)
        station.hold("R0", {SOAP: 1})
    allot_often(cast, JOURNALS - count())


def test_bean_check_takes_20_000_journals_and_finds_the_one_coin_that_an_intruder_added(
    app: Flask, cast: Cast, tmp_path: Path
) -> None:
    station = Station(cast, stock=1_000, budget=1_000_000)
    keep_books(cast, station)
    kinds = set(db.session.scalars(sa.select(CoinJournal.kind).distinct()))
    assert (count(), set(JournalKind) - kinds) == (JOURNALS, set())
    good = checked(app, tmp_path)
    assert (good.returncode, good.stdout + good.stderr) == (0, "")
    run = app.test_cli_runner().invoke
    assert run(args=["ledger", "audit"]).exit_code == 0

    victim = db.session.scalars(sa.select(CoinLine).where(CoinLine.journal_id == JOURNALS // 2)).one()
    number, codes = (
        victim.journal_id,
        {db.session.get_one(CoinAccount, one).code for one in (victim.from_id, victim.to_id)},
    )
    db.session.remove()
    with db.engine.begin() as connection:
        connection.execute(sa.text(without_triggers()))
        connection.execute(sa.text("UPDATE coin_line SET amount = amount + 1 WHERE journal_id = :n"), {"n": number})
    told = run(args=["ledger", "audit"])
    named = [line.partition("：")[0] for line in told.output.splitlines()]
    assert (told.exit_code, named[0]) == (1, f"I11 流水 {number}")
    assert {name for name in named if name.startswith("I2 ")} == {f"I2 账户 {code}" for code in codes}
    bad = checked(app, tmp_path)
    assert bad.returncode == 1
    assert (bad.stdout + bad.stderr).count("Balance failed for") == 2


def test_a_code_with_quotes_in_it_is_still_text_to_beancount(app: Flask, cast: Cast, tmp_path: Path) -> None:
    station = Station(cast)
    station.earn('北"1\\', 5)
    good = checked(app, tmp_path)
    assert (good.returncode, good.stdout + good.stderr) == (0, "")
