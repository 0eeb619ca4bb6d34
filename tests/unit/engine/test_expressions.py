from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.check import check
from engine.expressions import dependencies, evaluate, holds, problems, uses_today, walk
from engine.operations import OPERATIONS
from tests.unit.engine.helpers import HERE, TODAY, small
from tests.unit.engine.trees import KNOWN, answers, read, trees

CONFORMANCE = json.loads((HERE / "conformance.json").read_text("utf-8"))
DAY = date.fromisoformat(CONFORMANCE["today"])


@pytest.mark.parametrize("case", CONFORMANCE["cases"], ids=lambda case: case["says"])
def test_an_expression_means_what_the_conformance_file_says(case: dict[str, Any]) -> None:
    assert problems(case["expression"], KNOWN) == []
    result = evaluate(case["expression"], {fid: read(given) for fid, given in case["values"].items()}, DAY)
    expected = read(case["is"])
    assert result == expected
    assert isinstance(result, bool) is isinstance(expected, bool)


@pytest.mark.parametrize("case", CONFORMANCE["refused"], ids=lambda case: case["says"])
def test_a_wrong_tree_is_refused(case: dict[str, Any]) -> None:
    assert problems(case["expression"], KNOWN)


def test_every_operation_has_conformance_cases() -> None:
    used = {
        name
        for case in CONFORMANCE["cases"]
        for node in walk(case["expression"])
        if isinstance(node, dict)
        for name in node
    }
    assert set(OPERATIONS) | {"var", "today", "date"} <= used
    assert len(CONFORMANCE["cases"]) >= 220


def test_dependencies_are_the_answers_read_anywhere_in_the_tree() -> None:
    tree = {"and": [{"eq": [{"var": "a1"}, "a9"]}, {"gt": [{"count": ["a2"]}, {"var": "a3"}]}]}
    assert dependencies(tree) == {"a1", "a2", "a3"}


def test_a_tree_knows_whether_it_reads_the_day() -> None:
    assert uses_today({"gt": [{"var": "a1"}, {"today": []}]})
    assert not uses_today({"gt": [{"var": "a1"}, {"date": ["2026-01-01"]}]})


def test_a_loop_over_a_plain_question_is_named_by_the_check() -> None:
    asked = {"fid": "a1", "type": "text"}
    (problem,) = check(
        small(asked, {"fid": "a2", "type": "text", "show": {"some": ["a1", {"filled": [{"var": "a1"}]}]}})
    )
    assert problem.path == "pages[0].items[1].show"
    assert "不是重复填写的一组题目" in str(problem)


def test_only_true_holds() -> None:
    assert holds({"eq": [1, 1]}, {}, TODAY)
    assert not holds({"var": "a1"}, {"a1": "yes"}, TODAY)


def test_a_tree_of_a_hundred_thousand_levels_is_refused_without_a_crash() -> None:
    tree: Any = True
    for _ in range(100_000):
        tree = {"not": [tree]}
    assert problems(tree, KNOWN)
    while isinstance(tree, dict):  # taken apart by hand: the interpreter frees deep nests recursively
        tree = tree["not"][0]


nonsense = st.dictionaries(st.sampled_from(sorted(KNOWN)), st.floats() | st.decimals() | st.just(object()))


@given(trees, answers | nonsense)
def test_evaluation_is_total(tree: Any, given_answers: dict[str, Any]) -> None:
    if not problems(tree, KNOWN):
        result = evaluate(tree, given_answers, TODAY)
        assert result is None or isinstance(result, str | bool | Decimal | date | list)
        assert not isinstance(result, Decimal) or (abs(result) < 10**15 and result == round(result, 6))


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=5) | st.sampled_from([*OPERATIONS, "var", "today", "date"]), inner, max_size=2
        )
    ),
    max_leaves=20,
)


@given(json_like)
def test_any_json_is_judged_without_a_crash(tree: Any) -> None:
    if not problems(tree, KNOWN):
        evaluate(tree, {}, TODAY)
        assert dependencies(tree) <= KNOWN


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_sums_of_hundredths_are_exact(left: int, right: int) -> None:
    tree = {"add": [left / 100, right / 100]}
    assert evaluate(tree, {}, TODAY) == Decimal(left + right) / 100
