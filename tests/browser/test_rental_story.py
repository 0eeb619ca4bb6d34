"""出租房登记 from nothing: built by an admin, filled from a workbook by an official, seen in a view and a chart."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from openpyxl import Workbook, load_workbook
from playwright.sync_api import Browser, Page, expect

from models.base import db
from models.forms import Form
from models.records import Record, RecordState
from tests.support.cast import Cast
from tests.support.web import serving, signed_in

pytestmark = pytest.mark.browser
ROWS = 200
ID_NO = "330523199003071234"


@pytest.fixture
def engine_name() -> str:
    """One engine is enough: the pages are the same, and the functional tests run on both."""
    return "sqlite"


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with serving(app) as running:
        yield running


def test_a_register_is_built_filled_from_a_workbook_seen_and_taken_back(
    browser: Browser, address: str, app: Flask, cast: Cast, tmp_path: Path
) -> None:
    admin = signed_in(browser, address, app, cast, "admin")
    key = _build(admin, address)
    official = signed_in(browser, address, app, cast, "official.yucun")
    register = f"{address}/admin/f/{key}/"
    official.goto(register)
    official.goto(f"{register}import/")
    with official.expect_download() as download:
        official.get_by_role("link", name="下载导入模板").click()
    template = Path(download.value.path()).read_bytes()

    bad = tmp_path / "出租房-有错.xlsx"
    bad.write_bytes(
        _filled(template, wrong={7: ("核查结果", "吵架"), 90: ("联系电话", "12345"), 190: ("出租间数", "0")})
    )
    _upload(official, register, bad)
    expect(official.get_by_text("有 3 处问题，一条也没有导入")).to_be_visible()
    told = official.locator("tbody tr").all_inner_texts()
    assert [re.findall(r"第 (\d+) 行", line)[0] for line in told] == ["9", "92", "192"]
    assert standing(key) == 0

    good = tmp_path / "出租房.xlsx"
    good.write_bytes(_filled(template))
    _upload(official, register, good)
    official.get_by_role("button", name="导入 200 条").click()
    expect(official.get_by_text("已导入 200 条")).to_be_visible()
    run = official.url
    assert standing(key) == ROWS
    record = db.session.scalars(sa.select(Record).order_by(Record.id)).first()
    assert record is not None
    assert any(isinstance(value, list) and len(value) == 2 for value in record.answers.values())  # tenants

    _see(official, register)

    official.goto(run)
    official.get_by_text("撤销这次导入").click()
    official.get_by_label("撤销的原因").fill("试导，撤回")
    official.get_by_role("button", name="撤销 200 条").click()
    expect(official.get_by_text("已撤销").first).to_be_visible()
    assert standing(key) == 0


# ---------- the admin builds ----------


def _build(page: Page, address: str) -> str:
    page.goto(f"{address}/admin/forms/new")
    page.get_by_label("表单名称").fill("出租房登记")
    page.get_by_role("button", name="新建，去添加题目").click()
    key = re.search(r"/admin/forms/([a-z_]+)/", page.url)
    assert key
    _common(page, "所在村（社区）")
    _add(page, "姓名", "房东", listed=True)
    _add(page, "手机号", "联系电话", required=True)
    _add(page, "单行文字", "房屋地址", required=True)
    _add(page, "整数", "出租间数", least="1")
    _add(page, "日期", "起租日期", required=True, rule=("晚于", "今天"))
    _add(page, "单选", "核查结果", required=True, options="待核查\n已核查\n有隐患", index=True)
    _add(page, "多行文字", "隐患说明", required=True, when=("核查结果", "有隐患"))
    _add(page, "重复填写的一组题目", "租客")
    _add(page, "姓名", "租客姓名", inside="租客", required=True)
    _add(page, "身份证号", "租客身份证号", inside="租客")
    _add(page, "金额（元）", "月租金", inside="租客")
    _common(page, "备注")
    page.get_by_role("link", name="检查和发布").last.click()
    page.get_by_role("button", name="发布第 1 版").click()
    expect(page.get_by_text("已发布。")).to_be_visible()
    items = stored(key[1])["pages"][0]["items"]
    repeat = next(item for item in items if item["type"] == "repeat")
    assert len(items) - 1 + len(repeat["items"]) == 12
    return key[1]


def _tiles(page: Page, inside: str = "") -> None:
    where = f"添加题目 ?到“{inside}”里" if inside else "添加题目 ?到第 1 页"
    page.get_by_role("link", name=re.compile(where)).first.click()


def _common(page: Page, name: str) -> None:
    """Add a question from the templates of common fields."""
    _tiles(page)
    page.get_by_role("button", name=re.compile(f"^{re.escape(name)}")).click()


def _add(
    page: Page,
    kind: str,
    label: str,
    *,
    inside: str = "",
    required: bool = False,
    listed: bool = False,
    index: bool = False,
    options: str = "",
    least: str = "",
    rule: tuple[str, str] | None = None,
    when: tuple[str, str] | None = None,
) -> None:
    _tiles(page, inside)
    page.locator("a.tile", has=page.get_by_text(kind, exact=True)).click()
    page.get_by_label("题目", exact=True).fill(label)
    if required:
        page.get_by_label("必填", exact=True).check()
    if options:
        page.get_by_label("添加选项").fill(options)
    if least:
        page.get_by_label("最小值").fill(least)
    for wanted, box in ((listed, "在列表中显示"), (index, "可以按这道题筛选和排序")):
        if wanted:
            page.get_by_label(box).check()
    if when:
        page.get_by_role("button", name=re.compile("添加条件 ?显示条件")).click()
        page.get_by_label("显示条件第 1 条：哪道题").select_option(label=when[0])
        value = page.get_by_label("显示条件第 1 条：和什么比")
        expect(value.locator("option", has_text=when[1])).to_be_attached()
        value.select_option(label=when[1])
    if rule:
        page.get_by_role("button", name="添加一条校验").click()
        _rule(page, *rule)
    page.get_by_role("button", name="保存题目").click()
    expect(page.get_by_role("link", name=label, exact=True).first).to_be_visible()


def _rule(page: Page, operator: str, value: str) -> None:
    question = page.get_by_label(re.compile("第 1 条：哪道题$")).last
    question.select_option(label="这道题")
    page.get_by_label(re.compile("第 1 条：怎样比较$")).last.select_option(label=operator)
    page.get_by_label(re.compile("第 1 条：和什么比：和填写的内容比，还是和别的比$")).last.select_option(label=value)


def stored(key: str) -> dict[str, Any]:
    db.session.rollback()
    return db.session.scalars(sa.select(Form).where(Form.key == key)).one().draft


def standing(key: str) -> int:
    """Count the active records of a form."""
    db.session.rollback()
    query = sa.select(sa.func.count()).select_from(Record).join(Form, Form.id == Record.form_id)
    return db.session.scalar(query.where(Form.key == key, Record.state == RecordState.ACTIVE)) or 0


# ---------- the official fills a workbook ----------


def _filled(template: bytes, *, wrong: dict[int, tuple[str, str]] | None = None) -> bytes:
    """Fill the template with 200 homes and two tenants in the first; `wrong` spoils one cell of some of them."""
    book: Workbook = load_workbook(io.BytesIO(template))
    main, tenants = book.worksheets[0], book["租客"]
    heads = [str(cell.value or "").rstrip("*").strip() for cell in main[1]]
    for n in range(1, ROWS + 1):
        values: dict[str, Any] = {
            "序号": n, "所在村（社区）": "余村村", "房东": "张三", "联系电话": "13812342084",
            "房屋地址": f"余村 {n} 号", "出租间数": 1 + n % 5, "起租日期": date(2026, 10, 1 + n % 28),
            "核查结果": ("待核查", "已核查", "有隐患")[n % 3], "隐患说明": "私拉电线" if n % 3 == 2 else None,
        }  # fmt: skip
        if wrong and n in wrong:
            column, value = wrong[n]
            values[column] = value
        for place, head in enumerate(heads, start=1):
            if head in values:
                main.cell(n + 2, place, values[head])

    own = [str(cell.value or "").rstrip("*").strip() for cell in tenants[1]]
    for n, name in enumerate(("李四", "王五"), start=1):
        row: dict[str, Any] = {"序号": 1, "行号": n, "租客姓名": name, "租客身份证号": ID_NO, "月租金": 800 + n}
        for place, head in enumerate(own, start=1):
            if head in row:
                tenants.cell(n + 2, place, row[head])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _upload(page: Page, register: str, path: Path) -> None:
    page.goto(f"{register}import/")
    page.get_by_label("表格文件").set_input_files(path)
    page.get_by_role("button", name="上传").click()
    page.get_by_role("button", name="检查全部行").click()


# ---------- a view and a chart ----------


def _see(page: Page, register: str) -> None:
    page.goto(f"{register}statistics/")
    expect(page.locator("canvas[data-chart]")).to_be_visible()
    expect(page.locator(".figure-value").first).to_have_text("200")
    page.goto(f"{register}?sort=-serial")
    page.goto(register)
    page.get_by_text("视图", exact=True).first.click()
    page.get_by_role("link", name="保存为新视图").click()
    page.get_by_label("名称").fill("本村出租房")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("本村出租房").first).to_be_visible()
