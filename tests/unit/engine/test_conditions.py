"""Conditions between rows, trees and words."""

from __future__ import annotations

from typing import Any

import pytest

from engine import conditions
from engine.conditions import Clause, Condition
from engine.expressions import problems
from engine.messages import Invalid
from tests.unit.engine.helpers import item, options

ITEMS = {
    "t": item("text", fid="t", label="地点"),
    "n": item("decimal", fid="n", label="金额"),
    "m": item("integer", fid="m", label="人数"),
    "d": item("date", fid="d", label="日期"),
    "b": item("boolean", fid="b", label="到场"),
    "s": item("select_one", fid="s", label="类型", options=options("a", "b")),
    "l": item("select_multiple", fid="l", label="要求", options=options("a", "b")),
    "i": item("cn_id", fid="i", label="证号"),
    "o": item("org", fid="o", label="村"),
    "p": item("image", fid="p", label="照片"),
    "k": item("time", fid="k", label="几点"),
    "w": item("datetime", fid="w", label="何时"),
    "y": item("money", fid="y", label="金额（元）"),
    "g": item("geopoint", fid="g", label="位置"),
    "r": item("rank", fid="r", label="先后", options=options("a", "b")),
    "c": item("calculate", fid="c", label="合计", value=5),
    "e": item("calculate", fid="e", label="是否超期", value=True, result="bool"),
}
TYPED: dict[str, tuple[str, Any]] = {
    "t": ("余村", "余村"),
    "n": ("12.5", 12.5),
    "m": ("１２", 12),
    "d": ("今天", {"today": []}),
    "b": ("是", True),
    "s": ("选项b", "b"),
    "l": ("选项a", "a"),
    "k": ("９：３０", "09:30"),
    "w": ("2026年1月31日9时30分", "2026-01-31T09:30"),
    "y": ("1,234.50", 1234.5),
    "r": ("选项b", "b"),
    "c": ("12", 12),
    "e": ("否", False),
}


@pytest.mark.parametrize("fid", ITEMS)
def test_every_row_the_builder_offers_becomes_a_tree_and_a_row_again(fid: str) -> None:
    for operator in conditions.operators_for(ITEMS[fid]):
        value = None if operator in {"filled", "empty"} else conditions.read_value(TYPED[fid][0], ITEMS[fid], ITEMS)
        assert value == (None if operator in {"filled", "empty"} else TYPED[fid][1])
        clause = Clause(fid, operator, value)
        condition = Condition((clause,))
        tree = conditions.build(condition, ITEMS)
        assert problems(tree, set(ITEMS)) == []
        assert conditions.simple(tree) == condition
        (said,) = conditions.words(tree, ITEMS)
        assert ITEMS[fid].text() in str(said)
        assert str(conditions.refusal(clause, ITEMS)).startswith(ITEMS[fid].text())


def test_several_rows_keep_their_order_and_how_they_are_joined() -> None:
    rows = (Clause("s", "eq", "a"), Clause("n", "ge", 100000), Clause("l", "lacks", "b"))
    condition = Condition(rows, "or")
    tree = conditions.build(condition, ITEMS)
    assert tree == {
        "or": [
            {"eq": [{"var": "s"}, "a"]},
            {"ge": [{"var": "n"}, 100000]},
            {"not": [{"selected": [{"var": "l"}, "b"]}]},
        ]
    }
    assert conditions.simple(tree) == condition
    assert [str(said) for said in conditions.words(tree, ITEMS)] == [
        "“类型”是“选项a”", "“金额”大于或等于 100000", "“要求”不包含“选项b”",
    ]  # fmt: skip


def test_rows_may_stand_in_groups_and_count_what_is_several() -> None:
    either = Condition((Clause("t", "filled"), Clause("p", "ge", 2, counted=True)), "or")
    condition = Condition((Clause("n", "gt", 0), either), "and")
    tree = conditions.build(condition, ITEMS)
    assert tree == {
        "and": [{"gt": [{"var": "n"}, 0]}, {"or": [{"filled": [{"var": "t"}]}, {"ge": [{"count": ["p"]}, 2]}]}]
    }
    assert problems(tree, set(ITEMS)) == []
    assert conditions.simple(tree) == condition
    assert [str(said) for said in conditions.words(tree, ITEMS)] == [
        "“金额”大于 0", "这几条满足任一条：“地点”已填写、“照片的个数”大于或等于 2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "tree",
    [
        True,
        "text",
        {"gt": [{"length": [{"var": "t"}]}, 3]},
        {
            "and": [
                {"or": [{"and": [{"filled": [{"var": "t"}]}, {"filled": [{"var": "n"}]}]}, {"filled": [{"var": "m"}]}]},
                {"filled": [{"var": "d"}]},
            ]
        },
        {"eq": [{"var": "t"}, None]},
        {"not": [{"eq": [{"var": "s"}, "a"]}]},
        {"eq": [1, {"var": "n"}]},
    ],
)
def test_what_the_builder_cannot_show_is_left_to_the_expert_page(tree: Any) -> None:
    assert conditions.simple(tree) is None
    assert [str(said) for said in conditions.words(tree, ITEMS)] == ["用公式写的条件"]


def test_two_fields_are_compared_when_they_hold_the_same_kind_of_thing() -> None:
    assert conditions.read_value("【人数】", ITEMS["n"], ITEMS) == {"var": "m"}
    assert conditions.value_text({"var": "m"}, ITEMS["n"], ITEMS) == "【人数】"
    with pytest.raises(Invalid, match="不是同一类"):
        conditions.read_value("【日期】", ITEMS["n"], ITEMS)
    with pytest.raises(Invalid, match="没有题目"):
        conditions.read_value("【没有】", ITEMS["n"], ITEMS)


@pytest.mark.parametrize(
    ("fid", "typed", "why"),
    [
        ("s", "没有的", "没有选项"),
        ("n", "很多", "填数字"),
        ("d", "明天", "日期要写成"),
        ("b", "也许", "请填"),
        ("t", " ", "请填写要比较的内容"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_what_to_do(fid: str, typed: str, why: str) -> None:
    with pytest.raises(Invalid) as refused:
        conditions.read_value(typed, ITEMS[fid], ITEMS)
    assert why in str(refused.value.message)


def test_a_refusal_in_words_says_what_is_not_allowed() -> None:
    later = Clause("d", "gt", {"today": []})
    assert str(conditions.refusal(later, ITEMS)) == "日期不能晚于今天"
    assert str(conditions.refusal(Clause("n", "lt", 0), ITEMS)) == "金额不能小于 0"


def test_a_day_is_written_and_read_the_same_way() -> None:
    value = conditions.read_value("2026年1月31日", ITEMS["d"], ITEMS)
    assert value == {"date": ["2026-01-31"]}
    assert conditions.value_text(value, ITEMS["d"], ITEMS) == "2026-01-31"


def test_a_time_is_earlier_or_later_and_a_place_is_only_there_or_not() -> None:
    said = conditions.words({"lt": [{"var": "k"}, "09:30"]}, ITEMS)
    assert [str(one) for one in said] == ["“几点”早于“09:30”"]
    assert conditions.operators_for(ITEMS["g"]) == ("filled", "empty")
    with pytest.raises(Invalid):
        conditions.read_value("25:00", ITEMS["k"], ITEMS)
