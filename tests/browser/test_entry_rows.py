"""Rows of repeats in Chromium: filled by keyboard on a phone, judged at once, also while the network is gone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_entry import PHONE, accessible, narrow_enough, open_as, stored_record
from tests.support.cast import Cast
from tests.support.entry import publish
from tests.support.rents import RENT
from tests.support.web import serving

pytestmark = pytest.mark.browser


@pytest.fixture
def engine_name() -> str:
    return "sqlite"


@pytest.fixture
def address(app: Flask, cast: Cast) -> Iterator[str]:
    publish(cast, RENT)
    with serving(app) as running:
        yield running


def picture_of(page: Page, name: str) -> None:
    """Keep a picture where somebody asks for one, to be looked at."""
    folder = os.environ.get("PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def press(page: Page, name: str, key: str = "Enter") -> None:
    """Press a button as the keyboard does."""
    page.get_by_role("button", name=name).focus()
    page.keyboard.press(key)


def typed(page: Page, row: int, label: str, text: str) -> None:
    """Type into a question of a tenant's row, counted from 0."""
    page.locator("[data-row=b0] > [data-entries] > [data-entry-row]").nth(row).get_by_label(label).focus()
    page.keyboard.type(text)


def test_tenants_are_entered_by_keyboard_and_judged_without_the_network(
    browser: Browser, address: str, app: Flask, cast: Cast
) -> None:
    page = open_as(browser, address, app, cast, PHONE)
    page.goto(f"{address}/field/f/rent/new")
    page.context.set_offline(True)
    conditions_show(page)
    rows_change(page)
    page.context.set_offline(False)
    accessible(page)
    narrow_enough(page)

    page.get_by_role("button", name="核对并提交").click()
    expect(page.get_by_role("alert")).to_contain_text("请填写“房东姓名”")
    page.get_by_label("房东姓名").fill("王五")
    page.get_by_role("button", name="添加一行“走访”").click()
    page.locator("input[type=date]").fill("2026-11-20")
    page.get_by_role("button", name="核对并提交").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("核对并提交")
    picture_of(page, "rows-390-check")
    accessible(page)
    narrow_enough(page)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已经收到")
    (row,) = stored_record().answers["b0"]
    assert (row["b1"], row["b5"], row["d0"][0]["d1"]) == ("张三", "安徽", "2026-11-20")
    assert page.complaints == []  # type: ignore[attr-defined]


def conditions_show(page: Page) -> None:
    """Fill in the first tenant: what the answers decide shows at once."""
    tenants = page.locator("[data-entry-row]")
    page.get_by_label("空置").focus()
    page.keyboard.press("Space")
    expect(tenants).to_have_count(0)  # an empty house has no tenants
    page.keyboard.press("Space")
    expect(tenants).to_have_count(1)
    expect(page.get_by_text("房东姓名").locator(".must")).to_have_count(1)  # demanded since there are rows
    typed(page, 0, "租客姓名", "张三")
    typed(page, 0, "月租金", "6000")
    expect(page.locator("output")).to_have_text("6000")
    page.get_by_label("外地").focus()
    page.keyboard.press("Space")
    expect(page.get_by_label("外地")).to_be_focused()
    typed(page, 0, "来自哪里", "安徽")


def rows_change(page: Page) -> None:
    """Add a second tenant, move it up, take it out, bring it back and take it out again."""
    press(page, "添加一行“租客”")
    expect(page.get_by_label("租客姓名").nth(1)).to_be_focused()
    page.keyboard.type("李四")
    typed(page, 1, "月租金", "6000.5")
    expect(page.locator("output")).to_have_text("12000.5")
    expect(page.get_by_text("租金超过一万元")).to_be_visible()
    picture_of(page, "rows-390-filled")
    press(page, "上移 租客 第 2 行")
    expect(page.get_by_label("租客姓名").first).to_have_value("李四")
    press(page, "移除 租客 第 1 行")
    expect(page.get_by_role("button", name="恢复")).to_be_focused()
    expect(page.locator("output")).to_have_text("6000")
    expect(page.get_by_text("租金超过一万元")).to_have_count(0)
    picture_of(page, "rows-390-removed")
    page.keyboard.press("Enter")
    expect(page.locator("output")).to_have_text("12000.5")
    press(page, "移除 租客 第 1 行")
