"""Repeats at rest: rows keep their names and their sealed answers, and are found, shown, revealed and audited."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from models.audit import AuditEvent
from models.base import db
from models.forms import Form
from models.records import Record
from queries import audit
from queries.conditions import Filter
from queries.forms import definition
from queries.index_check import check_index
from queries.indexing import shape
from queries.registers import table
from queries.rights import rights_on
from queries.rows import rows_told
from services.records import NothingSealed, change_record, create_record, reveal
from tests.support.cast import AT, TODAY, Cast
from tests.support.registers import listed, publish

ONE, TWO, THREE, INNER = ("0" * 15 + figure for figure in "123a")
ID_NOS = {ONE: "330523199003071234", TWO: "330523198505054325", THREE: "110101199003071233"}
PHONE = "13812342084"
TENANTS: dict[str, Any] = {
    "schema": "zhiye-form/1",
    "key": "tenants",
    "title": "出租房登记",
    "pages": [
        {
            "id": "p1",
            "title": "出租房",
            "items": [
                {"fid": "a1", "key": "village", "type": "org", "level": "village", "label": "所在村", "required": True},
                {"fid": "g1", "key": "house", "type": "group", "label": "房屋", "items": [
                    {"fid": "a2", "key": "street", "type": "text", "label": "门牌", "index": True}]},
                {"fid": "b0", "key": "people", "type": "repeat", "label": "租客", "min": 1, "items": [
                    {"fid": "b1", "key": "name", "type": "person_name", "label": "姓名", "required": True,
                     "search": True},
                    {"fid": "b2", "key": "id_no", "type": "cn_id", "label": "身份证号"},
                    {"fid": "b3", "key": "work", "type": "select_one", "label": "工作", "index": True,
                     "options": [{"value": "farm", "label": "务农"}, {"value": "shop", "label": "经商"},
                                 {"value": "none", "label": "无业"}]},
                    {"fid": "g2", "key": "trade", "type": "group", "label": "经营", "items": [
                        {"fid": "b4", "key": "shop", "type": "text", "label": "店名", "search": True}],
                     "show": {"eq": [{"var": "b3"}, "shop"]}},
                    {"fid": "d0", "key": "phones", "type": "repeat", "label": "电话", "items": [
                        {"fid": "d1", "key": "phone", "type": "cn_mobile", "label": "号码"}]}]},
                {"fid": "c1", "key": "count", "type": "calculate", "label": "人数", "value": {"count": ["b0"]}},
            ],
        }
    ],
}  # fmt: skip


@pytest.fixture
def form(cast: Cast) -> Form:
    return publish(cast, TENANTS)


def person(row: str, name: str, **more: Any) -> dict[str, Any]:
    return {"_id": row, "b1": name, "b2": ID_NOS[row], **more}


def enter(cast: Cast, form: Form, *people: dict[str, Any]) -> Record:
    raw = {"a1": cast.units["余村村"], "a2": "12 号", "b0": list(people)}
    official = cast.actor("official.yucun")
    return create_record(form, version=1, raw=raw, uid="f" * 32, actor=official, at=AT, today=TODAY)


def change(cast: Cast, record: Record, *people: dict[str, Any], emptied: tuple[str, ...] = ()) -> Record:
    raw = {"a1": cast.units["余村村"], "a2": "12 号", "b0": list(people)}
    official = cast.actor("official.yucun")
    return change_record(
        record, raw=raw, row_version=record.row_version, emptied=emptied, actor=official, at=AT, today=TODAY
    )


def two_tenants(cast: Cast, form: Form) -> Record:
    return enter(
        cast,
        form,
        person(ONE, "张三丰", b3="farm", b4="藏起来", d0=[{"_id": INNER, "d1": PHONE}]),
        person(TWO, "李四光", b3="shop", b4="余村茶社"),
    )


def numbers(cast: Cast, form: Form, search: str = "", *filters: Filter) -> list[str]:
    return listed(cast, form, "official.yucun", *filters, search=search)


def test_sealed_answers_are_sealed_inside_their_rows(cast: Cast, form: Form) -> None:
    record = two_tenants(cast, form)
    first, second = record.answers["b0"]
    assert (first["_id"], second["_id"]) == (ONE, TWO)
    assert set(first["b2"]) == {"sealed", "mask", "blind"} == set(first["d0"][0]["d1"])
    assert "b4" not in first
    assert not any(number in str(record.answers) for number in [*ID_NOS.values(), PHONE])
    assert record.answers["c1"] == "2"


def test_rows_are_found_by_number_by_word_and_by_filter(cast: Cast, form: Form) -> None:
    number = two_tenants(cast, form).number
    for found in (ID_NOS[ONE], ID_NOS[TWO], PHONE, "三丰", "茶社"):
        assert numbers(cast, form, found) == [number], found
    for kind, met in (("farm", [number]), ("shop", [number]), ("none", [])):
        assert numbers(cast, form, "", Filter("b3", "eq", (kind,))) == met, kind
    for lost in (ID_NOS[THREE], "藏起来", "丰李"):
        assert numbers(cast, form, lost) == [], lost
    assert check_index(form, sample=9, seed=1).problems == ()


def test_a_change_keeps_what_a_row_had_takes_rows_out_and_puts_rows_in(cast: Cast, form: Form) -> None:
    record = two_tenants(cast, form)
    before = record.answers["b0"][1]["b2"]
    changed = change(cast, record, {**person(TWO, "李四光", b3="farm"), "b2": ""}, person(THREE, "王小五"))
    assert [row["_id"] for row in changed.answers["b0"]] == [TWO, THREE]
    assert changed.answers["b0"][0]["b2"] == before
    assert numbers(cast, form, ID_NOS[ONE]) == []
    assert numbers(cast, form, ID_NOS[TWO]) == numbers(cast, form, ID_NOS[THREE]) == [record.number]
    assert numbers(cast, form, "茶社") == []
    assert check_index(form, sample=9, seed=1).problems == ()
    same = change(
        cast, changed, person(TWO, "李四光"), {**person(THREE, "王小五"), "b2": ""}, emptied=(f"b0/{THREE}/b2",)
    )
    assert same.answers["b0"][0]["b2"] == before
    assert "b2" not in same.answers["b0"][1]


def test_a_masked_answer_of_one_row_is_not_taken_from_another(cast: Cast, form: Form) -> None:
    record = two_tenants(cast, form)
    changed = change(cast, record, {"b1": "新来的", "b2": ""}, {"_id": TWO, "b1": "李四光", "b2": "3305**********4325"})
    assert "b2" not in changed.answers["b0"][0]
    assert changed.answers["b0"][1]["b2"] == record.answers["b0"][1]["b2"]


def test_rows_are_revealed_by_address_and_the_audit_tells_only_masks(cast: Cast, form: Form) -> None:
    record = two_tenants(cast, form)
    official = cast.actor("official.yucun")
    assert reveal(record, f"b0/{TWO}/b2", reason="核对", actor=official, at=AT) == ID_NOS[TWO]
    assert reveal(record, f"b0/{ONE}/d0/{INNER}/d1", reason="回访", actor=official, at=AT) == PHONE
    for nowhere in (f"b0/{THREE}/b2", f"b0/{ONE}/d0/{THREE}/d1", f"c1/{ONE}/b2", "b0/x"):
        with pytest.raises(NothingSealed):
            reveal(record, nowhere, reason="核对", actor=official, at=AT)
    change(cast, record, {**person(TWO, "李四光"), "b2": ""})
    events = list(db.session.scalars(sa.select(AuditEvent).where(AuditEvent.thing == "record")))
    told = str([(event.before, event.after) for event in events])
    assert "3305**********1234" in told
    assert "李**" in told
    for secret in (*ID_NOS.values(), PHONE, "张三丰", "李四光", "sealed"):
        assert secret not in told, secret


def test_a_change_in_rows_is_told_row_by_row(cast: Cast, form: Form) -> None:
    record = two_tenants(cast, form)
    phones = [{"_id": INNER, "d1": PHONE}]
    change(cast, record, person(TWO, "李四光", b3="farm", d0=phones), person(THREE, "王小五", b3="shop", b4="新店"))
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.act == "record:change")).one()
    (told,) = audit.told([event], cast.actor("official.yucun"))
    assert told.changes == (
        ("租客第 1 行", "张**，3305**********1234，务农，1 行", "（这一行删掉了）"),
        ("租客第 1 行·工作", "经商", "务农"),
        ("租客第 1 行·店名", "余村茶社", ""),
        ("租客第 1 行·电话第 1 行", "", "138****2084"),
        ("租客第 2 行", "", "王**，1101**********1233，经商，新店"),
    )


def test_rows_are_told_cell_by_cell(cast: Cast, form: Form) -> None:
    record = two_tenants(cast, form)
    official = cast.actor("official.yucun")
    told = rows_told(record, definition(form.id, 1), rights=rights_on(record, official), today=TODAY)["b0"]
    assert told.heads == ["姓名", "身份证号", "工作", "店名"]
    first, second = told.entries
    assert [one.cell.text for one in first.cells] == ["张**", "3305**********1234", "务农", "条件隐藏"]
    assert [one.at for one in second.cells][:2] == [f"b0/{TWO}/b1", f"b0/{TWO}/b2"]
    assert [one.cell.text for one in second.below] == ["未填"]
    inner = first.below[0].rows
    assert inner is not None
    assert [(one.at, one.cell.text) for one in inner.entries[0].cells] == [(f"b0/{ONE}/d0/{INNER}/d1", "138****2084")]
    (line,) = table([record], ["b0", "a2", "c1"], known=shape(form.id), actor=official)
    assert [cell.text for cell in line] == ["2 行", "12 号", "2"]
