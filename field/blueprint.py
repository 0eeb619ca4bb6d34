"""The blueprint of the field room; its noun modules hang their routes on it."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("field", __name__, url_prefix="/field")
