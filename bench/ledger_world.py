"""The databases of the ledger's benchmark: a village with money, households, and a station with goods."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from app import create_app  # noqa: TID251 - a benchmark starts the whole house, as tests do
from bench.ledger_raw import Raw
from bench.server import settings_for
from models.access import system_actor
from models.base import db, table_of
from models.coins import NO_FLOOR, AccountKind, CoinAccount
from models.orgs import Level, OrgUnit
from models.people import Household
from models.stations import CoinGood, CoinStation, MoveKind
from services.coins import allot
from services.ids import next_id
from services.purses import account_id, purses
from services.stock import move_goods
from services.transaction import write_transaction

AT, TODAY = datetime(2026, 11, 22, 6, tzinfo=UTC), date(2026, 11, 22)
ACTOR = system_actor("bench")
HOUSEHOLDS, PLENTY = 100, 900_000_000


@dataclass
class World:
    """One database with a village, its households and a station."""

    app: Flask
    address: str
    place: tuple[int, ...]
    households: list[int]
    station: int
    good: int
    budget: int
    till: int
    purses: list[int]

    def raw(self, *, guarded: bool = True) -> Raw:
        return Raw(self.address, self.place, guarded=guarded)


def build(folder: Path, address: str) -> World:
    """Migrate an empty database and put a village with money and goods into it."""
    folder.mkdir(parents=True, exist_ok=True)
    app = create_app(settings_for(folder, address))
    with app.app_context():
        upgrade()
        with write_transaction():
            village = _unit(Level.VILLAGE, _unit(Level.TOWNSHIP, _unit(Level.COUNTY, None)))
            place = {name: getattr(village, name) for name in ("county_id", "town_id", "village_id")}
            place["org_id"] = village.id
            homes = [
                Household(code=f"H{n:05d}", head_name="张三", created_at=AT, updated_at=AT, row_version=1, **place)
                for n in range(HOUSEHOLDS)
            ]
            station = CoinStation(code="S1", name="道德易站", opened_on=TODAY, row_version=1, **place)
            good = CoinGood(county_id=village.county_id, code="G1", name="肥皂", price=7, row_version=1)
            db.session.add_all([*homes, station, good])
            db.session.flush()
            move_goods(station.id, {good.id: (10_000_000, None)}, MoveKind.IN, actor=ACTOR, at=AT)
            allot(
                village, amount=PLENTY, quarter="2026Q4", uid=uuid.uuid4().hex, actor=ACTOR, at=AT, today=TODAY,
            )  # fmt: skip
            world = World(
                app, address, tuple(place.values()), [home.id for home in homes], station.id, good.id,
                account_id(AccountKind.BUDGET, village, today=TODAY),
                account_id(AccountKind.STATION, station, today=TODAY),
                [purses(home, today=TODAY)[0] for home in homes],
            )  # fmt: skip
        close()
    return world


def settle(world: World, households: int) -> None:
    """Let more households move in, with empty purses, until there are so many."""
    place = dict(zip(("county_id", "town_id", "village_id", "org_id"), world.place, strict=True))
    codes = [f"M{n:06d}" for n in range(len(world.households), households)]
    if not codes:
        return
    home, account = table_of(Household), table_of(CoinAccount)
    with world.app.app_context(), write_transaction():
        moved = {**place, "head_name": "李四", "pinyin": "", "created_at": AT, "updated_at": AT, "row_version": 1}
        db.session.execute(sa.insert(home), [{**moved, "code": code} for code in codes])
        ids = dict(db.session.execute(sa.select(home.c.code, home.c.id).where(home.c.code.in_(codes))).all())
        opened = {**place, "opened_on": TODAY, "balance": 0, "held": 0}
        purses_of = [
            {**opened, "code": f"{kind}:{place['county_id']}:{code}", "kind": kind.value, "household_id": ids[code],
             "min_balance": floor}
            for code in codes
            for kind, floor in ((AccountKind.HOUSEHOLD, 0), (AccountKind.DEBT, NO_FLOOR))
        ]  # fmt: skip
        db.session.execute(sa.insert(account), purses_of)
        kept = sa.select(account.c.household_id, account.c.id).where(account.c.kind == AccountKind.HOUSEHOLD.value)
        by_home = dict(db.session.execute(kept).all())
        world.households += [ids[code] for code in codes]
        world.purses[:] = [by_home[ident] for ident in world.households]
    with world.app.app_context():
        close()


def close() -> None:
    """Let go of all connections, before the process is forked."""
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


def _unit(level: Level, parent: OrgUnit | None) -> OrgUnit:
    unit = OrgUnit(
        id=next_id(OrgUnit), parent_id=parent.id if parent else None, level=level, code=str(level), name=str(level),
        pinyin="", valid_from=date(2020, 1, 1), county_id=parent.county_id if parent else None,
        town_id=parent.town_id if parent else None,
    )  # fmt: skip
    unit.county_id = unit.county_id or unit.id
    unit.town_id = unit.id if level == Level.TOWNSHIP else unit.town_id
    unit.village_id = unit.id if level == Level.VILLAGE else None
    db.session.add(unit)
    db.session.flush()
    return unit


def unguard(world: World) -> None:
    """Drop the triggers: what they and the chain cost is what a database without them saves."""
    with world.app.app_context(), db.engine.begin() as connection:
        if db.engine.dialect.name == "sqlite":
            named = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'coin_%'"
            drops = [f"DROP TRIGGER {name}" for name, _table in connection.execute(sa.text(named))]
        else:
            named = "SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'coin%'"
            drops = [f"DROP TRIGGER {name} ON {table}" for name, table in connection.execute(sa.text(named))]
        for drop in drops:
            connection.execute(sa.text(drop))
    with world.app.app_context():
        close()


def address_of(address: str, folder: Path, name: str) -> str:
    """Return the address of one more empty database."""
    if address.startswith("sqlite"):
        return f"sqlite:///{folder / name / 'zhiye.db'}"
    with sa.create_engine(address, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE IF EXISTS ledger_{name}"))
        connection.execute(sa.text(f"CREATE DATABASE ledger_{name}"))
    return sa.make_url(address).set(database=f"ledger_{name}").render_as_string(hide_password=False)
