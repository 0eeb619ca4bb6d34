"""What an empty form starts with when the address bar or an earlier record answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.answers import clean, defaults
from engine.check import check
from engine.defaults import earlier_fids
from engine.definition import parse
from tests.unit.engine.helpers import context, options, small

KIND = {"fid": "a1", "type": "select_one", "default": {"query": "kind"}, "options": options("leak", "noise")}
AMOUNT = {"fid": "a2", "type": "decimal", "max": 100, "default": {"earlier": True}}
SOURCE = {"fid": "a3", "type": "hidden", "default": {"query": "from"}}
FORM = parse(small(KIND, AMOUNT, SOURCE))


@pytest.mark.parametrize(
    ("query", "earlier", "found"),
    [
        ({"kind": "leak"}, {"a2": "12.5"}, {"a1": "leak", "a2": "12.5"}),
        ({"kind": "<script>", "a2": "5"}, {"a2": "1000"}, {}),  # no option; above what this version allows
        ({"kind": ["leak", "noise"]}, {"a1": "leak"}, {}),  # each default has its own source
        ({"from": "二维码"}, {}, {"a3": "二维码"}),
    ],
)
def test_outside_answers_count_only_when_this_version_takes_them(
    query: dict[str, Any], earlier: dict[str, Any], found: dict[str, Any]
) -> None:
    values = defaults(FORM, replace(context(), query=query, earlier=earlier))
    assert {fid: FORM.item(fid).kind.to_json(value) for fid, value in values.items()} == found


def test_a_source_from_the_address_stays_with_what_was_begun() -> None:
    assert clean(FORM, {"a3": "二维码"}, context()).answers == {"a3": "二维码"}


def test_only_what_names_an_earlier_record_looks_for_one() -> None:
    assert earlier_fids(FORM.live_items) == {"a2"}


@pytest.mark.parametrize("source", [{"query": "x"}, {"earlier": True}])
@pytest.mark.parametrize("kind", ["cn_id", "cn_mobile", "person_name", "image", "acknowledge"])
def test_nothing_secret_and_nothing_to_be_done_anew_comes_from_outside(kind: str, source: dict[str, Any]) -> None:
    assert [str(problem) for problem in check(small({"fid": "a1", "type": kind, "default": source}))]


def test_a_row_never_starts_with_that_of_an_earlier_record() -> None:
    inner = {"fid": "b1", "key": "b1", "type": "text", "label": "路线", "default": {"earlier": True}}
    rows = small({"fid": "b0", "type": "repeat", "items": [inner]})
    assert [str(problem) for problem in check(rows)] == [
        "pages[0].items[0].items[0].default: 每一行都要重新填，不能沿用上一次的答案"
    ]


@pytest.mark.parametrize("source", [{"query": "Ab"}, {"query": 1}, {"earlier": "yes"}, {"query": "a", "x": 1}, {}])
def test_a_source_that_says_nothing_is_refused(source: dict[str, Any]) -> None:
    assert check(small({"fid": "a1", "type": "text", "default": source}))
