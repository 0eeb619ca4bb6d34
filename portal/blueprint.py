"""The blueprint of the portal room; its noun modules hang their routes on it."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("portal", __name__)
