"""Each invariant of the coin ledger, broken behind its guards: the audit names it, and what it is about, and no other.

The intruder works on copies of the tables that have no trigger, no check and no key, and stand before the real ones in
one transaction that is rolled back: so a ledger is built once per engine, and no guard is missed by a later test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import pytest
import sqlalchemy as sa

from models.base import db
from models.coins import CoinAccount, CoinLot
from models.orgs import OrgUnit
from queries.ledger_audit import Audited, audit_ledger, audit_on
from services import coins
from services.posting import Receipt, head
from tests.conftest import ENGINES
from tests.support.cast import AT, SYSTEM, TODAY, assemble
from tests.support.coins import RICE, SOAP, Station, uid
from tests.support.databases import TestDatabase

OCTOBER = date(2026, 10, 31)
COPIED = (
    "coin_account", "coin_journal", "coin_line", "coin_hold", "coin_hold_item", "coin_lot", "coin_lot_use",
    "coin_stock", "coin_stock_move", "coin_period", "coin_month",
)  # fmt: skip


@dataclass
class Healthy:
    """A ledger with every kind of thing in it, and what its journals, accounts and lots are called."""

    names: dict[str, object] = field(default_factory=dict)

    def broken_by(self, statement: str) -> Audited:
        """Return what the audit says after one statement, which changes something and is forgotten again."""
        here = "public" if db.engine.dialect.name == "postgresql" else "main"
        with db.engine.connect() as connection:
            for table in COPIED:
                connection.execute(sa.text(f"CREATE TEMPORARY TABLE {table} AS SELECT * FROM {here}.{table}"))
            assert connection.execute(sa.text(statement.format(**self.names))).rowcount > 0, statement
            audited = audit_on(connection)
            connection.rollback()
        return audited


@pytest.fixture(scope="module", params=ENGINES, ids=ENGINES)
def ledger(request: pytest.FixtureRequest) -> Iterator[Healthy]:
    database: TestDatabase = request.getfixturevalue(f"_{request.param}")
    database.reset()
    with database.app.app_context():
        yield Healthy(lived(Station(assemble(database.app), budget=900)))
        db.session.remove()


def lived(station: Station) -> dict[str, object]:
    """Let households do everything there is; return what a breach may name."""
    kept: dict[str, Receipt] = {}
    kept["old"] = station.earn("H3", 8, effective_on=date(2026, 10, 5), expires_on=OCTOBER)
    kept["older"] = station.earn("H3", 6, effective_on=date(2026, 10, 6), expires_on=None)
    coins.expire_household(station.household("H3"), OCTOBER, actor=SYSTEM, at=AT, today=TODAY)
    expiry = head()[0]
    county = db.session.get_one(OrgUnit, station.cast.units["安吉县综治中心"])
    coins.close_month(county, "2026-10", actor=SYSTEM, at=AT, today=TODAY)
    kept["award"] = station.earn("H1", 100, source_key="award:1")
    kept["bought"] = station.redeem("H1", {SOAP: 2})
    station.reverse(kept["bought"])
    held = station.hold("H1", {RICE: 1})
    kept["given_back"], kept["void"] = held.receipt, station.give_back(held)
    kept["after"] = station.deduct("H1", 4)
    held = station.hold("H1", {RICE: 1})
    kept["fetched"], kept["post"] = held.receipt, station.hand_over(held)
    wrong = station.earn("H2", 9)
    station.redeem("H2", {SOAP: 1})
    kept["unearned"] = station.reverse(wrong)
    station.reverse(station.allot(50))
    kept["settle"] = coins.settle_station(station.station, amount=20, uid=uid(), actor=SYSTEM, at=AT, today=TODAY)
    kept["open"] = station.hold("H1", {SOAP: 1}).receipt
    kept["newest"] = station.earn("H1", 5, source_key="award:2")
    assert audit_ledger().breaches == []
    return {
        **{name: receipt.journal_id for name, receipt in kept.items()},
        **accounts_of(station),
        "expiry": expiry,
        "lot": db.session.scalars(sa.select(CoinLot.id).where(CoinLot.journal_id == kept["award"].journal_id)).one(),
        "home1": station.household("H1").id, "village": station.village_id, "shop": station.station.code,
        "soap_id": station.goods[SOAP],
    }  # fmt: skip


def accounts_of(station: Station) -> dict[str, object]:
    """Return the codes and the ids of accounts: by kind, or by household and kind."""
    homes = {ident: code for code, ident in station.households.items()}
    found: dict[str, object] = {}
    for row in db.session.scalars(sa.select(CoinAccount)):
        name = f"{homes[row.household_id]}_{row.kind}" if row.household_id else str(row.kind)
        found |= {name: row.code, f"{name}_id": row.id}
    return found


SHIFTED = (
    "UPDATE coin_account SET balance = balance + CASE kind WHEN 'settled' THEN 1 ELSE -1 END"
    " WHERE kind IN ('settled', 'expired')"
)
# What an intruder does, and all that the audit then says: the invariant and what it is about.
BROKEN: tuple[tuple[str, set[str]], ...] = (
    ("UPDATE coin_account SET balance = balance + 5 WHERE id = {settled_id}", {"I1 全部账户", "I2 账户 {settled}"}),
    (SHIFTED, {"I2 账户 {settled}", "I2 账户 {expired}"}),
    ("UPDATE coin_line SET to_after = to_after + 1 WHERE journal_id = {award}",
     {"I2 账户 {H1_household}", "I11 流水 {award}"}),
    ("UPDATE coin_line SET amount = amount + 1 WHERE journal_id = {settle}",
     {"I2 账户 {station}", "I2 账户 {settled}", "I11 流水 {settle}", "I15 统计 2026-11 村 {village} settle 项目 0"}),
    ("DELETE FROM coin_account WHERE id = {settled_id}",
     {"I1 全部账户", "I2 账户 #{settled_id}", "I11 流水 {settle}", "I15 统计 2026-11 村 {village} settle 项目 0"}),
    ("UPDATE coin_account SET min_balance = balance + 1 WHERE id = {settled_id}", {"I3 账户 {settled}"}),
    ("UPDATE coin_account SET min_balance = -50 WHERE id = {H1_household_id}", {"I3 账户 {H1_household}"}),
    ("UPDATE coin_account SET held = 1 WHERE id = {settled_id}", {"I4 账户 {settled}"}),
    ("UPDATE coin_hold SET amount = amount + 1 WHERE id = {open}", {"I4 账户 {H1_household}"}),
    ("UPDATE coin_hold SET state = 'posted' WHERE id = {given_back}", {"I5 兑换券 {given_back}"}),
    ("UPDATE coin_hold SET state = 'open' WHERE id = {given_back}",
     {"I5 兑换券 {given_back}", "I4 账户 {H1_household}", "I10 站点 {shop} 物品 rice"}),
    ("UPDATE coin_journal SET resolves = {given_back} WHERE id = {post}",
     {"I5 兑换券 {given_back}", "I5 兑换券 {fetched}", "I11 流水 {post}"}),
    ("UPDATE coin_journal SET reverses = {bought} WHERE id = {unearned}", {"I6 流水 {bought}", "I11 流水 {unearned}"}),
    ("UPDATE coin_journal SET uid = (SELECT j.uid FROM coin_journal j WHERE j.id = {award}) WHERE id = {newest}",
     {"I7 流水 {newest}", "I11 流水 {newest}"}),
    ("UPDATE coin_journal SET source_key = 'award:1' WHERE id = {newest}", {"I8 流水 {newest}", "I11 流水 {newest}"}),
    ("UPDATE coin_lot SET remaining = remaining - 1 WHERE id = {lot}",
     {"I9 批次 {lot}", "I9 账户 {H1_household}"}),
    ("UPDATE coin_lot SET account_id = {H3_household_id} WHERE id = {lot}",
     {"I9 账户 {H1_household}", "I9 账户 {H3_household}"}),
    ("DELETE FROM coin_lot_use WHERE journal_id = {after}", {"I9 批次 {lot}"}),
    ("UPDATE coin_stock SET on_hand = on_hand + 1 WHERE good_id = {soap_id}", {"I10 站点 {shop} 物品 soap"}),
    ("UPDATE coin_stock SET reserved = 0 WHERE good_id = {soap_id}", {"I10 站点 {shop} 物品 soap"}),
    ("DELETE FROM coin_stock WHERE good_id = {soap_id}", {"I10 站点 {shop} 物品 soap"}),
    ("UPDATE coin_journal SET memo = '改过' WHERE id = {award}", {"I11 流水 {award}"}),
    ("UPDATE coin_journal SET prev_hash = hash WHERE id = {award}", {"I11 流水 {award}"}),
    ("DELETE FROM coin_journal WHERE id = {void}", {"I11 流水 {after}", "I5 兑换券 {given_back}"}),
    ("UPDATE coin_period SET head_id = {old}, head_hash = (SELECT j.hash FROM coin_journal j WHERE j.id = {old})",
     {"I12 流水 {older}", "I12 流水 {expiry}"}),
    ("UPDATE coin_period SET head_hash = (SELECT j.hash FROM coin_journal j WHERE j.id = {old})", {"I12 月份 2026-10"}),
    ("UPDATE coin_period SET ym = '2026-09', head_id = 0", {"I12 月份 2026-09"}),
    ("DELETE FROM coin_hold WHERE id = {given_back}", {"I13 流水 {given_back}"}),
    ("DELETE FROM coin_hold_item WHERE hold_id = {given_back}", {"I13 兑换券 {given_back}"}),
    ("DELETE FROM coin_line WHERE journal_id = {settle}",
     {"I13 流水 {settle}", "I2 账户 {station}", "I2 账户 {settled}", "I11 流水 {settle}",
      "I15 统计 2026-11 村 {village} settle 项目 0"}),
    ("DELETE FROM coin_journal WHERE id = {newest}",
     {"I13 流水 {newest}", "I15 统计 2026-11 村 {village} earn 项目 0"}),
    ("UPDATE coin_account SET household_id = {home1} WHERE id = {H2_debt_id}", {"I14 账户 {H2_debt}"}),
    ("UPDATE coin_account SET kind = 'debt', min_balance = 0 WHERE id = {expired_id}",
     {"I14 账户 {expired}", "I15 统计 2026-10 村 {village} expire 项目 0"}),
    ("UPDATE coin_month SET coins = coins + 1 WHERE flow = 'settle'", {"I15 统计 2026-11 村 {village} settle 项目 0"}),
    ("DELETE FROM coin_month WHERE flow = 'redeem_back'", {"I15 统计 2026-11 村 {village} redeem_back 项目 0"}),
)  # fmt: skip


@pytest.mark.parametrize(("statement", "expected"), BROKEN, ids=[statement for statement, _expected in BROKEN])
def test_what_an_intruder_breaks_is_named_and_nothing_else(ledger: Healthy, statement: str, expected: set[str]) -> None:
    found = ledger.broken_by(statement).breaches
    assert {f"I{one.invariant} {one.about}" for one in found} == {told.format(**ledger.names) for told in expected}


def test_every_invariant_is_broken_here() -> None:
    named = {told.split()[0] for _statement, expected in BROKEN for told in expected}
    assert named == {f"I{number}" for number in range(1, 16)}
