"""Signing in through the county's single sign-on, where one is set."""

from __future__ import annotations

import hmac
from dataclasses import asdict
from typing import Any

from flask import abort, current_app, flash, redirect, request, session, url_for

from portal.accounts import proceed
from portal.blueprint import bp
from services.oidc import Provider, Round, SingleSignOnFailed
from services.refusals import Refusal
from services.signins import check_subject
from shell import clock
from shell.access import public
from shell.limits import limiter
from shell.redirects import local_path, next_path

ROUND = "single-sign-on"
EXTENSION = "zhiye.oidc"


@bp.get("/login/oidc")
@public
@limiter.limit("20 per minute")
def oidc_start() -> Any:
    """Send the browser to the provider."""
    trip = Round.begin()
    try:
        address = provider().authorization_url(trip, redirect_uri=_callback())
    except SingleSignOnFailed as refusal:
        return _back(refusal)
    session[ROUND] = {**asdict(trip), "next": next_path()}
    return redirect(address)


@bp.get("/login/oidc/callback")
@public
@limiter.limit("20 per minute")
def oidc_callback() -> Any:
    """Take the browser back from the provider; only the browser that began can finish."""
    house = provider()
    begun = session.pop(ROUND, None)
    code = request.args.get("code", "")
    if begun is None or not code or not hmac.compare_digest(_bytes(begun["state"]), _bytes(request.args.get("state"))):
        return _back(SingleSignOnFailed())
    trip = Round(begun["state"], begun["nonce"], begun["verifier"])
    try:
        subject = house.subject(code, trip, redirect_uri=_callback(), at=clock.now())
        return proceed(check_subject(subject), by="single-sign-on", onward=local_path(begun["next"]))
    except Refusal as refusal:
        return _back(refusal)


def provider() -> Provider:
    """Return the provider of the settings, one per process; 404 where none is set."""
    settings = current_app.config["ZHIYE"]
    if not settings.oidc_issuer:
        abort(404)
    made = Provider(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    kept: Provider = current_app.extensions.setdefault(EXTENSION, made)
    return kept


def _callback() -> str:
    return url_for("portal.oidc_callback", _external=True)


def _bytes(text: str | None) -> bytes:
    return (text or "").encode()


def _back(refusal: Refusal) -> Any:
    if refusal.__cause__ is not None:
        current_app.logger.warning("single sign-on failed: %r", refusal.__cause__)
    flash(refusal.message, "error")
    return redirect(url_for("portal.sign_in"))
