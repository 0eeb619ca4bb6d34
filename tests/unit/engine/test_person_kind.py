"""The person question: only the look-up and the record's past say a name; details go only where they are safe."""

from __future__ import annotations

from typing import Any

import pytest

from engine.context import FileFacts
from engine.definition import check, parse
from engine.diff import diff
from engine.editing import copy_item, item_of
from engine.kinds.person import PersonKind
from tests.unit.engine.helpers import PHOTO, context, item, small

PERSON = item("person")
HOUSEHOLD = item("person", of="household")


def judge(one: Any, raw: Any, **changed: Any) -> list[str]:
    here = context(**changed)
    value = one.kind.parse(one, raw, here)
    return [str(message) for message in one.kind.validate(one, value, here)]


def test_a_name_that_was_sent_counts_for_nothing() -> None:
    assert PERSON.kind.parse(PERSON, "12 李鬼", context()) == "12 张三丰"
    assert len(judge(PERSON, "99 李鬼")) == 1


def test_who_is_outside_the_scope_is_refused_but_who_was_chosen_before_stays() -> None:
    assert "没有找到" in judge(PERSON, "99")[0]
    assert judge(PERSON, "99", previous={"f1": "99 王五"}) == []
    assert PERSON.kind.parse(PERSON, "99", context(previous={"f1": "99 王五"})) == "99 王五"


def test_the_name_kept_at_that_time_is_shown_though_the_person_is_gone_or_renamed() -> None:
    gone = context(person_name=lambda _of, _ident: None)
    assert PERSON.kind.display(PERSON, "99 王五", gone) == "王五"
    assert PERSON.kind.mask(PERSON, "99 王五", gone) == "王**"
    assert PERSON.kind.parse(PERSON, "12", context(previous={"f1": "12 张旧名"})) == "12 张旧名"


def test_a_household_shows_its_code_and_hides_its_head() -> None:
    value = HOUSEHOLD.kind.parse(HOUSEHOLD, "3", context())
    assert value == "3 YC-003 李四"
    assert HOUSEHOLD.kind.mask(HOUSEHOLD, value, context()) == "YC-003 李**"
    assert len(judge(HOUSEHOLD, "12")) == 1


@pytest.mark.parametrize(
    ("fill", "more", "told"),
    [
        ({"f2": "phone"}, {"type": "cn_mobile"}, ""),
        ({"f2": "address"}, {"type": "text", "mask": "middle"}, ""),
        ({"f2": "birthday"}, {"type": "date"}, ""),
        ({"f2": "address"}, {"type": "text"}, "没有遮盖"),
        ({"f2": "phone"}, {"type": "date"}, "装不下"),
        ({"f9": "name"}, {"type": "text"}, "不存在"),
        ({"f2": "salary"}, {"type": "text"}, "对照"),
        (["f2"], {"type": "text"}, "对照"),
        ({"f2": ["name"]}, {"type": "text"}, "对照"),
    ],
)
def test_details_are_carried_only_where_they_fit_and_stay_secret(fill: Any, more: Any, told: str) -> None:
    found = check(small({"fid": "f1", "type": "person", "fill": fill}, {"fid": "f2", **more}))
    assert bool(found) == bool(told)
    assert told in str(found[0]) if found else True


def test_a_household_has_no_telephone_and_a_row_fills_only_itself() -> None:
    household = {"fid": "f1", "type": "person", "of": "household", "fill": {"f2": "phone"}}
    assert "家庭没有" in str(check(small(household, {"fid": "f2", "type": "cn_mobile"}))[0])
    inside = {"fid": "f1", "key": "k1", "label": "人", "type": "person", "fill": {"f2": "name"}}
    rows = {"fid": "b0", "type": "repeat", "items": [inside]}
    assert "同一行" in str(check(small(rows, {"fid": "f2", "type": "text"}))[0])


def test_a_published_question_about_residents_never_becomes_one_about_households() -> None:
    old, new = (parse(small({"fid": "f1", "type": "person", **more})) for more in ({}, {"of": "household"}))
    assert [one.allowed for one in diff(old, new) if one.what == "type_changed"] == [False]


def test_a_copied_group_of_rows_fills_its_own_questions() -> None:
    inside = [
        {"fid": "f1", "key": "k1", "label": "人", "type": "person", "fill": {"f2": "name"}},
        {"fid": "f2", "key": "k2", "label": "名", "type": "person_name"},
    ]
    edited, fid = copy_item(small({"fid": "b0", "type": "repeat", "items": inside}), "b0")
    assert check(edited) == []
    person, name = item_of(edited, fid)["items"]
    assert person["fill"] == {name["fid"]: "name"}
    assert name["fid"] != "f2"


def test_a_person_is_nothing_to_compute_with() -> None:
    computed = {"fid": "f2", "type": "calculate", "result": "text", "value": {"concat": [{"var": "f1"}, "同志"]}}
    assert "保密" in str(check(small({"fid": "f1", "type": "person"}, computed))[0])


def test_an_export_says_names_of_files_and_where_photographs_were_taken() -> None:
    facts = {PHOTO: FileFacts("证明.pdf", "2026-11-22 14:00 拍摄", "30.63852, 119.68531")}
    here = context(file_facts=facts.get)
    file, placed, plain = item("file"), item("image", place_time=True), item("image")
    assert file.kind.export_cells(file, [PHOTO], here) == "证明.pdf"
    assert placed.kind.export_cells(placed, [PHOTO], here) == "1 张：2026-11-22 14:00 拍摄 30.63852, 119.68531"
    assert plain.kind.export_cells(plain, [PHOTO], here) == "1 张"
    nowhere = context(file_facts={PHOTO: FileFacts("a.jpg", "2026-11-22 14:00 上传")}.get)
    assert str(placed.kind.export_cells(placed, [PHOTO], nowhere)).endswith("没有地点")
    assert isinstance(item("person").kind, PersonKind)
