"""The words of expressions written as text: fields, numbers, texts in quotes, names and signs, with their places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from engine.messages import N_, Invalid
from engine.values import LIMIT, PLACES, rounded

LONGEST = 100_000
MOST = 4_000
_WORDS = re.compile(
    r"(?P<blank>\s+)"
    r"|(?P<field>\$\{[^{}]{1,100}\})"
    r"|(?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
    r"|(?P<text>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|“[^”]*”|‘[^’]*’)"
    r"|(?P<name>[A-Za-z][A-Za-z0-9_]*(?:-[A-Za-z]+)*)"
    r"|(?P<sign><=|>=|!=|！=|[-()*+,.<=>（），＝＜＞＋－≤≥≠])"
)
# What a Chinese keyboard writes in place of the signs.
_NARROW = {"（": "(", "）": ")", "，": ",", "＝": "=", "＜": "<", "＞": ">", "＋": "+", "－": "-"} | {
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "！=": "!=",
}
_DOUBLED = "'\""
_UNCLOSED = "'\"“‘"


class Misspelled(Invalid):
    """A text that is no expression; `at` is the character (from 1) where the reading stopped."""

    def __init__(self, at: int, reason: str, **params: Any) -> None:
        self.at = at
        super().__init__(reason, **params)
        self.reason = self.message
        self.message = type(self.message)(N_("第 %(at)s 个字：%(reason)s"), {"at": at, "reason": self.reason})


@dataclass(frozen=True)
class Token:
    """One word and the place of its first character, from 1. A literal carries its value."""

    kind: Literal["field", "number", "text", "name", "sign", "end"]
    text: str
    at: int
    value: Any = None


def tokens(text: str) -> list[Token]:
    """Split a text into words, the last of which is the end; raises Misspelled."""
    if len(text) > LONGEST:
        raise Misspelled(1, N_("条件太长，最多 %(most)s 个字"), most=LONGEST)
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = _WORDS.match(text, place)
        if not match:
            raise _unreadable(text, place)
        if match.lastgroup != "blank":
            if len(found) == MOST:
                raise Misspelled(place + 1, N_("条件太长，最多 %(most)s 个部分"), most=MOST)
            found.append(_token(str(match.lastgroup), match.group(), place + 1))
        place = match.end()
    return [*found, Token("end", "", len(text) + 1)]


def _unreadable(text: str, place: int) -> Misspelled:
    if text[place] in _UNCLOSED:
        return Misspelled(place + 1, N_("引号没有写完"))
    if text[place] == "$":
        return Misspelled(place + 1, N_("题目要写成 ${标识} 这样"))
    return Misspelled(place + 1, N_("看不懂“%(text)s”"), text=text[place])


def _token(kind: str, text: str, at: int) -> Token:
    if kind == "field":
        return Token("field", text[2:-1].strip(), at)
    if kind == "number":
        return Token("number", text, at, _number(text, at))
    if kind == "text":
        inner = text[1:-1]
        return Token("text", text, at, inner.replace(text[0] * 2, text[0]) if text[0] in _DOUBLED else inner)
    return Token("name", text, at) if kind == "name" else Token("sign", _NARROW.get(text, text), at)


def _number(text: str, at: int) -> int | float:
    exact = Decimal(text)
    if exact >= LIMIT or rounded(exact) != exact:
        raise Misspelled(at, N_("数字最多 %(whole)s 位整数、%(places)s 位小数"), whole=15, places=PLACES)
    if exact == exact.to_integral_value():
        return int(exact)
    if Decimal(repr(float(text))) != exact:
        raise Misspelled(at, N_("数字太长，写不准确"))
    return float(text)
