from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definition import Change, diff, parse
from tests.unit.engine.helpers import definition, document, options, small


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    return diff(parse(old), parse(new))


def told(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str | None, bool]]:
    return [(change.what, change.fid, change.allowed) for change in changes(old, new)]


def text(fid: str = "f1", **properties: Any) -> dict[str, Any]:
    return {"fid": fid, "type": "text", **properties}


def choice(*values: str, retired: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"fid": "f1", "type": "select_one", "options": options(*values, retired=retired), **properties}


def test_nothing_changes_between_equal_forms() -> None:
    assert diff(definition(), definition()) == []


def test_the_first_version_adds_everything() -> None:
    first = diff(None, definition())
    assert {change.what for change in first} == {"added"}
    assert len(first) == len(definition().items)
    assert all(change.allowed for change in first)


def test_adding_and_retiring_are_free() -> None:
    assert told(small(text()), small(text(), text("f2"))) == [("added", "f2", True)]
    assert told(small(text(), text("f2")), small(text(), text("f2", retired=True))) == [("retired", "f2", True)]
    assert told(small(text(), text("f2", retired=True)), small(text(), text("f2"))) == [
        ("settings_changed", "f2", True)
    ]


def test_a_removed_item_is_refused_and_the_reason_says_what_to_do() -> None:
    (change,) = changes(small(text(), text("f2")), small(text()))
    assert (change.what, change.fid, change.allowed) == ("retired", "f2", False)
    assert "停用" in change.message
    assert change.params["label"] == change.label == "题目f2"


def test_a_removed_retired_item_is_refused_too() -> None:
    assert told(small(text(), text("f2", retired=True)), small(text())) == [("retired", "f2", False)]


def test_relabelling_is_free_in_any_language() -> None:
    assert told(small(text()), small(text(label="新题目"))) == [("relabelled", "f1", True)]
    english = {"zh_Hans_CN": "题目f1", "en": "Question"}
    assert told(small(text()), small(text(label=english))) == [("relabelled", "f1", True)]
    assert told(small(text()), {**small(text()), "title": "大表"}) == [("relabelled", None, True)]


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        ("text", "textarea", True),
        ("integer", "decimal", True),
        ("textarea", "text", False),
        ("decimal", "integer", False),
        ("text", "integer", False),
        ("date", "text", False),
    ],
)
def test_a_type_changes_only_to_a_wider_one(old: str, new: str, allowed: bool) -> None:  # noqa: FBT001
    assert told(small({"fid": "f1", "type": old}), small({"fid": "f1", "type": new})) == [
        ("type_changed", "f1", allowed)
    ]


def test_one_choice_may_become_several() -> None:
    assert told(small(choice("a")), small({**choice("a"), "type": "select_multiple"})) == [("type_changed", "f1", True)]


def test_options_may_be_added_relabelled_retired_and_brought_back() -> None:
    assert told(small(choice("a")), small(choice("a", "b"))) == [("option_added", "f1", True)]
    assert told(small(choice("a", "b")), small(choice("a", "b", retired=("b",)))) == [("option_retired", "f1", True)]
    assert told(small(choice("a", "b", retired=("b",))), small(choice("a", "b"))) == [("settings_changed", "f1", True)]
    renamed = choice("a")
    renamed["options"][0]["label"] = "改名"
    assert told(small(choice("a")), small(renamed)) == [("relabelled", "f1", True)]


def test_a_removed_option_is_refused() -> None:
    assert told(small(choice("a", "b")), small(choice("a"))) == [("option_retired", "f1", False)]


def test_changed_settings_are_told_once_an_item() -> None:
    new = text(required=True, max=10, hint="写清楚", key="new_key")
    assert told(small(text()), small(new)) == [("settings_changed", "f1", True)]


def test_changed_rules_and_columns_are_told_for_the_form() -> None:
    rule = {"if": {"empty": [{"var": "f1"}]}, "message": "请填"}
    assert told(small(text()), small(text(), rules=[rule])) == [("settings_changed", None, True)]
    assert told(small(text()), small(text(), list=["k_f1"])) == [("settings_changed", None, True)]


def test_changed_rules_of_an_item_are_told() -> None:
    rule = {"if": {"empty": [{"var": "f1"}]}, "message": "请填"}
    same = small(text(rules=[rule]))
    assert told(same, same) == []
    assert told(same, small(text(rules=[{**rule, "message": "请写"}]))) == [("settings_changed", "f1", True)]


def test_the_key_of_a_form_is_permanent() -> None:
    assert told(small(text()), {**small(text()), "key": "other"}) == [("settings_changed", None, False)]


def test_only_what_moved_is_told_as_moved() -> None:
    fids = ["f1", "f2", "f3", "f4"]
    old = small(*map(text, fids))
    assert told(old, small(*map(text, ["f2", "f3", "f4", "f1"]))) == [("moved", "f1", True)]
    assert told(old, small(*map(text, ["f1", "f9", "f2", "f3", "f4"]))) == [("added", "f9", True)]


def test_going_to_another_page_is_a_move() -> None:
    new = small(text("f1"))
    new["pages"].append({"id": "p2", "title": "第二页", "items": [small(text("f2"))["pages"][0]["items"][0]]})
    assert told(small(text("f1"), text("f2")), new) == [("moved", "f2", True)]


def test_a_new_question_in_the_example_is_one_change() -> None:
    new = document()
    new["pages"][0]["items"].append({"fid": "a9", "key": "weather", "type": "text", "label": "天气"})
    assert told(document(), new) == [("added", "a9", True)]


@given(st.permutations([f"f{n}" for n in range(7)]))
def test_what_did_not_move_keeps_its_order(order: list[str]) -> None:
    moved = {fid for _, fid, _ in told(small(*(text(f"f{n}") for n in range(7))), small(*map(text, order)))}
    stayed = [fid for fid in order if fid not in moved]
    assert stayed == sorted(stayed)


def held(kind: str, *items: dict[str, Any], **properties: Any) -> dict[str, Any]:
    inner = [{"key": f"k_{item['fid']}", "label": f"题目{item['fid']}", **item} for item in items]
    return {"fid": "h1", "type": kind, "items": inner, **properties}


def test_what_stands_in_groups_and_repeats_is_compared_too() -> None:
    for kind in ("group", "repeat"):
        assert told(small(held(kind, text())), small(held(kind, text(), text("f2")))) == [("added", "f2", True)]
        assert told(small(held(kind, text(), text("f2"))), small(held(kind, text()))) == [("retired", "f2", False)]
        assert told(small(held(kind, text())), small(held(kind, text(label="新题目")))) == [("relabelled", "f1", True)]
        assert told(small(held(kind, text())), small(held(kind, text(type="date")))) == [("type_changed", "f1", False)]


def test_items_move_freely_between_groups_but_never_into_rows_or_out_of_them() -> None:
    grouped, beside = small(held("group", text()), text("f2")), small(held("group", text(), text("f2")))
    assert told(grouped, beside) == [("moved", "f2", True)]
    assert told(beside, grouped) == [("moved", "f2", True)]
    rows, without = small(held("repeat", text(), text("f2"))), small(held("repeat", text()), text("f2"))
    assert told(rows, without) == [("moved", "f2", False)]
    assert told(without, rows) == [("moved", "f2", False)]


def test_a_repeat_does_not_become_a_group() -> None:
    changed = told(small(held("repeat", text())), small(held("group", text())))
    assert ("type_changed", "h1", False) in changed
    assert ("moved", "f1", False) in changed
