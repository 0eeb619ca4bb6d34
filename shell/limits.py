"""Rate limits: shared by all web processes over Redis where there is one."""

from __future__ import annotations

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address)
INTERFACE_LIMIT = 600  # requests a minute with one token or one sign-in


def init_app(app: Flask) -> None:
    """Count per address; storage is Redis with REDIS_URL, else this process's memory."""
    settings = app.config["ZHIYE"]
    app.config["RATELIMIT_STORAGE_URI"] = settings.redis_url or "memory://"
    app.config["RATELIMIT_ENABLED"] = settings.rate_limits
    app.config["RATELIMIT_HEADERS_ENABLED"] = True
    limiter.init_app(app)
