"""Formulas as people type and read them: questions in 【】, signs of a Chinese keyboard, else the engine's spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.definition import Item
from engine.expressions import Expression
from engine.messages import N_
from engine.spelling import Misspelled, parse, spell

_QUOTED = re.compile(r"""('[^']*'|"[^"]*"|【[^】]*】)""")
_NAMED = re.compile(r"\$\{([^}]*)\}")
_SIGNS = {
    "（": "(", "）": ")", "，": ",", "＋": "+", "－": "-", "−": "-", "×": "*", "＊": "*", "＝": "=", "＞": ">",
    "＜": "<", "　": " ", "≥": ">=", "≤": "<=", "≠": "!=", "÷": " div ", "且": " and ", "或": " or ",
}  # fmt: skip


def read_formula(text: str, items: Mapping[str, Item], own: str | None = None) -> Expression:
    """Read a formula over items by fid; `own` is the fid that a single point means.

    Raises Misspelled, which says the character of what was typed (from 1) and the reason.
    """
    spelled, places = _plain(text, {item.text(): item.key for item in reversed(list(items.values()))})
    try:
        return parse(spelled, {item.key: fid for fid, item in items.items()}, own)
    except Misspelled as wrong:
        at = places[wrong.at - 1] if wrong.at <= len(places) else len(text)
        raise Misspelled(at + 1, wrong.reason.text, **wrong.reason.params) from wrong


def _plain(text: str, keys: Mapping[str, str]) -> tuple[str, list[int]]:
    """Return a formula in the engine's spelling, and for each of its characters where it stands in what was typed."""
    spelled: list[str] = []
    places: list[int] = []
    at = 0
    for number, piece in enumerate(_QUOTED.split(_straight(text))):
        parts = _quoted(piece, at, keys) if number % 2 else [_SIGNS.get(sign, sign) for sign in piece]
        for place, part in enumerate(parts, start=at):
            spelled.append(part)
            places.extend([place] * len(part))
        at += len(piece)
    return "".join(spelled), places


def _quoted(piece: str, at: int, keys: Mapping[str, str]) -> list[str]:
    """Return what stands for a piece in quotes or 【】: a text as it is, a question by its key."""
    if not piece.startswith("【"):
        return list(piece)
    if piece[1:-1] not in keys:
        raise Misspelled(at + 1, N_("没有题目%(name)s"), name=piece)
    return [f"${{{keys[piece[1:-1]]}}}"]


def formula_text(tree: Expression, items: Mapping[str, Item]) -> str:
    """Write a tree so that `read_formula` reads it; what names a question that is gone keeps its fid."""
    labels = {item.key: item.text() for item in items.values()}
    once = {key: label for key, label in labels.items() if list(labels.values()).count(label) == 1}
    spelled = spell(tree, _Keys({fid: item.key for fid, item in items.items()}))
    return _NAMED.sub(lambda found: f"【{once[found[1]]}】" if found[1] in once else found[0], spelled)


class _Keys(dict[str, str]):
    """Keys by fid, where a fid that is gone stands for itself."""

    def __missing__(self, fid: str) -> str:
        return fid


def _straight(text: str) -> str:
    return re.sub("[“”]", '"', re.sub("[‘’]", "'", text))
