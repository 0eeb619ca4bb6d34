"""Expressions of a workbook: XLSForm's text to our tree and back, where the two differ in more than spelling."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine import spelling
from engine.expressions import Expression
from engine.operations import AGGREGATES

_NAMED = re.compile(r"【([^【】]{1,100})】")
_COMPARED = frozenset({"eq", "ne", "selected"})
Around = Callable[[str], Sequence[str]]


def read(
    text: str, fids: Mapping[str, str], *, options: Mapping[str, Mapping[str, str]], around: Around, own: str = ""
) -> Expression:
    """Read a text; raises Misspelled.

    `fids` gives the fid of each name, `options` for each choice the value of each word that may stand for one,
    `around` the repeats about a fid, outermost first. A field may also be written 【题目】.
    """
    tree = spelling.parse(_NAMED.sub(r"${\1}", text), fids, own or None)
    return _gathered(_worded(tree, options), around, around(own) if own else ())


def write(tree: Expression, names: Mapping[str, str], *, around: Around) -> str:
    """Write a tree as XLSForm has it."""
    return spelling.spell(_scattered(tree, around), names)


def constraint(rules: Sequence[Mapping[str, Any]], fid: str) -> tuple[Expression, Any] | None:
    """Return what must hold, and the message, of the rules that `rule` makes; None of any others."""
    if len(rules) != 1 or set(rules[0]) != {"if", "message"}:
        return None
    match rules[0]["if"]:
        case {"and": [{"filled": [{"var": own}]}, {"not": [held]}]} if own == fid:
            return held, rules[0]["message"]
    return None


def rule(held: Expression, message: Any, fid: str) -> dict[str, Any]:
    """Return the rule that refuses a filled answer for which something does not hold."""
    return {"if": {"and": [{"filled": [{"var": fid}]}, {"not": [held]}]}, "message": message}


def _worded(node: Expression, options: Mapping[str, Mapping[str, str]]) -> Expression:
    """Put option values where a choice is compared with an original value, its words, or a number."""
    if not isinstance(node, dict):
        return node
    ((name, arguments),) = node.items()
    if not isinstance(arguments, list):
        return node
    if name in _COMPARED:
        words = next((options[one["var"]] for one in arguments if _is_choice(one, options)), None)
        if words is not None:
            return {name: [_value(one, words) for one in arguments]}
    return {name: [_worded(one, options) for one in arguments]}


def _is_choice(node: Expression, options: Mapping[str, Any]) -> bool:
    return isinstance(node, dict) and node.get("var") in options


def _value(node: Expression, words: Mapping[str, str]) -> Expression:
    if isinstance(node, bool) or not isinstance(node, str | int):
        return node
    return words.get(str(node), node)


def _gathered(node: Expression, around: Around, here: Sequence[str]) -> Expression:
    """Say `sum(${amount})` over the rows of a repeat that the expression stands outside of."""
    if not isinstance(node, dict):
        return node
    ((name, arguments),) = node.items()
    if not isinstance(arguments, list):
        return node
    if name in AGGREGATES:
        return {name: [_rows(_gathered(one, around, here), around, here) for one in arguments]}
    return {name: [_gathered(one, around, here) for one in arguments]}


def _rows(node: Expression, around: Around, here: Sequence[str]) -> Expression:
    fid = node.get("var") if isinstance(node, dict) else None
    outside = [repeat for repeat in around(fid) if repeat not in here] if isinstance(fid, str) else []
    return {"each": [outside[-1], node]} if outside else node


def _scattered(node: Expression, around: Around) -> Expression:
    if not isinstance(node, dict):
        return node
    ((name, arguments),) = node.items()
    if not isinstance(arguments, list):
        return node
    if name in AGGREGATES:
        arguments = [_bare(one, around) for one in arguments]
    return {name: [_scattered(one, around) for one in arguments]}


def _bare(node: Expression, around: Around) -> Expression:
    match node:
        case {"each": [repeat, {"var": fid}]} if repeat in around(fid):
            return {"var": fid}
    return node
