"""What the kinds made of characters share: reading, length, masking."""

from __future__ import annotations

from typing import Any

from engine.messages import N_, Invalid
from engine.texts import forbidden

SHOWN_SHARE = 4  # a quarter of a masked text stays readable at either end


def read_text(raw: Any, *, lines: bool = False) -> str | None:
    """Read a raw answer as text without surrounding blanks; None when nothing is left. Raises Invalid."""
    if raw is None:
        return None
    if not isinstance(raw, str):
        raise Invalid(N_("这里要填文字"))
    text = "\n".join(line.rstrip() for line in raw.splitlines()) if lines else " ".join(raw.splitlines())
    text = text.strip()
    if forbidden(text, allowed="\n\t" if lines else "\t"):
        raise Invalid(N_("文字里有看不见的控制字符，请删掉后重新输入"))
    return text or None


def mask_middle(text: str, head: int, tail: int) -> str:
    """Hide all but the first `head` and the last `tail` characters; hide all of a text that is too short."""
    hidden = len(text) - head - tail
    if hidden <= 0:
        return "*" * max(len(text), 2)
    return text[:head] + "*" * hidden + text[len(text) - tail :]
