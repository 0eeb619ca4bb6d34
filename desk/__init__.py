"""Pages for officials at work: home, search, own account."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Hang the room's routes on the application."""
    # Importing hangs their routes.
    from desk import accounts, counter, files, home, own_coins, search, stock, tokens  # noqa: F401
    from desk.blueprint import bp

    app.register_blueprint(bp)
