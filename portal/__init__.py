"""Public pages: signing in, language, health."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Hang the room's routes on the application."""
    from portal import accounts, health, oidc  # noqa: F401 - importing hangs their routes
    from portal.blueprint import bp

    app.register_blueprint(bp)
