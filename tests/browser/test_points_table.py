"""The daily table of points in Chromium: filled by keyboard alone, kept as it is typed, saved as one journal a row."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, expect

from models.base import db
from models.coins import CoinJournal, JournalKind
from tests.browser.test_counter import become
from tests.browser.test_entry import PHONE, accessible, narrow_enough, open_as
from tests.support.cast import Cast
from tests.support.coins import Station
from tests.support.points import item, publish_rules
from tests.support.web import serving

pytestmark = pytest.mark.browser


@pytest.fixture
def engine_name() -> str:
    return "sqlite"


@pytest.fixture
def station(app: Flask, cast: Cast) -> Station:
    station = Station(cast)
    for code in ("H1", "H2", "H3"):
        station.household(code)
    publish_rules(cast)
    return station


@pytest.fixture
def address(app: Flask, station: Station) -> Iterator[str]:
    with serving(app) as running:
        yield running


def test_a_column_is_typed_by_keyboard_survives_a_closed_window_and_is_saved_row_by_row(
    browser: Browser, address: str, app: Flask, cast: Cast, station: Station
) -> None:
    page = open_as(browser, address, app, cast, PHONE)
    become(page, address, app, cast, "official.yucun")
    table = f"{address}/claims/table?item={item('daily').id}"
    page.goto(table)
    accessible(page)
    narrow_enough(page)
    cells = [page.locator(f"#p{station.households[code]}") for code in ("H1", "H2", "H3")]
    cells[0].focus()
    for typed in ("3", "Enter", "2", "ArrowDown", "5"):
        page.keyboard.press(typed)
    expect(cells[2]).to_be_focused()
    expect(page.locator("[data-saved-at]")).to_contain_text("草稿已存")

    page.goto("about:blank")
    page.goto(table)
    expect(page.get_by_text("还没有保存的内容")).to_be_visible()
    for cell, value in zip(cells, ("3", "2", "5"), strict=True):
        expect(cell).to_have_value(value)
    cells[1].focus()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("已入账 3 户")).to_be_visible()
    expect(cells[0]).to_have_value("")
    db.session.rollback()
    earned = sa.select(sa.func.count()).where(CoinJournal.kind == JournalKind.EARN)
    assert (db.session.scalar(earned), station.purse("H3").balance) == (3, 5)
    assert page.complaints == []  # type: ignore[attr-defined]
