"""The main job in a real browser, against real server processes, on both engines.

An admin designs and publishes a form, a grid worker enters a case on a phone, the township official finds, prints and
exports it, the next village sees nothing of it, and a second version reaches another process without a restart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect
from python_calamine import load_workbook

from models.base import db
from tests.support.cast import PASSWORD, Cast
from tests.support.entry import DISPUTE, located_picture
from tests.support.server import Server

pytestmark = pytest.mark.browser
DESK, PHONE = ViewportSize(width=1366, height=820), ViewportSize(width=390, height=844)
REGISTER = "/admin/f/neighbour_dispute/"
STORY = "楼上漏水，厨房顶板发霉。"
UP = "枝叶已启动"


@pytest.fixture
def servers(cast: Cast, app: Flask, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two web processes on the database of the cast: what one publishes the other must know."""
    settings = app.config["ZHIYE"]
    environment = {
        "ZHIYE_DATA": str(settings.data_dir),
        "SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.database_url,
        "ZHIYE_RATE_LIMITS": "no",
        "ZHIYE_EMBEDDED_JOBS": "no",
        "ZHIYE_PASSWORD_MEMORY_MB": "1",
    }
    db.session.remove()
    pair = [Server(environment, tmp_path / f"web{number}.log") for number in (1, 2)]
    try:
        for server in pair:
            server.wait_for(UP)
        yield pair[0].address, pair[1].address
        assert [server.stop() for server in pair] == [0, 0]
        assert all("Traceback" not in server.output for server in pair), "\n".join(server.output for server in pair)
    finally:
        for server in pair:
            server.end()


class Person:
    """Somebody at a browser of their own; every page they look at is judged at both widths."""

    looks = True

    def __init__(self, browser: Browser, address: str, username: str, size: ViewportSize) -> None:
        self.address, self.size = address, size
        self.complaints: list[str] = []
        self.page: Page = browser.new_context(viewport=size, locale="zh-CN", accept_downloads=True).new_page()
        self.page.set_default_timeout(15_000)
        self.page.on("console", lambda message: self._complain(message.type, message.text))
        self.page.on("pageerror", lambda error: self._complain("error", str(error)))
        self.page.goto(f"{address}/login")
        if username == "admin":
            self.look()  # the sign-in page is the same for everybody
        self.page.get_by_label("用户名").fill(username)
        self.field("密码").fill(PASSWORD)
        self.press("登录")
        self.page.wait_for_url(f"{address}/")

    def _complain(self, kind: str, text: str) -> None:
        if kind == "error" and "status of 4" not in text:  # a refusal is no mistake of the page
            self.complaints.append(text)

    def open(self, path: str) -> int:
        """Open an address and return the status of the answer."""
        answer = self.page.goto(self.address + path)
        assert answer is not None
        return answer.status

    def look(self) -> None:
        """Judge the page as it stands, on a desk and on a phone, and put the window back."""
        found: list[str] = []
        for size in (DESK, PHONE) if self.looks else ():
            self.page.set_viewport_size(size)
            violations = Axe().run(self.page).response["violations"]
            found += [f"{size['width']}: {one['id']}: {one['nodes'][0]['html'][:160]}" for one in violations]
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            found += [f"{wide} px wide on {size['width']}"] if wide > size["width"] else []
        self.page.set_viewport_size(self.size)
        assert (self.page.url, found + self.complaints) == (self.page.url, [])

    def field(self, label: str) -> Locator:
        """Return the field whose label begins so; marks such as "必填" stand behind."""
        return self.page.get_by_label(re.compile(rf"^\s*{label}"))

    def press(self, name: str) -> None:
        self.page.locator("main").get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        self.page.locator("main").get_by_role("link", name=name).first.click()

    def choose(self, label: str, option: str) -> None:
        """Choose an option, whether the list of choices is a menu or a row of buttons."""
        menu = self.page.locator("select").and_(self.page.get_by_label(label))
        if menu.count():
            menu.first.select_option(label=option)
        else:
            self.page.get_by_role("group", name=label).get_by_label(option, exact=True).check()

    @property
    def text(self) -> str:
        return self.page.locator("main").inner_text()

    def leave(self) -> None:
        self.page.context.close()


@pytest.fixture(autouse=True)
def _looks_once(engine_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge looks on one engine: pages look the same on both. Errors in the console count on both."""
    monkeypatch.setattr(Person, "looks", engine_name == "sqlite")


def test_the_main_job(servers: tuple[str, str], browser: Browser) -> None:
    first, second = servers
    admin = Person(browser, first, "admin", DESK)
    design(admin)
    number, record, photo = enter(browser, first)
    next_village_sees_nothing(browser, first, record, photo)
    official = Person(browser, first, "official.tianhuangping", DESK)
    find_and_read(official, number)
    prints(official)
    exports(official, number)
    new_version_reaches_the_other_process(browser, admin, official, second, record, number)
    admin.leave()
    official.leave()


def design(admin: Person) -> None:
    """Create the form in the designer: three kinds and a condition by hand, the rest as JSON, and publish it."""
    page = admin.page
    admin.open("/admin/forms/")
    admin.look()
    admin.follow("新建表单")
    page.get_by_label("表单名称").fill("邻里纠纷登记")
    page.get_by_label("标识").fill("neighbour_dispute")
    page.get_by_label("编号字头").fill("LLJF")
    admin.look()
    admin.press("新建，去添加题目")
    begin_item(admin, "org", "所在村", required=True)
    page.get_by_label("层级").select_option(label="村、社区")
    page.get_by_label("默认值").select_option(label="填写人所在的村（社区）")
    finish_item(admin)
    begin_item(admin, "select_one", "纠纷类型", required=True)
    page.get_by_label("添加选项").fill("相邻关系\n漏水\n噪声\n其他")
    page.get_by_label("可以按这道题筛选和排序").check()
    finish_item(admin)
    begin_item(admin, "text", "其他类型说明", required=True)
    page.get_by_role("button", name=re.compile("添加条件 ?显示条件")).click()
    page.get_by_label("显示条件第 1 条：哪道题").select_option(label="纠纷类型")
    value = page.get_by_label("显示条件第 1 条：和什么比")
    expect(value.locator("option", has_text="其他")).to_be_attached()
    value.select_option(label="其他")
    finish_item(admin)
    assert "只在这时显示" in admin.text
    paste_the_rest(admin)
    admin.follow("预览和试填")
    admin.look()
    publish(admin, 1)


def begin_item(admin: Person, kind: str, label: str, *, required: bool) -> None:
    admin.follow("添加题目")
    admin.page.locator(f'a[href$="/add/{kind}"]').click()
    admin.field("题目").fill(label)
    if required:
        admin.choose("是否必填", "必填")


def finish_item(admin: Person) -> None:
    admin.look()
    admin.press("保存题目")
    admin.page.get_by_text("题目已保存。").wait_for()


def paste_the_rest(admin: Person) -> None:
    """Add the remaining fields of the example to the document that the designer wrote."""
    page = admin.page
    admin.follow("高级")
    admin.look()
    written = page.get_by_label("表单定义")
    document = json.loads(written.input_value())
    rest = {item["fid"]: item for sheet in DISPUTE["pages"] for item in sheet["items"]}
    fresh = [{**rest[fid], "fid": f"z{fid}"} for fid in ("a5", "a8", "b1", "b3", "c1")]
    fresh[0]["index"] = fresh[4]["search"] = True
    document["pages"][0]["items"] += [
        {
            **rest["a4"],
            "fid": "za4",
            "rules": [{"if": {"gt": [{"var": "za4"}, {"today": []}]}, "message": "不能晚于今天"}],
        },
        *fresh[:2],
    ]
    document["pages"].append({"id": "p2", "title": "当事人和经过", "items": fresh[2:]})
    written.fill(json.dumps(document, ensure_ascii=False))
    admin.press("检查并保存为草稿")
    page.get_by_text("已导入为草稿").wait_for()
    admin.look()


def publish(admin: Person, number: int) -> None:
    admin.follow("检查和发布")
    assert "检查通过" in admin.text
    admin.look()
    admin.press(f"发布第 {number} 版")
    admin.page.get_by_text("已发布。").wait_for()
    admin.look()


def enter(browser: Browser, address: str) -> tuple[str, str, str]:
    """Enter a case on a phone with a photograph; return its number, its address and the photograph's."""
    worker = Person(browser, address, "grid.yucun", PHONE)
    page = worker.page
    worker.open("/field/")
    worker.look()
    worker.follow("邻里纠纷登记")
    page.wait_for_url("**/field/e/**")
    village = worker.field("所在村")
    assert village.locator("option:checked").inner_text() == "余村村"
    assert not worker.field("其他类型说明").is_visible()
    worker.choose("纠纷类型", "其他")
    worker.field("其他类型说明").wait_for()
    worker.choose("纠纷类型", "漏水")
    worker.field("其他类型说明").wait_for(state="hidden")
    worker.field("发生日期").fill("2026-11-20")
    worker.field("涉及金额").fill("300.50")
    page.get_by_label("选图").set_input_files(
        {"name": "厨房.jpg", "mimeType": "image/jpeg", "buffer": located_picture()}
    )
    page.locator("[data-kept] img").wait_for()
    worker.look()
    worker.press("下一步")
    worker.field("姓名").fill("张三")
    worker.field("联系电话").fill("13812342084")
    worker.field("纠纷经过").fill(STORY)
    worker.look()
    worker.press("核对并提交")
    assert STORY in worker.text
    worker.look()
    worker.press("提交")
    page.wait_for_url("**/field/done/**")
    worker.look()
    number = page.locator("strong.num").inner_text()
    worker.follow("查看和打印")
    page.wait_for_url(f"**{REGISTER}*/")
    worker.look()
    photo = str(page.locator("main img").first.get_attribute("src"))
    stored = page.request.get(address + photo).body()
    picture = Image.open(BytesIO(stored))
    assert (picture.format, dict(picture.getexif())) == ("JPEG", {})
    assert b"SECRET-PHONE" not in stored
    record = page.url.removeprefix(address)
    worker.leave()
    return number, record, photo


def next_village_sees_nothing(browser: Browser, address: str, record: str, photo: str) -> None:
    neighbour = Person(browser, address, "official.hongmiao", DESK)
    neighbour.open(REGISTER)
    assert "0 条" in neighbour.page.locator(".subtitle").inner_text()
    assert neighbour.page.locator("tbody tr").count() == 0
    neighbour.look()
    for path in (f"{REGISTER}?q=漏水", "/search?q=漏水"):
        assert neighbour.open(path) == 200
        assert "没有" in neighbour.text
        assert neighbour.page.locator("tbody tr, .line").count() == 0
    for path in (record, f"{record}edit", f"{record}void", f"{record}revisions/1", photo):
        assert neighbour.open(path) == 404, path
    neighbour.look()
    taken = neighbour.page.request.get(f"{address}{REGISTER}export?type=xlsx").body()
    assert len(cells_of(taken)) == 1  # the headings
    listed = neighbour.page.request.get(f"{address}/api/v1/forms/neighbour_dispute/records").json()
    assert (listed["items"], listed["count"]) == ([], 0)
    neighbour.leave()


def find_and_read(official: Person, number: str) -> None:
    page = official.page
    official.open("/")
    official.look()
    official.open(REGISTER)
    assert "1 条" in page.locator(".subtitle").inner_text()
    page.get_by_label("在这个台账里搜索").fill("漏水")
    official.press("搜索")
    page.get_by_text("搜索：漏水").wait_for()
    page.get_by_text("添加条件").click()
    page.locator("main select").and_(page.get_by_label("纠纷类型")).select_option(label="漏水")
    official.look()
    official.press("应用")
    page.get_by_text("纠纷类型：漏水").wait_for()
    official.look()
    assert page.locator("tbody tr").count() == 1
    page.get_by_text("添加条件").click()
    page.locator("main select").and_(page.get_by_label("纠纷类型")).select_option(label="噪声")
    official.press("应用")
    page.get_by_text("没有符合条件的记录").wait_for()
    official.open("/search?q=漏水")
    official.look()
    official.follow(number)
    page.wait_for_url(f"**{REGISTER}*/")
    assert STORY in official.text
    assert "138****2084" in official.text
    assert "13812342084" not in page.content()
    official.look()


def prints(official: Person) -> None:
    page = official.page
    page.emulate_media(media="print")
    for part in (".topbar", ".sidenav", ".bottombar", ".page-actions", "aside"):
        assert [one.is_visible() for one in page.locator(part).all() if one.is_visible()] == [], part
    assert page.locator("dd", has_text=STORY).is_visible()
    assert page.get_by_text("登记人（签字）").is_visible()
    paper = page.pdf(format="A4")
    assert paper.startswith(b"%PDF")
    assert len(paper) > 10_000
    page.emulate_media(media="screen")


def exports(official: Person, number: str) -> None:
    page = official.page
    official.open(f"{REGISTER}?q=漏水")
    page.locator("main summary", has_text="导出").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="导出 XLSX").click()
    name = download.value.suggested_filename
    assert name.startswith("邻里纠纷登记")
    heading, *rows = cells_of(Path(download.value.path()).read_bytes())
    (row,) = [dict(zip(heading, one, strict=True)) for one in rows]
    told = {
        label: str(row[label])
        for label in ("编号", "所在村", "纠纷类型", "其他类型说明", "发生日期", "联系电话", "纠纷经过")
    }
    assert told == {
        "编号": number, "所在村": "余村村", "纠纷类型": "漏水", "其他类型说明": "条件隐藏", "发生日期": "2026-11-20",
        "联系电话": "138****2084", "纠纷经过": STORY,
    }  # fmt: skip
    assert float(row["涉及金额"]) == 300.5


def cells_of(workbook: bytes) -> list[list[Any]]:
    """Read the first sheet of a workbook with another library than the one that wrote it."""
    return load_workbook(BytesIO(workbook)).get_sheet_by_index(0).to_python()


def new_version_reaches_the_other_process(
    browser: Browser, admin: Person, official: Person, second: str, record: str, number: str
) -> None:
    """Publish a second version on one process; the other, which knows the first, follows at once."""
    there = Person(browser, second, "grid.yucun", PHONE)
    there.open("/field/f/neighbour_dispute/new")
    assert "几户受影响" not in there.text
    admin.open("/admin/forms/neighbour_dispute/")
    begin_item(admin, "integer", "几户受影响", required=True)
    finish_item(admin)
    publish(admin, 2)
    there.open("/field/f/neighbour_dispute/new")
    there.page.get_by_label("几户受影响").wait_for()
    there.press("下一步")
    there.page.locator(".error-summary").wait_for()
    assert "几户受影响" in there.page.locator(".error-summary").inner_text()
    there.look()
    there.open(record)
    assert STORY in there.text
    assert "第 1 版" in there.text
    assert "几户受影响" not in there.text
    there.leave()
    official.address = second
    official.open(record)
    assert "第 1 版" in official.text
    official.look()
    heading, row = cells_of(official.page.request.get(f"{second}{REGISTER}export?type=xlsx").body())
    assert dict(zip(heading, row, strict=True))["几户受影响"] == "未询问"
    assert number in row
