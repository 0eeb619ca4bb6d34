"""Whether an expression compares like with like: the mistakes that evaluate quietly to false."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.expressions import readings
from engine.messages import N_, Message
from engine.operations import LOOPS
from engine.schema import Item

_COMPARISONS = frozenset({"eq", "ne", "lt", "le", "gt", "ge"})
TYPE_NAMES = {
    "text": N_("文字"),
    "number": N_("数字"),
    "date": N_("日期"),
    "bool": N_("是否"),
    "list": N_("多项"),
}
_RESULTS = {
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not", "empty", "filled", "selected"), "bool"),
    **dict.fromkeys(("contains", "starts_with", "some", "all"), "bool"),
    **dict.fromkeys(("mul", "div", "mod", "round", "count", "sum", "length", "number", "int"), "number"),
    **dict.fromkeys(("concat", "substr", "format_date"), "text"),
    "each": "list",
    "today": "date",
    "date": "date",
}


def type_problems(expression: Any, items: Mapping[str, Item]) -> list[Message]:
    """List comparisons of different types and options that do not exist, in a tree that is otherwise right."""
    if not isinstance(expression, dict):
        return []
    ((name, arguments),) = expression.items()
    if not isinstance(arguments, list):
        return []
    found = [message for argument in arguments for message in type_problems(argument, items)]
    if name in _COMPARISONS:
        found.extend(_comparison_problems(arguments, items))
    if name in {"eq", "ne", "selected"}:
        found.extend(_option_problems(arguments, items))
    if name in LOOPS and items[arguments[0]].type != "repeat":
        found.append(Message(N_("“%(label)s”不是重复填写的一组题目"), {"label": items[arguments[0]].text()}))
    return found


def scope_problems(
    expression: Any, scope: tuple[str, ...], repeats: Mapping[str, tuple[str, ...]], items: Mapping[str, Item]
) -> list[Message]:
    """List what a tree cannot see where it stands, in a tree that is otherwise right.

    `scope` are the repeats around it and `repeats` those around each item, outermost first. What stands in rows is
    seen in the same row and in rows below it; from outside only by an operation that goes over the rows.
    """
    return [
        Message(
            N_("“%(label)s”每一行各有一个答案，在组外要用逐行的统计（如合计、任一行、每一行）"),
            {"label": items[fid].text()},
        )
        for fid, over in readings(expression)
        if not _seen(repeats[fid], scope) and not (over and _seen(repeats[fid], (*repeats[over], over)))
    ]


def _seen(wanted: tuple[str, ...], scope: tuple[str, ...]) -> bool:
    return scope[: len(wanted)] == wanted


def result_type(node: Any, items: Mapping[str, Item]) -> str | None:
    """Return the type of what a node evaluates to, None when it can be several or is empty."""
    if isinstance(node, bool):
        return "bool"
    if isinstance(node, str):
        return "text"
    if isinstance(node, int | float):
        return "number"
    if not isinstance(node, dict):
        return None
    ((name, arguments),) = node.items()
    return items[arguments].kind.value_type if name == "var" else _RESULTS.get(name)


def _comparison_problems(arguments: list[Any], items: Mapping[str, Item]) -> list[Message]:
    left, right = (result_type(argument, items) for argument in arguments)
    if left is None or right is None or left == right:
        return []
    return [
        Message(
            N_("条件把%(left)s和%(right)s相比，永远不会成立"),
            {"left": Message(TYPE_NAMES[left]), "right": Message(TYPE_NAMES[right])},
        )
    ]


def _option_problems(arguments: list[Any], items: Mapping[str, Item]) -> list[Message]:
    variables = [node["var"] for node in arguments if isinstance(node, dict) and "var" in node]
    literals = [node for node in arguments if isinstance(node, str)]
    if len(variables) != 1 or len(literals) != 1:
        return []
    item = items[variables[0]]
    if not item.options or literals[0] == "" or literals[0] in {option.value for option in item.options}:
        return []
    return [Message(N_("“%(label)s”没有选项“%(value)s”"), {"label": item.text(), "value": literals[0]})]
