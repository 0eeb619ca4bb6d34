"""The form designer in Chromium: with the keyboard alone, at both widths, without script, and with hostile labels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from models.base import db
from models.forms import Form
from services.forms import create_form
from shell.bearer import TOKEN
from tests.support.cast import AT, Cast
from tests.support.web import serving

pytestmark = pytest.mark.browser
WIDTHS = (390, 1366)
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def engine_name() -> str:
    """One engine is enough: the pages are the same, and the functional tests run on both."""
    return "sqlite"


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with serving(app) as running:
        yield running


class Desk:
    """A tab signed in as the admin; it collects what the browser complains about."""

    def __init__(self, browser: Browser, address: str, app: Flask, cast: Cast, **options: Any) -> None:
        client = app.test_client()
        with client.session_transaction() as session:
            session[TOKEN] = cast.token("admin")
        cookie = client.get_cookie("zhiye")
        assert cookie is not None
        context = browser.new_context(viewport={"width": 1366, "height": 820}, locale="zh-CN", **options)
        context.add_cookies([{"name": "zhiye", "value": cookie.value, "url": address}])
        self.address, self.complaints = address, list[str]()
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._dialog)
        self.page.on("console", self._said)

    def _dialog(self, dialog: Any) -> None:
        if dialog.type != "beforeunload":
            self.complaints.append(f"a dialog opened: {dialog.message}")
        dialog.accept()

    def _said(self, message: Any) -> None:
        if message.type == "error" and "status of 4" not in message.text:  # a refused page answers 422 on purpose
            self.complaints.append(message.text)

    def judge(self) -> None:
        """Fail on anything axe finds and on pages wider than the window, at both widths."""
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 820})
            found = Axe().run(self.page)
            assert not found.response["violations"], found.generate_report()
            assert self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert self.complaints == []


def made(app: Flask, cast: Cast, label: str = "地点") -> Form:
    options = [{"value": "a", "label": "甲"}, {"value": "b", "label": label}]
    items = [
        {"fid": "f1", "key": "place", "type": "text", "label": label, "hint": label},
        {"fid": "f2", "key": "kind", "type": "select_one", "label": "类别", "options": options},
        {"fid": "f3", "key": "why", "type": "text", "label": "原因", "show": {"eq": [{"var": "f2"}, "b"]}},
    ]
    pages = [{"id": "p1", "title": label, "items": items}]
    definition = {"schema": "zhiye-form/1", "key": "small", "title": label, "pages": pages}
    county = cast.units["安吉县综治中心"]
    actor = cast.actor("admin")
    return create_form(county, key="small", title=label, prefix="XTZ", definition=definition, actor=actor, at=AT)


def stored(key: str) -> dict[str, Any]:
    db.session.rollback()
    return db.session.scalars(sa.select(Form).where(Form.key == key)).one().draft


def test_an_admin_makes_a_form_with_the_keyboard_alone(browser: Browser, address: str, app: Flask, cast: Cast) -> None:
    desk = Desk(browser, address, app, cast)
    page = desk.page
    page.goto(f"{address}/admin/forms/new")
    desk.judge()
    page.get_by_label("表单名称").focus()
    page.keyboard.type("巡查")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("巡查")
    page.locator("main").get_by_role("link", name="添加题目").last.press("Enter")
    desk.judge()
    page.get_by_role("link", name="单选").press("Enter")
    page.get_by_label("题目", exact=True).focus()
    page.keyboard.type("结果")
    page.get_by_label("添加选项").focus()
    page.keyboard.type("正常\n有隐患")
    page.get_by_role("button", name="保存题目").press("Enter")
    expect(page.get_by_role("link", name="结果")).to_be_visible()
    expect(page.frame_locator("[data-preview]").get_by_text("有隐患")).to_be_visible()
    desk.judge()
    _add_group_with_condition(desk)
    _move_into_group(desk)
    one, group = stored("xun_cha")["pages"][0]["items"]
    assert [option["label"] for option in one["options"]] == ["正常", "有隐患"]
    assert group["show"] == {"eq": [{"var": one["fid"]}, one["options"][1]["value"]]}
    assert [item["key"] for item in group["items"]] == ["photos"]
    _record_and_publish(desk)


def _add_group_with_condition(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("link", name=re.compile("添加题目 ?到第 1 页")).press("Enter")
    page.get_by_role("link", name="题目分组").press("Enter")
    page.get_by_label("题目", exact=True).focus()
    page.keyboard.type("隐患情况")
    page.get_by_role("button", name=re.compile("添加条件 ?显示条件")).press("Enter")
    question = page.get_by_label("显示条件第 1 条：哪道题")
    expect(question).to_be_focused()
    page.keyboard.press("ArrowDown")
    value = page.get_by_label("显示条件第 1 条：和什么比")
    expect(value.locator("option", has_text="有隐患")).to_be_attached()
    value.focus()
    page.keyboard.press("End")
    desk.judge()
    page.get_by_role("button", name="保存题目").press("Enter")


def _move_into_group(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("link", name=re.compile("添加题目 ?到第 1 页")).press("Enter")
    page.get_by_role("button", name="现场照片").press("Enter")
    _press_in_menu(page, "现场照片", "移进上面的“隐患情况”")
    expect(page.get_by_text("“现场照片”现在是“隐患情况”里的第 1 题。")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.get_by_text("已撤销：移动了题目“现场照片”。")).to_be_visible()
    page.keyboard.press("Control+Shift+Z")
    expect(page.get_by_text("已重做：移动了题目“现场照片”。")).to_be_visible()
    desk.judge()


def _record_and_publish(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("link", name="预览和试填").press("Enter")
    page.get_by_label("有隐患").first.focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("group", name="隐患情况").first).to_be_visible()
    page.get_by_label("样例的名称").focus()
    page.keyboard.type("有隐患要拍照")
    page.get_by_role("button", name="记为样例").press("Enter")
    expect(page.get_by_role("link", name="有隐患要拍照")).to_be_visible()
    desk.judge()
    page.get_by_role("link", name="检查和发布").last.press("Enter")
    expect(page.get_by_text("1 个都通过")).to_be_visible()
    page.get_by_role("button", name="发布第 1 版").press("Enter")
    expect(page.get_by_text("已发布。")).to_be_visible()
    desk.judge()


def _press_in_menu(page: Page, label: str, act: str) -> None:
    """Open the menu of an item and press one of its buttons, with keys."""
    page.get_by_label(f"{label}：更多操作").focus()
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name=act)
    expect(button).to_be_visible()
    button.press("Enter")


def test_items_are_dragged_and_the_page_says_where_they_went(
    browser: Browser, address: str, app: Flask, cast: Cast
) -> None:
    made(app, cast)
    desk = Desk(browser, address, app, cast)
    page = desk.page
    page.goto(f"{address}/admin/forms/small/")
    page.locator("#item-f1 [data-drag]").hover()
    page.mouse.down()
    box = page.locator("#item-f3").bounding_box()
    assert box
    page.mouse.move(box["x"] + 60, box["y"] + box["height"] - 5, steps=4)
    page.mouse.up()
    expect(page.get_by_text("“地点”现在是第 1 页的第 3 题。")).to_be_visible()
    assert [item["fid"] for item in stored("small")["pages"][0]["items"]] == ["f2", "f3", "f1"]
    assert desk.complaints == []


def test_options_move_with_buttons_and_keep_their_order(browser: Browser, address: str, app: Flask, cast: Cast) -> None:
    made(app, cast)
    desk = Desk(browser, address, app, cast)
    desk.page.goto(f"{address}/admin/forms/small/items/f2")
    desk.page.locator("[data-options] tbody tr").first.get_by_role("button", name="下移").click()
    desk.judge()
    desk.page.get_by_role("button", name="保存题目").click()
    expect(desk.page.get_by_text("题目已保存")).to_be_visible()
    options = stored("small")["pages"][0]["items"][1]["options"]
    assert [option["value"] for option in options] == ["b", "a"]


def test_trying_out_follows_the_answers(browser: Browser, address: str, app: Flask, cast: Cast) -> None:
    made(app, cast)
    desk = Desk(browser, address, app, cast)
    page = desk.page
    page.goto(f"{address}/admin/forms/small/try?width=phone")
    expect(page.get_by_label("原因")).to_have_count(0)
    page.locator("input[name=f_f2][value=b]").check(force=True)
    expect(page.get_by_label("原因")).to_be_visible()
    desk.judge()


def test_everything_works_without_script(browser: Browser, address: str, app: Flask, cast: Cast) -> None:
    made(app, cast)
    desk = Desk(browser, address, app, cast, java_script_enabled=False)
    page = desk.page
    page.goto(f"{address}/admin/forms/small/")
    page.get_by_role("button", name="下移：地点").click()
    assert [item["fid"] for item in stored("small")["pages"][0]["items"]] == ["f2", "f1", "f3"]
    page.locator("#item-f1 summary").click()
    page.get_by_role("button", name="复制一道").first.click()
    assert len(stored("small")["pages"][0]["items"]) == 4
    page.goto(f"{address}/admin/forms/small/items/f2")
    page.get_by_label("第 1 个选项的顺序").fill("9")
    page.get_by_role("button", name="保存题目").click()
    assert [option["value"] for option in stored("small")["pages"][0]["items"][0]["options"]] == ["b", "a"]


def test_a_hostile_label_runs_nowhere(browser: Browser, address: str, app: Flask, cast: Cast) -> None:
    made(app, cast, EVIL)
    desk = Desk(browser, address, app, cast)
    for path in ("", "small/", "small/items/f1", "small/items/f2", "small/try", "small/publish", "small/settings",
                 "small/import", "small/items/f1/retire", "small/pages/p1/add", "small/pages/p1/add/text"):  # fmt: skip
        desk.page.goto(f"{address}/admin/forms/{path}")
        assert desk.page.locator("img[src=x]").count() == 0, path
        desk.judge()
