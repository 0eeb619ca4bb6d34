"""Whole numbers as people type them."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _

from services.refusals import Refusal

FIGURES = 6
SHOWN = 20  # characters of what was typed


def whole_number(text: str, figures: int = FIGURES) -> int | None:
    """Read a whole number from 0; None from anything else, and from more figures than that."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= figures else None


def wrong_number(name: str) -> bool:
    """Tell whether something else than a whole number above 0 was typed."""
    text = request.form.get(name, "").strip()
    return bool(text) and not whole_number(text)


def typed_number(name: str) -> int:
    """Return the number that was typed, 0 where nothing was. Raises Refusal on anything else."""
    text = request.form.get(name, "").strip()
    if wrong_number(name):
        raise Refusal(_("“%(text)s”不是 1 以上的整数。", text=text[:SHOWN]))
    return int(text or 0)
