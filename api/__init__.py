"""JSON interface over the same reads and acts as the pages."""

from __future__ import annotations

from flask import Flask

from shell.bearer import who_asks
from shell.limits import INTERFACE_LIMIT, limiter

MOST = f"{INTERFACE_LIMIT} per minute"
UNAUTHORIZED = 401


def init_app(app: Flask) -> None:
    """Hang the room's routes on the application."""
    from api import forms, orgs, records  # noqa: F401 - importing hangs their routes
    from api.blueprint import bp

    limiter.shared_limit(MOST, scope="interface", key_func=who_asks)(bp)
    # Made-up tokens are each somebody new; they are counted by their address.
    limiter.limit(MOST, deduct_when=lambda response: response.status_code == UNAUTHORIZED)(bp)
    app.register_blueprint(bp)
