"""Pinyin of names: one sort order on every engine, and search by initials.

Its dictionary fills 54 MB, so it is read when the first name asks for it: most processes never do.
"""

from __future__ import annotations

import re


def sort_key(name: str) -> str:
    """Return full pinyin and initials ("yucuncun ycc"), so that sorting and initials search share one column."""
    full, initials = "".join(_syllables(name)), "".join(_letters(name))
    return f"{full} {initials}".lower()[:200]


def initials(text: str) -> str:
    """Return the initials of a text in small ASCII letters and digits ("ljjfdj"); nothing when there are none."""
    return _ascii("".join(_letters(text)), "")


def slug(text: str, longest: int = 40) -> str:
    """Return a text's pinyin as an identifier ("jiu_fen_lei_xing"), cut at a syllable; "x" when nothing is left."""
    name = ""
    for syllable in _ascii("_".join(_syllables(text)), "_").split("_"):
        longer = f"{name}_{syllable}".strip("_")
        if len(longer) > longest:
            break
        name = longer
    return name if name[:1].isalpha() else f"x_{name}".rstrip("_")


def _syllables(text: str) -> list[str]:
    from pypinyin import lazy_pinyin

    return lazy_pinyin(text)


def _letters(text: str) -> list[str]:
    from pypinyin import Style, lazy_pinyin

    return lazy_pinyin(text, style=Style.FIRST_LETTER)


def _ascii(text: str, between: str) -> str:
    return re.sub("[^a-z0-9]+", between, text.lower()).strip("_")
