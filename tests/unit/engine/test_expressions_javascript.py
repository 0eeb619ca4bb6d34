"""Both evaluators give the same: the cases of the conformance file, and whatever else comes to mind at random."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.answers import clean
from engine.expressions import dependencies, evaluate, problems, uses_today
from engine.kinds import KINDS
from engine.schema import build
from engine.values import as_value
from tests.conftest import chromium
from tests.support.javascript import Perform, in_chromium, in_node, node
from tests.unit.engine.helpers import HERE, TODAY, context, document
from tests.unit.engine.test_kinds import VALUES
from tests.unit.engine.trees import KNOWN, answers, leaves, literals, operation, read, texts, told, trees, written

CONFORMANCE = json.loads((HERE / "conformance.json").read_text("utf-8"))
BATCH = 25


@pytest.fixture(scope="module")
def perform(request: pytest.FixtureRequest) -> Iterator[Perform]:
    """The JavaScript evaluator, in node or else in Chromium."""
    node_path, chromium_path = node(), chromium()
    if node_path:
        with in_node(node_path) as found:
            yield found
    elif chromium_path:
        with in_chromium(chromium_path) as found:
            yield found
    else:
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            sys.stderr.write("\n!!! NEITHER NODE NOR CHROMIUM: THE JAVASCRIPT EVALUATOR IS NOT TESTED !!!\n")
        pytest.skip("neither node nor Chromium here")


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


# ---------- forms ----------

TYPES = ("text", "decimal", "integer", "date", "boolean", "select_multiple")
RAW: dict[str, st.SearchStrategy[Any]] = {
    "text": texts,
    "decimal": st.decimals(-(10**6), 10**6, places=6).map(str) | st.sampled_from(["0", "12.5"]),
    "integer": st.integers(-5, 15),
    "date": st.dates(date(1900, 1, 1), date(2199, 12, 31)).map(str) | st.just(TODAY.isoformat()),
    "boolean": st.booleans(),
    "select_multiple": st.lists(st.sampled_from("xy"), max_size=2, unique=True),
}
ALL_FIDS = (*sorted(KNOWN), "b1", "b2", "b3")
some_fid = st.sampled_from(ALL_FIDS)
conditions = st.one_of(
    st.tuples(st.sampled_from(["filled", "empty"]), some_fid).map(lambda made: {made[0]: [{"var": made[1]}]}),
    st.tuples(st.sampled_from(["eq", "ne", "gt", "le", "selected", "contains"]), some_fid, literals).map(
        lambda made: {made[0]: [{"var": made[1]}, made[2]]}
    ),
    st.recursive(leaves, operation, max_leaves=6),
)


@st.composite
def forms(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a form of eight questions, whose conditions may even go in circles, with answers of their kinds."""
    items = []
    stored = {}
    for fid in ALL_FIDS:
        kind = draw(st.sampled_from(TYPES))
        item: dict[str, Any] = {"fid": fid, "key": f"k_{fid}", "type": kind, "label": fid}
        if kind == "select_multiple":
            item["options"] = [{"value": value, "label": value} for value in "xy"]
        item["show"] = draw(st.none() | st.none() | conditions)
        item["required"] = draw(st.none() | st.booleans() | conditions)
        item["retired"] = draw(st.integers(0, 9)) == 0
        items.append(item)
        if draw(st.integers(0, 3)):
            stored[fid] = draw(RAW[kind])
    pages = [{"id": "p1", "title": "一", "items": items[:4]}, {"id": "p2", "title": "二", "items": items[4:]}]
    computed = draw(st.lists(conditions, max_size=3))
    return {"definition": {"key": "f", "title": "表", "pages": pages}, "stored": stored, "expressions": computed}


def judged_by_python(form: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the server says of a form, and all answers that it could read, as they are stored."""
    outcome = clean(build(form["definition"]), form["stored"], context())
    said = {
        "shown": sorted(outcome.shown),
        "required": sorted(outcome.required),
        "computed": [told(evaluate(one, outcome.values, TODAY)) for one in form["expressions"]],
    }
    return said, {**outcome.answers, **outcome.hidden}


def form_job(form: dict[str, Any], stored: dict[str, Any]) -> dict[str, Any]:
    return {"job": "form", **form, "stored": stored, "today": TODAY.isoformat()}


@settings(max_examples=25, deadline=None)
@given(st.lists(forms(), min_size=5, max_size=5))
def test_random_forms_show_require_and_compute_the_same(perform: Perform, given_forms: list[dict[str, Any]]) -> None:
    trees_of = [
        [item[name] for page in form["definition"]["pages"] for item in page["items"] for name in ("show", "required")]
        + form["expressions"]
        for form in given_forms
    ]
    sound = [
        form
        for form, used in zip(given_forms, trees_of, strict=True)
        if not any(problems(tree, ALL_FIDS) for tree in used)
    ]
    judged = [judged_by_python(form) for form in sound]
    found = perform([form_job(form, stored) for form, (_, stored) in zip(sound, judged, strict=True)])
    assert found == [said for said, _ in judged]


def test_a_chain_of_conditions_is_followed_to_its_end(perform: Perform) -> None:
    chain = [
        {"fid": fid, "key": f"k_{fid}", "type": "text", "label": fid, "required": True, "show": show}
        for fid, show in zip(
            ALL_FIDS, [None, *({"eq": [{"var": fid}, "go"]} for fid in ALL_FIDS[:-1])], strict=True
        )
    ]  # fmt: skip
    definition = {"key": "f", "title": "表", "pages": [{"id": "p", "title": "页", "items": chain}]}
    stored = {**dict.fromkeys(ALL_FIDS, "go"), "a2": "stop"}
    form = {"definition": definition, "stored": stored, "expressions": []}
    said, parsed = judged_by_python(form)
    assert said["shown"] == ["a1", "a2"] == said["required"]
    assert perform([form_job(form, parsed)]) == [said]


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


def test_the_sample_form_shows_the_same(perform: Perform) -> None:
    form = {"definition": document(), "stored": {"a2": "other", "a5": "100000"}, "expressions": []}
    said, parsed = judged_by_python(form)
    assert {"a3", "c4"} <= set(said["shown"])
    assert perform([form_job(form, parsed)]) == [said]
