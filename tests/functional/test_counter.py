"""The counter of a station over HTTP: clerk, villager, goods, stock, settlement, and what happens by itself."""

from __future__ import annotations

import re
from datetime import date, timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask import Flask

from jobs.coins import expire_coins, sweep_vouchers, verify_ledger
from models.accounts import User
from models.audit import AuditEvent
from models.base import db
from models.coins import CoinHold, CoinJournal
from models.messages import Outbox
from models.stations import CoinGood, CoinStation, CoinStockMove
from queries.ledger_audit import audit_ledger
from services.files import sweep_orphans
from services.people import create_resident
from shell.clock import now
from shell.files import file_store
from tests.pages import JudgingClient
from tests.support.cast import AT, SYSTEM, Cast
from tests.support.coins import RICE, SOAP, Purse, Station, without_triggers
from tests.support.entry import picture

LATER_THAN_EVER = date(2099, 12, 31)  # the pages ask the real clock
UID = re.compile(r'name="uid"[^>]* value="([0-9a-f]{32})"')


@pytest.fixture
def station(app: Flask, cast: Cast) -> Station:
    station = Station(cast)
    station.earn("H1", 100, expires_on=LATER_THAN_EVER)
    return station


def enter_as(client: JudgingClient, cast: Cast, username: str) -> None:
    """Sign in and open a page, whose token the posts then carry."""
    cast.sign_in(client, username)
    client.get("/me")


def uid_of(html: str) -> str:
    found = UID.search(html)
    assert found
    return found.group(1)


def sale(station: Station, code: str = "H1") -> str:
    return f"/counter/{station.id}/h/{station.household(code).id}"


def test_a_basket_is_filled_scanned_and_redeemed_without_a_script_and_a_second_click_is_the_same_receipt(
    client: JudgingClient, station: Station, cast: Cast
) -> None:
    enter_as(client, cast, "clerk.yucun")
    assert client.get("/counter").location == f"/counter/{station.id}"
    found = client.get(f"/counter/{station.id}?q={station.household('H1').code}")
    assert found.location == sale(station)
    page = client.get(sale(station)).text
    uid, rice, soap = uid_of(page), f"q_{station.goods[RICE]}", f"q_{station.goods[SOAP]}"
    page = client.post(sale(station), data={"uid": uid, "act": "scan", "scan": RICE}).text
    page = client.post(sale(station), data={"uid": uid, rice: "1", "act": f"more-{station.goods[SOAP]}"}).text
    assert f'name="{soap}" value="1"' in page
    unknown = client.post(sale(station), data={"uid": uid, rice: "1", "act": "scan", "scan": "690000"})
    assert (unknown.status_code, "没有这个条码" in unknown.text) == (422, True)
    basket = {"uid": uid, rice: "1", soap: "1", "act": "redeem"}
    answers = [client.post(sale(station), data=basket) for _click in range(2)]
    assert [one.location for one in answers] == [f"/receipts/{uid}"] * 2
    assert (station.purse("H1").balance, station.stock(RICE), station.stock(SOAP)) == (63, (9, 0), (9, 0))
    receipt = client.get(f"/receipts/{uid}?paper=a4").text
    assert 'class="paper-a4"' in receipt
    assert "63" in receipt
    assert "撤销这一笔" not in receipt  # the clerk may not
    other = client.post(sale(station), data={**basket, rice: "2"})
    assert (other.status_code, f"/receipts/{uid}" in other.text, uid_of(other.text) != uid) == (409, True, True)


def test_refusals_keep_the_basket_and_change_nothing(client: JudgingClient, station: Station, cast: Cast) -> None:
    enter_as(client, cast, "clerk.yucun")
    rice = f"q_{station.goods[RICE]}"
    for wanted, why in (("4", "道德币不够"), ("11", "缺货"), ("0", "请先选")):
        refused = client.post(sale(station), data={rice: wanted, "act": "redeem"})
        assert (refused.status_code, why in refused.text) == (422, True)
        assert f'name="{rice}" value="{wanted if wanted != "0" else ""}"' in refused.text
    assert (station.purse("H1"), station.stock(RICE)) == (Purse(100, 0, 0), (10, 0))


def test_an_official_takes_a_redemption_back_once_and_with_a_reason(
    client: JudgingClient, station: Station, cast: Cast
) -> None:
    bought = station.redeem("H1", {RICE: 1})
    enter_as(client, cast, "clerk.yucun")
    assert client.post(f"/receipts/{bought.uid}/reverse", data={"reason": "拿错了"}).status_code == 403
    enter_as(client, cast, "official.yucun")
    assert client.post(f"/receipts/{bought.uid}/reverse", data={"reason": " "}).status_code == 422
    assert client.post(f"/receipts/{bought.uid}/reverse", data={"reason": "拿错了"}).status_code == 303
    assert client.post(f"/receipts/{bought.uid}/reverse", data={"reason": "拿错了"}).status_code == 422
    page = client.get(f"/receipts/{bought.uid}").text
    assert "已撤销" in page
    assert "撤销这一笔" not in page
    assert (station.purse("H1").balance, station.stock(RICE)) == (100, (10, 0))


def test_a_villager_holds_and_the_clerk_hands_over_once(client: JudgingClient, station: Station, cast: Cast) -> None:
    enter_as(client, cast, "villager.yucun")
    assert "还没有关联到家庭" in client.get("/own/coins").text
    station.move_in("H1", "villager.yucun")
    assert "2099-12-31 前要用掉" in client.get("/own/coins").text
    page = client.get(f"/own/stations/{station.id}").text
    wanted = {"uid": uid_of(page), f"q_{station.goods[RICE]}": "2", "act": "hold"}
    first, second = (client.post(f"/own/stations/{station.id}", data=wanted) for _click in range(2))
    assert first.location == second.location
    code = first.location.rpartition("/")[2]
    assert code in client.get(first.location).text
    assert station.purse("H1") == Purse(100, 60, 0)

    enter_as(client, cast, "clerk.yucun")
    voucher = client.get(f"/counter/{station.id}?q={code.lower()}").location
    page = client.get(voucher).text
    assert "胡村民" in page
    done = client.post(voucher, data={"uid": uid_of(page)})
    assert client.post(voucher, data={"uid": uid_of(page)}).location == done.location
    assert "已经用过" in client.post(voucher, data={}).text
    assert client.get(done.location).status_code == 200
    assert (station.purse("H1"), station.stock(RICE)) == (Purse(40, 0, 0), (8, 0))


def test_a_villager_meets_only_the_own_household_and_cancels(
    client: JudgingClient, station: Station, cast: Cast
) -> None:
    station.move_in("H1", "villager.yucun")
    station.earn("H2", 40)
    others, own = station.hold("H2", {RICE: 1}), station.hold("H1", {SOAP: 1}, at=now())
    enter_as(client, cast, "villager.yucun")
    assert client.get(f"/own/vouchers/{others.code}").status_code == 404
    assert client.post(f"/own/vouchers/{others.code}/cancel").status_code == 404
    assert client.get(sale(station, "H2")).status_code == 403
    assert client.post(f"/own/vouchers/{own.code}/cancel").status_code == 303
    assert (station.purse("H1").held, station.purse("H2").held) == (0, 30)


def test_an_administrator_links_a_villager_to_the_household_by_an_exact_number(
    client: JudgingClient, station: Station, cast: Cast
) -> None:
    home = station.household("H1").code
    person = {"name": "胡村民", "phone": "13812342084", "household_code": home}
    resident = create_resident(cast.units["余村村"], answers=person, actor=cast.actor("official.yucun"), at=AT).id
    villager = cast.users["villager.yucun"]
    enter_as(client, cast, "admin")
    page = f"/admin/users/resident/?id={villager}"
    assert "没有这个号码" in client.post(page, data={"number": "13800000000"}).text
    assert client.post(page, data={"number": "138 1234 2084"}).status_code == 302
    assert db.session.get_one(User, villager).resident_id == resident
    assert "已关联" in client.get(f"/admin/users/details/?id={villager}").text
    enter_as(client, cast, "villager.yucun")
    assert home in client.get("/own/coins").text
    enter_as(client, cast, "admin.next")
    assert client.post(page, data={"number": ""}).status_code == 404


def test_the_home_of_a_counter_counts_the_vouchers_that_wait_there_and_no_others(
    client: JudgingClient, station: Station, cast: Cast
) -> None:
    waits = "张兑换券等人来领"
    enter_as(client, cast, "clerk.yucun")
    empty = client.get("/").text
    assert ('href="/counter"' in empty, waits in empty) == (True, False)
    for _one in range(2):
        station.hold("H1", {SOAP: 1}, at=now())
    assert f"有 2 {waits}" in client.get("/").text
    enter_as(client, cast, "official.wuhe")
    assert waits not in client.get("/").text


def test_lapsed_vouchers_are_said_to_be_so_and_swept(client: JudgingClient, station: Station, cast: Cast) -> None:
    held = station.hold("H1", {RICE: 1}, at=now() - timedelta(hours=1))
    enter_as(client, cast, "clerk.yucun")
    assert "已经过期" in client.get(f"/counter/{station.id}/v/{held.code}").text
    assert sweep_vouchers(now()) == {"vouchers": 1}
    assert sweep_vouchers(now()) == {"vouchers": 0}
    assert station.purse("H1") == Purse(100, 0, 0)
    assert "已退回" in client.get(f"/counter/{station.id}/v/{held.code}").text


def test_nobody_next_door_meets_the_station(client: JudgingClient, station: Station, cast: Cast) -> None:
    bought = station.redeem("H1", {RICE: 1})
    enter_as(client, cast, "official.wuhe")
    addresses = [
        f"/counter/{station.id}", sale(station), f"/stock/{station.id}", f"/receipts/{bought.uid}",
        f"/admin/stations/details/?id={station.id}", f"/counter/{10**30}",
    ]  # fmt: skip
    assert {one: client.get(one).status_code for one in addresses} == dict.fromkeys(addresses, 404)
    assert client.post(f"/receipts/{bought.uid}/reverse", data={"reason": "拿错了"}).status_code == 404


def test_stock_moves_by_hand_are_counted_once(client: JudgingClient, station: Station, cast: Cast) -> None:
    enter_as(client, cast, "clerk.yucun")
    home, rice = f"/stock/{station.id}", station.goods[RICE]
    coming = {"kind": "in", "good": rice, "quantity": "5", f"seen_{rice}": "10", "note": "送来"}
    assert client.post(home, data=coming).status_code == 303
    assert client.post(home, data=coming).status_code == 409  # a second click
    loss = {"kind": "loss", "good": rice, "quantity": "1", f"seen_{rice}": "15"}
    assert client.post(home, data=loss).status_code == 422
    assert client.post(home, data={**loss, "note": "受潮"}).status_code == 303
    station.hold("H1", {RICE: 2})
    out = {"kind": "out", "good": rice, "quantity": "13", f"seen_{rice}": "14"}
    assert "缺货" in client.post(home, data=out).text
    for found, status in (("1", 422), ("12", 303)):
        counted = client.post(f"{home}/count", data={f"n_{rice}": found, f"seen_{rice}": "14"})
        assert counted.status_code == status
    assert station.stock(RICE) == (12, 2)
    assert client.post(f"{home}/reminders", data={f"n_{rice}": "10"}).status_code == 303
    assert "快用完了" in client.get(home).text
    assert [move.kind for move in db.session.scalars(sa.select(CoinStockMove).order_by(CoinStockMove.id))][-3:] == [
        "in", "loss", "count",
    ]  # fmt: skip
    assert audit_ledger().breaches == []


def test_goods_have_a_small_picture_that_outlives_the_sweep(
    client: JudgingClient, station: Station, cast: Cast
) -> None:
    enter_as(client, cast, "admin")
    good = {"name": "食用油", "code": "69012345", "unit": "桶", "price": "60", "on_sale": "y"}
    made = client.post("/admin/goods/new/", data={**good, "picture": (BytesIO(picture()), "油.jpg")})
    assert made.status_code == 302
    assert client.post("/admin/goods/new/", data=good).status_code != 302  # the code is taken
    oil = db.session.scalars(sa.select(CoinGood).where(CoinGood.code == "69012345")).one()
    assert oil.picture
    db.session.rollback()
    sweep_orphans(file_store(), actor=SYSTEM, at=now() + timedelta(days=3))
    enter_as(client, cast, "villager.yucun")
    assert client.get(f"/files/{oil.picture}").mimetype == "image/jpeg"
    enter_as(client, cast, "admin.next")
    assert client.get(f"/files/{oil.picture}").status_code == 404
    enter_as(client, cast, "official.yucun")
    assert client.get("/admin/goods/new/").status_code == 403


def test_a_station_is_opened_settled_and_closed_when_nothing_is_left(
    client: JudgingClient, station: Station, cast: Cast
) -> None:
    station.redeem("H1", {RICE: 1})
    enter_as(client, cast, "official.tianhuangping")
    made = {"name": "五鹤村道德易站", "code": "YZ-W", "org_id": cast.units["五鹤村"], "opened_on": "2026-11-01"}
    assert client.post("/admin/stations/new/", data=made).status_code == 302
    assert client.post("/admin/stations/new/", data={**made, "org_id": cast.units["红庙村"]}).status_code == 200
    close = f"/admin/stations/close/?id={station.id}"
    closing = {"closed_on": "2026-11-22", "row_version": "1"}
    assert "没有结算" in client.post(close, data=closing).text
    settle = f"/admin/stations/settle/?id={station.id}"
    page = client.get(settle).text
    for _click in range(2):
        assert client.post(settle, data={"uid": uid_of(page), "amount": "30"}).status_code == 302
    assert station.balance("settled") == 30
    assert "还有库存" in client.post(close, data=closing).text
    opened = db.session.scalars(sa.select(CoinStation).where(CoinStation.code == "YZ-W")).one()
    assert client.post(f"/admin/stations/close/?id={opened.id}", data=closing).status_code == 302
    enter_as(client, cast, "official.yucun")
    assert client.get(settle).status_code == 403


def test_coins_expire_and_a_breach_is_told_to_administrators_leaders_and_auditors(
    app: Flask, station: Station, cast: Cast
) -> None:
    station.earn("H2", 8, expires_on=(AT - timedelta(days=1)).date())
    assert expire_coins(AT) == {"households": 1, "coins": 8}
    assert expire_coins(AT) == {"households": 0, "coins": 0}
    assert verify_ledger(AT)["breaches"] == []
    db.session.remove()
    with db.engine.begin() as connection:
        connection.execute(sa.text(without_triggers()))
        connection.execute(sa.text("UPDATE coin_line SET amount = amount + 1 WHERE journal_id = 1"))
    assert verify_ledger(AT)["breaches"]
    told = {message.user_id for message in db.session.scalars(sa.select(Outbox))}
    assert told == {cast.users[name] for name in ("admin", "leader.county", "auditor.county", "admin.next")}


def test_a_voucher_in_another_village_is_not_found(client: JudgingClient, station: Station, cast: Cast) -> None:
    held = station.hold("H1", {RICE: 1}, at=now())
    elsewhere = Station(cast, village="五鹤村")
    enter_as(client, cast, "official.wuhe")
    assert client.get(f"/counter/{elsewhere.id}/v/{held.code}").status_code == 404
    assert "没有找到这一户" in client.get(f"/counter/{elsewhere.id}?q={held.code}").text
    assert db.session.get_one(CoinHold, held.hold_id).state == "open"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CoinJournal).where(CoinJournal.kind == "post")) == 0
    assert db.session.scalar(sa.select(AuditEvent.id).where(AuditEvent.act == "coin:post")) is None
