"""The blueprint of the api room; its noun modules hang their routes on it."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("api", __name__, url_prefix="/api/v1")
