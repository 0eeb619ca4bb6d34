"""The blueprint of the desk room; its noun modules hang their routes on it."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("desk", __name__)
