"""Claims of coins from filing to posting, their caps, and who may not decide them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from models.base import db
from models.claims import ClaimState, CoinClaim
from queries.claims import claim_by_uid, listed, on_notice
from queries.point_rules import expires_on, rules_in_force
from services import claims
from services.claim_duties import OwnApproval, OwnClaim, OwnObjection, OwnRefusal
from services.claim_filing import Asked, ClaimRefused, file_claim
from services.claim_posting import post_due
from services.claims import CapReached, ClaimMoved
from services.coins import OwnHousehold
from services.point_rules import RulesPublished, Said, Terms, put_item
from services.refusals import NotAllowed, NotFound
from shell import clock
from tests.pages import JudgingClient
from tests.support.cast import AT, SYSTEM, TODAY, Cast
from tests.support.coins import Station, uid
from tests.support.entry import picture
from tests.support.points import FROM, item, publish_rules

OFFICIAL, WORKER, TOWN = "official.yucun", "grid.yucun", "official.tianhuangping"


class Village:
    """余村村 with the county's rules, a budget, and short ways through a claim. Pages know no day but the real one."""

    def __init__(self, cast: Cast, **more: Any) -> None:
        self.day = clock.today()
        self.later = self.day + timedelta(days=4)
        self.cast, self.station = cast, Station(cast, stock=0, **more)
        publish_rules(cast)

    def file(self, code: str, points: int, *, by: str = WORKER, what: str = "clean", **more: Any) -> CoinClaim:
        said = {"what": "扫了门前", "evidence": "有照片", **more}
        asked = Asked(item=item(what), points=points, done_on=self.day, **said)
        return file_claim(
            self.station.household(code), asked, uid=uid(), actor=self.cast.actor(by), at=AT, today=self.day
        )

    def do(self, act: Callable[..., Any], claim: CoinClaim, *, by: str = OFFICIAL, **more: Any) -> CoinClaim:
        made: CoinClaim = act(claim, actor=self.cast.actor(by), at=AT, **more)
        return made

    def approved(self, code: str, points: int, **more: Any) -> CoinClaim:
        claim = self.file(code, points, **more)
        if claim.item.review:
            self.do(claims.agree, claim)
        return self.do(claims.approve, claim, today=self.day)

    def sweep(self, day: date) -> tuple[int, int]:
        return post_due(actor=SYSTEM, at=AT, today=day)


@pytest.fixture
def village(app: Flask, cast: Cast) -> Village:
    return Village(cast)


def test_a_claim_becomes_coins_after_review_approval_and_notice_and_only_once(village: Village) -> None:
    member = village.station.move_in("H1", "villager.yucun")
    claim = village.file("H1", 6, by="villager.yucun", resident_id=member)
    with pytest.raises(ClaimMoved):
        village.do(claims.approve, claim, today=village.day)
    village.do(claims.agree, claim, note="属实", by=WORKER)
    village.do(claims.approve, claim, today=village.day)
    assert claim.notice_until == village.day + timedelta(days=3)
    assert village.sweep(village.day + timedelta(days=3)) == (0, 0)
    assert (village.sweep(village.later), village.sweep(village.later)) == ((1, 0), (0, 0))
    assert (claim.state, village.station.purse("H1").balance) == (ClaimState.POSTED, 6)
    assert [step.act for step in claim.steps] == ["file", "agree", "approve", "post"]
    for statement in ("DELETE FROM coin_claim_step", "UPDATE coin_claim SET what = ''"):
        with pytest.raises(DBAPIError), db.engine.begin() as connection:
            connection.execute(sa.text(statement))


def test_caps_count_what_is_posted_and_what_waits_within_the_month_of_the_deed(village: Village) -> None:
    village.approved("H1", 10)
    second = village.file("H1", 6)
    village.do(claims.agree, second)
    with pytest.raises(CapReached):
        village.do(claims.approve, second, today=village.day)
    third = village.file("H1", 5)
    village.do(claims.agree, third)
    village.do(claims.approve, third, today=village.day)
    village.station.earn("H1", 3, rule_item_id=item("clean").id, today=village.day)
    assert village.sweep(village.later) == (0, 2)
    assert "上限" in third.waits_for
    village.station.earn("H2", 3, rule_item_id=item("clean").id, today=village.day)
    village.approved("H2", 10)


def test_who_filed_it_and_who_lives_there_decide_nothing(village: Village) -> None:
    own = village.file("H1", 5, by=OFFICIAL)
    for act in (claims.agree, claims.refuse):
        with pytest.raises(OwnClaim):
            village.do(act, own, note="不行")
    village.do(claims.agree, own, by=WORKER)
    with pytest.raises(OwnClaim):
        village.do(claims.approve, own, today=village.day)
    village.station.move_in("H2", OFFICIAL)
    home = village.file("H2", 5)
    with pytest.raises(OwnHousehold):
        village.do(claims.agree, home)
    refused = claims.approve_all([own, home], actor=village.cast.actor(TOWN), at=AT, today=village.day)
    assert [(claim.id, type(why)) for claim, why in refused] == [(home.id, ClaimMoved)]
    assert own.state == ClaimState.NOTICE


def test_another_village_neither_sees_nor_decides(village: Village, client: JudgingClient) -> None:
    claim = village.file("H1", 5)
    stranger = village.cast.actor("official.wuhe")
    assert claim_by_uid(claim.uid, stranger) is None
    assert listed("review", stranger).claims == []
    for act in (claims.agree, claims.approve, claims.refuse, claims.object_to):
        more: dict[str, Any] = {"note": "不行"} | (
            {"today": village.day} if act in {claims.approve, claims.object_to} else {}
        )
        with pytest.raises(NotFound):
            act(claim, actor=stranger, at=AT, **more)
    with pytest.raises(NotAllowed):
        village.do(claims.approve, claim, by=WORKER, today=village.day)
    with pytest.raises(NotFound):
        village.file("H1", 5, by="official.wuhe")
    with pytest.raises(NotAllowed):
        village.file("H1", 2, by="villager.yucun")
    address = f"/claims/{claim.uid}"
    village.cast.sign_in(client, "official.wuhe")
    assert client.get(address).status_code == 404
    assert client.post(f"{address}/agree", data={"note": ""}).status_code == 404
    village.cast.sign_in(client, OFFICIAL)
    assert "扫了门前" in client.get(address).text
    assert client.post(f"{address}/agree", data={"note": "属实"}, follow_redirects=True).status_code == 200
    assert claim.state == ClaimState.AGREED


def test_a_grid_worker_files_with_a_photograph_that_only_readers_of_the_claim_see(
    village: Village, client: JudgingClient
) -> None:
    home = village.station.household("H1").id
    village.cast.sign_in(client, WORKER)
    assert f"household={home}" in client.get(f"/field/claims/new?q={village.station.household('H1').code}").text
    said = {"household": home, "item": item("clean").id, "points": "12", "what": "扫雪", "uid": uid()}
    said |= {"done_on": village.day.isoformat(), "evidence": "", "resident_id": ""}
    wrong = client.post("/field/claims/new", data={**said, "photo": (BytesIO(picture()), "a.jpg")})
    assert (wrong.status_code, "照片已经收到" in wrong.text, "1 到 10" in wrong.text) == (422, True, True)
    photo = re.search(r'name="sent_photo" value="(\w+)"', wrong.text)
    assert photo is not None
    done = client.post("/field/claims/new", data={**said, "points": "9", "sent_photo": photo[1]})
    claim = db.session.scalars(sa.select(CoinClaim)).one()
    assert (done.status_code, claim.uid, claim.points, claim.photo) == (303, said["uid"], 9, photo[1])
    for username, status in ((OFFICIAL, 200), ("villager.yucun", 404), ("official.wuhe", 404)):
        village.cast.sign_in(client, username)
        assert client.get(f"/files/{photo[1]}").status_code == status


def test_an_objection_stops_the_claim_until_it_is_decided_and_a_refusal_is_appealed_once(village: Village) -> None:
    claim = village.approved("H1", 5)
    neighbour = village.cast.actor("villager.yucun")
    claims.object_to(claim, note="没有扫", actor=neighbour, at=AT, today=village.day)
    assert village.sweep(village.later) == (0, 0)
    village.do(claims.settle_objection, claim, upheld=True, note="确实没有扫", by=TOWN)
    village.do(claims.appeal, claim, note="后来扫了", by=WORKER)
    village.do(claims.refuse, claim, note="已经核实", by=OFFICIAL)
    with pytest.raises(ClaimMoved):
        village.do(claims.appeal, claim, note="再看看", by=WORKER)
    other = village.approved("H2", 5)
    claims.object_to(other, note="看错了", actor=neighbour, at=AT, today=village.day)
    village.do(claims.settle_objection, other, upheld=False, note="有照片", by=TOWN)
    assert village.sweep(village.later) == (1, 0)


def test_who_refused_a_claim_has_no_say_in_its_appeal(village: Village, client: JudgingClient) -> None:
    village.station.move_in("H1", "villager.yucun")
    claim = village.file("H1", 5, by="villager.yucun")
    village.do(claims.refuse, claim, note="没有看到")
    village.do(claims.appeal, claim, note="有照片", by="villager.yucun")
    refusals: dict[Callable[..., Any], dict[str, str]] = {claims.agree: {}, claims.refuse: {"note": "还是没有"}}
    for act, more in refusals.items():
        with pytest.raises(OwnRefusal):
            village.do(act, claim, **more)
    village.cast.sign_in(client, OFFICIAL)
    page = client.get(f"/claims/{claim.uid}").text
    assert ("申诉要由别人来办" in page, f"/claims/{claim.uid}/agree" in page) == (True, False)
    village.do(claims.agree, claim, by=WORKER)
    with pytest.raises(OwnRefusal):
        village.do(claims.approve, claim, today=village.day)
    village.do(claims.approve, claim, today=village.day, by=TOWN)
    assert claim.state == ClaimState.NOTICE


def test_the_township_decides_an_appeal_where_the_village_has_nobody_else(
    village: Village, client: JudgingClient
) -> None:
    claim = village.file("H1", 5)
    village.do(claims.refuse, claim, note="没有看到")
    with pytest.raises(NotAllowed):
        village.do(claims.approve, village.file("H2", 5), today=village.day, by=WORKER)
    village.do(claims.appeal, claim, note="有照片", by=WORKER)
    village.cast.sign_in(client, TOWN)
    assert f"/claims/{claim.uid}/approve" in client.get(f"/claims/{claim.uid}").text
    assert client.post(f"/claims/{claim.uid}/approve", data={"note": "照片属实"}).status_code == 303
    assert claim.state == ClaimState.NOTICE


def test_who_approved_or_objected_does_not_decide_the_objection(village: Village, client: JudgingClient) -> None:
    village.station.earn("H1", 30)
    fine = village.approved("H1", 8, what="fine")
    village.do(claims.object_to, fine, note="家里人说不是他们倒的", today=village.day)
    with pytest.raises(OwnObjection):
        village.do(claims.settle_objection, fine, upheld=False, note="照片清楚")
    village.do(claims.settle_objection, fine, upheld=True, note="认错了人家", by=TOWN)
    other = village.approved("H2", 5)
    village.do(claims.object_to, other, note="没有扫", today=village.day, by=WORKER)
    with pytest.raises(OwnApproval):
        village.do(claims.settle_objection, other, upheld=False, note="有照片")
    village.cast.sign_in(client, OFFICIAL)
    assert "异议要由别人裁定" in client.get(f"/claims/{other.uid}").text
    assert (fine.state, other.state) == (ClaimState.REFUSED, ClaimState.CONTESTED)


def test_a_deduction_is_known_to_its_household_alone_and_waits_for_its_appeal(
    village: Village, client: JudgingClient
) -> None:
    village.station.earn("H1", 30)
    claim = village.approved("H1", 8, what="fine")
    neighbour = village.cast.actor("villager.yucun")
    assert on_notice(village.cast.actor(OFFICIAL), village.day) == []
    assert claim_by_uid(claim.uid, neighbour) is None
    with pytest.raises(NotFound):
        claims.object_to(claim, note="同情", actor=neighbour, at=AT, today=village.day)
    shown = village.approved("H2", 4)
    village.cast.sign_in(client, "villager.yucun")
    board = client.get("/coins/notice").text
    assert ("庭院整洁" in board, "乱倒垃圾" in board, "张**" in board, "张三" in board) == (True, False, True, False)
    assert client.get(f"/field/claims/{claim.uid}").status_code == 404
    village.station.move_in("H1", "villager.yucun")
    assert "乱倒垃圾" in client.get(f"/field/claims/{claim.uid}").text
    assert village.sweep(village.day + timedelta(days=6)) == (2, 0)
    assert (village.station.purse("H1").balance, claim.state, shown.state) == (22, "posted", "posted")


def test_a_village_without_budget_keeps_its_claims_waiting_and_says_why(app: Flask, cast: Cast) -> None:
    village = Village(cast, budget=3)
    claim = village.approved("H1", 5)
    assert village.sweep(village.later) == (0, 1)
    assert "额度" in claim.waits_for
    assert [one.id for one in listed("waiting", cast.actor(OFFICIAL)).claims] == [claim.id]
    village.station.allot(2)
    assert village.sweep(village.later) == (1, 0)
    assert (claim.waits_for, village.station.purse("H1").balance) == ("", 5)


@pytest.mark.parametrize(
    ("what", "said", "state", "open_to_objection"),
    [
        ("clean", "公示期满自动入账", "公示中", True),
        ("daily", "不用公示，随后自动入账", "等待入账", False),
        ("fine", "告知期满自动扣分", "告知中", True),
    ],
)
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_an_approval_says_what_follows_from_what_the_item_asks_for(
    village: Village, client: JudgingClient, what: str, said: str, state: str, *, open_to_objection: bool
) -> None:
    claim = village.file("H1", 3, what=what, by=OFFICIAL if what == "daily" else WORKER)
    if claim.item.review:
        village.do(claims.agree, claim)
    village.cast.sign_in(client, TOWN)
    client.get("/claims")
    page = client.post(f"/claims/{claim.uid}/approve", data={"note": ""}, follow_redirects=True).text
    assert (said in page, f">{state}<" in page) == (True, True)
    assert (f"/claims/{claim.uid}/object" in page) == open_to_objection


def test_ticked_claims_are_approved_together_and_what_is_over_a_cap_is_named(
    village: Village, client: JudgingClient
) -> None:
    waiting = [village.file("H1", points) for points in (9, 8)] + [village.file("H2", 7)]
    for claim in waiting:
        village.do(claims.agree, claim)
    village.cast.sign_in(client, OFFICIAL)
    shown = client.get("/claims?tab=approve").text
    assert shown.count('type="checkbox" name="uid"') == 3
    assert "还没有勾选" in client.post("/claims/approve", data={}, follow_redirects=True).text
    ticked = {"uid": [claim.uid for claim in waiting]}
    done = client.post("/claims/approve", data=ticked, follow_redirects=True).text
    assert ("已通过 2 条" in done, "庭院整洁 没有通过：超过这一项的上限" in done) == (True, True)
    assert [claim.state for claim in waiting] == [ClaimState.NOTICE, ClaimState.AGREED, ClaimState.NOTICE]
    village.cast.sign_in(client, "official.wuhe")
    client.get("/claims")
    client.post("/claims/approve", data=ticked)
    assert waiting[1].state == ClaimState.AGREED


def test_published_rules_stay_a_village_has_its_own_and_coins_expire_by_them(village: Village, cast: Cast) -> None:
    county = rules_in_force(cast.unit("余村村"), TODAY)
    assert county is not None
    with pytest.raises(RulesPublished):
        put_item(county, Said(code="x", name="新", points_min=1, points_max=1), actor=cast.actor("admin"), at=AT)
    for statement in ("UPDATE coin_rule_set SET number = 9", "DELETE FROM coin_rule_item"):
        with pytest.raises(DBAPIError), db.engine.begin() as connection:
            connection.execute(sa.text(statement))
    publish_rules(cast, owner="余村村")
    own, other = (rules_in_force(cast.unit(name), TODAY) for name in ("余村村", "五鹤村"))
    assert own is not None
    assert other is not None
    assert (own.org_id, other.id) == (cast.units["余村村"], county.id)
    assert expires_on(own, TODAY) == date(2026, 12, 31)
    own.expiry_years, own.expiry_months = None, 3
    assert expires_on(own, date(2026, 11, 30)) == date(2027, 2, 28)
    db.session.rollback()
    assert Terms(FROM).expiry_years == 0
    with pytest.raises(ClaimRefused):
        Village.file(village, "H1", 11)
