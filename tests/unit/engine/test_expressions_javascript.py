"""Both evaluators give the same: the cases of the conformance file, and whatever else comes to mind at random."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.expressions import dependencies, evaluate, problems, uses_today
from engine.kinds import KINDS
from engine.values import as_value
from tests.support.javascript import Perform
from tests.unit.engine.helpers import HERE, TODAY
from tests.unit.engine.test_kinds import VALUES
from tests.unit.engine.trees import KNOWN, answers, read, told, trees, written

CONFORMANCE = json.loads((HERE / "conformance.json").read_text("utf-8"))
BATCH = 25


def evaluation(expression: Any, values: Any, today: date = TODAY) -> dict[str, Any]:
    return {"job": "evaluate", "expression": expression, "values": written(values), "today": today.isoformat()}


def test_the_browser_evaluates_what_the_conformance_file_says(perform: Perform) -> None:
    cases = CONFORMANCE["cases"]
    day = date.fromisoformat(CONFORMANCE["today"])
    values = [{fid: read(one) for fid, one in case["values"].items()} for case in cases]
    found = perform([evaluation(case["expression"], one, day) for case, one in zip(cases, values, strict=True)])
    wrong = [
        (case["says"], result)
        for case, result in zip(cases, found, strict=True)
        if result != told(read(case["is"]))
    ]  # fmt: skip
    assert wrong == []


def test_the_browser_refuses_what_the_conformance_file_refuses(perform: Perform) -> None:
    cases = CONFORMANCE["cases"] + CONFORMANCE["refused"]
    found = perform([{"job": "acceptable", "expression": case["expression"], "known": [*KNOWN]} for case in cases])
    expected = [True] * len(CONFORMANCE["cases"]) + [False] * len(CONFORMANCE["refused"])
    assert [case["says"] for case, got, want in zip(cases, found, expected, strict=True) if got is not want] == []


def test_long_texts_are_cut_off_at_the_same_length(perform: Perform) -> None:
    tree = {"length": [{"concat": [{"var": "a1"}, {"var": "a2"}]}]}
    givens: list[dict[str, Any]] = [{"a1": "𠀀" * 9_999, "a2": "村"}, {"a1": "𠀀" * 10_000, "a2": "村"}]
    results = perform([evaluation(tree, values) for values in givens])
    assert results == [told(10_000), told(0)] == [told(evaluate(tree, values, TODAY)) for values in givens]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(trees, answers), min_size=BATCH, max_size=BATCH))
def test_random_trees_over_random_answers_give_the_same(
    perform: Perform, examples: list[tuple[Any, dict[str, Any]]]
) -> None:
    good = [(tree, values) for tree, values in examples if not problems(tree, KNOWN)]
    judged = perform([{"job": "acceptable", "expression": tree, "known": [*KNOWN]} for tree, _ in examples])
    assert judged == [not problems(tree, KNOWN) for tree, _ in examples]
    assert perform([evaluation(*example) for example in good]) == [
        told(evaluate(tree, values, TODAY)) for tree, values in good
    ]
    assert perform([{"job": "dependencies", "expression": tree} for tree, _ in good]) == [
        [sorted(dependencies(tree)), uses_today(tree)] for tree, _ in good
    ]


def test_stored_answers_of_every_kind_are_the_same_values(perform: Perform) -> None:
    jobs = [
        {
            "job": "answers",
            "definition": {"pages": [{"items": [{"fid": "f1", "type": name}, {"fid": "f2", "type": name}]}]},
            "stored": {"f1": KINDS[name].to_json(value), "f3": "of no question"},
        }
        for name, value in VALUES.items()
    ]
    expected = {name: [["f1", told(as_value(value))]] for name, value in VALUES.items()}
    assert dict(zip(VALUES, perform(jobs), strict=True)) == expected
