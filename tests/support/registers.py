"""What the tests of registers share: a form with every indexed kind, and short ways to enter, change and list."""

from __future__ import annotations

import copy
import uuid
from datetime import datetime
from typing import Any

from engine.definition import parse
from models.access import Actor
from models.base import db
from models.forms import Form, FormState, FormVersion
from models.records import Record
from queries.records import Filter, Page, Request, page
from services.records import change_record, create_record
from services.transaction import write_transaction
from tests.support.cast import AT, TODAY, Cast

KINDS = ("adjacent", "leak", "noise", "other")
REGISTER: dict[str, Any] = {
    "schema": "zhiye-form/1",
    "key": "quarrels",
    "title": "邻里纠纷登记",
    "list": ["village", "kind", "name", "amount"],
    "pages": [
        {
            "id": "p1",
            "title": "基本情况",
            "items": [
                {"fid": "a1", "key": "village", "type": "org", "level": "village", "label": "所在村", "required": True,
                 "index": True},
                {"fid": "a2", "key": "kind", "type": "select_one", "label": "纠纷类型", "required": True, "index": True,
                 "options": [{"value": "adjacent", "label": "相邻关系"}, {"value": "leak", "label": "漏水"},
                             {"value": "noise", "label": "噪声"}, {"value": "other", "label": "其他"}]},
                {"fid": "a3", "key": "kind_other", "type": "text", "label": "其他类型说明", "required": True,
                 "max": 50, "show": {"eq": [{"var": "a2"}, "other"]}},
                {"fid": "a4", "key": "happened_on", "type": "date", "label": "发生日期", "index": True},
                {"fid": "a5", "key": "amount", "type": "decimal", "label": "涉及金额", "index": True},
                {"fid": "a6", "key": "grave", "type": "boolean", "label": "是否重大", "index": True},
                {"fid": "a7", "key": "wanted", "type": "select_multiple", "label": "要求", "index": True,
                 "options": [{"value": "stop", "label": "停止影响"}, {"value": "pay", "label": "赔偿"}]},
            ],
        },
        {
            "id": "p2",
            "title": "当事人",
            "items": [
                {"fid": "b1", "key": "name", "type": "person_name", "label": "姓名", "search": True},
                {"fid": "b2", "key": "id_no", "type": "cn_id", "label": "身份证号"},
                {"fid": "b3", "key": "phone", "type": "cn_mobile", "label": "联系电话"},
                {"fid": "c1", "key": "story", "type": "textarea", "label": "经过", "search": True, "index": True},
            ],
        },
    ],
}  # fmt: skip
TENANTS: dict[str, Any] = {
    "fid": "d0", "key": "tenants", "type": "repeat", "label": "租客",
    "items": [
        {"fid": "d1", "key": "tenant", "type": "text", "label": "称呼"},
        {"fid": "d2", "key": "tenant_kind", "type": "select_one", "label": "身份",
         "options": [{"value": "worker", "label": "务工"}, {"value": "other", "label": "其他"}]},
        {"fid": "d3", "key": "why", "type": "text", "label": "其他说明", "show": {"eq": [{"var": "d2"}, "other"]}},
        {"fid": "d4", "key": "cars", "type": "repeat", "label": "车辆",
         "items": [{"fid": "d5", "key": "plate", "type": "text", "label": "车牌"}]},
    ],
}  # fmt: skip
PHONE, ID_NO = "13812342084", "330523199003071234"


def with_tenants() -> dict[str, Any]:
    """Return the register with a repeat of two levels in it."""
    document = copy.deepcopy(REGISTER)
    document["pages"][0]["items"].append(TENANTS)
    return document


def publish(cast: Cast, document: dict[str, Any] = REGISTER, *, county: str = "安吉县综治中心") -> Form:
    """Publish a document as the next version of its form, without the designer."""
    definition = parse(document)
    with write_transaction():
        form = db.session.query(Form).filter_by(key=document["key"], county_id=cast.units[county]).one_or_none()
        if form is None:
            form = Form(
                county_id=cast.units[county], key=document["key"], title=str(document["title"]),
                prefix=document["key"][:2].upper(), state=FormState.DRAFT, draft=document, created_at=AT, updated_at=AT,
            )  # fmt: skip
            db.session.add(form)
            db.session.flush()
        number = (form.current_version or 0) + 1
        version = {"definition": document, "sha256": definition.sha256, "published_at": AT}
        db.session.add(FormVersion(form_id=form.id, number=number, **version))
        db.session.flush()
        form.state, form.current_version = FormState.PUBLISHED, number
    return form


def enter(
    cast: Cast, form: Form, username: str = "grid.yucun", *, village: str = "余村村", at: datetime = AT, **answers: Any
) -> Record:
    """Enter a record as one of the cast; what is not given stays plain or empty."""
    actor = cast.actor(username)
    raw = {"a1": cast.units[village], "a2": "leak", **answers}
    version = form.current_version or 1
    return create_record(form, version=version, raw=raw, uid=uuid.uuid4().hex, actor=actor, at=at, today=TODAY)


def change(cast: Cast, record: Record, username: str = "grid.yucun", **answers: Any) -> Record:
    """Change some answers as one of the cast, the others posted back as the page would."""
    raw = {fid: "" if isinstance(value, dict) else value for fid, value in record.answers.items()} | answers
    actor = cast.actor(username)
    return change_record(record, raw=raw, row_version=record.row_version, actor=actor, at=AT, today=TODAY)


def listed(cast: Cast, form: Form, reader: str | Actor, *filters: Filter, **request: Any) -> list[str]:
    """Return the numbers of all records a list gives, page after page of five."""
    actor = reader if isinstance(reader, Actor) else cast.actor(reader)
    numbers: list[str] = []
    asked = Request(filters=filters, limit=5, **request)
    while True:
        found: Page = page(form, actor, asked)
        numbers += [record.number for record in found.records]
        if found.next is None:
            return numbers
        asked = Request(filters=filters, limit=5, **{**request, "after": found.next})
