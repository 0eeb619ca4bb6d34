"""Taking back what was allotted to a village, and what was settled with a station, on their pages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.base import db
from models.coins import CoinJournal
from queries import unit_journals
from queries.budgets import quarter_of
from queries.ledger_audit import audit_ledger
from services import coins
from services.posting import Receipt
from shell import clock
from tests.pages import JudgingClient
from tests.support.cast import AT, SYSTEM, TODAY, Cast
from tests.support.coins import SOAP, Station, uid

PAGE = "/coins/budgets"
TOWN, OTHER_TOWN, VILLAGE = "official.tianhuangping", "official.meixi", "official.yucun"


@pytest.fixture
def station(app: object, cast: Cast) -> Station:
    return Station(cast, budget=0)


def allotted(station: Station, amount: int) -> str:
    return station.allot(amount, today=clock.today(), actor=station.cast.actor(TOWN)).uid


def settled(station: Station) -> Receipt:
    return coins.settle_station(station.station, uid=uid(), actor=SYSTEM, at=AT, today=TODAY)


def test_a_township_takes_an_allotment_back_once_and_the_list_says_so(station: Station, client: JudgingClient) -> None:
    one = allotted(station, 70)
    station.cast.sign_in(client, TOWN)
    assert f'href="{PAGE}/{one}"' in client.get(PAGE).text
    assert "撤回这一笔" in client.get(f"{PAGE}/{one}").text

    form = {"uid": uid(), "reason": "给错了村"}
    silent = client.post(f"{PAGE}/{one}/reverse", data=form | {"reason": " "})
    assert (silent.status_code, station.balance("budget")) == (422, 70)
    for _again in range(2):
        assert client.post(f"{PAGE}/{one}/reverse", data=form).status_code == 303
    assert (station.balance("budget"), station.balance("issuer")) == (0, 0)
    page = client.get(f"{PAGE}/{one}").text
    assert ("给错了村" in page, "撤回这一笔" in page) == (True, False)
    assert client.get(PAGE).text.count("已撤回") == 1
    assert client.post(f"{PAGE}/{one}/reverse", data=form | {"uid": uid()}).status_code == 422
    assert not audit_ledger().breaches


def test_an_allotment_of_which_the_village_awarded_says_why_it_stays_and_keeps_what_was_typed(
    station: Station, client: JudgingClient
) -> None:
    one = allotted(station, 50)
    station.earn("H1", 20, today=clock.today(), expires_on=None)
    station.cast.sign_in(client, TOWN)
    assert "收不回来" in client.get(f"{PAGE}/{one}").text
    refused = client.post(f"{PAGE}/{one}/reverse", data={"uid": uid(), "reason": "给错了村"})
    assert refused.status_code == 422
    assert all(words in refused.text for words in ("还剩 30", "收不回 50", 'value="给错了村"', "<details"))
    assert station.balance("budget") == 30


def test_who_may_not_allot_there_neither_sees_nor_takes_back(station: Station, client: JudgingClient) -> None:
    one = allotted(station, 50)
    form = {"uid": uid(), "reason": "给错了村"}
    for username, status in ((VILLAGE, 403), (OTHER_TOWN, 404)):
        station.cast.sign_in(client, username)
        assert one not in client.get(PAGE).text
        assert client.get(f"{PAGE}/{one}").status_code == status
        assert client.post(f"{PAGE}/{one}/reverse", data=form).status_code == status
    assert station.balance("budget") == 50


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_the_list_is_of_the_quarter_and_reads_on(
    station: Station, client: JudgingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_journals, "PAGE", 2)
    made = [allotted(station, amount) for amount in (11, 12, 13)]
    before = station.allot(99, today=clock.today() - timedelta(days=100)).uid
    station.cast.sign_in(client, TOWN)
    number = db.session.query(CoinJournal.id).filter(CoinJournal.uid == made[1]).scalar()
    first, second = client.get(PAGE).text, client.get(f"{PAGE}?before={number}").text
    assert [one in first for one in (*made, before)] == [False, True, True, False]
    assert [one in second for one in (*made, before)] == [True, False, False, False]
    assert f"before={number}" in first
    earlier = client.get(f"{PAGE}?quarter={quarter_of(clock.today() - timedelta(days=100))}").text
    assert before in earlier


def test_a_township_takes_a_settlement_back_and_the_station_has_its_coins_again(
    station: Station, client: JudgingClient
) -> None:
    station.allot(500)
    station.earn("H1", 60)
    station.redeem("H1", {SOAP: 2})
    receipt = settled(station)
    page, details = f"/coins/settlements/{receipt.uid}", f"/admin/stations/details/?id={station.id}"
    form = {"uid": uid(), "reason": "货款没有付"}

    station.cast.sign_in(client, VILLAGE)
    assert page not in client.get(details).text
    assert [client.get(page).status_code, client.post(f"{page}/reverse", data=form).status_code] == [403, 403]
    station.cast.sign_in(client, OTHER_TOWN)
    assert [client.get(page).status_code, client.post(f"{page}/reverse", data=form).status_code] == [404, 404]

    station.cast.sign_in(client, TOWN)
    assert client.get(details).text.count(page) == 2  # its number, and the way to take it back
    assert client.post(f"{page}/reverse", data=form | {"reason": ""}).status_code == 422
    assert client.post(f"{page}/reverse", data=form).status_code == 303
    assert (station.balance("station"), station.balance("settled")) == (14, 0)
    shown = client.get(details).text
    assert ("已撤回" in shown, shown.count(page)) == (True, 1)
    assert client.get(f"/coins/budgets/{receipt.uid}").status_code == 404


def test_a_settlement_is_no_allotment_and_points_are_neither(station: Station, client: JudgingClient) -> None:
    station.allot(500)
    earned = station.earn("H1", 60)
    station.cast.sign_in(client, TOWN)
    for page in (f"{PAGE}/{earned.uid}", f"/coins/settlements/{earned.uid}"):
        assert client.get(page).status_code == 404


@pytest.mark.parametrize("before", [2**53 - 1, 2**53, 2**70, -1, "x"])
def test_a_page_that_cannot_be_is_the_first(station: Station, client: JudgingClient, before: object) -> None:
    one = allotted(station, 50)
    station.cast.sign_in(client, TOWN)
    shown = client.get(f"{PAGE}?before={before}")
    assert (shown.status_code, one in shown.text) == (200, True)
