"""Answers that nobody enters: computed ones and hidden ones."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.answers import clean
from engine.definition import check, diff, parse
from tests.unit.engine.helpers import context, small


def calculate(fid: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"fid": fid, "type": "calculate", "value": value, **more}


def number(fid: str, **more: Any) -> dict[str, Any]:
    return {"fid": fid, "type": "decimal", **more}


TOTAL = calculate("c1", {"mul": [{"var": "a1"}, {"var": "a2"}]})
DOUBLE = calculate("c2", {"mul": [{"var": "c1"}, 2]})
GRAVE = calculate("c3", {"ge": [{"var": "c2"}, 100]}, result="bool")
WARNED = {"fid": "n1", "type": "note", "show": {"var": "c3"}}
WHY = {"fid": "a3", "type": "text", "show": {"var": "c3"}, "required": True}
ITEMS = [number("a1"), number("a2"), TOTAL, DOUBLE, GRAVE, WARNED, WHY]


def test_what_is_computed_is_stored_and_decides_what_is_shown() -> None:
    outcome = clean(parse(small(*ITEMS)), {"a1": "12.5", "a2": "4"}, context())
    assert outcome.answers == {"a1": "12.5", "a2": "4", "c1": "50", "c2": "100", "c3": True}
    assert {"n1", "a3"} <= outcome.shown
    assert [error.fid for error in outcome.errors] == ["a3"]


def test_the_order_of_the_questions_does_not_matter() -> None:
    raw = {"a1": "12.5", "a2": "4", "a3": "贵"}
    outcomes = [
        clean(parse(small(*order)), raw, context())
        for order in itertools.islice(itertools.permutations(ITEMS), 0, 5040, 97)
    ]
    assert all(one.answers == outcomes[0].answers and one.shown == outcomes[0].shown for one in outcomes)


def test_what_was_sent_for_it_counts_for_nothing() -> None:
    outcome = clean(parse(small(*ITEMS)), {"c1": "1000000", "c3": "true"}, context())
    assert (outcome.answers, outcome.ok, outcome.unknown) == ({"c3": False}, True, ())


def test_what_cannot_be_computed_is_empty() -> None:
    quotient = calculate("c1", {"div": [{"var": "a1"}, {"var": "a2"}]})
    definition = parse(small(number("a1"), number("a2"), quotient))
    assert clean(definition, {"a1": "1", "a2": "0"}, context()).answers == {"a1": "1", "a2": "0"}
    assert clean(definition, {"a1": "1"}, context()).answers == {"a1": "1"}


def test_a_result_of_another_type_is_empty() -> None:
    either = calculate("c1", {"if": [{"filled": [{"var": "a1"}]}, {"var": "a1"}, "无"]}, result="text")
    definition = parse(small(number("a1"), either))
    assert clean(definition, {"a1": "1"}, context()).answers == {"a1": "1"}
    assert clean(definition, {}, context()).answers == {"c1": "无"}


def test_a_hidden_calculation_is_neither_stored_nor_read() -> None:
    first = {**TOTAL, "show": {"eq": [{"var": "b1"}, "x"]}}
    definition = parse(small({"fid": "b1", "type": "text"}, number("a1"), number("a2"), first, DOUBLE))
    assert clean(definition, {"a1": "2", "a2": "3"}, context()).answers == {"a1": "2", "a2": "3"}
    assert clean(definition, {"a1": "2", "a2": "3", "b1": "x"}, context()).answers["c2"] == "12"


def test_the_rules_of_what_is_computed_are_judged() -> None:
    most = {**TOTAL, "rules": [{"if": {"gt": [{"var": "c1"}, 100]}, "message": "太多"}]}
    outcome = clean(parse(small(number("a1"), number("a2"), most)), {"a1": "11", "a2": "10"}, context())
    assert [(error.fid, str(error)) for error in outcome.errors] == [("c1", "太多")]


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ([calculate("c1", {"var": "c1"})], "不能用到这道题自己"),
        ([calculate("c1", {"var": "c2"}), calculate("c2", {"var": "c1"})], "绕成了圈"),
        ([{**number("a1"), "show": {"filled": [{"var": "c1"}]}}, calculate("c1", {"var": "a1"})], "绕成了圈"),
        ([calculate("c1", {"var": "zz"})], "不存在"),
        ([calculate("c1", {"concat": ["a", "b"]})], "算出来的是文字"),
        ([calculate("c1", 5, required=True)], "不能设必填"),
        ([calculate("c1", 5, default=1)], "不能有默认值"),
        ([calculate("c1", None)], "请写计算公式"),
        ([{"fid": "p1", "type": "cn_mobile"}, calculate("c1", {"var": "p1"}, result="text")], "保密"),
        ([{"fid": "p1", "type": "person_name"}, calculate("c1", {"var": "p1"}, result="text")], "保密"),
        ([{"fid": "h1", "type": "hidden"}, number("a1")], "来源"),
        ([{"fid": "h1", "type": "hidden", "text": "x", "value": {"concat": ["a"]}}, number("a1")], "来源"),
    ],
)
def test_a_calculation_that_cannot_be_is_refused(items: list[dict[str, Any]], why: str) -> None:
    assert why in "；".join(str(problem) for problem in check(small(*items)))


def test_the_type_of_a_result_never_changes_once_published() -> None:
    old, new = parse(small(calculate("c1", 5))), parse(small(calculate("c1", "a", result="text")))
    assert next((change.what, change.allowed) for change in diff(old, new)) == ("type_changed", False)
    same = parse(small(calculate("c1", 6)))
    assert [(change.what, change.allowed) for change in diff(old, same)] == [("settings_changed", True)]


def test_hidden_answers_come_from_the_form_and_stay_with_the_record() -> None:
    fixed = {"fid": "h1", "type": "hidden", "text": "网格巡查"}
    named = {"fid": "h2", "type": "hidden", "default": {"user": "name"}}
    computed = {"fid": "h3", "type": "hidden", "value": {"concat": [{"var": "h1"}, "·", {"var": "a1"}]}}
    definition = parse(small(fixed, named, computed, {"fid": "a1", "type": "text"}))
    made = clean(definition, {"a1": "甲"}, context()).answers
    assert made == {"h1": "网格巡查", "h2": "王小村", "h3": "网格巡查·甲", "a1": "甲"}
    later = clean(definition, made, context(user={"name": "李四", "village": 7, "town": 3})).answers
    assert later == made


@given(st.decimals(-(10**6), 10**6, places=3), st.decimals(-(10**6), 10**6, places=3))
def test_cleaning_twice_is_cleaning_once(first: Decimal, second: Decimal) -> None:
    definition = parse(small(*ITEMS))
    once = clean(definition, {"a1": str(first), "a2": str(second), "a3": "贵"}, context())
    assert clean(definition, once.answers, context()).answers == once.answers
