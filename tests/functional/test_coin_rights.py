"""Who may do what with coins: every act, tried by everybody whose affair it is not, then by somebody whose it is.

A village neither posts nor redeems in another; nobody decides a claim that they filed; nobody posts for their own home.
What each may see is told by tests/structure/test_scope_matrix.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from models.access import Actor
from models.base import db
from models.claims import ClaimStep, CoinClaim
from models.coins import CoinJournal, CoinPeriod
from services import claims, coins, point_imports, points_table
from services.claim_duties import OwnClaim
from services.claim_filing import Asked, file_claim
from services.coins import OwnHousehold
from services.posting import Receipt
from services.redemptions import Held
from services.refusals import NotAllowed, NotFound, Refusal
from tests.functional.test_point_imports import put, workbook
from tests.support.cast import AT, SYSTEM, TODAY, Cast, chain_length
from tests.support.coins import SOAP, Station, uid
from tests.support.points import item, publish_rules

VILLAGE, OFFICIAL, TOWNSHIP, COUNTY = "五鹤村", "official.wuhe", "official.tianhuangping", "dispatcher.county"
STRANGERS = (
    "official.yucun", "clerk.yucun", "grid.yucun", "villager.yucun", "official.hongmiao", "official.meixi",
    "official.next", "admin.next",
)  # fmt: skip
BY: dict[str, Any] = {"at": AT, "today": TODAY}


@dataclass
class Scene:
    """五鹤村 with an earning, a sale and vouchers of one household, and claims of it at each stage."""

    cast: Cast
    filer: Actor = SYSTEM
    village: str = VILLAGE
    claims: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        publish_rules(self.cast)
        self.station = Station(self.cast, village=self.village)
        self.earned: Receipt = self.station.earn("H1", 40)
        self.bought: Receipt = self.station.redeem("H1", {SOAP: 1})
        self.fetched: Held = self.station.hold("H1", {SOAP: 1})
        self.left: Held = self.station.hold("H1", {SOAP: 1})
        for stage in ("filed", "doubted", "agreed", "doubtful", "notice", "contested"):
            claim = self.file(self.filer)
            self.claims[stage] = claim.id
            if stage not in {"filed", "doubted"}:
                claims.agree(claim, actor=SYSTEM, at=AT)
            if stage in {"notice", "contested"}:
                claims.approve(claim, actor=SYSTEM, **BY)
            if stage == "contested":
                claims.object_to(claim, note="没有扫", actor=SYSTEM, **BY)

    def file(self, actor: Actor) -> CoinClaim:
        asked = Asked(item=item("clean"), points=1, done_on=TODAY, what="扫了门前", evidence="有照片")
        return file_claim(self.station.household("H1"), asked, uid=uid(), actor=actor, **BY)

    def claim(self, stage: str) -> CoinClaim:
        return db.session.get_one(CoinClaim, self.claims[stage])

    def enter_table(self, actor: Actor) -> int:
        row = points_table.Row(self.station.household("H1"), 3)
        return points_table.enter_rows(item("daily"), [row], what="分类好", done_on=TODAY, uid=uid(), actor=actor, **BY)

    def traces(self) -> tuple[int, ...]:
        """Return how much is written: journals, months closed, steps of claims, audit events."""
        counted = (
            db.session.scalar(sa.select(sa.func.count()).select_from(one))
            for one in (CoinJournal, CoinPeriod, ClaimStep)
        )
        return (*(number or 0 for number in counted), chain_length())


Act = Callable[[Scene, Actor], Any]
ACTS: dict[str, Act] = {
    "earn": lambda scene, actor: scene.station.earn("H1", 5, actor=actor),
    "deduct": lambda scene, actor: scene.station.deduct("H1", 5, actor=actor),
    "redeem": lambda scene, actor: scene.station.redeem("H1", {SOAP: 1}, actor=actor),
    "hold": lambda scene, actor: scene.station.hold("H1", {SOAP: 1}, actor=actor),
    "hand over": lambda scene, actor: scene.station.hand_over(scene.fetched, actor=actor),
    "give back": lambda scene, actor: scene.station.give_back(scene.left, actor=actor),
    "reverse an earning": lambda scene, actor: scene.station.reverse(scene.earned, actor=actor),
    "reverse a sale": lambda scene, actor: scene.station.reverse(scene.bought, actor=actor),
    "allot": lambda scene, actor: scene.station.allot(5, actor=actor),
    "settle": lambda scene, actor: coins.settle_station(scene.station.station, uid=uid(), actor=actor, **BY),
    "close the month": lambda scene, actor: coins.close_month(
        scene.cast.unit("安吉县综治中心"), "2026-10", actor=actor, **BY
    ),
    "import": lambda scene, actor: put(
        workbook([(scene.station.household("H1").code, "", "daily", "3", "2026-11-20", "分类好")]), actor
    ),
    "daily table": Scene.enter_table,
    "file a claim": Scene.file,
    "agree": lambda scene, actor: claims.agree(scene.claim("filed"), actor=actor, at=AT),
    "refuse in review": lambda scene, actor: claims.refuse(scene.claim("doubted"), note="不实", actor=actor, at=AT),
    "approve": lambda scene, actor: claims.approve(scene.claim("agreed"), actor=actor, **BY),
    "refuse": lambda scene, actor: claims.refuse(scene.claim("doubtful"), note="不实", actor=actor, at=AT),
    "object": lambda scene, actor: claims.object_to(scene.claim("notice"), note="没有扫", actor=actor, **BY),
    "settle an objection": lambda scene, actor: claims.settle_objection(
        scene.claim("contested"), upheld=True, note="属实", actor=actor, at=AT
    ),
}
WHOSE = dict.fromkeys(ACTS, OFFICIAL) | {"allot": TOWNSHIP, "settle": TOWNSHIP, "close the month": COUNTY}
# What says of each row why it is not posted says so of a household next door and of one's own, too.
BY_ROW = (point_imports.RowsRefused, points_table.RowsRefused)
ELSEWHERE = (NotFound, NotAllowed, *BY_ROW)
FOR_A_HOME = tuple(
    name for name in ACTS
    if WHOSE[name] == OFFICIAL and name not in {"hold", "give back", "file a claim", "object"}  # as every villager may
)  # fmt: skip
DECISIONS = ("agree", "refuse in review", "approve", "refuse", "settle an objection")


@pytest.fixture
def engine_name() -> str:
    """One engine is enough: what is compared are grants and places, before anything is written."""
    return "sqlite"


def refused(scene: Scene, name: str, actor: Actor) -> Refusal | None:
    """Try an act; return what was said against it."""
    try:
        ACTS[name](scene, actor)
    except Refusal as refusal:
        return refusal
    return None


def done(scene: Scene, names: Iterable[str], actor: Actor, expected: tuple[type[Refusal], ...]) -> list[str]:
    """Try acts one after another; return those that were not refused as expected, or left a trace."""
    before, wrong = scene.traces(), []
    for name in names:
        refusal = refused(scene, name, actor)
        if not isinstance(refusal, expected) or scene.traces() != before:
            wrong.append(f"{actor.username} {name}: {refusal!r}")
            before = scene.traces()
    return wrong


def test_every_act_is_refused_to_everybody_from_elsewhere_and_done_for_whom_it_is_the_affair(
    app: Flask, cast: Cast
) -> None:
    scene = Scene(cast)
    outsiders = [cast.actor(username) for username in STRANGERS]
    insiders = {username: cast.actor(username) for username in (OFFICIAL, TOWNSHIP, COUNTY)}
    for actor in outsiders:
        assert done(scene, ACTS, actor, ELSEWHERE) == []
    above = [name for name, whose in WHOSE.items() if whose != OFFICIAL]
    assert done(scene, above, insiders[OFFICIAL], (NotAllowed,)) == []
    for name, username in WHOSE.items():
        before = scene.traces()
        assert (name, refused(scene, name, insiders[username])) == (name, None)
        assert scene.traces() > before


def test_nobody_posts_or_decides_for_their_own_household(app: Flask, cast: Cast) -> None:
    scene = Scene(cast)
    scene.station.move_in("H1", OFFICIAL)
    official = cast.actor(OFFICIAL)
    assert done(scene, FOR_A_HOME, official, (OwnHousehold, *BY_ROW)) == []


def test_nobody_decides_a_claim_that_they_filed(app: Flask, cast: Cast) -> None:
    filer = cast.actor(OFFICIAL)
    assert done(Scene(cast, filer), DECISIONS, filer, (OwnClaim,)) == []


def test_a_station_clerk_and_a_villager_decide_no_claim_of_their_own_village(app: Flask, cast: Cast) -> None:
    scene = Scene(cast, village="余村村")
    for actor in (cast.actor("clerk.yucun"), cast.actor("villager.yucun")):
        assert done(scene, DECISIONS, actor, (NotAllowed,)) == []
