"""A month of 道德币 in Chromium: budget, claim, review, notice, posting, goods for coins, a reversal, the end of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from jobs.coins import expire_coins, post_claims
from models.base import db
from models.coins import CoinJournal
from queries.ledger_audit import audit_ledger
from services import coins
from shell import clock
from tests.browser.test_counter import become, scan
from tests.browser.test_entry import DESK, PHONE, accessible, narrow_enough, open_as
from tests.support.cast import SYSTEM, Cast
from tests.support.coins import RICE, SOAP, Purse, Station
from tests.support.entry import picture
from tests.support.papers import text_of
from tests.support.points import ITEMS, publish_rules
from tests.support.web import serving

pytestmark = pytest.mark.browser
NOTICE_DAYS = 3
SNOW = {**ITEMS["clean"], "name": "扫雪", "points_max": 60, "cap_household_month": 60, "evidence": "photo",
        "notice_days": NOTICE_DAYS}  # fmt: skip


@pytest.fixture
def engine_name() -> str:
    return "sqlite"


@pytest.fixture
def station(app: Flask, cast: Cast) -> Station:
    """A station with goods and a household in which the villager lives; nobody has a coin yet."""
    station = Station(cast, budget=0)
    publish_rules(cast, items={"snow": SNOW})
    station.household("H1")
    station.move_in("H1", "villager.yucun")
    return station


@pytest.fixture
def address(app: Flask, station: Station) -> Iterator[str]:
    with serving(app) as running:
        yield running


@dataclass
class Month:
    """The month's people take the same phone and the same desk in turn."""

    phone: Page
    desk: Page
    address: str
    app: Flask
    station: Station

    def on(self, page: Page, username: str, path: str) -> Page:
        """Let somebody take a device and open a page on it."""
        become(page, self.address, self.app, self.station.cast, username)
        page.goto(self.address + path)
        return page

    def purse(self) -> Purse:
        db.session.rollback()  # the server has written since this thread read
        return self.station.purse("H1")

    def look(self, page: Page) -> None:
        accessible(page)
        narrow_enough(page)


def test_coins_are_budgeted_earned_spent_taken_back_and_expire(
    browser: Browser, address: str, app: Flask, cast: Cast, station: Station
) -> None:
    phone = open_as(browser, address, app, cast, PHONE)
    desk = open_as(browser, address, app, cast, DESK)
    month = Month(phone, desk, address, app, station)
    the_township_allots_the_quarters_budget(month)
    a_grid_worker_claims_on_the_phone_with_a_photograph(month)
    the_village_reviews_and_approves(month)
    the_village_reads_it_on_the_notice(month)
    after_the_notice_the_sweep_posts_it(month)
    scanned = the_villager_holds_rice_and_the_clerk_scans_the_code(month)
    the_villager_holds_soap_and_the_clerk_photographs_the_code(month)
    the_official_takes_the_rice_back(month, scanned)
    the_month_is_closed_and_what_is_left_expires(month)
    the_household_reads_its_statement(month)
    assert audit_ledger().breaches == []
    assert (phone.complaints, desk.complaints) == ([], [])  # type: ignore[attr-defined]


def the_township_allots_the_quarters_budget(month: Month) -> None:
    page = month.on(month.desk, "official.tianhuangping", "/coins/budgets")
    page.get_by_label("给 余村村 追加").fill("100")
    page.get_by_role("button", name="下达额度").click()
    expect(page.get_by_text("已下达 100 道德币")).to_be_visible()
    month.look(page)


def a_grid_worker_claims_on_the_phone_with_a_photograph(month: Month) -> None:
    page = month.on(month.phone, "grid.yucun", "/field/claims/new")
    page.get_by_label("户编号，或户主姓名").fill(month.station.household("H1").code)
    page.get_by_role("button", name="查找").click()
    page.get_by_role("link", name="选这一户").click()
    page.get_by_label("分值").fill("50")
    page.get_by_label("做了什么").fill("扫了村口的雪")
    page.locator("input[type=file]").last.set_input_files(
        {"name": "雪.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    )
    month.look(page)
    page.get_by_role("button", name="提交申报").click()
    expect(page.get_by_text("已申报，接下来等评议和审批。")).to_be_visible()
    month.look(page)


def the_village_reviews_and_approves(month: Month) -> None:
    page = month.on(month.desk, "official.yucun", "/claims")
    page.locator("tbody").get_by_role("link", name="扫雪").click()
    month.look(page)
    page.get_by_role("button", name="同意").click()
    expect(page.get_by_text("评议同意，转审批。")).to_be_visible()
    page.get_by_role("button", name="通过").click()
    expect(page.get_by_text("公示期满自动入账")).to_be_visible()
    assert month.purse() == Purse(0, 0, 0)


def the_village_reads_it_on_the_notice(month: Month) -> None:
    page = month.on(month.phone, "villager.yucun", "/coins/notice")
    expect(page.get_by_text("扫了村口的雪")).to_be_visible()
    expect(page.locator("tbody .lead-cell")).to_have_text("张**")
    month.look(page)


def after_the_notice_the_sweep_posts_it(month: Month) -> None:
    assert post_claims(clock.now() + timedelta(days=NOTICE_DAYS)) == {"posted": 0, "waiting": 0}
    assert post_claims(clock.now() + timedelta(days=NOTICE_DAYS + 1)) == {"posted": 1, "waiting": 0}
    assert month.purse() == Purse(50, 0, 0)


def the_villager_holds_rice_and_the_clerk_scans_the_code(month: Month) -> str:
    """Return the address of the receipt."""
    code = hold(month, "大米").locator(".voucher-code").inner_text()
    page = month.on(month.phone, "clerk.yucun", "/counter")
    scan(page, code)
    return hand_over(month, page)


def the_villager_holds_soap_and_the_clerk_photographs_the_code(month: Month) -> None:
    page = hold(month, "肥皂")
    photo = page.locator(".voucher").screenshot(type="jpeg", quality=60)
    page = month.on(month.phone, "clerk.yucun", "/counter")
    month.look(page)
    page.get_by_label("选照片").set_input_files({"name": "券.jpg", "mimeType": "image/jpeg", "buffer": photo})
    hand_over(month, page)
    assert month.purse() == Purse(13, 0, 0)


def hold(month: Month, good: str) -> Page:
    """Hold one good as the villager; return the phone with the voucher on it."""
    page = month.on(month.phone, "villager.yucun", "/own/coins")
    page.get_by_role("link", name="道德易站").click()
    page.get_by_role("button", name=f"增加一件：{good}").click()
    page.get_by_role("button", name="预约，给我留着").click()
    expect(page.locator(".voucher .qr")).to_be_visible()
    month.look(page)
    return page


def hand_over(month: Month, page: Page) -> str:
    """Hand over what the voucher on the clerk's page sets aside; return the address of the receipt."""
    expect(page.get_by_text("胡村民")).to_be_visible()
    page.get_by_role("button", name="已交付，确认领取").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("兑换小票")
    month.look(page)
    return page.url.removeprefix(month.address)


def the_official_takes_the_rice_back(month: Month, receipt: str) -> None:
    page = month.on(month.desk, "official.yucun", receipt)
    page.get_by_text("撤销这一笔").click()
    page.get_by_label("原因").fill("大米受潮，退回")
    page.get_by_role("button", name="撤销", exact=True).click()
    expect(page.get_by_text("道德币退回这一户")).to_be_visible()
    assert (month.purse(), month.station.stock(RICE), month.station.stock(SOAP)) == (Purse(43, 0, 0), (10, 0), (9, 0))


def the_month_is_closed_and_what_is_left_expires(month: Month) -> None:
    """Coins end with the year in which they were earned; the county closes its months when the year is over."""
    earned = db.session.scalars(sa.select(CoinJournal.effective_on).where(CoinJournal.kind == "earn")).one()
    new_year = datetime.combine(date(earned.year + 1, 1, 1), time(0, 10), clock.zone())
    assert expire_coins(new_year) == {"households": 1, "coins": 43}
    assert expire_coins(new_year) == {"households": 0, "coins": 0}
    county = month.station.cast.unit("安吉县综治中心")
    closed = coins.close_month(county, f"{earned.year}-12", actor=SYSTEM, at=new_year, today=new_year.date())
    assert closed.head_id == db.session.scalar(sa.select(sa.func.max(CoinJournal.id)))
    assert month.purse() == Purse(0, 0, 0)


def the_household_reads_its_statement(month: Month) -> None:
    """On the page all moves; on paper those up to today: the notice ended, and the year too, in days to come."""
    page = month.on(month.phone, "villager.yucun", "/own/coins")
    moves = page.get_by_role("region", name="最近的进出").locator(".line strong").all_inner_texts()
    assert moves == ["-43", "+30", "-7", "-30", "+50"]
    month.look(page)
    page.get_by_role("link", name="对账单").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("道德币家庭对账单")
    spent = page.get_by_role("table").locator("tbody tr").all_inner_texts()
    assert len(spent) == 3  # rice, soap, and the rice taken back
    month.look(page)
    paper = page.context.request.get(
        month.address + str(page.get_by_role("link", name="下载 PDF").get_attribute("href"))
    )
    told = text_of(paper.body())
    assert month.station.household("H1").code in told
    assert "张三" in told
