"""Pinyin of names: one sort order on every engine, and search by initials."""

from __future__ import annotations

import re

from pypinyin import Style, lazy_pinyin


def sort_key(name: str) -> str:
    """Return full pinyin and initials ("yucuncun ycc"), so that sorting and initials search share one column."""
    full = "".join(lazy_pinyin(name))
    initials = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))
    return f"{full} {initials}".lower()[:200]


def initials(text: str) -> str:
    """Return the initials of a text in small ASCII letters and digits ("ljjfdj"); nothing when there are none."""
    return _ascii("".join(lazy_pinyin(text, style=Style.FIRST_LETTER)), "")


def slug(text: str, longest: int = 40) -> str:
    """Return a text's pinyin as an identifier ("jiu_fen_lei_xing"), cut at a syllable; "x" when nothing is left."""
    name = ""
    for syllable in _ascii("_".join(lazy_pinyin(text)), "_").split("_"):
        longer = f"{name}_{syllable}".strip("_")
        if len(longer) > longest:
            break
        name = longer
    return name if name[:1].isalpha() else f"x_{name}".rstrip("_")


def _ascii(text: str, between: str) -> str:
    return re.sub("[^a-z0-9]+", between, text.lower()).strip("_")
