"""JSON interface over the same reads as the pages."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Hang the room's routes on the application."""
    from api import orgs, records  # noqa: F401 - importing hangs their routes
    from api.blueprint import bp

    app.register_blueprint(bp)
