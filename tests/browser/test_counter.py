"""The counter in Chromium on a phone: a hand scanner as keyboard, a voucher from the villager's phone, the receipt."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from models.base import db
from shell.bearer import TOKEN
from tests.browser.test_entry import PHONE, accessible, narrow_enough, open_as
from tests.functional.test_counter import LATER_THAN_EVER
from tests.support.cast import Cast
from tests.support.coins import RICE, SOAP, Purse, Station
from tests.support.web import serving

pytestmark = pytest.mark.browser


@pytest.fixture
def engine_name() -> str:
    return "sqlite"


@pytest.fixture
def station(app: Flask, cast: Cast) -> Station:
    station = Station(cast)
    station.earn("H1", 100, expires_on=LATER_THAN_EVER)
    station.move_in("H1", "villager.yucun")
    return station


@pytest.fixture
def address(app: Flask, station: Station) -> Iterator[str]:
    with serving(app) as running:
        yield running


def become(page: Page, address: str, app: Flask, cast: Cast, username: str) -> None:
    """Let somebody else take the device."""
    client = app.test_client()
    with client.session_transaction() as session:
        session[TOKEN] = cast.token(username)
    cookie = client.get_cookie("zhiye")
    assert cookie is not None
    page.context.add_cookies([{"name": "zhiye", "value": cookie.value, "url": address}])


def scan(page: Page, code: str) -> None:
    """Do what a hand scanner does: type, and press Enter."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def purse(station: Station) -> Purse:
    """Return what the household has by now: the server has written since this thread read."""
    db.session.rollback()
    return station.purse("H1")


def test_goods_are_scanned_and_redeemed_and_a_voucher_is_handed_over(
    browser: Browser, address: str, app: Flask, cast: Cast, station: Station
) -> None:
    page = open_as(browser, address, app, cast, PHONE)
    become(page, address, app, cast, "clerk.yucun")
    page.goto(f"{address}/counter")
    accessible(page)
    scan(page, station.household("H1").code)
    expect(page.get_by_role("heading", level=1)).to_have_text("兑换")
    for code in (SOAP, SOAP, "unknown"):
        scan(page, code)
    expect(page.get_by_role("status")).to_contain_text("没有这个条码")
    page.get_by_role("button", name="增加一件：大米").click()
    expect(page.locator("[data-sum]")).to_have_text("44")
    page.get_by_role("button", name="减少一件：肥皂").click()
    accessible(page)
    narrow_enough(page)
    page.get_by_role("button", name="确认兑换").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("兑换小票")
    receipt = page.url
    assert purse(station) == Purse(63, 0, 0)
    accessible(page)

    become(page, address, app, cast, "villager.yucun")
    page.goto(f"{address}/own/coins")
    page.get_by_role("link", name="道德易站").click()
    page.get_by_role("button", name="增加一件：大米").click()
    page.get_by_role("button", name="预约，给我留着").click()
    code = page.locator(".voucher-code").inner_text()
    accessible(page)
    narrow_enough(page)

    become(page, address, app, cast, "clerk.yucun")
    page.goto(f"{address}/counter")
    scan(page, code)
    expect(page.get_by_text("胡村民")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="已交付，确认领取").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("兑换小票")
    assert page.url != receipt
    assert (purse(station), station.stock(RICE)) == (Purse(33, 0, 0), (8, 0))
    assert page.complaints == []  # type: ignore[attr-defined]
