"""Pages for officials at work: home, search, own account."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Hang the room's routes on the application."""
    from desk import accounts, files, home, search, tokens  # noqa: F401 - importing hangs their routes
    from desk.blueprint import bp

    app.register_blueprint(bp)
