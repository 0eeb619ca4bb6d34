"""CSRF on every state-changing request, forms and fetch alike."""

from __future__ import annotations

from flask import Flask
from flask_wtf.csrf import CSRFProtect

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """Protect the whole application; the token lives as long as the session."""
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    csrf.init_app(app)
