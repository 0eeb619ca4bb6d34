"""The blueprint of the field room; its noun modules hang their routes on it."""

from __future__ import annotations

from flask import Blueprint

from shell.files import allow_photos

bp = Blueprint("field", __name__, url_prefix="/field")
bp.url_value_preprocessor(allow_photos)
