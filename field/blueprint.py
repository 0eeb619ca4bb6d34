"""The blueprint of the field room; its noun modules hang their routes on it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, request

bp = Blueprint("field", __name__, url_prefix="/field")

PHOTOS_A_POST = 10
_MIB = 1024 * 1024


@bp.url_value_preprocessor
def allow_photos(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let a page bring several photographs at once; each one is measured on its own.

    A too large photograph is then refused beside its field, and what was typed with it is kept. It stands here
    because the CSRF check reads the form before any other function of the room is asked.
    """
    request.max_content_length = current_app.config["ZHIYE"].upload_max_mb * _MIB * PHOTOS_A_POST
