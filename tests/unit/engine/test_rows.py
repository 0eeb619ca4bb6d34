"""Groups and repeats: what is shown, required, computed and wrong in rows, and by which address it is told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.answers import Outcome, clean, defaults, from_json, row_defaults, run_tests
from engine.check import check
from engine.definition import parse
from engine.messages import Message
from tests.unit.engine.helpers import ID_NUMBER, context, small

ONE, TWO, INNER = "0" * 15 + "1", "0" * 15 + "2", "a" * 16


def text(fid: str, **properties: Any) -> dict[str, Any]:
    return {"fid": fid, "key": f"k_{fid}", "type": "text", "label": f"题目{fid}", **properties}


def holder(kind: str, fid: str, *items: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {**text(fid), "type": kind, "items": list(items), **properties}


def household() -> dict[str, Any]:
    """Return a form of a house: a group of its own, people with their animals, what comes of them."""
    animals = holder(
        "repeat", "d0", text("d1", required=True), text("d2", type="integer"), show={"eq": [{"var": "b3"}, True]}
    )
    people = holder(
        "repeat",
        "b0",
        text("b1", type="person_name", required=True),
        text("b2", type="cn_id", required={"var": "a1"}),
        text("b3", type="boolean"),
        text("b4", type="decimal"),
        text("b5", type="calculate", value={"mul": [{"var": "b4"}, {"coalesce": [{"var": "a2"}, 1]}]}),
        animals,
        holder("group", "g2", text("b6", show={"filled": [{"var": "b4"}]}, default="默认"), show={"var": "b3"}),
        min=1,
        max=3,
        rules=[{"if": {"gt": [{"sum": [{"each": ["b0", {"var": "b4"}]}]}, 100]}, "message": "合计太多"}],
    )
    return small(
        text("a1", type="boolean"),
        text("a2", type="decimal"),
        holder("group", "g1", text("a3", required=True), text("a4"), show={"var": "a1"}),
        people,
        text("c1", type="calculate", value={"sum": [{"each": ["b0", {"var": "b5"}]}]}),
        text("c2", show={"some": ["b0", {"contains": [{"var": "b1"}, "张"]}]}),
        rules=[{"if": {"gt": [{"count": ["b0"]}, {"var": "a2"}]}, "at": "b0", "message": "人数不对"}],
    )


def judged(raw: dict[str, Any], **changed: Any) -> Outcome:
    return clean(parse(household()), raw, context(**changed))


def wrong(outcome: Outcome) -> dict[str | None, list[str]]:
    return {at: [str(error) for error in errors] for at, errors in outcome.errors_by_address().items()}


def test_the_example_is_a_form() -> None:
    assert check(household()) == []


def test_a_definition_tells_levels_apart() -> None:
    form = parse(household())
    assert [item.fid for item in form.items] == ["a1", "a2", "g1", "a3", "a4", "b0", "c1", "c2"]
    assert [item.fid for item in form.item("b0").row_items] == ["b1", "b2", "b3", "b4", "b5", "d0", "g2", "b6"]
    assert len(form.every_item) == 18
    assert form.repeats_of("d1") == ("b0", "d0")
    assert form.repeats_of("b6") == ("b0",)
    assert form.repeats_of("a3") == ()
    assert (form.group_of("a3"), form.group_of("b1"), form.group_of("b6")) == ("g1", None, "g2")
    assert form.page_of("d1") == "p1"
    assert form.by_key("k_d1").fid == "d1"


def test_what_a_retired_group_or_repeat_holds_is_not_asked() -> None:
    raw = household()
    raw["pages"][0]["items"][2]["retired"] = True
    raw["pages"][0]["items"][3]["items"][5]["retired"] = True
    form = parse(raw)
    assert not {"a3", "d0", "d1"} & {item.fid for item in form.every_live_item}
    assert "a3" not in {item.fid for item in form.live_items}


def test_rows_are_cleaned_for_storage_and_read_back() -> None:
    outcome = judged({"a2": "2", "b0": [{"b1": "张三", "b4": "1.50", "b9": "?"}, {"_id": TWO, "b1": "李四"}]})
    assert outcome.ok
    first, second = outcome.answers["b0"]
    assert first == {"_id": first["_id"], "b1": "张三", "b4": "1.5", "b5": "3"}
    assert second == {"_id": TWO, "b1": "李四"}
    assert outcome.answers["c1"] == "3"
    assert outcome.values["b0"][0]["b5"] == Decimal(3)
    assert from_json(parse(household()), outcome.answers) == outcome.values
    assert outcome.unknown == (f"b0/{first['_id']}/b9",)
    again = judged(outcome.answers)
    assert (again.answers, again.values, again.shown) == (outcome.answers, outcome.values, outcome.shown)


def test_a_row_without_an_id_of_its_own_gets_a_new_one() -> None:
    ids = iter(["f" * 16, "e" * 16, "d" * 16])
    rows: list[dict[str, Any]] = [{"_id": ONE}, {"_id": ONE}, {"_id": "../etc"}, {}]
    found = judged({"b0": rows}, new_id=lambda: next(ids)).answers["b0"]
    assert [row["_id"] for row in found] == [ONE, "f" * 16, "e" * 16, "d" * 16]


def test_errors_shown_and_required_go_by_address() -> None:
    outcome = judged({"a1": True, "b0": [{"_id": ONE, "b3": True, "b4": "x", "d0": [{"_id": INNER, "d2": 1}]}]})
    row = f"b0/{ONE}"
    assert wrong(outcome) == {
        "a3": ["请填写“题目a3”"],
        f"{row}/b1": ["请填写“题目b1”"],
        f"{row}/b2": ["请填写“题目b2”"],
        f"{row}/b4": ["这里要填数字，例如 12 或 12.5"],
        f"{row}/d0/{INNER}/d1": ["请填写“题目d1”"],
    }
    assert {error.fid for error in outcome.errors} == {"a3", "b1", "b2", "b4", "d1"}
    assert outcome.required == {"a3", "b0", f"{row}/b1", f"{row}/b2", f"{row}/d0/{INNER}/d1"}
    assert {f"{row}/g2", f"{row}/d0/{INNER}/d1", "g1", "a4"} <= outcome.shown
    assert outcome.hidden_at == {f"{row}/b6", "c2"}


def test_what_a_hidden_group_or_row_holds_is_kept_apart() -> None:
    rows = [
        {"_id": ONE, "b1": "王五", "b6": "藏", "d0": [{"_id": INNER, "d1": "牛"}]},
        {"_id": TWO, "b1": "张三", "b3": True, "b4": 1, "b6": "见", "d0": [{"_id": INNER, "d1": "羊"}]},
    ]
    outcome = judged({"a3": "藏", "b0": rows, "c2": "有"})
    assert outcome.ok
    assert outcome.answers["b0"][0] == {"_id": ONE, "b1": "王五"}
    assert outcome.answers["b0"][1]["d0"] == [{"_id": INNER, "d1": "羊"}]
    assert outcome.answers["c2"] == "有"
    assert outcome.hidden == {"a3": "藏", f"b0/{ONE}/b6": "藏", f"b0/{ONE}/d0": [{"_id": INNER, "d1": "牛"}]}
    assert f"b0/{ONE}/d0/{INNER}/d1" in outcome.hidden_at


def test_a_hidden_repeat_is_kept_whole() -> None:
    form = small(text("f1", type="boolean"), holder("repeat", "r0", text("r1", required=True), show={"var": "f1"}))
    outcome = clean(parse(form), {"r0": [{"_id": ONE, "r1": "x"}, {"_id": TWO}]}, context())
    assert outcome.ok
    assert outcome.answers == {}
    assert outcome.hidden == {"r0": [{"_id": ONE, "r1": "x"}, {"_id": TWO}]}
    assert outcome.shown == {"f1"}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({}, "“题目b0”至少要填 1 行"),
        ({"b0": [{"b1": "张三"}] * 4}, "“题目b0”最多填 3 行"),
        ({"b0": "三个人"}, "这里要一行一行地填写"),
        ({"b0": [["张三"]]}, "这里要一行一行地填写"),
        ({"b0": [{"b1": "张三"}] * 201}, "行数太多，最多 200 行"),
        ({"b0": [{"b1": "张三", "b4": 60}, {"b1": "李四", "b4": 60}]}, "合计太多"),
        ({"a2": 1, "b0": [{"b1": "张三"}, {"b1": "李四"}]}, "人数不对"),
    ],
)
def test_what_is_wrong_with_a_repeat_is_told_at_the_repeat(raw: dict[str, Any], said: str) -> None:
    assert wrong(judged(raw)) == {"b0": [said]}


def test_all_rows_of_a_record_together_are_limited() -> None:
    inner = holder("repeat", "s0", text("s1"))
    form = parse(small(holder("repeat", "r0", inner)))
    outcome = clean(form, {"r0": [{"_id": f"{n:016x}", "s0": [{}] * 198} for n in range(6)]}, context())
    assert list(wrong(outcome)) == [f"r0/{5:016x}/s0"]


def test_a_row_may_keep_what_it_had() -> None:
    rows = [{"_id": ONE, "r1": 8}, {"_id": TWO, "r1": 8}]
    form = parse(small(holder("repeat", "r0", text("r1", type="org"))))
    outcome = clean(form, {"r0": rows}, context(previous={"r0": [{"_id": TWO, "r1": 8}]}))
    assert list(wrong(outcome)) == [f"r0/{ONE}/r1"]


def test_an_empty_answer_of_one_row_is_not_taken_from_another() -> None:
    rule = {"if": {"some": ["r0", {"eq": [{"var": "r1"}, "x"]}]}, "message": "有人填了"}
    form = parse(small(holder("repeat", "r0", text("r1"), text("r2", rules=[rule]))))
    assert clean(form, {"r0": [{"r1": "y"}, {}]}, context()).ok
    assert len(clean(form, {"r0": [{"r1": "x"}, {}]}, context()).errors) == 2


def test_an_empty_form_starts_with_the_least_number_of_rows() -> None:
    form = parse(household())
    (row,) = defaults(form, context(new_id=lambda: ONE))["b0"]
    assert row == {"_id": ONE, "b6": "默认"} == row_defaults(form, "b0", context(new_id=lambda: ONE))


def test_recorded_tests_know_rows_and_results() -> None:
    given = {"a2": "2", "b0": [{"b1": "张三", "b4": 5}, {"b2": ID_NUMBER}]}
    good = {"in": given, "errors": ["b1"], "valid": ["b2"], "shown": ["c2"], "hidden": ["d0"], "calc": {"c1": 10}}
    assert run_tests(parse({**household(), "tests": [good]}), context()) == []
    (failure,) = run_tests(parse({**household(), "tests": [{"in": given, "calc": {"c1": 11}}]}), context())
    assert str(Message(failure.message, failure.params)) == "样例 1：“题目c1”应当算出“11”，却是“10”"
    assert run_tests(parse({**household(), "tests": [{"in": {}, "calc": {"c1": 0}}]}), context()) == []


# ---------- the check ----------


def deep(kind: str, levels: int) -> dict[str, Any]:
    made = text("f0")
    for level in range(1, levels + 1):
        made = holder(kind, f"f{level}", made)
    return made


@pytest.mark.parametrize(
    ("items", "path"),
    [
        ([holder("group", "g1")], "pages[0].items[0].items"),
        ([holder("repeat", "r0", text("r1", retired=True))], "pages[0].items[0].items"),
        ([holder("repeat", "r0", holder("group", "g1", text("r1", type="note")))], "pages[0].items[0].items"),
        ([{**holder("group", "g1"), "items": "x"}], "pages[0].items[0].items"),
        ([text("f1", items=[text("f2")])], "pages[0].items[0].items"),
        ([text("f1"), holder("group", "g1", text("f1", key="other"))], "pages[0].items[1].items[0].fid"),
        ([text("f1"), holder("repeat", "r0", text("f2", key="k_f1"))], "pages[0].items[1].items[0].key"),
        ([holder("group", "g1", text("f1"), required=True)], "pages[0].items[0]"),
        ([holder("repeat", "r0", text("r1"), default=[])], "pages[0].items[0].default"),
        ([holder("repeat", "r0", text("r1"), index=True)], "pages[0].items[0].index"),
        ([holder("repeat", "r0", text("r1"), min=3, max=2)], "pages[0].items[0].min"),
        ([holder("repeat", "r0", text("r1"), max=201)], "pages[0].items[0].max"),
        ([deep("group", 5)], "pages[0].items[0].items[0].items[0].items[0].items[0]"),
        ([deep("repeat", 3)], "pages[0].items[0].items[0].items[0]"),
        ([holder("repeat", "r0", text("r1")), text("f1", show={"filled": [{"var": "r1"}]})], "pages[0].items[1].show"),
        (
            [holder("repeat", "r0", text("r1")), holder("repeat", "s0", text("s1", show={"filled": [{"var": "r1"}]}))],
            "pages[0].items[1].items[0].show",
        ),
        (
            [
                holder("repeat", "r0", holder("repeat", "s0", text("s1"))),
                text("f1", show={"some": ["s0", {"filled": [{"var": "s1"}]}]}),
            ],
            "pages[0].items[1].show",
        ),
        ([holder("group", "g1", text("f1"), show={"filled": [{"var": "f1"}]})], "pages"),
        (
            [
                holder("repeat", "r0", text("r1", type="calculate", value={"add": [{"var": "f1"}, 1]})),
                text("f1", type="calculate", value={"sum": [{"each": ["r0", {"var": "r1"}]}]}),
            ],
            "pages",
        ),
    ],
)
def test_what_groups_and_repeats_cannot_be_is_told_at_its_place(items: list[dict[str, Any]], path: str) -> None:
    assert [problem.path for problem in check(small(*items))] == [path]


@pytest.mark.parametrize(
    "items",
    [
        [deep("group", 4)],
        [deep("repeat", 2)],
        [holder("group", "g1", holder("repeat", "r0", holder("group", "g2", holder("repeat", "s0", text("s1")))))],
        [holder("repeat", "r0", text("r1"), text("r2", show={"eq": [{"count": ["r0"]}, 1]}))],
        [holder("repeat", "r0", holder("repeat", "s0", text("s1", show={"eq": [{"var": "r1"}, "x"]})), text("r1"))],
    ],
)
def test_what_groups_and_repeats_can_be_is_accepted(items: list[dict[str, Any]]) -> None:
    assert check(small(*items)) == []


@pytest.mark.parametrize(
    "place", [{"list": ["r1"]}, {"rules": [{"if": {"count": ["r0"]}, "at": "r1", "message": "x"}]}]
)
def test_columns_and_places_of_rules_are_at_record_level(place: dict[str, Any]) -> None:
    (problem,) = check({**small(holder("repeat", "r0", text("r1"))), **place})
    assert problem.path.split("[")[0] in {"list", "rules"}
