"""Who is signed in: from the cookie's token to the actor of this request."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Load the actor before each request."""
