"""Entry in Chromium: a phone with a photograph, with and without script, and nothing that an axe could find."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect

from models.base import db
from models.files import File
from models.records import Record
from shell.bearer import TOKEN
from tests.support.cast import Cast
from tests.support.entry import DISPUTE, HOSTILE, located_picture, publish
from tests.support.web import serving

pytestmark = pytest.mark.browser
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1366, "height": 820}


@pytest.fixture
def engine_name() -> str:
    """One engine is enough: the pages are the same, and the functional tests run on both."""
    return "sqlite"


@pytest.fixture
def address(app: Flask, cast: Cast) -> Iterator[str]:
    publish(cast, DISPUTE)
    with serving(app) as running:
        yield running


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "现场.jpg"
    path.write_bytes(located_picture())
    return path


def open_as(browser: Browser, address: str, app: Flask, cast: Cast, size: dict[str, int], **options: Any) -> Page:
    """Open a tab signed in as the grid worker of 余村村; it collects what the browser complains about."""
    client = app.test_client()
    with client.session_transaction() as session:
        session[TOKEN] = cast.token("grid.yucun")
    cookie = client.get_cookie("zhiye")
    assert cookie is not None
    context: BrowserContext = browser.new_context(viewport=size, locale="zh-CN", **options)  # type: ignore[arg-type]
    context.add_cookies([{"name": "zhiye", "value": cookie.value, "url": address}])
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.complaints = []  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: _note(page, "error", str(error)))
    page.on("dialog", lambda dialog: _close(page, dialog))
    page.on("console", lambda message: _note(page, message.type, message.text))
    return page


def _note(page: Page, kind: str, text: str) -> None:
    if kind == "error" and "status of 4" not in text:  # a refused page answers 422 on purpose
        page.complaints.append(text)  # type: ignore[attr-defined]


def _close(page: Page, dialog: Dialog) -> None:
    if dialog.type != "beforeunload":  # only somebody's script asks like this
        _note(page, "error", dialog.message)
    dialog.accept()


def accessible(page: Page) -> None:
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()


def narrow_enough(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def stored_record() -> Record:
    db.session.rollback()
    return db.session.scalars(sa.select(Record)).one()


def test_a_grid_worker_enters_a_dispute_with_a_photograph_on_a_phone(
    browser: Browser, address: str, app: Flask, cast: Cast, photo: Path
) -> None:
    page = open_as(browser, address, app, cast, PHONE, has_touch=True, is_mobile=True)
    page.goto(f"{address}/field/")
    accessible(page)
    page.get_by_role("link", name="开始录入").click()
    expect(page.get_by_text("第 1 / 3 页")).to_be_visible()

    expect(page.get_by_label("其他类型说明")).to_have_count(0)
    page.get_by_label("其他", exact=True).check()
    expect(page.get_by_label("其他类型说明")).to_be_visible()  # without a reload
    page.get_by_label("漏水", exact=True).check()
    expect(page.get_by_label("其他类型说明")).to_have_count(0)

    page.locator("#f_a8-0").set_input_files(photo)
    expect(page.locator("[data-kept] img")).to_be_visible()  # kept before anything else is saved
    page.get_by_label("涉及金额").fill("三百")
    page.get_by_role("button", name="下一步").last.click()
    expect(page.get_by_role("alert")).to_contain_text("有 2 处需要改正")
    accessible(page)
    narrow_enough(page)
    expect(page.locator("[data-kept] img")).to_be_visible()
    page.get_by_role("link", name="发生日期").click()
    assert page.evaluate("document.activeElement.id") == "f_a4"
    page.locator("#f_a4").fill("2026-11-20")
    page.get_by_label("涉及金额").fill("300")
    page.get_by_role("button", name="下一步").last.click()

    page.locator("#f_b1").fill("张三")
    page.get_by_label("联系电话").fill("13812342084")
    page.get_by_role("button", name="下一步").last.click()
    page.get_by_label("纠纷经过").fill("楼上漏水，厨房顶板发霉。")
    page.get_by_label("赔偿").check()
    page.get_by_role("button", name="核对并提交").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("核对并提交")
    accessible(page)
    narrow_enough(page)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已经收到")
    accessible(page)

    record = stored_record()
    expect(page.get_by_text(record.number)).to_be_visible()
    assert record.village_id == cast.units["余村村"]
    file = db.session.scalars(sa.select(File)).one()
    assert (record.answers["a8"], file.record_id) == ([file.uid], record.id)
    assert page.complaints == []  # type: ignore[attr-defined]


def test_what_is_typed_is_saved_by_itself_and_there_again_later(
    browser: Browser, address: str, app: Flask, cast: Cast
) -> None:
    page = open_as(browser, address, app, cast, PHONE)
    page.goto(f"{address}/field/f/dispute/new")
    page.get_by_label("涉及金额").fill("4200")
    expect(page.locator("[data-saved-at]")).to_contain_text("上次保存")
    page.goto(f"{address}/field/")
    page.get_by_role("link", name="接着填").click()
    expect(page.get_by_label("涉及金额")).to_have_value("4200")
    assert page.complaints == []  # type: ignore[attr-defined]


def test_a_deciding_answer_leaves_focus_and_other_answers_alone(
    browser: Browser, address: str, app: Flask, cast: Cast, photo: Path
) -> None:
    page = open_as(browser, address, app, cast, DESK)
    page.goto(f"{address}/field/f/dispute/new")
    page.get_by_label("涉及金额").fill("88")
    page.locator("input[name=f_a2]").first.focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_label("其他类型说明")).to_be_visible()
    assert page.evaluate("document.activeElement.value") == "other"
    expect(page.get_by_label("涉及金额")).to_have_value("88")
    page.locator("#f_a8-0").set_input_files({"name": "坏.jpg", "mimeType": "image/jpeg", "buffer": b"<html>"})
    expect(page.get_by_role("alert")).to_contain_text("不是能用的照片")
    page.locator("#f_a8-0").set_input_files(photo)
    expect(page.locator("[data-kept] img")).to_be_visible()
    expect(page.get_by_text("不是能用的照片")).to_have_count(0)
    page.get_by_role("button", name="移除").click()
    expect(page.locator("[data-kept] img")).to_have_count(0)
    expect(page.get_by_label("涉及金额")).to_have_value("88")
    accessible(page)
    assert page.complaints == []  # type: ignore[attr-defined]


def test_it_works_without_script(browser: Browser, address: str, app: Flask, cast: Cast, photo: Path) -> None:
    page = open_as(browser, address, app, cast, PHONE, java_script_enabled=False)
    page.goto(f"{address}/field/f/dispute/new")
    page.get_by_label("其他", exact=True).check()
    page.get_by_role("button", name="按已选的答案更新题目").click()
    page.get_by_label("其他类型说明").fill("噪声")
    page.locator("#f_a4").fill("2026-11-20")
    page.locator("#f_a8-0").set_input_files(photo)
    page.get_by_role("button", name="下一步").last.click()
    page.locator("#f_b1").fill("李四")
    page.locator("#f_b1").press("Enter")  # goes on, not back
    page.get_by_label("纠纷经过").fill("夜里装修。")
    page.get_by_role("button", name="核对并提交").click()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已经收到")
    record = stored_record()
    assert (record.answers["a3"], len(record.answers["a8"])) == ("噪声", 1)


def test_a_label_with_markup_runs_nowhere(browser: Browser, address: str, app: Flask, cast: Cast) -> None:
    bad = {"label": HOSTILE, "hint": HOSTILE}
    options = [{"value": "x", "label": HOSTILE}, {"value": "y", "label": HOSTILE}]
    items = [
        {"fid": "h1", "key": "h1", "type": "text", "required": True, **bad},
        {"fid": "h2", "key": "h2", "type": "select_one", "options": options, **bad},
        {"fid": "h3", "key": "h3", "type": "select_multiple", "options": options, **bad},
        {"fid": "h4", "key": "h4", "type": "note", "label": HOSTILE},
        {"fid": "h5", "key": "h5", "type": "text", "show": {"eq": [{"var": "h2"}, "x"]}, **bad},
    ]
    hostile = [{"id": "p1", "title": HOSTILE, "items": items}]
    publish(cast, {"schema": "zhiye-form/1", "key": "hostile", "title": HOSTILE, "pages": hostile})
    page = open_as(browser, address, app, cast, PHONE)
    page.goto(f"{address}/field/f/hostile/new")
    page.locator("input[name=f_h2]").first.check(force=True)
    expect(page.locator("[name=f_h5]")).to_be_visible()
    page.get_by_role("button", name="核对并提交").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.goto(page.url.rsplit("/", 1)[0] + "/check")
    page.goto(f"{address}/field/")
    expect(page.locator("main img[src=x]")).to_have_count(0)
    assert page.complaints == []  # type: ignore[attr-defined]
