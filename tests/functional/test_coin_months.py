"""The page on which a county closes its months: what it tells, who may close, what is refused, and closing once."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from models.access import Role
from models.accounts import Membership, User
from models.base import db
from models.claims import CoinClaim
from models.coins import CoinPeriod
from models.points_drafts import PointsDraft
from queries.coin_months import Waiting, waiting
from queries.ledger_head import head_now
from queries.periods import month_before
from services import claims, coins
from services.claim_filing import Asked, file_claim
from services.transaction import write_transaction
from shell import clock
from tests.pages import JudgingClient
from tests.support.cast import AT, SINCE, SYSTEM, Cast
from tests.support.coins import SOAP, Station, uid
from tests.support.points import item, publish_rules

PAGE, COUNTY, DISPATCHER = "/coins/months", "安吉县综治中心", "dispatcher.county"


@pytest.fixture
def station(app: Flask, cast: Cast) -> Station:
    """Coins in the last two months that are over, and in the one that runs."""
    made = Station(cast, budget=0)
    made.allot(500, today=day(2))
    for months in (2, 1, 0):
        made.earn("H1", 40 + months, today=day(months), expires_on=None)
    return made


def day(months: int) -> date:
    """Return the first day of the month so many months ago."""
    return date.fromisoformat(f"{ym(months)}-01")


def ym(months: int) -> str:
    return month_before(f"{clock.today():%Y-%m}", months)


def close(client: JudgingClient, month: str, typed: str | None = None) -> tuple[int, str]:
    client.get("/me")  # whose form carries the token
    answer = client.post(f"{PAGE}/{month}/close", data={"month": month if typed is None else typed})
    return answer.status_code, answer.text


def closed() -> list[tuple[int, str]]:
    rows = db.session.execute(
        sa.select(CoinPeriod.county_id, CoinPeriod.ym).order_by(CoinPeriod.county_id, CoinPeriod.ym)
    )
    return [(county, month) for county, month in rows]


def listed(html: str) -> list[str]:
    """Return the months of the table, in its order."""
    return re.findall(r'<strong class="num nowrap">([0-9-]+)</strong>', html)


def test_a_dispatcher_closes_the_oldest_open_month_and_then_the_next(station: Station, client: JudgingClient) -> None:
    county = station.cast.units[COUNTY]
    station.cast.sign_in(client, DISPATCHER)
    page = client.get(PAGE).text
    assert listed(page) == [ym(0), ym(1), ym(2)]
    assert f"{PAGE}/{ym(2)}/close" in page
    assert f"{PAGE}/{ym(1)}/close" not in page
    assert f"/coins/month-sheet?month={ym(1)}" in page
    assert f"from={ym(1)}" in page

    ask = client.get(f"{PAGE}/{ym(2)}/close").text
    assert "不能再补记" in ask
    assert "没有保存" not in ask
    head = head_now()
    full_width = ym(2).translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789-"})
    assert close(client, ym(2), f" {full_width} ")[0] == 303
    page = client.get(PAGE).text
    assert closed() == [(county, ym(2))]
    assert head.hash in page
    assert "周调度" in page
    assert f"{PAGE}/{ym(1)}/close" in page
    assert close(client, ym(1))[0] == 303
    page = client.get(PAGE).text
    assert closed() == [(county, ym(2)), (county, ym(1))]
    assert f"{PAGE}/{ym(0)}/close" not in page
    assert "过完的月份都结账了" in page


def test_a_double_click_closes_once_and_is_no_refusal(station: Station, client: JudgingClient) -> None:
    station.cast.sign_in(client, DISPATCHER)
    assert [close(client, ym(2))[0] for _click in range(2)] == [303, 303]
    assert closed() == [(station.cast.units[COUNTY], ym(2))]


def test_what_is_refused_is_said_on_the_page_and_nothing_is_closed(station: Station, client: JudgingClient) -> None:
    station.cast.sign_in(client, DISPATCHER)
    wrong = close(client, ym(2), ym(1))
    assert (wrong[0], "还没有结账" in wrong[1], f'value="{ym(1)}"' in wrong[1]) == (422, True, True)
    assert close(client, ym(2), "")[0] == 422
    for month in (ym(0), ym(-1)):
        asked, (status, said) = client.get(f"{PAGE}/{month}/close"), close(client, month)
        assert (asked.status_code, status) == (422, 422)
        assert all("还没有过完" in text for text in (asked.text, said))
        assert 'name="month"' not in asked.text
    assert [client.get(f"{PAGE}/{bad}/close").status_code for bad in ("2026-13", "x", "9999-99")] == [404] * 3
    assert closed() == []


def test_months_are_closed_in_order_and_not_again_after_somebody_else(station: Station, client: JudgingClient) -> None:
    county = station.cast.unit(COUNTY)
    coins.close_month(county, ym(3), actor=SYSTEM, at=clock.now(), today=clock.today())
    station.cast.sign_in(client, DISPATCHER)
    status, said = close(client, ym(1))
    assert (status, f"请先给 {ym(2)} 结账" in said) == (422, True)
    status, said = close(client, ym(3))
    assert (status, "已经结过账" in said) == (409, True)
    assert client.get(f"{PAGE}/{ym(3)}/close").status_code == 409
    assert closed() == [(county.id, ym(3))]
    assert "运维命令" in client.get(PAGE).text


def test_a_month_that_was_closed_with_a_later_one_says_so(station: Station, client: JudgingClient) -> None:
    coins.close_month(station.cast.unit(COUNTY), ym(1), actor=SYSTEM, at=clock.now(), today=clock.today())
    station.cast.sign_in(client, DISPATCHER)
    assert f"和 {ym(1)} 一起结账" in client.get(PAGE).text
    assert close(client, ym(2))[0] == 409


def test_the_county_reads_its_dispatcher_and_administrator_close_and_nobody_else(
    station: Station, client: JudgingClient
) -> None:
    asked = {}
    for username in ("leader.county", "auditor.county", "admin", "official.yucun", "official.tianhuangping",
                     "clerk.yucun", "villager.yucun"):  # fmt: skip
        station.cast.sign_in(client, username)
        page = client.get(PAGE)
        assert (f'href="{PAGE}"' in client.get("/me").text) == (page.status_code == 200)
        asked[username] = (page.status_code, client.get(f"{PAGE}/{ym(2)}/close").status_code)
        if username != "admin":
            assert close(client, ym(2))[0] == 403
    assert asked == {
        "leader.county": (200, 403), "auditor.county": (200, 403), "admin": (200, 200), "official.yucun": (403, 403),
        "official.tianhuangping": (403, 403), "clerk.yucun": (403, 403), "villager.yucun": (403, 403),
    }  # fmt: skip
    assert closed() == []


def test_a_dispatcher_of_another_county_neither_sees_nor_closes_our_months(
    station: Station, client: JudgingClient
) -> None:
    other = station.cast.units["邻县综治中心"]
    with write_transaction():
        theirs = db.session.get_one(User, station.cast.users["official.next"])
        db.session.add(Membership(user_id=theirs.id, org_id=other, role=Role.DISPATCHER, valid_from=SINCE))
    station.cast.sign_in(client, "official.next")
    page = client.get(PAGE).text
    assert (listed(page), "还没有记过账" in page) == ([], True)
    assert close(client, ym(2))[0] == 303
    assert closed() == [(other, ym(2))]
    assert listed(client.get(PAGE).text) == [ym(1), ym(2)]
    station.cast.sign_in(client, DISPATCHER)
    assert "已结账" not in client.get(PAGE).text


def test_the_question_counts_what_is_under_way(station: Station, client: JudgingClient) -> None:
    publish_rules(station.cast)
    at, today = clock.now(), clock.today()
    made: list[CoinClaim] = []
    for done_on in (day(1), day(1), day(1), day(0)):
        asked = Asked(item=item("clean"), points=1, done_on=done_on, what="扫了门前", evidence="有照片")
        filed = file_claim(station.household("H1"), asked, uid=uid(), actor=SYSTEM, at=AT, today=today)
        made.append(filed)
    for claim in made[1:3]:
        claims.agree(claim, actor=SYSTEM, at=AT)
        claims.approve(claim, actor=SYSTEM, at=AT, today=today)
    claims.object_to(made[2], note="没有扫", actor=SYSTEM, at=AT, today=today)
    station.hold("H1", {SOAP: 1}, today=day(1), at=at + timedelta(days=1))
    rule = item("daily").id
    with write_transaction():
        writer = station.cast.users["official.yucun"]
        draft = PointsDraft(
            user_id=writer, village_id=station.village_id, rule_item_id=rule, uid=uid(), sealed="", updated_at=AT
        )
        db.session.add(draft)
    county = station.cast.units[COUNTY]
    assert waiting(county, ym(1)) == Waiting(undecided=1, on_notice=1, contested=1, held=1, unsaved=1)
    assert waiting(county, ym(0)) == Waiting(undecided=2, on_notice=1, contested=1, held=1, unsaved=1)
    assert waiting(county, ym(2)) == Waiting(undecided=0, on_notice=0, contested=0, held=0, unsaved=1)
    assert waiting(station.cast.units["邻县综治中心"], ym(1)) == Waiting(0, 0, 0, 0, 0)
    station.cast.sign_in(client, DISPATCHER)
    coins.close_month(station.cast.unit(COUNTY), ym(2), actor=SYSTEM, at=at, today=today)
    page = client.get(f"{PAGE}/{ym(1)}/close").text
    assert all(
        said in page for said in ("审批完的申报：1", "入账的申报：1", "裁定的申报：1", "没有领的：1", "记分表：1")
    )
