"""The application factory. The only file that knows every room; nothing imports it."""

from __future__ import annotations

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

import admin
import api
import cli
import desk
import field
import jobs
import portal
from cli.prepare import refuse_unsafe
from config import Settings
from models.base import db, engine_options, install_listeners
from services import passwords
from services.vault import Vault, install
from shell import csrf, errors, i18n, limits, nav, security, signin
from shell.memory import settle_memory

MIB = 1024 * 1024


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application: settings, database, vault, the shell, then every room."""
    settings = settings or Settings.from_env()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # personal data: nobody else's business
    app = Flask(__name__)
    _configure(app, settings)
    db.init_app(app)
    Migrate(app, db, directory=str(settings.root / "migrations"), render_as_batch=True)
    with app.app_context():
        install_listeners()
    install(Vault.open(settings.data_dir / "keys.json"))
    passwords.install(settings.password_memory_mb)
    Bootstrap5(app)
    for part in (i18n, security, csrf, limits, signin, errors, nav, portal, desk, field, api, admin, jobs, cli):
        part.init_app(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def production() -> Flask:
    """Build the application for a server that only imports it (gunicorn 'app:production()').

    Raises UnsafeSettings where `flask serve` would refuse to start.
    """
    app = create_app()
    with app.app_context():
        refuse_unsafe(app.config["ZHIYE"])
    settle_memory()
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        ZHIYE=settings,
        SECRET_KEY=settings.secret(),
        MAX_CONTENT_LENGTH=settings.upload_max_mb * MIB,
        MAX_FORM_PARTS=5000,
        SESSION_COOKIE_NAME="zhiye",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
        BOOTSTRAP_SERVE_LOCAL=True,
        **engine_options(settings.database),
    )
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
