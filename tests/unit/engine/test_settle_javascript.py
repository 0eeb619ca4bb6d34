"""A whole form is judged alike by the server and the browser: what is shown, required, missing, computed, broken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.answers import clean
from engine.check import check
from engine.definition import Definition, parse
from engine.kinds import KINDS
from tests.support.javascript import Perform
from tests.unit.engine.helpers import HERE, TODAY, context, document, small
from tests.unit.engine.test_rows import household
from tests.unit.engine.trees import told

BATCH = 20
TEXTS = st.sampled_from(["", "x", "y", "x y", "村", "2026-01-01"])
RAW: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "decimal": st.decimals(-100, 100, places=2).map(str) | st.sampled_from(["0", "12.5"]),
    "integer": st.integers(-5, 15),
    "date": st.dates(min_value=TODAY.replace(year=2020), max_value=TODAY.replace(year=2030)).map(str),
    "boolean": st.booleans(),
    "acknowledge": st.booleans(),
    "select_multiple": st.lists(st.sampled_from("xy"), max_size=2, unique=True),
}
LITERALS: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "number": st.integers(-5, 15) | st.sampled_from([12.5, 0.1]),
    "date": st.just({"today": []}) | st.just({"date": ["2026-01-01"]}),
    "bool": st.booleans(),
    "list": st.sampled_from("xy"),
}
VALUE_TYPES = {
    "text": "text",
    "decimal": "number",
    "integer": "number",
    "date": "date",
    "boolean": "bool",
    "acknowledge": "bool",
    "select_multiple": "list",
    "calculate": "number",
    "hidden": "text",
}
Known = list[tuple[str, str, tuple[str, ...]]]  # fid, type of its values, the repeats around it


class Author:
    """Somebody who draws a form, page after page; conditions read only what stands before them."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.known: Known = []
        self.rows: list[tuple[str, tuple[str, ...]]] = []
        self.count = 0

    def items(self, most: int, scope: tuple[str, ...], depth: int) -> list[dict[str, Any]]:
        return [self.item(scope, depth, place) for place in range(self.draw(st.integers(2, most)))]

    def item(self, scope: tuple[str, ...], depth: int, place: int) -> dict[str, Any]:
        self.count += 1
        fid = f"f{self.count}"
        kinds = [
            "text",
            "decimal",
            "integer",
            "date",
            "boolean",
            "acknowledge",
            "select_multiple",
            "calculate",
            "hidden",
        ]
        if depth < 3:
            kinds += ["group", "group", *(["repeat"] * 3 if len(scope) < 2 else [])]
        kind = self.draw(st.sampled_from(kinds))
        made = {"fid": fid, "key": f"k_{fid}", "type": kind, "label": fid, **self.settings(kind, scope)}
        if self.draw(st.integers(0, 2)) == 0:
            made["show"] = self.condition(scope)
        if kind == "group":
            made["items"] = self.items(3, scope, depth + 1)
        elif kind == "repeat":
            made["items"] = self.items(4, (*scope, fid), depth + 1)
            self.rows.append((fid, scope))
        elif place and self.draw(st.integers(0, 9)) == 0:
            made["retired"] = True
        else:
            self.known.append((fid, VALUE_TYPES[kind], scope))
        if kind not in {"group", "calculate", "hidden"}:
            made["required"] = self.draw(st.sampled_from([False, False, True]) | st.just(None)) or self.maybe(scope)
            rules = [{"if": self.condition(scope), "message": "不行"} for _ in range(self.draw(st.integers(0, 1)))]
            made["rules"] = rules
        return made

    def maybe(self, scope: tuple[str, ...]) -> Any:
        return self.condition(scope) if self.draw(st.booleans()) else False

    def settings(self, kind: str, scope: tuple[str, ...]) -> dict[str, Any]:
        if kind == "select_multiple":
            return {"options": [{"value": value, "label": value} for value in "xy"]}
        if kind == "calculate":
            return {"value": self.number(scope)}
        if kind == "hidden":
            return self.draw(st.sampled_from([{"text": "x"}, {"default": {"user": "name"}}]))
        return {"min": 1} if kind == "repeat" and self.draw(st.booleans()) else {}

    def seen(self, scope: tuple[str, ...], wanted: str = "") -> Known:
        return [one for one in self.known if scope[: len(one[2])] == one[2] and wanted in ("", one[1])]

    def loop(self, scope: tuple[str, ...], wanted: str = "") -> tuple[str, Known] | None:
        """Choose a repeat that can be seen, and what stands in its rows."""
        inner = [
            (fid, [one for one in self.known if one[2] == (*around, fid) and wanted in ("", one[1])])
            for fid, around in self.rows
            if scope[: len(around)] == around
        ]
        found = [one for one in inner if one[1]]
        return self.draw(st.sampled_from(found)) if found else None

    def comparison(self, known: Known) -> Any:
        fid, type_, _ = self.draw(st.sampled_from(known))
        if self.draw(st.integers(0, 3)) == 0:
            return {self.draw(st.sampled_from(["filled", "empty"])): [{"var": fid}]}
        literal = self.draw(LITERALS[type_])
        if type_ == "list":
            return {"selected": [{"var": fid}, literal]}
        names = {"bool": ["eq", "ne"], "text": ["eq", "ne", "contains"]}.get(type_, ["eq", "gt", "le"])
        return {self.draw(st.sampled_from(names)): [{"var": fid}, literal]}

    def condition(self, scope: tuple[str, ...]) -> Any:
        if self.draw(st.integers(0, 1)):
            found = self.loop(scope)
            if found:
                counted = {"gt": [{"count": [found[0]]}, self.draw(st.integers(0, 2))]}
                return self.draw(
                    st.sampled_from([counted, {"some": [found[0], self.comparison(found[1])]}])
                    | st.just({"all": [found[0], self.comparison(found[1])]})
                )
        known = self.seen(scope)
        return self.comparison(known) if known else {"gt": [{"today": []}, {"date": ["2026-01-01"]}]}

    def number(self, scope: tuple[str, ...]) -> Any:
        found = self.loop(scope, "number")
        if found and self.draw(st.booleans()):
            fid = self.draw(st.sampled_from(found[1]))[0]
            return {self.draw(st.sampled_from(["sum", "min", "max"])): [{"each": [found[0], {"var": fid}]}]}
        known = self.seen(scope, "number")
        read = {"var": self.draw(st.sampled_from(known))[0]} if known else 2
        return {self.draw(st.sampled_from(["add", "mul", "sub"])): [read, self.draw(st.integers(0, 3))]}

    def answers(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for item in items:
            if item["type"] == "group":
                found |= self.answers(item["items"])
            elif item["type"] == "repeat":
                rows = range(self.draw(st.integers(0, 2)))
                found[item["fid"]] = [{"_id": f"{place:016x}", **self.answers(item["items"])} for place in rows]
            elif item["type"] in RAW and self.draw(st.integers(0, 3)):
                found[item["fid"]] = self.draw(RAW[item["type"]])
        return found


@st.composite
def forms(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a form with groups and repeats, and answers of the right kinds."""
    author = Author(draw)
    items = author.items(6, (), 0)
    rules = [{"if": author.condition(()), "message": "合起来不行"}]
    if draw(st.booleans()) and author.seen(()):
        rules[0]["at"] = author.seen(())[0][0]
    definition = {**small(), "pages": [{"id": "p1", "title": "页", "items": items}], "rules": rules}
    return {"definition": definition, "raw": author.answers(items), "locked": draw(st.lists(st.just("f1"), max_size=1))}


def judged_by_python(form: Definition, raw: dict[str, Any], locked: list[str]) -> dict[str, Any]:
    """Return what the server says of a form, as far as the browser can know it."""
    outcome = clean(form, raw, context(locked=frozenset(locked)))
    authored = {str(rule.message) for rules in (form.rules, *(one.rules for one in form.every_item)) for rule in rules}
    filled = {
        "/".join([*rows, item.fid]): (item, values[item.fid])
        for rows, items, values in levels(form, outcome.values)
        for item in items
        if item.fid in values
    }
    return {
        "shown": sorted(outcome.shown),
        "required": sorted(outcome.required),
        "missing": sorted(outcome.required - filled.keys()),
        "computed": {at: told(value) for at, (item, value) in filled.items() if item.calculation is not None},
        "errors": [[error.at, error.message] for error in outcome.errors if error.message in authored],
    }


def levels(form: Definition, values: dict[str, Any]) -> Iterator[tuple[Any, Any, Any]]:
    """Walk the record and its rows: the rows around, the items and the values there."""
    waiting: list[tuple[Any, Any, Any]] = [((), form.live_items, values)]
    while waiting:
        rows, items, here = waiting.pop()
        yield rows, items, here
        for item in items:
            below = here.get(item.fid) or () if item.kind.repeats else ()
            waiting.extend(((*rows, item.fid, row["_id"]), item.live_row_items, row) for row in below)


def job(form: dict[str, Any], raw: dict[str, Any], locked: list[str]) -> dict[str, Any]:
    around = {"user": {"name": "王小村"}, "locked": locked}
    return {"job": "form", "definition": form, "stored": raw, "today": TODAY.isoformat(), "context": around}


def agree(perform: Perform, document_: dict[str, Any], raw: dict[str, Any]) -> dict[str, Any]:
    """Have both judge one form, and return what they say."""
    said = judged_by_python(parse(document_), raw, [])
    assert perform([job(document_, raw, [])]) == [said]
    return said


@settings(max_examples=6, deadline=None)
@given(st.lists(forms(), min_size=BATCH, max_size=BATCH))
def test_random_forms_with_rows_are_judged_alike(perform: Perform, drawn: list[dict[str, Any]]) -> None:
    sound = [one for one in drawn if not check(one["definition"])]
    said = [judged_by_python(parse(one["definition"]), one["raw"], one["locked"]) for one in sound]
    assert perform([job(one["definition"], one["raw"], one["locked"]) for one in sound]) == said


def test_a_chain_of_conditions_is_followed_to_its_end(perform: Perform) -> None:
    fids = [f"f{n}" for n in range(9)]
    asked: list[dict[str, Any]] = [
        {"fid": fid, "type": "text", "required": True, "show": {"eq": [{"var": before}, "go"]} if before else None}
        for fid, before in zip(fids, [None, *fids], strict=False)
    ]
    said = agree(perform, small(*reversed(asked)), {**dict.fromkeys(fids, "go"), "f1": "stop"})
    assert said["shown"] == ["f0", "f1"] == said["required"]


def test_the_samples_are_judged_alike(perform: Perform) -> None:
    assert {"a3", "c4"} <= set(agree(perform, document(), {"a2": "other", "a5": "100000"})["shown"])
    rows = [
        {"_id": "0" * 16, "b1": "张三", "b3": True, "b4": "60", "d0": [{"_id": "1" * 16}]},
        {"_id": "2" * 16, "b1": "李四", "b4": "60"},
    ]
    said = agree(perform, household(), {"a1": True, "a2": "2", "b0": rows})
    assert said["computed"] == {
        "b0/0000000000000000/b5": {"number": "120"},
        "b0/2222222222222222/b5": {"number": "120"},
        "c1": {"number": "240"},
    }
    assert f"b0/{'0' * 16}/d0/{'1' * 16}/d1" in said["missing"]


def test_the_browser_knows_which_kinds_are_always_required_and_which_nobody_enters() -> None:
    source = (HERE.parents[2] / "static" / "settle.js").read_text("utf-8")
    for name, kinds in (
        ("ALWAYS_REQUIRED", [kind.name for kind in KINDS.values() if kind.always_required]),
        ("NOT_ENTERED", [kind.name for kind in KINDS.values() if not kind.entered and kind.name != "calculate"]),
    ):
        assert f"const {name} = new Set({json.dumps(kinds)});" in source


def test_stages_and_typed_answers_are_known_to_the_browser(perform: Perform) -> None:
    stages = [{"value": "new", "label": "新"}, {"value": "done", "label": "完"}]
    form = small(
        {"fid": "f1", "type": "text", "stage": {"required_from": "done"}},
        {"fid": "f2", "type": "integer"},
        {"fid": "f3", "type": "boolean"},
        {"fid": "f4", "type": "text", "show": {"and": [{"gt": [{"var": "f2"}, 5]}, {"var": "f3"}]}},
        stages=stages,
    )
    asked = {**job(form, {"f2": "7", "f3": "on"}, []), "context": {"stage": "done"}}
    (said,) = perform([asked])
    assert said["required"] == ["f1"] == sorted(clean(parse(form), {}, context(stage="done")).required)
    assert "f4" in said["shown"]
