"""Acts on the ledger in any order: after each the audit finds nothing, and what was refused has left no trace."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from models.base import db
from models.orgs import OrgUnit
from models.stations import MoveKind
from queries.ledger_audit import audit_ledger
from services import coins
from services.posting import Receipt, UidConflict, last_closed
from services.redemptions import Held
from services.refusals import Refusal
from services.stock import move_goods
from services.transaction import write_transaction
from tests.support.cast import SYSTEM, TODAY, Cast
from tests.support.coins import LATER, RICE, SOAP, Station, uid

EXAMPLES = int(os.environ.get("ZHIYE_TEST_LEDGER_RUNS", "6"))  # 300 before a release
STEPS = 40
COUNTED = (
    "coin_journal", "coin_line", "coin_hold", "coin_hold_item", "coin_lot", "coin_lot_use", "coin_stock",
    "coin_stock_move", "coin_period", "coin_account", "audit_event",
)  # fmt: skip
_FOOTPRINT = sa.text(
    f"SELECT {', '.join(f'(SELECT count(*) FROM {name})' for name in COUNTED)},"
    " (SELECT hash FROM coin_journal ORDER BY id DESC LIMIT 1), (SELECT sum(remaining) FROM coin_lot),"
    " (SELECT sum(held) FROM coin_account), (SELECT sum(reserved * 1000 + on_hand) FROM coin_stock)"
)
homes = st.sampled_from(("H1", "H2"))
few = st.integers(1, 60)
goods = st.sampled_from(({RICE: 1}, {SOAP: 1}, {SOAP: 3}, {RICE: 1, SOAP: 2}, {SOAP: 40}))
lasting = st.sampled_from((5, 30, 400, None))  # days until coins expire


class Ledger(RuleBasedStateMachine):
    """One village through a few months.

    What is refused comes into a bundle as None: what can be drawn next must not depend on earlier lives.
    """

    journals: Bundle[Any] = Bundle("journals")
    vouchers: Bundle[Any] = Bundle("vouchers")

    def __init__(self, station: Station) -> None:
        super().__init__()
        self.station = station
        self.names = {home: uid()[:12] for home in ("H1", "H2")}  # a household never acts in two lives
        self.county_id = station.cast.units["安吉县综治中心"]
        closed = last_closed(self.county_id)
        self.today = date(int(closed[:4]), int(closed[5:]), 28) + timedelta(days=60) if closed else TODAY

    def act(self, do: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Do something today; a refusal must leave nothing behind."""
        if None in args:
            return None
        before = footprint()
        at = datetime.combine(self.today, time(14), tzinfo=ZoneInfo("Asia/Shanghai"))
        given = {"at": at + more.pop("later", timedelta()), "today": self.today, **more}
        try:
            return do(*args, **given)
        except Refusal:
            assert footprint() == before
            return None

    # ---------- coins ----------

    @rule(amount=st.integers(1, 90), target=journals)
    def allot(self, amount: int) -> Any:
        return self.act(self.station.allot, amount)

    @rule(home=homes, points=few, days=lasting, target=journals)
    def earn(self, home: str, points: int, days: int | None) -> Any:
        until = None if days is None else self.today + timedelta(days=days)
        return self.act(self.station.earn, self.names[home], points, expires_on=until)

    @rule(home=homes, points=few, target=journals)
    def earn_for_last_month(self, home: str, points: int) -> Any:
        return self.act(self.station.earn, self.names[home], points, effective_on=self.today - timedelta(days=30))

    @rule(home=homes, points=few, target=journals)
    def deduct(self, home: str, points: int) -> Any:
        return self.act(self.station.deduct, self.names[home], points)

    @rule(home=homes, basket=goods, target=journals)
    def redeem(self, home: str, basket: dict[str, int]) -> Any:
        return self.act(self.station.redeem, self.names[home], basket)

    @rule(home=homes, basket=goods, target=vouchers)
    def hold(self, home: str, basket: dict[str, int]) -> Any:
        return self.act(self.station.hold, self.names[home], basket)

    @rule(held=vouchers, target=journals)
    def hand_over(self, held: Held) -> Any:
        return self.act(self.station.hand_over, held)

    @rule(held=vouchers, target=journals)
    def give_back(self, held: Held) -> Any:
        return self.act(self.station.give_back, held)

    @rule(held=vouchers, target=journals)
    def lapse(self, held: Held) -> Any:
        assert self.act(self.station.hand_over, held, later=LATER) is None
        return self.act(self.station.give_back, held, later=LATER)

    @rule(receipt=journals)
    def reverse(self, receipt: Receipt) -> None:
        if self.act(self.station.reverse, receipt):
            assert self.act(self.station.reverse, receipt) is None

    @rule(home=homes)
    def expire(self, home: str) -> None:
        household = self.station.household(self.names[home])
        for _ in range(2):
            taken = self.act(coins.expire_household, household, self.today, actor=SYSTEM)
        assert taken == 0

    @rule(amount=st.one_of(st.none(), few))
    def settle(self, amount: int | None) -> None:
        self.act(coins.settle_station, self.station.station, amount=amount, uid=uid(), actor=SYSTEM)

    # ---------- goods ----------

    @rule(good=st.sampled_from((RICE, SOAP)), quantity=st.integers(1, 9))
    def goods_in(self, good: str, quantity: int) -> None:
        self.move(good, quantity, MoveKind.IN)

    @rule(good=st.sampled_from((RICE, SOAP)), quantity=st.integers(1, 9))
    def goods_lost(self, good: str, quantity: int) -> None:
        on_hand, reserved = self.station.stock(good)
        if on_hand - reserved >= quantity:
            self.move(good, -quantity, MoveKind.LOSS)

    @rule(good=st.sampled_from((RICE, SOAP)), more=st.integers(-2, 2))
    def goods_counted(self, good: str, more: int) -> None:
        on_hand, reserved = self.station.stock(good)
        if more and on_hand + more >= reserved:
            self.move(good, more, MoveKind.COUNT)

    def move(self, good: str, quantity: int, kind: MoveKind) -> None:
        with write_transaction():
            at = datetime.combine(self.today, time(14), tzinfo=ZoneInfo("Asia/Shanghai"))
            move_goods(self.station.id, {self.station.goods[good]: (quantity, None)}, kind, actor=SYSTEM, at=at)

    # ---------- time and uids ----------

    @rule(days=st.integers(1, 25))
    def days_pass(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule()
    def close_month(self) -> None:
        last = self.today.replace(day=1) - timedelta(days=1)
        county = db.session.get_one(OrgUnit, self.county_id)
        self.act(coins.close_month, county, f"{last:%Y-%m}", actor=SYSTEM)

    @rule(home=homes, points=few, target=journals)
    def the_same_form_twice(self, home: str, points: int) -> Any:
        same = uid()
        first = self.act(self.station.earn, self.names[home], points, uid=same)
        if first is None:
            return None
        before = footprint()
        again = self.act(self.station.earn, self.names[home], points, uid=same)
        assert (again.journal_id, again.hash, footprint()) == (first.journal_id, first.hash, before)
        with pytest.raises(UidConflict):
            self.station.earn(self.names[home], points + 1, uid=same, today=self.today)
        assert footprint() == before
        return first

    @rule(receipt=journals, home=homes, basket=goods)
    def anothers_uid(self, receipt: Receipt | None, home: str, basket: dict[str, int]) -> None:
        if receipt is None:
            return
        before = footprint()
        with pytest.raises(UidConflict):
            self.station.redeem(self.names[home], basket, uid=receipt.uid, today=self.today)
        assert footprint() == before

    @invariant()
    def sound(self) -> None:
        db.session.rollback()
        assert [str(one) for one in audit_ledger().breaches] == []


def footprint() -> Any:
    """Return what an act that is refused must leave as it was."""
    db.session.rollback()
    return tuple(db.session.execute(_FOOTPRINT).one())


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_the_ledger_is_sound_after_any_acts_in_any_order(cast: Cast) -> None:
    station = Station(cast, stock=60, budget=400)
    how = settings(
        max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(lambda: Ledger(station), settings=how)  # type: ignore[arg-type]
