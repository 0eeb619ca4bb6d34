"""Access, stages and duplicates in definitions: their shapes, what they refer to, and when an answer is required."""

from __future__ import annotations

from typing import Any

import pytest

from engine.answers import clean
from engine.definition import check, diff, parse
from engine.governing import reached
from tests.unit.engine.helpers import context, small

STAGES = [
    {"value": value, "label": label} for value, label in (("new", "登记"), ("handling", "办理"), ("closed", "办结"))
]


def governed(**properties: Any) -> dict[str, Any]:
    return small(
        {"fid": "a1", "type": "text", "index": True, "search": True, "roles": {"view": ["mediator"], "edit": []}},
        {"fid": "a2", "type": "text", "stage": {"required_from": "handling", "edit_until": "handling"}},
        {"fid": "a3", "type": "cn_id"},
        **{
            "access": {"list": ["mediator", "leader"], "delete": []},
            "stages": STAGES,
            "duplicate": {"match": ["a3"], "similar": ["a1"], "window_days": 30},
            **properties,
        },
    )


def test_a_form_knows_its_access_stages_and_duplicates() -> None:
    made = parse(governed())
    assert made.access == {"list": ("mediator", "leader"), "delete": ()}
    assert [stage.value for stage in made.stages] == ["new", "handling", "closed"]
    assert made.item("a1").roles == {"view": ("mediator",), "edit": ()}
    assert made.duplicate is not None
    assert (made.duplicate.match, made.duplicate.similar, made.duplicate.window_days) == (("a3",), ("a1",), 30)


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"access": {"fly": ["mediator"]}}, "access"),
        ({"access": {"list": "mediator"}}, "access"),
        ({"access": [1]}, "access"),
        ({"stages": STAGES[:1]}, "stages"),
        ({"stages": [*STAGES, STAGES[0]]}, "stages[3]"),
        ({"stages": [STAGES[0], {"value": "大写", "label": ""}]}, "stages[1]"),
        ({"stages": None}, "pages[0].items[1].stage"),
        ({"duplicate": {"match": []}}, "duplicate"),
        ({"duplicate": {"match": ["zz"]}}, "duplicate.match"),
        ({"duplicate": {"similar": ["a3"]}}, "duplicate.similar"),
        ({"duplicate": {"match": ["a3"], "window_days": True}}, "duplicate"),
        ({"duplicate": {"match": [["a3"]]}}, "duplicate"),
    ],
)
def test_what_makes_no_sense_is_named_with_its_place(changed: dict[str, Any], path: str) -> None:
    assert path in [problem.path for problem in check(governed(**changed))]


@pytest.mark.parametrize(
    "stage",
    [{"view_from": "gone"}, {"seen_from": "new"}, {"view_from": "closed", "edit_until": "new"}, {"view_from": 1}],
)
def test_an_item_names_stages_that_are_there_in_an_order_that_can_be(stage: dict[str, Any]) -> None:
    document = small({"fid": "a1", "type": "text", "stage": stage}, stages=STAGES)
    assert [problem.path for problem in check(document)] == ["pages[0].items[0].stage"]


def test_a_stage_that_was_published_can_be_renamed_but_not_removed() -> None:
    old = parse(governed())
    renamed = [{**STAGES[0], "label": "受理"}, *STAGES[1:]]
    assert all(change.allowed for change in diff(old, parse(governed(stages=renamed))))
    assert not all(change.allowed for change in diff(old, parse(governed(stages=STAGES[:2]))))
    assert not all(change.allowed for change in diff(old, parse(governed(stages=[STAGES[1], STAGES[0], STAGES[2]]))))


def test_an_answer_is_required_from_its_stage_on() -> None:
    made = parse(governed())
    assert clean(made, {}, context()).required == frozenset()
    assert clean(made, {}, context(stage="closed")).required == {"a2"}
    assert reached(made.stages, None, "new")
    assert not reached(made.stages, "handling", None)


def test_a_locked_answer_is_kept_and_held_against_nobody() -> None:
    made = parse(small({"fid": "a1", "type": "integer", "required": True}, {"fid": "a2", "type": "integer"}))
    locked = context(locked=frozenset({"a1"}))
    assert clean(made, {"a2": "1"}, locked).ok
    assert not clean(made, {"a2": "x"}, locked).ok
