"""CSRF on every state-changing request, forms and fetch alike."""

from __future__ import annotations

from flask import Flask, session
from flask_wtf.csrf import CSRFProtect

from shell.bearer import TOKEN, bearer_token, is_interface

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """Protect the whole application; the token lives as long as the session."""
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    csrf.init_app(app)
    app.before_request(protect)


def protect() -> None:
    """Ask for the token of the page, except of programs: no browser adds their header by itself.

    A request to the interface without any sign-in has nothing that could be misused; it gets 401.
    """
    if is_interface() and (bearer_token() is not None or TOKEN not in session):
        return
    csrf.protect(apply_exemptions=True)
