"""A phone at the questions that are not typed: a signature drawn, a photograph with its place, a person looked up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect

from models.base import db
from models.files import File
from models.records import Record
from services.people import create_resident
from shell.bearer import TOKEN
from tests.support.cast import AT, Cast
from tests.support.entry import picture
from tests.support.registers import publish
from tests.support.web import serving

pytestmark = pytest.mark.browser
HERE = {"latitude": 30.638521, "longitude": 119.68531, "accuracy": 11.2}
FORM: dict[str, Any] = {
    "schema": "zhiye-form/1", "key": "scene", "title": "现场登记",
    "pages": [{"id": "p1", "title": "现场", "items": [
        {"fid": "a0", "key": "place", "type": "org", "label": "村", "level": "village", "default": {"user": "village"}},
        {"fid": "a1", "key": "who", "type": "person", "label": "当事人", "required": True,
         "fill": {"a2": "name", "a3": "phone"}},
        {"fid": "a2", "key": "name", "type": "person_name", "label": "姓名"},
        {"fid": "a3", "key": "phone", "type": "cn_mobile", "label": "电话"},
        {"fid": "a4", "key": "scene", "type": "image", "label": "现场照片", "multiple": 2, "place_time": True},
        {"fid": "a5", "key": "signed", "type": "signature", "label": "当事人签名", "required": True},
        {"fid": "a6", "key": "papers", "type": "file", "label": "证明材料"},
        {"fid": "a7", "key": "voice", "type": "audio", "label": "录音"}]}],
}  # fmt: skip


@pytest.fixture
def engine_name() -> str:
    """One engine is enough: the pages are the same, and the functional tests run on both."""
    return "sqlite"


@pytest.fixture
def page(app: Flask, cast: Cast, browser: Browser) -> Iterator[Page]:
    """A phone at an empty entry, allowed to tell where it is."""
    publish(cast, FORM)
    given = {"name": "张建国", "phone": "13812342084"}
    create_resident(cast.units["余村村"], answers=given, actor=cast.actor("official.yucun"), at=AT)
    client = app.test_client()
    with client.session_transaction() as session:
        session[TOKEN] = cast.token("grid.yucun")
    cookie = client.get_cookie("zhiye")
    assert cookie is not None
    with serving(app) as address:
        options: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN", "geolocation": HERE}
        context = browser.new_context(**options, permissions=["geolocation"], has_touch=True)
        context.add_cookies([{"name": "zhiye", "value": cookie.value, "url": address}])
        opened = context.new_page()
        opened.set_default_timeout(10_000)
        opened.goto(f"{address}/field/f/scene/new")
        yield opened
        context.close()


def stroke(page: Page, canvas: Locator, *points: tuple[float, float]) -> None:
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    for place, (across, down) in enumerate(points):
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"], steps=4)
        if place == 0:
            page.mouse.down()
    page.mouse.up()


def test_a_person_is_chosen_a_photograph_knows_its_place_and_a_signature_is_drawn(page: Page) -> None:
    page.get_by_label("姓名、拼音首字母").fill("zjg")
    page.keyboard.press("Enter")
    page.get_by_label("张建国（余村村）").check()
    expect(page.locator("#f_a2")).to_have_value("张建国")
    expect(page.get_by_text("已登记 138****2084")).to_be_visible()
    expect(page.locator("#f_a3")).to_have_value("")

    canvas = page.locator("canvas")
    page.get_by_role("button", name="用这个签名").click()
    expect(page.get_by_text("还没有签")).to_be_visible()
    stroke(page, canvas, (0.2, 0.3), (0.4, 0.7), (0.6, 0.3))
    stroke(page, canvas, (0.1, 0.9), (0.9, 0.9))
    page.get_by_role("button", name="撤销一笔").click()

    page.get_by_label("给照片附上现在的位置").check()
    expect(page.get_by_text("误差约 12 米")).to_be_visible()
    page.locator("#f_a4-0").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    expect(page.get_by_text("30.63852, 119.68531")).to_be_visible()
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    page.get_by_role("button", name="用这个签名").click()  # what was drawn before the photograph went is still there
    expect(page.get_by_alt_text("已签的名")).to_be_visible()
    page.get_by_role("button", name="重签").click()
    stroke(page, page.locator("canvas"), (0.3, 0.5), (0.7, 0.5))
    page.get_by_role("button", name="核对并提交").click()  # nothing more is pressed: the drawing goes with the page
    expect(page.get_by_alt_text("当事人签名的手写签名")).to_be_visible()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("已经收到")
    db.session.rollback()
    record = db.session.scalars(sa.select(Record)).one()
    assert record.answers["a3"]["mask"] == "138****2084"
    drawn = db.session.scalars(sa.select(File).where(File.uid == record.answers["a5"][0])).one()
    assert (drawn.mime, drawn.record_id) == ("image/png", record.id)
