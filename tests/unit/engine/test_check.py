from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.check import check
from engine.definition import DefinitionError, parse
from engine.kinds import KINDS
from engine.kinds.base import ConfigProperty
from engine.properties import BYTES, setting_problem
from tests.unit.engine.helpers import document, options, small


def paths(form: object) -> list[str]:
    return [problem.path for problem in check(form)]


def text_item(fid: str = "f1", **properties: Any) -> dict[str, Any]:
    return {"fid": fid, "type": "text", **properties}


def test_the_example_is_a_form() -> None:
    assert check(document()) == []


def test_a_problem_names_place_item_and_reason() -> None:
    (problem,) = check(small(text_item(), text_item("f2", colour="red")))
    assert (problem.path, problem.fid) == ("pages[0].items[1].colour", "f2")
    assert str(problem) == "pages[0].items[1].colour: 不认识的属性“colour”"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"schema": "other/1"}, "schema"),
        ({"key": "Neighbour"}, "key"),
        ({"key": 5}, "key"),
        ({"key": "邻里"}, "key"),
        ({"title": " "}, "title"),
        ({"title": {"en": "only English"}}, "title"),
        ({"title": {"zh_Hans_CN": "标题", "中文": "标题"}}, "title"),
        ({"title": "字" * 201}, "title"),
        ({"title": "两\n行"}, "title"),
        ({"colour": "red"}, "colour"),
        ({"stale_policy": "sometimes"}, "stale_policy"),
        ({"stale_policy": {"refuse_after": "2026-02-30"}}, "stale_policy"),
        ({"stale_policy": {"refuse_after": 5}}, "stale_policy"),
        ({"pages": []}, "pages"),
        ({"pages": None}, "pages"),
        ({"pages": ["page"]}, "pages[0]"),
        ({"pages": [{"id": "p1", "title": "页", "items": {}}]}, "pages[0].items"),
        ({"pages": [{"id": "p1", "title": "页", "items": [7]}]}, "pages[0].items[0]"),
        ({"rules": {}}, "rules"),
        ({"rules": ["rule"]}, "rules[0]"),
        ({"rules": [{"if": {"eq": [1, 1]}, "message": ""}]}, "rules[0].message"),
        ({"rules": [{"if": {"pow": [1, 1]}, "message": "不行"}]}, "rules[0].if"),
        ({"rules": [{"if": {"eq": [1, 1]}, "at": "nobody", "message": "不行"}]}, "rules[0].at"),
        ({"list": "k_f1"}, "list"),
        ({"list": ["nobody"]}, "list"),
        ({"list": [["k_f1"]]}, "list"),
        ({"list": ["k_f1", "k_f1"]}, "list"),
        ({"tests": 5}, "tests"),
        ({"tests": [{"in": []}]}, "tests[0]"),
        ({"tests": [{"in": {}, "sums": {}}]}, "tests[0].sums"),
        ({"tests": [{"in": {}, "calc": {"f1": "x"}}]}, "tests[0].calc"),
        ({"tests": [{"in": {}, "calc": ["f1"]}]}, "tests[0].calc"),
        ({"tests": [{"in": {}, "errors": ["nobody"]}]}, "tests[0].errors"),
        ({"tests": [{"in": {"nobody": 1}}]}, "tests[0].in"),
        ({"tests": [{"in": {}, "shown": 5}]}, "tests[0].shown"),
    ],
)
def test_a_form_with_a_wrong_property_is_refused(change: dict[str, Any], path: str) -> None:
    assert paths({**small(text_item()), **change}) == [path]


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ({"type": "magic"}, "type"),
        ({"type": ["text"]}, "type"),
        ({"fid": "甲1", "key": "k1"}, "fid"),
        ({"fid": None, "key": "k1"}, "fid"),
        ({"key": "created_at"}, "key"),
        ({"key": "my-key"}, "key"),
        ({"key": "k" * 64}, "key"),
        ({"label": None}, "label"),
        ({"label": "\u202e反向"}, "label"),
        ({"label": ["题目"]}, "label"),
        ({"hint": 5}, "hint"),
        ({"hint": "字" * 1001}, "hint"),
        ({"index": 1}, "index"),
        ({"retired": "yes"}, "retired"),
        ({"mask": "half"}, "mask"),
        ({"mask": ["middle"]}, "mask"),
        ({"min": -1}, "min"),
        ({"min": True}, "min"),
        ({"max": 2.5}, "max"),
        ({"min": 5, "max": 4}, "min"),
        ({"format": "[a-z]+"}, "format"),
        ({"options": options("a")}, "options"),
        ({"mask": "middle", "index": True}, "index"),
        ({"mask": "middle", "search": True}, "search"),
        ({"default": 5}, "default"),
        ({"default": "字" * 201}, "default"),
        ({"default": {"today": []}}, "default"),
        ({"default": {"user": "village"}}, "default"),
        ({"default": {"user": ["name"]}}, "default"),
        ({"default": {"user": "name", "x": 1}}, "default"),
        ({"show": {"pow": [1]}}, "show"),
        ({"show": {"filled": [{"var": "f1"}]}}, "show"),
        ({"show": {"eq": [1, 1]}}, "show"),
        ({"required": {"eq": [1]}}, "required"),
        ({"required": {"filled": [{"var": "nobody"}]}}, "required"),
        ({"rules": 5}, "rules"),
        ({"rules": [{"message": "不行"}]}, "rules[0]"),
        ({"rules": [{"if": True, "at": "f1", "message": "不行"}]}, "rules[0].at"),
        ({"rules": [{"if": {"gt": [{"var": "f1"}, 5]}, "message": "不行"}]}, "rules[0].if"),
    ],
)
def test_an_item_with_a_wrong_property_is_refused(item: dict[str, Any], name: str) -> None:
    assert paths(small({**text_item(), **item})) == [f"pages[0].items[0].{name}"]


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ({"type": "integer", "min": 1.5}, "min"),
        ({"type": "integer", "min": 2, "max": 1}, "min"),
        ({"type": "integer", "search": True}, "search"),
        ({"type": "integer", "mask": "all"}, "mask"),
        ({"type": "decimal", "min": "many"}, "min"),
        ({"type": "decimal", "max": ""}, "max"),
        ({"type": "decimal", "default": 0.1234567}, "default"),
        ({"type": "date", "min": "soon"}, "min"),
        ({"type": "date", "min": 5}, "min"),
        ({"type": "date", "min": "2026-01-02", "max": "2026-01-01"}, "min"),
        ({"type": "date", "default": {"user": "name"}}, "default"),
        ({"type": "select_one"}, "options"),
        ({"type": "select_one", "options": "a"}, "options"),
        ({"type": "select_one", "options": ["a"]}, "options"),
        ({"type": "select_one", "options": [{"value": "a b", "label": "甲"}]}, "options"),
        ({"type": "select_one", "options": [{"value": "a", "label": ""}]}, "options"),
        ({"type": "select_one", "options": [{"value": "a", "label": "甲", "colour": 1}]}, "options"),
        ({"type": "select_one", "options": options("a", "a")}, "options"),
        ({"type": "select_one", "options": options("a", retired=("a",))}, "options"),
        ({"type": "select_one", "options": options("a"), "default": "b"}, "default"),
        ({"type": "select_one", "options": options("a", "b", retired=("a",)), "default": "a"}, "default"),
        ({"type": "select_multiple", "options": options("a", "b"), "min": 3}, "min"),
        ({"type": "cn_id", "index": True}, "index"),
        ({"type": "cn_mobile", "search": True}, "search"),
        ({"type": "image", "index": True}, "index"),
        ({"type": "image", "multiple": 0}, "multiple"),
        ({"type": "org", "level": "planet"}, "level"),
    ],
)
def test_a_kind_refuses_settings_that_make_no_sense(item: dict[str, Any], name: str) -> None:
    assert paths(small({"fid": "f1", **item})) == [f"pages[0].items[0].{name}"]


def test_a_note_has_no_answer_to_require_or_to_check() -> None:
    assert paths(small({"fid": "f1", "type": "note", "required": True}, text_item("f2"))) == ["pages[0].items[0]"]


def test_fids_keys_and_pages_are_used_once() -> None:
    assert paths(small(text_item(), text_item(key="other"))) == ["pages[0].items[1].fid"]
    assert paths(small(text_item(key="same"), text_item("f2", key="same"))) == ["pages[0].items[1].key"]
    twice = small(text_item())
    twice["pages"].append({"id": "p1", "title": "又一页", "items": []})
    assert paths(twice) == ["pages[1].id"]


def test_conditions_do_not_read_retired_items_or_notes() -> None:
    show = {"filled": [{"var": "f2"}]}
    assert paths(small(text_item(show=show), text_item("f2", retired=True))) == ["pages[0].items[0].show"]
    assert paths(small(text_item(show=show), {"fid": "f2", "type": "note"})) == ["pages[0].items[0].show"]


def test_a_retired_item_may_keep_a_condition_on_another_retired_item() -> None:
    show = {"filled": [{"var": "f2"}]}
    form = small(text_item(show=show, retired=True), text_item("f2", retired=True), text_item("f3"))
    assert check(form) == []


def test_a_form_of_retired_items_only_is_refused() -> None:
    assert paths(small(text_item(retired=True))) == ["pages"]


def test_a_circle_of_conditions_is_named_by_its_labels() -> None:
    form = small(
        text_item("f1", label="甲", show={"filled": [{"var": "f2"}]}),
        text_item("f2", label="乙", show={"filled": [{"var": "f1"}]}),
    )
    (problem,) = check(form)
    assert "甲 → " in str(problem)
    assert "乙" in str(problem)


def test_a_comparison_with_an_option_that_does_not_exist_is_refused() -> None:
    choice = {"fid": "f1", "type": "select_one", "options": options("a", "b")}
    assert check(small(choice, text_item("f2", show={"eq": [{"var": "f1"}, "a"]}))) == []
    (problem,) = check(small(choice, text_item("f2", show={"eq": [{"var": "f1"}, "c"]})))
    assert str(problem) == "pages[0].items[1].show: “题目f1”没有选项“c”"


def test_a_comparison_of_different_types_is_refused_and_says_which() -> None:
    amount = {"fid": "f1", "type": "decimal"}
    (problem,) = check(small(amount, text_item("f2", show={"eq": [{"var": "f1"}, "100"]})))
    assert "数字和文字" in str(problem)


@pytest.mark.parametrize(
    "show",
    [
        {"ge": [{"var": "f1"}, {"add": [{"var": "f1"}, 1]}]},
        {"eq": [{"empty": [{"var": "f1"}]}, False]},
        {"eq": [{"if": [{"filled": [{"var": "f1"}]}, "x", 5]}, 5]},
        {"eq": [{"var": "f1"}, None]},
        {"lt": [{"count": ["f1"]}, 2]},
    ],
)
def test_comparisons_that_can_hold_are_accepted(show: Any) -> None:
    assert check(small({"fid": "f1", "type": "decimal"}, text_item("f2", show=show))) == []


def test_a_condition_on_the_day_alone_is_accepted() -> None:
    assert check(small(text_item(show={"gt": [{"today": []}, {"date": ["2026-01-01"]}]}))) == []


def test_a_form_has_at_most_three_hundred_items() -> None:
    assert check(small(*(text_item(f"f{n}") for n in range(300)))) == []
    assert paths(small(*(text_item(f"f{n}") for n in range(301)))) == ["pages"]


def test_a_document_has_at_most_half_a_megabyte() -> None:
    form = small(text_item(default="字" * (BYTES // 3)))
    assert paths(form) == [""]


@pytest.mark.parametrize("text", ["零\x00", "\ud800", "钟\x07"])
def test_text_that_cannot_be_stored_is_refused_anywhere(text: str) -> None:
    assert paths(small(text_item(), tests=[{"in": {"f1": text}}])) == ["tests[0].in.f1"]
    assert paths(small(text_item(hint=text))) == ["pages[0].items[0].hint"]
    assert check(small(text_item(), tests=[{"in": {text: "x"}}]))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, 1e300, object(), b"bytes", ("tuple",)])
def test_what_is_no_json_is_refused(value: object) -> None:
    assert paths(small(text_item(default=value))) == ["pages[0].items[0].default"]
    assert paths(value) == [""]


def test_a_document_of_a_hundred_thousand_levels_is_refused_without_a_crash() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert paths(deep) == [""]
    while deep:
        deep = deep.pop()


def test_markup_in_a_label_is_only_text() -> None:
    form = parse(small(text_item(label="<img onerror=alert(1)>")))
    assert form.item("f1").text() == "<img onerror=alert(1)>"


def test_parsing_a_wrong_document_tells_all_problems() -> None:
    with pytest.raises(DefinitionError) as refused:
        parse(small(text_item(colour=1, size=2)))
    assert len(refused.value.problems) == 2
    assert "colour" in str(refused.value)
    with pytest.raises(DefinitionError):
        parse(None)


def test_settings_of_every_type_can_be_judged() -> None:
    assert setting_problem(value=True, setting=ConfigProperty("x", "bool", "")) is None
    assert setting_problem("yes", ConfigProperty("x", "bool", "")) is not None
    assert setting_problem("文字", ConfigProperty("x", "text", "")) is None
    assert setting_problem("", ConfigProperty("x", "text", "")) is not None
    assert setting_problem("1.5", ConfigProperty("x", "decimal", "")) is None


NAMES = [
    *("schema", "key", "title", "pages", "rules", "tests", "list", "stale_policy", "id", "items", "fid", "type"),
    *("label", "hint", "required", "show", "default", "index", "search", "mask", "retired", "options", "value"),
    *("min", "max", "multiple", "level", "style", "format", "if", "at", "message", "in", "errors", "var", "eq"),
    "zh_Hans_CN",
]
WORDS = ["zhiye-form/1", "k1", "f1", "p1", "题目", "finish_old", "", "middle", "2026-01-01", *KINDS]
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner),
    max_leaves=30,
)


def test_judging_one_property_leaves_the_others_alone() -> None:
    assert paths({**small(text_item(label="")), "title": ""}) == ["title", "pages[0].items[0].label"]


@given(any_json)
def test_any_json_is_checked_without_a_crash(value: Any) -> None:
    if not check(value):
        parse(value)


def spoil(value: Any, path: list[int], junk: Any) -> Any:
    """Put junk somewhere into a document, by a path of choices."""
    if not path or not isinstance(value, dict | list) or not value:
        return junk
    names = sorted(value) if isinstance(value, dict) else list(range(len(value)))
    name = names[path[0] % len(names)]
    copied: Any = dict(value) if isinstance(value, dict) else list(value)
    copied[name] = spoil(value[name], path[1:], junk)
    return copied


@settings(max_examples=300)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=8), any_json)
def test_a_form_spoiled_anywhere_is_checked_without_a_crash(path: list[int], junk: Any) -> None:
    spoiled = spoil(document(), path, junk)
    if not check(spoiled):
        form = parse(spoiled)
        assert parse(form.document).sha256 == form.sha256
        assert json.loads(json.dumps(form.document)) == form.document
