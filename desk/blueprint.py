"""The blueprint of the desk room; its noun modules hang their routes on it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from shell.files import allow_photos

bp = Blueprint("desk", __name__)
_TAKES_PHOTOS = {"desk.counter_photo"}


@bp.url_value_preprocessor
def _measure_photos(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let a page that takes a photograph refuse a too large one in its own words, not the server's."""
    if endpoint in _TAKES_PHOTOS:
        allow_photos(endpoint, values)
