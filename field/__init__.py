"""Phone pages for grid workers: entry of configured forms, drafts, uploads."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Hang the room's routes on the application."""
    from field import claims, home, records  # noqa: F401 - importing hangs their routes
    from field.blueprint import bp

    app.register_blueprint(bp)
