"""Edits of a form as a whole, and tests recorded with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from engine import editing, whole
from engine.answers import Context, record_test, run_tests
from engine.definition import check, parse

TODAY = Context(today=date(2026, 11, 23))
LATE = {"if": {"gt": [{"var": "f3"}, {"today": []}]}, "message": "不能晚于今天"}
ITEMS: list[dict[str, Any]] = [
    {"fid": "f1", "key": "kind", "type": "boolean", "label": "出租", "required": True},
    {"fid": "f2", "key": "rent", "type": "integer", "label": "租金", "show": {"eq": [{"var": "f1"}, True]}},
    {"fid": "f3", "key": "since", "type": "date", "label": "起租日期", "rules": [LATE]},
    {"fid": "f4", "key": "year", "type": "calculate", "label": "一年", "value": {"mul": [{"var": "f2"}, 12]}},
]
FORM = {**editing.empty_form("form", "表单", "页"), "pages": [{"id": "p1", "title": "页", "items": ITEMS}]}


def failures(document: dict[str, Any], context: Context = TODAY) -> list[str]:
    assert check(document) == []
    return [str(one.message) % one.params for one in run_tests(parse(document), context)]


def test_a_recorded_test_holds_as_long_as_the_form_does_the_same_also_on_another_day() -> None:
    answers = {"f1": "true", "f2": "500", "f3": "2026-11-24"}
    test = record_test(parse(FORM), answers, TODAY, title="明天起租")
    assert test == {
        "title": "明天起租", "today": "2026-11-23", "in": answers, "errors": ["f3"], "valid": ["f1", "f2", "f4"],
        "shown": ["f1", "f2", "f3", "f4"], "calc": {"f4": "6000"},
    }  # fmt: skip
    recorded = whole.put_test(FORM, test)
    assert failures(recorded) == []
    assert failures(recorded, replace(TODAY, today=TODAY.today + timedelta(days=30))) == []
    item = editing.item_of(recorded, "f4")
    changed = editing.change_item(recorded, "f4", {**item, "value": {"mul": [{"var": "f2"}, 6]}})
    assert failures(changed) == ["样例 1：“一年”应当算出“6000”，却是“3000”"]
    hidden = editing.change_item(
        recorded, "f2", {**editing.item_of(recorded, "f2"), "show": {"empty": [{"var": "f1"}]}}
    )
    assert "样例 1：“租金”应当显示，却隐藏了" in failures(hidden)


def test_tests_are_replaced_removed_and_forget_what_is_no_longer_asked() -> None:
    definition = parse(FORM)
    document = whole.put_test(FORM, record_test(definition, {"f1": "true", "f2": "5"}, TODAY, title="一"))
    document = whole.put_test(document, record_test(definition, {"f1": "false"}, TODAY, title="二"))
    assert [test["title"] for test in whole.tests_of(document)] == ["一", "二"]
    assert whole.tests_of(document)[1]["hidden"] == ["f2"]
    document = whole.put_test(document, {"title": "三", "in": {}}, 0)
    without = whole.forget_in_tests(editing.remove_item(editing.remove_item(document, "f4"), "f2"), {"f2", "f4"})
    assert failures(without) == []
    assert "tests" not in whole.remove_test(whole.remove_test(document, 0), 0)
