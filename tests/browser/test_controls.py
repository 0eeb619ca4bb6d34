"""The controls of all kinds in Chromium: slider, scanner, position, results that follow; all accessible."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect, sync_playwright
from werkzeug.serving import make_server

from shell.bearer import TOKEN
from tests.conftest import chromium
from tests.support.cast import Cast
from tests.support.kinds import EVERY, ROWS
from tests.support.registers import publish

pytestmark = pytest.mark.browser
HERE = {"latitude": 30.638521, "longitude": 119.68531, "accuracy": 11.2}


@pytest.fixture
def engine_name() -> str:
    """One engine is enough: the pages are the same, and the functional tests run on both."""
    return "sqlite"


@pytest.fixture
def page(app: Flask, cast: Cast) -> Iterator[Page]:
    """A phone at an empty entry of the form with every kind, allowed to tell where it is."""
    publish(cast, EVERY)
    client = app.test_client()
    with client.session_transaction() as session:
        session[TOKEN] = cast.token("grid.yucun")
    cookie = client.get_cookie("zhiye")
    assert cookie is not None
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.port}"
    with sync_playwright() as playwright:
        options: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN", "geolocation": HERE}
        arguments = ["--no-sandbox", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        context = browser.new_context(**options, permissions=["geolocation"])
        context.add_cookies([{"name": "zhiye", "value": cookie.value, "url": address}])
        opened = context.new_page()
        opened.set_default_timeout(10_000)
        opened.goto(f"{address}/field/f/every/new")
        yield opened
        browser.close()
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_controls_follow_each_other_and_are_accessible(page: Page) -> None:
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    label = {row.kind: row.label for row in ROWS}

    number, slider = page.locator("#f_frange"), page.locator("#f_frange-slider")
    expect(number).to_have_value("")
    slider.focus()
    for _step in range(3):
        page.keyboard.press("ArrowRight")
    expect(number).to_have_value("1.5")
    number.fill("4.5")
    expect(slider).to_have_value("4.5")

    page.get_by_label(label["barcode"]).fill("6901234567892")
    page.keyboard.press("Enter")
    expect(page.get_by_label(label["org"])).to_be_focused()

    page.get_by_role("button", name="填入我现在的位置").click()
    expect(page.get_by_text("已填入现在的位置")).to_be_visible()
    for name, value in (("纬度", "30.638521"), ("经度", "119.685310"), ("误差（米）", "12")):
        expect(page.get_by_label(name)).to_have_value(value)

    result = page.locator("#f_fcalculate")
    expect(result).to_have_text("填好有关的题目后算出")
    page.get_by_label(label["integer"]).fill("7")
    page.get_by_label(label["decimal"]).focus()
    expect(result).to_have_text("14")
    expect(number).to_have_value("4.5")  # what was typed stays
