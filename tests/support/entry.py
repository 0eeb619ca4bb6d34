"""What the tests of entry share: a published form, pictures good and bad, and a page's way through a form."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from engine.definition import parse
from models.base import db
from models.forms import Form, FormState, FormVersion
from services.transaction import write_transaction
from tests.support.cast import AT, Cast

HOSTILE = "<img src=x onerror=alert(1)>"
DISPUTE: dict[str, Any] = {
    "schema": "zhiye-form/1",
    "key": "dispute",
    "title": "邻里纠纷登记",
    "pages": [
        {
            "id": "p1",
            "title": "基本情况",
            "items": [
                {"fid": "a1", "key": "village", "type": "org", "level": "village", "label": "所在村", "required": True,
                 "default": {"user": "village"}},
                {"fid": "a2", "key": "kind", "type": "select_one", "label": "纠纷类型", "required": True,
                 "options": [{"value": "adjacent", "label": "相邻关系"}, {"value": "leak", "label": "漏水"},
                             {"value": "other", "label": "其他"}]},
                {"fid": "a3", "key": "kind_other", "type": "text", "label": "其他类型说明", "required": True,
                 "max": 50, "show": {"eq": [{"var": "a2"}, "other"]}},
                {"fid": "a4", "key": "happened_on", "type": "date", "label": "发生日期", "required": True,
                 "rules": [{"if": {"gt": [{"var": "a4"}, {"today": []}]}, "message": "发生日期不能晚于今天"}]},
                {"fid": "a5", "key": "amount", "type": "decimal", "label": "涉及金额", "min": 0},
                {"fid": "a8", "key": "photos", "type": "image", "label": "现场照片", "multiple": 3},
            ],
        },
        {
            "id": "p2",
            "title": "当事人",
            "items": [
                {"fid": "b1", "key": "name", "type": "person_name", "label": "姓名", "required": True},
                {"fid": "b2", "key": "id_no", "type": "cn_id", "label": "身份证号"},
                {"fid": "b3", "key": "phone", "type": "cn_mobile", "label": "联系电话"},
            ],
        },
        {
            "id": "p3",
            "title": "经过",
            "items": [
                {"fid": "c1", "key": "story", "type": "textarea", "label": "纠纷经过", "required": True},
                {"fid": "c2", "key": "wanted", "type": "select_multiple", "label": "要求",
                 "options": [{"value": "stop", "label": "停止影响"}, {"value": "pay", "label": "赔偿"}]},
                {"fid": "c3", "key": "told", "type": "boolean", "label": "已告知权利"},
                {"fid": "c4", "key": "note", "type": "note", "label": "请当场读给当事人听。"},
            ],
        },
    ],
}  # fmt: skip
PAGE_1: dict[str, Any] = {"a1": None, "a2": "leak", "a4": "2026-11-20", "a5": "300"}
PAGE_2: dict[str, Any] = {"b1": "张三", "b2": "", "b3": "13812342084"}
PAGE_3: dict[str, Any] = {"c1": "楼上漏水，厨房顶板发霉。", "c2": ["pay"]}


def publish(cast: Cast, document: dict[str, Any], *, county: str = "安吉县综治中心") -> int:
    """Publish a document as the next version of its form and return the form's id, without the designer."""
    with write_transaction():
        form = db.session.query(Form).filter_by(key=document["key"], county_id=cast.units[county]).one_or_none()
        if form is None:
            form = Form(
                county_id=cast.units[county], key=document["key"], title=parse(document).title(),
                prefix=document["key"][:2].upper(), state=FormState.DRAFT, draft=document, created_at=AT, updated_at=AT,
            )  # fmt: skip
            db.session.add(form)
            db.session.flush()
        number = (form.current_version or 0) + 1
        db.session.add(
            FormVersion(
                form_id=form.id, number=number, definition=document, sha256=parse(document).sha256, published_at=AT
            )
        )
        db.session.flush()
        form.state, form.current_version = FormState.PUBLISHED, number
        return form.id


def begin(client: FlaskClient, key: str = "dispute") -> str:
    """Open a new entry and return the draft's uid."""
    answer = client.get(f"/field/f/{key}/new")
    assert answer.status_code == 302, answer.text
    return re.fullmatch(r"/field/e/([0-9a-f]{32})/1", answer.location)[1]  # type: ignore[index]


def hidden(html: str, name: str) -> str:
    """Return the value of a hidden input of the page."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', html)
    assert found, name
    return found[1]


def post_page(
    client: FlaskClient, uid: str, number: int, answers: dict[str, Any], *, act: str = "next", **more: Any
) -> TestResponse:
    """Open a page, fill it in as a browser would, and press a button."""
    html = client.get(f"/field/e/{uid}/{number}").text
    data = {name: hidden(html, name) for name in ("base", "tab", "asked")}
    for fid, value in answers.items():
        data[f"f_{fid}"] = selected(html, fid) if value is None else value
    return client.post(f"/field/e/{uid}/{number}", data={**data, act: "1", **more}, content_type="multipart/form-data")


def selected(html: str, fid: str) -> str:
    """Return the value chosen in a menu of the page."""
    menu = re.search(rf'<select[^>]*name="f_{fid}".*?</select>', html, re.DOTALL)
    assert menu, fid
    chosen = re.search(r'<option selected value="([^"]*)"', menu[0]) or re.search(r'value="([^"]+)"', menu[0])
    return chosen[1] if chosen else ""


def fill_in(client: FlaskClient, uid: str) -> None:
    """Fill in all three pages of DISPUTE."""
    for number, answers in enumerate((PAGE_1, PAGE_2, PAGE_3), start=1):
        answer = post_page(client, uid, number, answers)
        assert answer.status_code == 302, answer.text


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480), **options: Any) -> bytes:
    """Return a picture with a gradient, so that it has something to lose."""
    gradient = Image.linear_gradient("L").resize(size)
    out = BytesIO()
    Image.merge("RGB", (gradient, gradient.rotate(90).resize(size), gradient)).save(out, kind, **options)
    return out.getvalue()


def located_picture(orientation: int = 6) -> bytes:
    """Return a picture as a phone makes it: turned, with the place where it was taken and the phone's name."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x0110] = "SECRET-PHONE"
    exif.get_ifd(0x8825).update({1: "N", 2: (30.0, 38.0, 0.0), 3: "E", 4: (119.0, 41.0, 0.0)})
    return picture(exif=exif)
