"""Formulas as people type and read them: questions in 【】, signs of a Chinese keyboard, else the engine's spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.definition import Item
from engine.expressions import Expression
from engine.messages import N_, Invalid
from engine.spelling import parse, spell

_QUOTED = re.compile(r"""('[^']*'|"[^"]*"|【[^】]*】)""")
_NAMED = re.compile(r"\$\{([^}]*)\}")
_SIGNS = str.maketrans({
    "（": "(", "）": ")", "，": ",", "＋": "+", "－": "-", "−": "-", "×": "*", "＊": "*", "＝": "=", "＞": ">",
    "＜": "<", "　": " ", "≥": ">=", "≤": "<=", "≠": "!=", "÷": " div ",
})  # fmt: skip


def read_formula(text: str, items: Mapping[str, Item]) -> Expression:
    """Read a formula over items by fid. Raises Invalid: engine.spelling.Misspelled, or with the unknown question."""
    pieces = _QUOTED.split(_straight(text))
    keys = {item.text(): item.key for item in reversed(list(items.values()))}
    plain = (_plain(piece, keys) if place % 2 else piece.translate(_SIGNS) for place, piece in enumerate(pieces))
    return parse("".join(plain).strip(), {item.key: fid for fid, item in items.items()})


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


def _plain(piece: str, keys: Mapping[str, str]) -> str:
    if not piece.startswith("【"):
        return piece
    if piece[1:-1] not in keys:
        raise Invalid(N_("没有题目%(name)s"), name=piece)
    return f"${{{keys[piece[1:-1]]}}}"
