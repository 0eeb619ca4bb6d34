"""Flask-Admin back office: configuration and registers."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Hang the back office on the application."""
