"""The figures of the coin ledger: counters that follow every posting, the page in the reader's scope, its files."""

from __future__ import annotations

import json
import re
from datetime import date
from html import unescape
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from openpyxl import load_workbook

from models.base import db
from models.coin_figures import CoinMonth
from models.point_rules import RuleItem, RuleSet
from queries.coin_figures import ISSUED, REDEEMED, UNISSUED, CoinFigures, Measure, Question, Row
from queries.ledger_audit import audit_ledger
from services import coins
from services.transaction import write_transaction
from tests.pages import JudgingClient
from tests.support.cast import AT, SYSTEM, TODAY, Cast
from tests.support.coins import RICE, SOAP, Station, uid


@pytest.fixture
def station(app: Flask, cast: Cast) -> Station:
    return Station(cast)


def counted() -> dict[str, tuple[int, int]]:
    """Return journals and coins by flow."""
    query = sa.select(CoinMonth.flow, sa.func.sum(CoinMonth.n), sa.func.sum(CoinMonth.coins)).group_by(CoinMonth.flow)
    return {flow: (int(n), int(total)) for flow, n, total in db.session.execute(query)}


def many_acts(station: Station) -> None:
    """Do a bit of everything that moves coins, with a debt, an expiry and what is taken back of each."""
    station.earn("H1", 100)
    bought = station.redeem("H1", {SOAP: 2})
    station.give_back(station.hold("H1", {RICE: 1}))
    station.hand_over(station.hold("H1", {RICE: 1}))
    station.reverse(bought)
    station.reverse(station.deduct("H1", 3))
    gone = station.earn("H2", 9, expires_on=TODAY)
    spent = station.earn("H2", 10)
    station.deduct("H2", 4)
    coins.expire_household(station.household("H2"), TODAY, actor=SYSTEM, at=AT, today=TODAY)
    station.deduct("H2", 8)
    station.reverse(gone)
    station.reverse(spent)
    station.earn("H2", 6)
    for amount in (5, 3):
        settled = coins.settle_station(station.station, amount=amount, uid=uid(), actor=SYSTEM, at=AT, today=TODAY)
    station.reverse(settled)
    station.reverse(station.allot(70))


def test_counters_say_what_was_posted_and_what_was_taken_back_apart(station: Station) -> None:
    many_acts(station)
    assert counted() == {
        "allot": (2, 10_070), "allot_back": (1, 70),
        "earn": (4, 125), "earn_back": (1, 14), "expire_back": (1, 5),
        "deduct": (3, 15), "deduct_back": (1, 3),
        "redeem": (2, 44), "redeem_back": (1, 14),
        "expire": (1, 5), "settle": (2, 8), "settle_back": (1, 3),
    }  # fmt: skip
    held = station.purse("H1").balance + station.purse("H2").balance + station.purse("H2").debt
    assert held == (125 - 14 - 5) - (15 - 3) - (44 - 14) - (5 - 5)
    assert audit_ledger().breaches == []


def test_counters_that_say_otherwise_are_named_by_the_audit_and_written_anew(app: Flask, station: Station) -> None:
    many_acts(station)
    right = counted()
    with write_transaction():
        db.session.execute(sa.text("UPDATE coin_month SET coins = coins + 1 WHERE flow = 'redeem'"))
        db.session.execute(sa.text("DELETE FROM coin_month WHERE flow = 'earn'"))
    run = app.test_cli_runner().invoke
    told = run(args=["ledger", "audit"])
    assert told.exit_code == 1
    assert told.output.count("I15 ") == 2
    assert "改正 2 处" in run(args=["ledger", "recount"]).output
    db.session.remove()
    assert counted() == right
    assert run(args=["ledger", "audit"]).exit_code == 0


def figures(cast: Cast, username: str, place: str = "", **asked: str) -> CoinFigures:
    question = Question(**{"first": "2026-01", "last": "2026-12", **asked}, place_id=cast.units.get(place))
    return CoinFigures(cast.actor(username), question)


def told(rows: list[Row], measure: Measure) -> dict[str, int]:
    return {row.name: row.flows.of(measure) for row in rows if row.flows}


@pytest.fixture
def two_villages(station: Station, cast: Cast) -> Cast:
    """Coins of two townships, in two months."""
    other = Station(cast, village="红庙村", budget=500)
    station.earn("H1", 40, effective_on=date(2026, 10, 31))
    station.reverse(station.earn("H2", 9))
    station.redeem("H1", {SOAP: 1})
    other.earn("H1", 20)
    return cast


def test_each_reader_sees_the_figures_of_the_own_part_of_the_county(two_villages: Cast) -> None:
    leader = figures(two_villages, "leader.county")
    assert told(leader.by_place, ISSUED) == {"天荒坪镇": 49, "梅溪镇": 20}
    assert {row.name: row.held.coins for row in leader.by_place if row.held and row.held.coins} == {
        "天荒坪镇": 33, "梅溪镇": 20,
    }  # fmt: skip
    assert (leader.held.coins, leader.total.of(UNISSUED), leader.total.of(REDEEMED)) == (53, 9, 7)
    assert told(leader.by_month, ISSUED) == {"2026-10": 40, "2026-11": 29}
    assert told(leader.by_month, UNISSUED) == {"2026-10": 0, "2026-11": 9}
    town = figures(two_villages, "official.tianhuangping")
    assert (told(town.by_place, ISSUED), town.held.coins) == ({"余村村": 49}, 33)
    for username, place in (("official.hongmiao", ""), ("official.hongmiao", "余村村"), ("leader.county", "红庙村")):
        village = figures(two_villages, username, place)
        assert (told(village.by_place, ISSUED), village.held.coins) == ({"红庙村": 20}, 20)
    assert not figures(two_villages, "official.wuhe").total
    assert figures(two_villages, "leader.county", first="2026-10", last="2026-10").total.of(ISSUED) == 40


def test_an_item_of_two_versions_of_the_rules_is_one_row(station: Station, cast: Cast) -> None:
    first, second = (rules(cast, year) for year in (2025, 2026))
    for item in (first, second, second):
        receipt = station.earn("H1", 5, rule_item_id=item)
    station.reverse(receipt)
    station.earn("H1", 3)
    found = figures(cast, "leader.county").by_item
    assert [(row.name, row.flows.times(ISSUED), row.flows.of(ISSUED), row.flows.of(UNISSUED)) for row in found] == [
        ("修桥补路", 3, 15, 5),
        ("没有对应规则的", 1, 3, 0),
    ]


def rules(cast: Cast, year: int) -> int:
    """Publish a version of the county's rules with one item; return the item's id."""
    with write_transaction():
        county = cast.unit("安吉县综治中心")
        item = RuleItem(
            code="road", name="修桥补路", points_min=1, points_max=9, claimants={}, approvers={}, evidence="none"
        )
        rule_set = RuleSet(
            number=year, valid_from=date(year, 1, 1), county_id=county.id, org_id=county.id, items=[item],
            published_at=AT,
        )  # fmt: skip
        db.session.add(rule_set)
        db.session.flush()
        return item.id


def test_the_page_draws_what_its_tables_say_and_leads_on(two_villages: Cast, client: JudgingClient) -> None:
    two_villages.sign_in(client, "leader.county")
    asked = {"span": "own", "from": "2026-10", "to": "2026-11"}
    page = client.get("/coins/figures", query_string=asked).text
    drawn = [json.loads(unescape(one)) for one in re.findall(r'data-chart="([^"]*)"', page)]
    assert [one["labels"] for one in drawn] == [
        ["2026-10", "2026-11"],
        ["天荒坪镇", "梅溪镇", "灵峰街道"],
        ["没有对应规则的"],
    ]
    assert drawn[1]["series"][0] == {"label": "发放", "data": [49, 20, 0]}
    town = two_villages.units["天荒坪镇"]
    assert f"place={town}" in page
    (journals,) = re.findall(r'href="(/coins/journals\.xlsx[^"]*)"[^>]*>2026-10<', page)
    assert parse_qs(urlsplit(unescape(journals)).query) == {"from": ["2026-10-01"], "to": ["2026-10-31"]}
    narrowed = client.get("/coins/figures", query_string={**asked, "place": town}).text
    assert ("余村村" in narrowed, "红庙村" in narrowed) == (True, False)
    assert "这段时间没有道德币进出" in client.get("/coins/figures?span=last_year").text
    two_villages.sign_in(client, "grid.yucun")
    assert client.get("/coins/figures", judge=False).status_code == 403


def test_the_file_has_all_tables_and_the_journals_behind_a_month_those_of_the_place(
    two_villages: Cast, client: JudgingClient
) -> None:
    two_villages.sign_in(client, "official.hongmiao")
    asked = {"span": "own", "from": "2026-10", "to": "2026-11", "place": two_villages.units["余村村"]}
    got = client.get("/coins/figures/export", query_string={**asked, "type": "csv"}, judge=False)
    lines = got.data.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("按,名称,次数,发放,发放冲正,扣减")
    assert [line.split(",")[:4] for line in lines[1:]] == [
        ["月份", "2026-10", "0", "0"], ["月份", "2026-11", "1", "20"], ["地区", "红庙村", "1", "20"],
        ["项目", "没有对应规则的", "1", "20"],
    ]  # fmt: skip
    two_villages.sign_in(client, "auditor.county")
    sheets = [
        load_workbook(BytesIO(client.get("/coins/journals.xlsx", query_string=one, judge=False).data)).active
        for one in ({}, {"place": two_villages.units["梅溪镇"]})
    ]
    assert [sheet.max_row - 1 for sheet in sheets if sheet] == [7, 2]
