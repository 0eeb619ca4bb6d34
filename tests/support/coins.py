"""A village with coins: households, a station with goods, a budget, and short ways to do what people do there."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from models.access import Actor
from models.accounts import User
from models.base import db
from models.coins import CoinAccount, CoinHold, CoinJournal
from models.orgs import OrgUnit
from models.people import Household, Resident
from models.stations import CoinGood, CoinStation, CoinStock, MoveKind
from services import coins, redemptions, reversals
from services.posting import Receipt
from services.redemptions import Held
from services.stock import move_goods
from services.transaction import write_transaction
from tests.support.cast import AT, SYSTEM, TODAY, Cast

RICE, SOAP = "rice", "soap"
PRICES = {RICE: 30, SOAP: 7}
NAMES = {RICE: "大米", SOAP: "肥皂"}
YEAR_END = date(2026, 12, 31)


def uid() -> str:
    return uuid.uuid4().hex


def without_triggers() -> str:
    """Return the statement by which an intruder with the database in hand gets past the guard of lines."""
    if db.engine.dialect.name == "sqlite":
        return "DROP TRIGGER coin_line_no_update"
    return "SET LOCAL session_replication_role = replica"  # a dropped trigger would be missed by later tests


@dataclass
class Purse:
    """What stands in a household's accounts."""

    balance: int
    held: int
    debt: int


class Station:
    """A station in 余村村 with rice (30) and soap (7), and households H1, H2 ... of that village."""

    def __init__(self, cast: Cast, *, village: str = "余村村", stock: int = 10, budget: int = 10_000) -> None:
        self.cast = cast
        unit = cast.unit(village)
        with write_transaction():
            station = CoinStation(
                code=f"YZ-{unit.code}", name=f"{village}道德易站", opened_on=TODAY, county_id=unit.county_id,
                town_id=unit.town_id, village_id=unit.village_id, org_id=unit.id, row_version=1,
            )  # fmt: skip
            db.session.add(station)
            for code, price in PRICES.items():
                known = db.session.scalar(sa.select(CoinGood.id).where(CoinGood.code == code))
                if known is None:
                    good = CoinGood(county_id=unit.county_id, code=code, name=NAMES[code], price=price, row_version=1)
                    db.session.add(good)
            db.session.flush()
            self.goods = {good.code: good.id for good in db.session.scalars(sa.select(CoinGood))}
            self.id, self.village_id = station.id, unit.id
            if stock:
                amounts = dict.fromkeys(self.goods.values(), (stock, None))
                move_goods(station.id, amounts, MoveKind.IN, actor=SYSTEM, at=AT)
        self.households: dict[str, int] = {}
        if budget:
            self.allot(budget)

    @property
    def station(self) -> CoinStation:
        return db.session.get_one(CoinStation, self.id)

    def household(self, code: str) -> Household:
        if code not in self.households:
            unit = db.session.get_one(OrgUnit, self.village_id)
            with write_transaction():
                made = Household(
                    code=f"{unit.code}-{code}", head_name="张三", county_id=unit.county_id, town_id=unit.town_id,
                    village_id=unit.village_id, org_id=unit.id, created_at=AT, updated_at=AT, row_version=1,
                )  # fmt: skip
                db.session.add(made)
                db.session.flush()
                self.households[code] = made.id
        return db.session.get_one(Household, self.households[code])

    def move_in(self, code: str, username: str) -> int:
        """Make the owner of an account a member of a household; return the member's id."""
        home = self.household(code)
        with write_transaction():
            resident = Resident(
                household_id=home.id, name="胡村民", county_id=home.county_id, town_id=home.town_id,
                village_id=home.village_id, org_id=home.org_id, created_at=AT, updated_at=AT, row_version=1,
            )  # fmt: skip
            db.session.add(resident)
            db.session.flush()
            db.session.get_one(User, self.cast.users[username]).resident_id = resident.id
            return resident.id

    def allot(self, amount: int, **more: Any) -> Receipt:
        village = db.session.get_one(OrgUnit, self.village_id)
        return coins.allot(village, amount=amount, quarter="2026Q4", **self.by(more))

    def earn(self, code: str, points: int, *, expires_on: date | None = YEAR_END, **more: Any) -> Receipt:
        given = {"effective_on": more.get("today", TODAY), **more}
        return coins.earn(self.household(code), points=points, expires_on=expires_on, **self.by(given))

    def deduct(self, code: str, points: int, **more: Any) -> Receipt:
        given = {"effective_on": more.get("today", TODAY), **more}
        return coins.deduct(self.household(code), points=points, **self.by(given))

    def redeem(self, code: str, basket: dict[str, int], **more: Any) -> Receipt:
        return redemptions.redeem(self.household(code).id, self.station.id, self.basket(basket), **self.by(more))

    def hold(self, code: str, basket: dict[str, int], **more: Any) -> Held:
        return redemptions.hold(self.household(code).id, self.station.id, self.basket(basket), **self.by(more))

    def hand_over(self, held: Held, **more: Any) -> Receipt:
        return redemptions.hand_over(db.session.get_one(CoinHold, held.hold_id), **self.by(more))

    def give_back(self, held: Held, **more: Any) -> Receipt:
        return redemptions.give_back(db.session.get_one(CoinHold, held.hold_id), **self.by(more))

    def reverse(self, receipt: Receipt, **more: Any) -> Receipt:
        original = db.session.get_one(CoinJournal, receipt.journal_id)
        return reversals.reverse(original, reason="记错了", **self.by(more))

    def basket(self, wanted: dict[str, int]) -> dict[int, int]:
        return {self.goods[code]: quantity for code, quantity in wanted.items()}

    @staticmethod
    def by(more: dict[str, Any]) -> dict[str, Any]:
        """Return who acts and when: the system now, unless said otherwise."""
        actor: Actor = more.pop("actor", SYSTEM)
        at: datetime = more.pop("at", AT)
        return {
            "uid": more.pop("uid", None) or uid(),
            "actor": actor,
            "at": at,
            "today": more.pop("today", TODAY),
            **more,
        }

    # ---------- looking ----------

    def purse(self, code: str) -> Purse:
        rows = db.session.scalars(
            sa.select(CoinAccount)
            .where(CoinAccount.household_id == self.household(code).id)
            .execution_options(populate_existing=True)
        )
        by_kind = {str(row.kind): row for row in rows}
        purse, debt = by_kind.get("household"), by_kind.get("debt")
        return Purse(purse.balance if purse else 0, purse.held if purse else 0, debt.balance if debt else 0)

    def balance(self, code: str) -> int:
        """Return the balance of an account by its kind (one of each besides households)."""
        query = sa.select(CoinAccount.balance).where(CoinAccount.kind == code)
        return int(db.session.scalar(query.execution_options(populate_existing=True)) or 0)

    def stock(self, good: str) -> tuple[int, int]:
        query = sa.select(CoinStock.on_hand, CoinStock.reserved).where(
            CoinStock.station_id == self.id, CoinStock.good_id == self.goods[good]
        )
        row = db.session.execute(query).one()
        return int(row.on_hand), int(row.reserved)


LATER = timedelta(minutes=31)
