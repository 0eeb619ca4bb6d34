"""The shell in Chromium: accessible in both themes and at both widths, usable by keyboard and without script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.support.kit import kit_app
from tests.support.web import serving

pytestmark = pytest.mark.browser
PATHS = [
    "/",
    "/record",
    "/field/",
    "/sign-in",
    "/refused",
    "/admin/orgs/?search=张三&flt0_0=横山坞村",
    "/admin/orgs/?search=无此人",
    "/admin/orgs/edit/?id=1",
    "/admin/orgs/details/?id=1",
    "/admin/orgs/delete/confirm/?id=1",
]
DESK, PHONE = {"width": 1366, "height": 820}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(kit_app()) as running:
        yield running


def open_page(browser: Browser, size: dict[str, int], **options: Any) -> Page:
    """Open a tab that collects what the browser complains about in `page.complaints`."""
    page = browser.new_context(viewport=size, locale="zh-CN", **options).new_page()  # type: ignore[arg-type]
    page.complaints = []  # type: ignore[attr-defined]
    page.on("console", lambda message: _complain(page, message.type, message.text))
    page.on("pageerror", lambda error: _complain(page, "error", str(error)))
    return page


def _complain(page: Any, kind: str, text: str) -> None:
    if kind == "error" and "status of" not in text:
        page.complaints.append(text)


def findings(page: Page) -> list[str]:
    return [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in Axe().run(page).response["violations"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    browser: Browser, address: str, size: dict[str, int], theme: str
) -> None:
    page = open_page(browser, size, color_scheme=theme)
    wrong: dict[str, list[Any]] = {}
    for path in PATHS:
        page.goto(address + path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        wrong[path] = findings(page) + page.complaints + ([f"{wide} px wide"] if wide > size["width"] else [])  # type: ignore[attr-defined]
    page.context.close()
    assert {path: found for path, found in wrong.items() if found} == {}


def test_a_form_with_errors_is_accessible_and_reads_the_summary_first(browser: Browser, address: str) -> None:
    page = open_page(browser, PHONE)
    page.goto(f"{address}/field/")
    page.get_by_role("button", name="下一步").click()
    page.locator(".error-summary:focus").wait_for()
    assert findings(page) == []
    page.get_by_role("link", name="请填写发生日期。", exact=True).click()
    page.locator("#on:focus").wait_for()
    page.context.close()


def test_a_list_is_walked_by_keyboard(browser: Browser, address: str) -> None:
    page = open_page(browser, DESK)
    page.goto(f"{address}/admin/orgs/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "global-search"
    page.keyboard.press("Tab")
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.textContent") == "000411"
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/orgs/details/?id=2**")
    page.context.close()


def test_ticking_rows_brings_up_the_acts(browser: Browser, address: str) -> None:
    page = open_page(browser, DESK)
    page.goto(f"{address}/admin/orgs/")
    assert not page.locator("#bulk").is_visible()
    page.get_by_label("全选本页").check()
    assert page.get_by_text("已选 4 条").is_visible()
    assert findings(page) == []
    page.get_by_label("对选中的").select_option("archive")
    page.get_by_role("button", name="执行").click()
    assert page.get_by_text("确定归档选中的登记吗？").is_visible()
    page.context.close()


def test_what_is_typed_is_kept_and_the_time_is_told(browser: Browser, address: str) -> None:
    page = open_page(browser, PHONE)
    page.goto(f"{address}/field/")
    with page.expect_request("**/autosave") as sent:
        page.get_by_label("经过").fill("漏水")
    assert sent.value.headers["x-csrftoken"]
    assert "漏水" in str(sent.value.post_data)
    page.get_by_text("上次保存 14:02").wait_for()
    page.context.close()


def test_a_row_inside_a_form_is_added_under_the_next_number(browser: Browser, address: str) -> None:
    page = open_page(browser, DESK)
    page.goto(f"{address}/admin/orgs/edit/?id=1")
    page.get_by_role("button", name="添加一项").click()
    assert page.evaluate("document.activeElement.name") == "rooms-1-name"
    assert findings(page) == []
    page.context.close()


def test_without_script_menus_open_and_the_phone_finds_every_place(browser: Browser, address: str) -> None:
    page = open_page(browser, PHONE, java_script_enabled=False)
    page.goto(address)
    page.locator(".topbar summary").click()
    assert page.get_by_role("button", name="退出登录").is_visible()
    assert not page.get_by_role("link", name="审计日志").is_visible()
    page.get_by_role("link", name="全部").click()
    assert page.get_by_role("link", name="审计日志").is_visible()
    page.get_by_role("link", name="关闭").click()
    assert not page.get_by_role("link", name="审计日志").is_visible()
    page.context.close()


def test_without_script_a_list_is_narrowed_and_acted_upon(browser: Browser, address: str) -> None:
    page = open_page(browser, DESK, java_script_enabled=False)
    page.goto(f"{address}/admin/orgs/")
    page.get_by_text("添加条件").click()
    page.locator("#filter-0").fill("余村村")
    page.get_by_role("button", name="应用").click()
    assert page.get_by_text("15 条").first.is_visible()
    page.locator('input[name="rowid"]').first.check()
    assert page.locator("#bulk").is_visible()
    page.context.close()


def test_paper_shows_the_record_and_a_place_for_the_seal_only(browser: Browser, address: str) -> None:
    page = open_page(browser, DESK)
    page.goto(f"{address}/record")
    page.emulate_media(media="print")
    for hidden in ("#menu", ".topbar", ".page-actions"):
        assert not page.locator(hidden).first.is_visible()
    assert page.get_by_text("单位（盖章）").is_visible()
    assert page.locator(".paper-head").is_visible()
    page.context.close()
