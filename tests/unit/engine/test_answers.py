from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.answers import Outcome, clean, defaults, from_json, run_tests
from engine.definition import Definition, parse
from engine.expressions import holds
from engine.messages import Message
from tests.unit.engine.helpers import ID_NUMBER, PHOTO, TODAY, context, definition, document, options, small

FORM = definition()
GOOD: dict[str, Any] = {
    "a1": "7",
    "a2": "leak",
    "a4": "2026-11-01",
    "a5": "１,２００.50",
    "a7": ["pay", "repair"],
    "a8": [PHOTO],
    "b1": "张三",
    "b2": ID_NUMBER,
    "c1": "楼上漏水",
    "c2": "on",
}


def wrong(outcome: Outcome) -> dict[str | None, list[str]]:
    return {fid: [str(error) for error in errors] for fid, errors in outcome.errors_by_address().items()}


def chain(length: int) -> Definition:
    """Return a form in which each item shows only when the one before it is filled, asked in reverse order."""
    first: dict[str, Any] = {"fid": "f0", "type": "text"}
    rest: list[dict[str, Any]] = [
        {"fid": f"f{n}", "type": "text", "show": {"filled": [{"var": f"f{n - 1}"}]}} for n in range(1, length)
    ]
    return parse(small(*reversed([first, *rest])))


def test_good_answers_are_cleaned_for_storage() -> None:
    outcome = clean(FORM, GOOD, context())
    assert outcome.ok
    assert outcome.answers == {
        "a1": 7,
        "a2": "leak",
        "a4": "2026-11-01",
        "a5": "1200.5",
        "a7": ["repair", "pay"],
        "a8": [PHOTO],
        "b1": "张三",
        "b2": ID_NUMBER,
        "c1": "楼上漏水",
        "c2": True,
    }
    assert outcome.values["a5"] == Decimal("1200.5")
    assert outcome.values["a4"] == date(2026, 11, 1)
    assert from_json(FORM, outcome.answers) == outcome.values


def test_what_is_required_and_missing_is_named() -> None:
    outcome = clean(FORM, {}, context())
    assert set(wrong(outcome)) == {"a1", "a2", "a4", "b1", "b3", "c1"} == outcome.required
    assert wrong(outcome)["c1"] == ["请填写“事情经过”"]


def test_a_hidden_question_is_not_required_and_its_answer_is_kept_apart() -> None:
    outcome = clean(FORM, {**GOOD, "a3": "多余"}, context())
    assert "a3" not in outcome.shown | outcome.required
    assert "a3" not in outcome.answers
    assert outcome.hidden == {"a3": "多余"}


def test_a_shown_question_is_required() -> None:
    outcome = clean(FORM, {**GOOD, "a2": "other"}, context())
    assert set(wrong(outcome)) == {"a3"}
    assert clean(FORM, {**GOOD, "a2": "other", "a3": "停车"}, context()).ok


def test_an_unreadable_answer_to_a_hidden_question_is_no_error() -> None:
    assert clean(FORM, {**GOOD, "a3": {"junk": 1}}, context()).ok


def test_a_condition_can_require() -> None:
    without = {fid: raw for fid, raw in GOOD.items() if fid != "b2"}
    assert set(wrong(clean(FORM, without, context()))) == {"b3"}
    assert clean(FORM, {**without, "b3": "13812342084"}, context()).ok


def test_notes_show_by_condition_and_have_no_answer() -> None:
    outcome = clean(FORM, {**GOOD, "a5": "100000", "c4": "x"}, context())
    assert "c4" in outcome.shown
    assert "c4" not in outcome.answers


def test_an_unreadable_answer_is_told_once_and_counts_as_empty_for_conditions() -> None:
    outcome = clean(FORM, {**GOOD, "a5": "many"}, context())
    assert list(wrong(outcome)) == ["a5"]
    assert len(wrong(outcome)["a5"]) == 1


def test_rules_of_an_item_speak_the_author_s_words() -> None:
    assert wrong(clean(FORM, {**GOOD, "a4": "2026-11-23"}, context())) == {"a4": ["发生的日子不能在今天之后"]}


def test_a_rule_with_a_percent_sign_is_shown_as_written() -> None:
    rule = {"if": {"empty": [{"var": "f1"}]}, "message": {"zh_Hans_CN": "至少 100%", "en": "At least 100%"}}
    form = parse(small({"fid": "f1", "type": "text", "rules": [rule]}))
    assert wrong(clean(form, {}, context())) == {"f1": ["至少 100%"]}
    assert wrong(clean(form, {}, context(locale="en"))) == {"f1": ["At least 100%"]}


def test_a_rule_of_the_form_is_told_at_its_place() -> None:
    outcome = clean(FORM, {**GOOD, "a5": ""}, context())
    assert wrong(outcome) == {"a5": ["要求赔偿的，请写明金额"]}


def test_a_rule_of_the_form_without_a_place_concerns_the_whole_form() -> None:
    rule = {"if": {"eq": [{"var": "f1"}, {"var": "f2"}]}, "message": "两处不能相同"}
    form = parse(small({"fid": "f1", "type": "text"}, {"fid": "f2", "type": "text"}, rules=[rule]))
    assert wrong(clean(form, {"f1": "x", "f2": "x"}, context())) == {None: ["两处不能相同"]}
    assert clean(form, {"f1": "x", "f2": "x"}, context(), page="p1").ok


def test_a_rule_of_the_form_is_silent_where_its_place_is_hidden_or_wrong_already() -> None:
    form = small(
        {"fid": "f1", "type": "integer"},
        {"fid": "f2", "type": "integer", "show": {"filled": [{"var": "f1"}]}},
        rules=[{"if": True, "at": "f2", "message": "从不合适"}],
    )
    assert clean(parse(form), {}, context()).ok
    assert wrong(clean(parse(form), {"f1": 1}, context())) == {"f2": ["从不合适"]}
    assert len(wrong(clean(parse(form), {"f1": 1, "f2": "x"}, context()))["f2"]) == 1


def test_a_page_tells_only_its_own_errors() -> None:
    outcome = clean(FORM, {}, context(), page="party")
    assert set(wrong(outcome)) == {"b1", "b3"}
    assert "c1" in outcome.required
    with pytest.raises(KeyError):
        clean(FORM, {}, context(), page="nowhere")


def test_unknown_and_retired_answers_are_named_and_left_out() -> None:
    outcome = clean(FORM, {**GOOD, "zz": 1, "c5": "旧"}, context())
    assert outcome.unknown == ("zz", "c5")
    assert outcome.ok
    assert not {"zz", "c5"} & set(outcome.answers)


def test_a_record_may_keep_its_retired_option_and_village() -> None:
    kept = {**GOOD, "a1": 8, "a2": "noise"}
    assert set(wrong(clean(FORM, kept, context()))) == {"a1", "a2"}
    assert clean(FORM, kept, context(previous={"a1": 8, "a2": "noise"})).ok


def test_a_context_without_look_ups_lets_nothing_through() -> None:
    from engine.context import Context

    assert {"a1", "a8"} <= set(wrong(clean(FORM, GOOD, Context(today=TODAY))))
    assert FORM.item("a1").kind.display(FORM.item("a1"), 7, Context(today=TODAY)) == "（已不存在的单位）"


def test_conditions_settle_over_a_chain_of_any_length() -> None:
    form = chain(60)
    everything = {f"f{n}": "x" for n in range(60)}
    assert len(clean(form, everything, context()).answers) == 60
    outcome = clean(form, {**everything, "f0": ""}, context())
    assert outcome.answers == {}
    assert outcome.shown == {"f0"}
    assert len(outcome.hidden) == 59


def test_an_empty_form_starts_with_its_defaults() -> None:
    assert defaults(FORM, context()) == {"a1": 7, "a4": TODAY}
    assert defaults(FORM, context(user={})) == {"a4": TODAY}


def test_defaults_are_read_like_answers() -> None:
    form = parse(
        small(
            {"fid": "f1", "type": "person_name", "default": {"user": "name"}},
            {"fid": "f2", "type": "decimal", "default": "1.50"},
            {"fid": "f3", "type": "select_multiple", "options": options("a", "b"), "default": ["b"]},
            {"fid": "f4", "type": "boolean", "default": False},
            {"fid": "f5", "type": "org", "default": {"user": "town"}},
            {"fid": "f6", "type": "text", "default": "旧", "retired": True},
        )
    )
    found = defaults(form, context())
    assert found == {"f1": "王小村", "f2": Decimal("1.5"), "f3": ["b"], "f4": False, "f5": 3}
    assert "f5" not in defaults(form, context(user={"town": "nowhere"}))


def test_recorded_tests_pass_on_the_example() -> None:
    assert run_tests(FORM, context()) == []


def test_a_recorded_test_that_fails_says_which_and_why() -> None:
    form = document()
    form["tests"] = [
        {"in": {"a2": "leak"}, "errors": ["a2"], "shown": ["a3"]},
        {"in": {"a2": "other"}, "valid": ["a3"], "hidden": ["a3"]},
    ]
    failures = run_tests(parse(form), context(previous={"a2": "leak"}))
    assert [(failure.place, failure.fid) for failure in failures] == [(0, "a2"), (0, "a3"), (1, "a3"), (1, "a3")]
    assert str(Message(failures[0].message, failures[0].params)) == "样例 1：“纠纷类型”应当报错，却没有"


def test_stored_answers_of_retired_items_are_still_read() -> None:
    assert from_json(FORM, {"c5": "2019-7", "a5": "1.5", "c1": None, "zz": 1}) == {"c5": "2019-7", "a5": Decimal("1.5")}


def test_a_message_is_translated_with_the_messages_inside_it() -> None:
    english = {"格式不对：%(format)s": "Wrong format: %(format)s", "只能是数字": "figures only", "是": "Yes"}
    inner = Message("格式不对：%(format)s", {"format": Message("只能是数字")})
    assert inner.said(english.__getitem__) == "Wrong format: figures only"
    assert Message("是").said(english.__getitem__) == "Yes"
    assert str(inner) == "格式不对：只能是数字"


scraps = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
likely = st.sampled_from(
    [
        "other",
        "leak",
        "noise",
        "7",
        "2026-11-01",
        "2027-01-01",
        "１２",
        "100000",
        "张三",
        ID_NUMBER,
        "13812342084",
        PHOTO,
    ]
)
anything = scraps | likely | st.lists(st.sampled_from(["pay", "repair", PHOTO]) | scraps, max_size=3)
raw_answers = st.dictionaries(st.sampled_from([item.fid for item in FORM.items]) | st.text(max_size=3), anything)


@given(raw_answers)
def test_cleaning_twice_is_cleaning_once(raw: dict[str, Any]) -> None:
    once = clean(FORM, raw, context())
    twice = clean(FORM, once.answers, context())
    assert twice.answers == once.answers
    assert twice.values == once.values
    assert twice.shown == once.shown
    assert not twice.hidden


@given(raw_answers)
def test_hidden_fields_are_never_in_the_answers(raw: dict[str, Any]) -> None:
    outcome = clean(FORM, raw, context())
    assert set(outcome.answers) == set(outcome.values) <= outcome.shown
    assert not set(outcome.hidden) & outcome.shown
    assert {error.fid for error in outcome.errors} <= outcome.shown
    assert outcome.required <= outcome.shown


@given(raw_answers)
def test_what_is_shown_is_what_the_conditions_say_of_what_is_shown(raw: dict[str, Any]) -> None:
    outcome = clean(FORM, raw, context())
    for item in FORM.live_items:
        assert (item.fid in outcome.shown) is (item.show is None or holds(item.show, outcome.values, TODAY))


@given(raw_answers)
def test_a_page_never_tells_more_than_the_form(raw: dict[str, Any]) -> None:
    told = [error for page in FORM.pages for error in clean(FORM, raw, context(), page=page.id).errors]
    assert {str(error) for error in told} == {str(error) for error in clean(FORM, raw, context()).errors}
