"""A redemption at the counter as a browser asks for it, against the floor page that keeps a form (bench/server.py).

Measured is the POST of the filled page until its redirect: sign-in by the cookie, CSRF, the clerk's scope, the basket
read against the shelf, and the act with its fsync. The floor reads a form and keeps it as one row, as durably, without
any of that. Both are answered by one waitress, in turns; opening the page before is not measured.
"""

from __future__ import annotations

import uuid
from datetime import date
from pathlib import Path

from bench.client import Browser
from bench.ledger_world import ACTOR, AT, TODAY, World, close
from bench.measuring import WARM_UP, Measure, inserting, measured, start, summary
from models.access import Role
from models.base import db
from models.people import Household
from models.stations import CoinStation
from services.accounts import create_user, grant_role
from services.coins import earn

CLERK, PASSWORD = "clerk.bench", "zhiye-bench-2026"
COINS = 1_000_000


def measure_counter(world: World, folder: Path, rounds: int) -> dict[str, float]:
    """Return the medians in microseconds of the floor and of the redemption, and their ratios."""
    home = world.households[1]
    _open_for_business(world, home)
    process, port = start(folder, world.address)
    try:
        browser = Browser(port)
        browser.sign_in(CLERK, PASSWORD)
        floor = inserting(browser)
        pairs = [
            (measured(floor, process.pid), measured(_filled(browser, world, home), process.pid))
            for _ in range(rounds + WARM_UP)
        ][WARM_UP:]
    finally:
        process.terminate()
        process.wait(30)
    floors, taken = [one for one, _ in pairs], [one for _, one in pairs]
    base, found = summary(floors, floors), summary(taken, floors)
    return {
        "floor_us": base["p50_ms"] * 1000, "us": found["p50_ms"] * 1000, "ratio": found["ratio"],
        "floor_cpu_us": base["cpu_ms"] * 1000, "cpu_us": found["cpu_ms"] * 1000, "cpu_ratio": found["cpu_ratio"],
    }  # fmt: skip


def _open_for_business(world: World, home: int) -> None:
    """Give the station a clerk, and a household coins that last whatever day it is."""
    with world.app.app_context():
        org = db.session.get_one(CoinStation, world.station).org
        user = create_user(org, username=CLERK, name="夏兑换", password=PASSWORD, actor=ACTOR, at=AT)
        grant_role(user, org=org, role=Role.STATION_CLERK, valid_from=date(2020, 1, 1), actor=ACTOR, at=AT)
        earn(
            db.session.get_one(Household, home), points=COINS, uid=uuid.uuid4().hex, effective_on=TODAY,
            expires_on=None, actor=ACTOR, at=AT, today=TODAY,
        )  # fmt: skip
        close()


def _filled(browser: Browser, world: World, home: int) -> Measure:
    """Open the page, put one of the good into the basket, and return the press on 确认兑换."""
    path = f"/counter/{world.station}/h/{home}"
    browser.get(path)
    field = f"q_{world.good}"
    values = [(name, value) for name, value in browser.fields().values if name != field]

    def press() -> float:
        took = browser.post(path, [*values, (field, "1"), ("act", "redeem")])
        if not browser.location.startswith("/receipts/"):
            raise AssertionError(browser.body.decode()[:3000])
        return took

    return press
