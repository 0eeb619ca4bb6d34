"""Pinyin of names: one sort order on every engine, and search by initials."""

from __future__ import annotations

from pypinyin import Style, lazy_pinyin


def sort_key(name: str) -> str:
    """Return full pinyin and initials ("yucuncun ycc"), so that sorting and initials search share one column."""
    full = "".join(lazy_pinyin(name))
    initials = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))
    return f"{full} {initials}".lower()[:200]
