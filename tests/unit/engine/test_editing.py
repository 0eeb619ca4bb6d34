"""Edits of a draft: pure, and never leaving a document unsound."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import editing
from engine.definition import check, diff, parse
from engine.editing import EditRefused
from tests.unit.engine.helpers import document

# What a draft may be until it is published: unfinished, or referring to what was retired. Anything else is unsound.
UNFINISHED = (
    "表单至少要有一道在用的题目",
    "条件里提到的题目",
    "列表的列只能是在用的题目",
    "提示位置的题目",
    "样例里的题目",
    "“%(label)s”里还没有题目",
    "“%(label)s”每一行各有一个答案",
)
KINDS: dict[str, dict[str, Any]] = {
    "text": {},
    "integer": {},
    "date": {"rules": [{"if": {"gt": [{"var": ""}, {"today": []}]}, "message": "不能晚于今天"}]},
    "select_one": {"options": [{"value": "a", "label": "甲"}]},
    "note": {},
    "group": {},
    "repeat": {"rules": [{"if": {"gt": [{"count": [""]}, 9]}, "message": "太多"}]},
}


def unsound(draft: dict[str, Any]) -> list[str]:
    return [str(problem) for problem in check(draft) if not problem.message.startswith(UNFINISHED)]


def item(kind: str, key: str) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": "题目", **copy.deepcopy(KINDS[kind])}


def fids(draft: dict[str, Any]) -> list[str]:
    return [one["fid"] for one in editing.items_of(draft)]


def pages(draft: dict[str, Any]) -> list[str]:
    return [page["id"] for page in draft["pages"]]


class Hand:
    """Somebody who does one edit after another, wherever it points to."""

    def __init__(self, choose: Any) -> None:
        self.draft = editing.empty_form("form", "表单", "第一页")
        self.choose = choose

    def some(self, names: list[str]) -> str:
        if not names:
            raise LookupError("nothing there to point to")
        return str(self.choose(st.sampled_from(names)))

    def somewhere(self) -> str | None:
        holders = [one["fid"] for one in editing.items_of(self.draft) if one["type"] in {"group", "repeat"}]
        return self.some(holders) if holders and self.choose(st.booleans()) else None

    def add_page(self) -> None:
        self.draft, _ = editing.add_page(self.draft, "又一页")

    def move_page(self) -> None:
        self.draft = editing.move_page(self.draft, self.some(pages(self.draft)), self.choose(st.sampled_from([-1, 1])))

    def remove_page(self) -> None:
        self.draft = editing.remove_page(self.draft, self.some(pages(self.draft)))

    def add_item(self) -> None:
        kind = self.some(list(KINDS))
        key = editing.free_key(self.draft, self.some(["place", "id", "when"]))
        page, inside = self.some(pages(self.draft)), self.somewhere()
        self.draft, _ = editing.add_item(self.draft, page, item(kind, key), inside=inside)

    def copy_item(self) -> None:
        self.draft, _ = editing.copy_item(self.draft, self.some(fids(self.draft)))

    def move_item(self) -> None:
        self.draft = editing.move_item(self.draft, self.some(fids(self.draft)), self.choose(st.sampled_from([-1, 1])))

    def put_item(self) -> None:
        fid, page = self.some(fids(self.draft)), self.some(pages(self.draft))
        self.draft = editing.put_item(self.draft, fid, page, inside=self.somewhere())

    def rename(self) -> None:
        fid = self.some(fids(self.draft))
        raw = editing.item_of(self.draft, fid)
        key = editing.free_key(self.draft, self.some(["renamed", "place"]), besides=fid)
        self.draft = editing.change_item(self.draft, fid, {**raw, "key": key})

    def show(self) -> None:
        fid, other = self.some(fids(self.draft)), self.some(fids(self.draft))
        raw = editing.item_of(self.draft, fid)
        if fid != other and editing.item_of(self.draft, other)["type"] == "text":
            self.draft = editing.change_item(self.draft, fid, {**raw, "show": {"filled": [{"var": other}]}})

    def retire(self) -> None:
        self.draft = editing.retire_item(self.draft, self.some(fids(self.draft)))

    def reuse(self) -> None:
        self.draft = editing.reuse_item(self.draft, self.some(fids(self.draft)))

    def remove(self) -> None:
        self.draft = editing.remove_item(self.draft, self.some(fids(self.draft)))

    def list_it(self) -> None:
        fid = self.some([one["fid"] for one in editing.items_of(self.draft) if one["type"] != "note"])
        if not editing.item_of(self.draft, fid).get("retired"):
            self.draft = editing.list_item(self.draft, fid, listed=self.choose(st.booleans()))


EDITS = [name for name in vars(Hand) if not name.startswith("_") and not name.startswith("some")]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_sequence_of_edits_makes_a_draft_unsound(data: st.DataObject) -> None:
    hand = Hand(data.draw)
    for name in data.draw(st.lists(st.sampled_from(EDITS), max_size=25)):
        before = copy.deepcopy(hand.draft)
        given_draft = hand.draft
        try:
            getattr(hand, name)()
        except (EditRefused, LookupError):
            assert hand.draft is given_draft
        assert given_draft == before, f"{name} changed the document it was given"
        circles = [text for text in unsound(hand.draft) if "绕成了圈" in text]
        assert unsound(hand.draft) == circles, name


def test_a_fresh_fid_was_never_published() -> None:
    draft = editing.empty_form("form", "表单", "第一页")
    draft, fid = editing.add_item(draft, "p1", item("text", "place"), taken={"f1", "f7"})
    assert fid == "f8"


def test_an_item_without_fid_speaks_of_itself_once_it_has_one() -> None:
    draft, fid = editing.add_item(editing.empty_form("form", "表单", "页"), "p1", item("date", "day"))
    assert editing.item_of(draft, fid)["rules"][0]["if"] == {"gt": [{"var": fid}, {"today": []}]}
    draft, twin = editing.copy_item(draft, fid)
    assert editing.item_of(draft, twin)["rules"][0]["if"] == {"gt": [{"var": twin}, {"today": []}]}
    assert editing.item_of(draft, twin)["key"] == "day_2"


def test_a_reserved_or_used_key_gets_a_number() -> None:
    draft = editing.empty_form("form", "表单", "页")
    assert editing.free_key(draft, "id") == "id_2"
    draft, _ = editing.add_item(draft, "p1", item("text", "place"))
    assert editing.free_key(draft, "place") == "place_2"


def test_moving_an_item_over_the_edge_of_a_page_puts_it_on_the_next_one() -> None:
    draft = document()
    first, second = draft["pages"][0]["items"], draft["pages"][1]["items"]
    moved = editing.move_item(draft, first[-1]["fid"], 1)
    assert moved["pages"][1]["items"][0]["fid"] == first[-1]["fid"]
    assert editing.move_item(moved, first[-1]["fid"], -1) == draft
    moved = editing.move_item(draft, second[0]["fid"], -1)
    assert moved["pages"][0]["items"][-1]["fid"] == second[0]["fid"]
    assert editing.move_item(draft, first[0]["fid"], -1) == draft


def test_columns_stay_when_a_key_changes_and_go_when_an_item_is_retired() -> None:
    draft = document()
    fid = editing.column_fids(draft)[0]
    raw = editing.item_of(draft, fid)
    renamed = editing.change_item(draft, fid, {**raw, "key": "another_key"})
    assert editing.column_fids(renamed)[0] == fid
    assert check(renamed) == []
    assert fid not in editing.column_fids(editing.retire_item(draft, fid))


def test_the_last_page_and_a_page_with_items_stay() -> None:
    draft = editing.empty_form("form", "表单", "页")
    with pytest.raises(EditRefused, match="至少要有一页"):
        editing.remove_page(draft, "p1")
    draft, fid = editing.add_item(draft, "p1", item("text", "place"))
    draft, _ = editing.add_page(draft, "又一页")
    with pytest.raises(EditRefused, match="还有题目"):
        editing.remove_page(draft, "p1")
    assert pages(editing.remove_page(editing.remove_item(draft, fid), "p1")) == ["p2"]


def test_a_restored_version_may_follow_whatever_came_after_it() -> None:
    old = document()
    later, fid = editing.add_item(old, old["pages"][0]["id"], item("text", "late"))
    select = next(one for one in editing.items_of(later) if one["type"] == "select_one")
    more = [*select["options"], {"value": "later", "label": "后来的"}]
    later = editing.set_options(later, select["fid"], more)
    text = next(one for one in editing.items_of(later) if one["type"] == "text" and one["fid"] != fid)
    later = editing.change_item(later, text["fid"], editing.convert_item(text, "textarea"))
    draft = editing.restored(old, later)
    assert check(draft) == []
    assert all(change.allowed for change in diff(parse(later), parse(draft)))
    assert editing.item_of(draft, fid)["retired"] is True
    assert editing.item_of(draft, select["fid"])["options"][-1] == {
        "value": "later",
        "label": "后来的",
        "retired": True,
    }


def nest() -> dict[str, Any]:
    """Return a draft with a repeat in a group, whose rows add up, and a text beside them."""
    draft = editing.empty_form("form", "表单", "页")
    draft, group = editing.add_item(draft, "p1", item("group", "g"))
    draft, repeat = editing.add_item(draft, "p1", item("repeat", "people"), inside=group)
    draft, age = editing.add_item(draft, "p1", item("integer", "age"), inside=repeat)
    total = {"sum": [{"each": [repeat, {"var": age}]}]}
    draft, _ = editing.add_item(draft, "p1", {**item("text", "all"), "type": "calculate", "value": total})
    return editing.add_item(draft, "p1", item("text", "name"))[0]


def test_a_copy_of_a_group_speaks_of_its_own_items() -> None:
    draft, twin = editing.copy_item(nest(), "f1")
    assert check(draft) == []
    assert fids(draft) == ["f1", "f2", "f3", twin, "f7", "f8", "f4", "f5"]
    assert editing.item_of(draft, "f7")["rules"][0]["if"] == {"gt": [{"count": ["f7"]}, 9]}
    assert [one["key"] for one in editing.items_of(draft)][3:6] == ["g_2", "people_2", "age_2"]


def test_items_move_within_their_group_and_are_put_elsewhere_by_name() -> None:
    draft = editing.put_item(nest(), "f5", "p1", inside="f2")
    assert [one["fid"] for one in editing.item_of(draft, "f2")["items"]] == ["f3", "f5"]
    draft = editing.move_item(draft, "f5", -1)
    assert [one["fid"] for one in editing.item_of(draft, "f2")["items"]] == ["f5", "f3"]
    assert editing.move_item(draft, "f5", -1) == draft
    assert [one["fid"] for one in editing.readable(draft, "f2")] == ["f2", "f5", "f3", "f4"]
    assert [one["fid"] for one in editing.readable(draft)] == ["f2", "f4"]


def test_nothing_is_put_into_itself_into_a_text_or_too_deep() -> None:
    for fid, inside in (("f1", "f2"), ("f1", "f1"), ("f1", "f5")):
        with pytest.raises(EditRefused):
            editing.put_item(nest(), fid, "p1", inside=inside)
    draft, inner = editing.add_item(nest(), "p1", item("repeat", "animals"), inside="f2")
    with pytest.raises(EditRefused, match="最多套 2 层"):
        editing.add_item(draft, "p1", item("repeat", "legs"), inside=inner)


def test_a_group_with_items_becomes_no_text_and_takes_them_along_when_it_changes() -> None:
    group = editing.item_of(nest(), "f1")
    with pytest.raises(EditRefused, match="还有题目"):
        editing.change_item(nest(), "f1", editing.convert_item(group, "text"))
    bare = {name: value for name, value in group.items() if name != "items"}
    assert editing.change_item(nest(), "f1", {**bare, "key": "g"}) == nest()


def test_what_stands_in_a_group_is_known_with_it() -> None:
    assert [one["fid"] for one in editing.dependents(nest(), "f1")] == ["f4"]
    listed = editing.list_item(nest(), "f5", listed=False)
    assert editing.column_fids(listed) == ["f2", "f4"]
    assert editing.column_fids(editing.retire_item(listed, "f1")) == ["f4"]
    assert fids(editing.remove_item(nest(), "f1")) == ["f4", "f5"]
    assert editing.list_item(nest(), "f3", listed=True) == nest()


def test_a_restored_version_keeps_later_items_where_they_stand() -> None:
    old = nest()
    later, group = editing.add_item(old, "p1", item("group", "more"), inside="f2")
    later, _ = editing.add_item(later, "p1", item("text", "late"), inside=group)
    later = editing.put_item(later, "f3", "p1", inside=group)
    draft = editing.restored(old, later)
    assert check(draft) == []
    assert all(change.allowed for change in diff(parse(later), parse(draft)))
    assert [one["fid"] for one in editing.item_of(draft, "f2")["items"]] == ["f3", group]
    assert editing.item_of(draft, group)["items"][0]["retired"] is True


def test_who_reads_an_item_is_known_before_it_is_retired() -> None:
    draft = document()
    kind = next(one for one in editing.items_of(draft) if one["type"] == "select_one")
    readers = [one["fid"] for one in editing.items_of(draft) if {"var": kind["fid"]} in parts_of(one.get("show"))]
    assert [one["fid"] for one in editing.dependents(draft, kind["fid"])] == readers
    assert readers


def parts_of(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value, *(part for one in value.values() for part in parts_of(one))]
    return [part for one in value for part in parts_of(one)] if isinstance(value, list) else []
