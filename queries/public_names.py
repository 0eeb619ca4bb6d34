"""Whose name stands on public notices, boards and sheets, as the county's setting says."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.people import Household


class NameStyle(StrEnum):
    FULL = "full"
    ENDS = "ends"  # 张*三
    FAMILY = "family"  # 张**
    CODE = "code"  # the household's code alone


def shown_name(head_name: str, code: str, style: NameStyle) -> str:
    """Return how a household is called in public."""
    if style == NameStyle.FULL:
        return head_name
    if style == NameStyle.CODE:
        return code
    if style == NameStyle.ENDS:
        return f"{head_name[:1]}*{head_name[2:][-1:]}"
    return f"{head_name[:1]}**"


def shown_words(text: str, household: Household, style: NameStyle) -> str:
    """Return what somebody wrote about a household, with the names of its people hidden as its own is."""
    if style == NameStyle.FULL:
        return text
    names = {household.head_name, *(member.name for member in household.members)}
    for name in sorted(names, key=len, reverse=True):
        hidden = shown_name(name, "**", style)
        text = text.replace(name, hidden) if len(name) > 1 else text
    return text
