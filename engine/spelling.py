"""Expressions as text, in the spelling of XLSForm: `${amount} >= 100000 and selected(${kind}, 'other')`.

`parse` reads and `spell` writes; what `spell` writes, `parse` reads as the same tree (`{"count": ["b0"]}` as
`{"count": [{"var": "b0"}]}`, which means the same). Every operation has a spelling; docs/expressions.md lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.expressions import Expression, problems
from engine.messages import N_
from engine.operations import AGGREGATES, LOOPS, OPERATIONS
from engine.tokens import Misspelled, Token, tokens

__all__ = ["Misspelled", "parse", "spell"]

NESTED = 40
# From the loosest to the tightest, as XPath has it. Operators of one level are read from the left.
_LEVELS: Mapping[str, tuple[int, str]] = {
    "or": (1, "or"),
    "and": (2, "and"),
    "=": (3, "eq"),
    "!=": (3, "ne"),
    "<": (4, "lt"),
    "<=": (4, "le"),
    ">": (4, "gt"),
    ">=": (4, "ge"),
    "+": (5, "add"),
    "-": (5, "sub"),
    "*": (6, "mul"),
    "div": (6, "div"),
    "mod": (6, "mod"),
}
_SPELLED: Mapping[str, tuple[int, str]] = {name: (level, sign) for sign, (level, name) in _LEVELS.items()}
_MANY = frozenset({"or", "and", "add", "mul"})
_LOOSEST, _EQUALITY, _TIGHTEST = 1, 3, 7
_BLANK = {"=": "empty", "!=": "filled"}
# XLSForm's names where they differ from ours.
_FUNCTIONS: Mapping[str, str] = {
    "starts-with": "starts_with",
    "string-length": "length",
    "format-date": "format_date",
    "count-selected": "count",
}
_NAMES = {ours: theirs for theirs, ours in _FUNCTIONS.items() if ours != "count"}
_CONSTANTS: Mapping[str, Expression] = {"true": True, "false": False, "null": None}


def parse(text: str, fids: Mapping[str, str], own: str | None = None) -> Expression:
    """Read a text as a tree that can be evaluated.

    `fids` gives the fid of each key; `own` is the fid that a single point means (XLSForm's constraints).
    Raises Misspelled, which says the character (from 1) and the reason.
    """
    reader = _Reader(text, fids, own)
    tree = reader.expression(_LOOSEST)
    reader.expect_end()
    found = problems(tree, frozenset(fids.values()) | ({own} if own else set()))
    if found:
        raise Misspelled(1, found[0].text, **found[0].params)
    return tree


class _Reader:
    """Reads tokens from the left; each level of brackets is one step into the stack, and those are counted."""

    def __init__(self, text: str, fids: Mapping[str, str], own: str | None) -> None:
        self.tokens = tokens(text)
        self.place = 0
        self.fids = fids
        self.own = own
        self.nested = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.place]

    def take(self) -> Token:
        token = self.next
        self.place += 1
        return token

    def takes(self, sign: str) -> bool:
        """Step over a sign when it stands here."""
        found = self.next.kind == "sign" and self.next.text == sign
        self.place += found
        return found

    def expect(self, sign: str) -> None:
        if not self.takes(sign):
            raise Misspelled(self.next.at, N_("这里应当是“%(sign)s”"), sign=sign)

    def expect_end(self) -> None:
        if self.next.kind != "end":
            raise Misspelled(self.next.at, N_("“%(text)s”多余，或者前面缺少运算符"), text=self.next.text)

    # ----- operators -----

    def expression(self, loosest: int) -> Expression:
        """Read operands and the operators between them that bind at least as tightly as `loosest`."""
        left = self.signed()
        chain = ""  # the operation whose list of operands may still grow
        while (level := self.level()) >= loosest:
            sign = self.take().text
            right = self.expression(level + 1)
            name = _LEVELS[sign][1]
            if chain == name and name in _MANY:
                left[name].append(right)
            else:
                left = _joined(sign, left, right)
            chain = name
        return left

    def level(self) -> int:
        """Return how tightly the operator that stands here binds, 0 when there is none."""
        known = self.next.kind in {"sign", "name"}
        return _LEVELS.get(self.next.text, (0, ""))[0] if known else 0

    def signed(self) -> Expression:
        minus, at = False, self.next.at
        while self.takes("-"):
            minus = not minus
        operand = self.operand()
        if not minus:
            return operand
        if isinstance(operand, int | float) and not isinstance(operand, bool):
            return -operand
        if operand is None or isinstance(operand, str | bool):
            raise Misspelled(at, N_("负号后面要是数字、题目或运算"))
        return {"sub": [0, operand]}

    # ----- operands -----

    def operand(self) -> Expression:
        token = self.take()
        if token.kind in {"number", "text"}:
            return token.value
        if token.kind == "field":
            return {"var": self.fid(token)}
        if token.kind == "name":
            return self.function(token)
        if token.text == "(":
            inner = self.within(token)
            self.expect(")")
            return inner
        if token.text == "." and self.own:
            return {"var": self.own}
        raise Misspelled(token.at, N_("这里缺少题目、数字、文字或函数"))

    def fid(self, token: Token) -> str:
        if token.text not in self.fids:
            raise Misspelled(token.at, N_("没有标识是“%(key)s”的题目"), key=token.text)
        return self.fids[token.text]

    def within(self, token: Token) -> Expression:
        self.nested += 1
        if self.nested > NESTED:
            raise Misspelled(token.at, N_("括号套得太深，最多 %(most)s 层"), most=NESTED)
        inner = self.expression(_LOOSEST)
        self.nested -= 1
        return inner

    def function(self, token: Token) -> Expression:
        self.expect("(")
        arguments: list[Expression] = []
        while not self.takes(")"):
            if arguments:
                self.expect(",")
            arguments.append(self.within(token))
        return _called(token, arguments)


def _joined(sign: str, left: Expression, right: Expression) -> Expression:
    """Join two operands; XLSForm says "left empty" as a comparison with the empty text."""
    if sign in _BLANK and "" in (left, right):
        return {_BLANK[sign]: [left if right == "" else right]}
    return {_LEVELS[sign][1]: [left, right]}


def _called(token: Token, arguments: list[Expression]) -> Expression:
    name = _FUNCTIONS.get(token.text, token.text)
    if name in {*_CONSTANTS, "today"}:
        if arguments:
            raise Misspelled(token.at, N_("“%(name)s”的括号里不用写内容"), name=token.text)
        return _CONSTANTS.get(name, {"today": []})
    if name == "date":
        return _day(token, arguments)
    if name not in OPERATIONS:
        raise Misspelled(token.at, N_("不支持函数“%(name)s”"), name=token.text[:40])
    operation = OPERATIONS[name]
    if not operation.least <= len(arguments) <= operation.most:
        raise Misspelled(token.at, N_("函数“%(name)s”的参数个数不对"), name=token.text)
    if name in AGGREGATES and any(isinstance(one, str) for one in arguments):
        raise Misspelled(token.at, N_("函数“%(name)s”里不能直接写文字"), name=token.text)
    return {name: _loop(token, arguments) if name in LOOPS else arguments}


def _day(token: Token, arguments: list[Expression]) -> Expression:
    tree = {"date": arguments}
    if problems(tree, ()):
        raise Misspelled(token.at, N_("日期要写成 date('2026-01-31') 这样"))
    return tree


def _loop(token: Token, arguments: list[Expression]) -> list[Expression]:
    rows, inner = arguments
    if not isinstance(rows, dict) or "var" not in rows:
        raise Misspelled(token.at, N_("函数“%(name)s”的第一个参数要是一组重复填写的题目"), name=token.text)
    return [rows["var"], inner]


# ---------- writing ----------


def spell(expression: Expression, keys: Mapping[str, str]) -> str:
    """Write a tree that can be evaluated as text; `keys` gives the key of each fid."""
    return _spell(expression, keys)[0]


def _spell(node: Expression, keys: Mapping[str, str]) -> tuple[str, int]:
    """Return the text of a node and how tightly it holds together."""
    if not isinstance(node, dict):
        return _literal(node), _TIGHTEST
    ((name, arguments),) = node.items()
    if name == "var":
        return _field(arguments, keys), _TIGHTEST
    if name in {"empty", "filled"}:
        sign = "=" if name == "empty" else "!="
        return f"{_operand(arguments[0], _EQUALITY + 1, keys)} {sign} ''", _EQUALITY
    if name in _SPELLED and len(arguments) > 1 and not (name in {"eq", "ne"} and "" in arguments):
        return _operators(name, arguments, keys)
    return _function(name, arguments, keys), _TIGHTEST


def _operators(name: str, arguments: list[Any], keys: Mapping[str, str]) -> tuple[str, int]:
    level, sign = _SPELLED[name]
    first, *others = arguments
    # Without brackets a first operand of the same operation would become part of this one's list.
    grows = name in _MANY and isinstance(first, dict) and name in first
    pieces = [_operand(first, level + grows, keys), *(_operand(other, level + 1, keys) for other in others)]
    return f" {sign} ".join(pieces), level


def _operand(node: Expression, loosest: int, keys: Mapping[str, str]) -> str:
    text, level = _spell(node, keys)
    return text if level >= loosest else f"({text})"


def _function(name: str, arguments: list[Any], keys: Mapping[str, str]) -> str:
    fids = 1 if name in LOOPS else len(arguments) if name in AGGREGATES else 0
    pieces = [
        _field(one, keys) if place < fids and isinstance(one, str) else spell(one, keys)
        for place, one in enumerate(arguments)
    ]
    return f"{_NAMES.get(name, name)}({', '.join(pieces)})"


def _field(fid: str, keys: Mapping[str, str]) -> str:
    return f"${{{keys.get(fid, fid)}}}"


def _literal(node: Expression) -> str:
    if node is None:
        return "null()"
    if isinstance(node, bool):
        return "true()" if node else "false()"
    if isinstance(node, str):
        quote = '"' if "'" in node and '"' not in node else "'"
        return quote + node.replace(quote, quote * 2) + quote
    return f"{Decimal(repr(node)):f}"
