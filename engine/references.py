"""What refers from one place of a form to another: conditions, calculations, circles, columns, recorded tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from graphlib import CycleError, TopologicalSorter
from typing import Any

from engine.expression_types import TYPE_NAMES, result_type, scope_problems, type_problems
from engine.expressions import dependencies, problems, uses_today
from engine.filters import filtered_by
from engine.messages import N_, Message, Problem
from engine.properties import text_problem
from engine.schema import Item, build_item, raw_nested, reads

TESTS = 100
_UNKNOWN = N_("样例里的题目不存在或已停用")
_TEST = {
    **dict.fromkeys(("in", "errors", "valid", "shown", "hidden"), _UNKNOWN),
    "calc": N_("样例里只能核对由公式算出、不在重复填写的一组里面的题目"),
}


def _day_problem(value: object) -> Message | None:
    try:
        if isinstance(value, str) and date.fromisoformat(value).isoformat() == value:
            return None
    except ValueError:
        pass
    return Message(N_("日期要写成 2026-01-31 这样"))


# What a test says of itself: what it is called, and the day that counts as today in it, so that it stays true.
_ABOUT_TEST: Mapping[str, Callable[[object], Message | None]] = {"title": text_problem, "today": _day_problem}


class Findings:
    """Problems as they are found."""

    def __init__(self, problems: list[Problem] | None = None) -> None:
        self.problems: list[Problem] = [] if problems is None else problems

    def say(self, path: str, message: Message | str | None, of: str | None = None, /, **params: Any) -> None:
        if message is not None:
            said = Message(message, params) if isinstance(message, str) else message
            self.problems.append(Problem(path, of, said.text, said.params))


class References(Findings):
    """One look over a document whose shapes, fids and keys are right.

    An item inside a repeat sees its own row, the rows around it and the record; from outside, a repeat's rows are
    reached only by the operations that go over rows.
    """

    def __init__(self, problems: list[Problem], document: Mapping[str, Any]) -> None:
        super().__init__(problems)
        self.document = document
        self.repeats: dict[str, tuple[str, ...]] = {}  # fid -> the repeats around it
        self.around: dict[str, str] = {}  # fid -> the group or repeat that it stands in
        self.live: list[tuple[str, Item]] = []
        for path, raw, around in raw_nested(document):
            self.repeats[raw["fid"]] = tuple(one["fid"] for one in around if one["type"] == "repeat")
            if around:
                self.around[raw["fid"]] = around[-1]["fid"]
            if not any(one.get("retired") for one in (raw, *around)):
                self.live.append((path, build_item(raw)))
        self.known = {item.fid: item for _, item in self.live if item.kind.answerable}

    def judge(self) -> None:
        """Say all that is wrong; circles and the rules of the form only where nothing else is."""
        if not self.live:
            self.say("pages", N_("表单至少要有一道在用的题目"))
        for path, item in self.live:
            self._conditions(path, item)
        self._cycles()
        self._form_rules()
        self._columns(self.document.get("list"))
        self._tests(self.document.get("tests"))

    def _outside_rows(self) -> dict[str, Item]:
        return {fid: item for fid, item in self.known.items() if not self.repeats[fid]}

    def _condition(self, path: str, expression: Any, fid: str | None = None) -> bool:
        messages = problems(expression, self.known)
        if not messages:
            messages = scope_problems(expression, self.repeats[fid] if fid else (), self.repeats, self.known)
        if not messages:
            messages = type_problems(expression, self.known)
        for message in messages:
            self.say(path, message, fid)
        return not messages

    def _conditions(self, path: str, item: Item) -> None:
        if item.show is not None and self._condition(f"{path}.show", item.show, item.fid):
            read = dependencies(item.show)
            if item.fid in read:
                self.say(f"{path}.show", N_("显示条件不能用到这道题自己"), item.fid)
            if not read and not uses_today(item.show):
                self.say(f"{path}.show", N_("显示条件没有用到任何题目"), item.fid)
        self._calculation(path, item)
        if not isinstance(item.required, bool):
            self._condition(f"{path}.required", item.required, item.fid)
        for place, rule in enumerate(item.rules):
            self._condition(f"{path}.rules[{place}].if", rule.condition, item.fid)
        for fid in filtered_by(item):
            self._filter(path, item, fid)
        if self.repeats[item.fid] and item.default == {"earlier": True}:
            self.say(f"{path}.default", N_("每一行都要重新填，不能沿用上一次的答案"), item.fid)
        beside = {fid: one for fid, one in self.known.items() if self.repeats[fid] == self.repeats[item.fid]}
        self.problems.extend(problem.under(path, item.fid) for problem in item.kind.check_among(item, beside))

    def _filter(self, path: str, item: Item, fid: str) -> None:
        """Options are filtered by a choice or a text that is asked in the same row, or around it."""
        other = self.known.get(fid)
        inside = other is not None and set(self.repeats[fid]) <= set(self.repeats[item.fid])
        if (
            other is None
            or not inside
            or fid == item.fid
            or other.sealed
            or other.kind.value_type not in {"text", "list"}
        ):
            self.say(f"{path}.filter", N_("只能按另一道在用的选择题或文字题筛选选项"), item.fid)

    def _calculation(self, path: str, item: Item) -> None:
        tree = item.calculation
        if tree is None or not self._condition(f"{path}.value", tree, item.fid):
            return
        read = dependencies(tree)
        if item.fid in read:
            self.say(f"{path}.value", N_("计算公式不能用到这道题自己"), item.fid)
        for fid in sorted(read):
            if self.known[fid].masked or self.known[fid].kind.personal:
                # What is computed is stored and shown openly.
                said = N_("计算公式不能用到保密的题目“%(label)s”")
                self.say(f"{path}.value", said, item.fid, label=self.known[fid].text())
        found, wanted = result_type(tree, self.known), item.kind.value_type
        if found is not None and found != wanted:
            names = {"found": Message(TYPE_NAMES[found]), "wanted": Message(TYPE_NAMES[wanted])}
            self.say(f"{path}.value", N_("公式算出来的是%(found)s，而这道题要的是%(wanted)s"), item.fid, **names)

    def _cycles(self) -> None:
        """Say where a condition or calculation comes back to itself; what stands in a group waits for the group."""
        if self.problems:
            return
        graph = {item.fid: {*reads(item), *filter(None, [self.around.get(item.fid)])} for _, item in self.live}
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            names = {item.fid: item.text() for _, item in self.live}
            circle = " → ".join(names[fid] for fid in error.args[1])
            self.say("pages", N_("显示条件或计算公式绕成了圈：%(circle)s"), circle=circle)

    def _form_rules(self) -> None:
        if self.problems:
            return
        for place, rule in enumerate(self.document.get("rules") or ()):
            self._condition(f"rules[{place}].if", rule["if"])
            if rule.get("at") is not None and not _among(rule["at"], self._outside_rows()):
                self.say(f"rules[{place}].at", N_("提示位置的题目不存在、已停用，或在重复填写的一组里面"))

    def _columns(self, columns: object) -> None:
        if columns is None:
            return
        outside = self._outside_rows()
        names = {*outside, *(item.key for item in outside.values())}
        if not isinstance(columns, list) or not all(_among(name, names) for name in columns):
            self.say("list", N_("列表的列只能是在用的题目，不能在重复填写的一组里面"))
        elif len(set(columns)) != len(columns):
            self.say("list", N_("列表的列重复"))

    def _tests(self, tests: object) -> None:
        if tests is None:
            return
        if not isinstance(tests, list) or len(tests) > TESTS:
            self.say("tests", N_("样例要是一个列表，最多 %(most)s 个"), most=TESTS)
            return
        for place, test in enumerate(tests):
            self._test(test, f"tests[{place}]")

    def _test(self, test: object, path: str) -> None:
        if not isinstance(test, dict) or not isinstance(test.get("in"), dict):
            self.say(path, N_("样例要有输入的答案"))
            return
        for name in test:
            if name in _ABOUT_TEST:
                self.say(f"{path}.{name}", _ABOUT_TEST[name](test[name]))
            elif name not in _TEST:
                self.say(f"{path}.{name}", N_("不认识的属性“%(name)s”"), name=name[:40])
        fids = {item.fid for _, item in self.live}
        outside = {fid for fid in fids if not self.repeats[fid]}
        computed = {fid for fid, item in self._outside_rows().items() if item.calculation is not None}
        for name, said in _TEST.items():
            named = test.get(name, {})
            among = {"in": outside, "calc": computed}.get(name, fids)
            shape = dict if name == "calc" else list | dict
            if not isinstance(named, shape) or not all(_among(fid, among) for fid in named):
                self.say(f"{path}.{name}", said)


def _among(name: object, names: object) -> bool:
    return isinstance(name, str) and isinstance(names, set | Mapping) and name in names
