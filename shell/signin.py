"""Who is signed in: from the cookie's token to the actor of this request."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, current_app, g, redirect, request, session, url_for

from models.access import Actor
from queries.accounts import CHANGE_PASSWORD, SET_UP_CODE, SignedIn, signed_in
from queries.tokens import bearer
from services.signins import SEEN_EVERY, touch_sign_in
from services.tokens import USED_EVERY, touch_token
from shell import clock, i18n
from shell.bearer import TOKEN, bearer_token, is_interface

HEALTH = "portal.healthz"  # answers when the database does not
# What somebody may still do who must change the password or set up a second factor first.
ALWAYS_OPEN = frozenset({"portal.sign_in", "portal.sign_out", "portal.set_language"})
GATES = ((CHANGE_PASSWORD, "desk.change_password"), (SET_UP_CODE, "desk.set_up_code"))


def init_app(app: Flask) -> None:
    """Load the actor before each request, and hold back who must do something first."""
    app.before_request(load_actor)


def origin() -> str:
    """Return the address the request comes from."""
    return request.remote_addr or ""


def load_actor() -> Any:
    """Set g.actor, g.sign_in_id and g.locale from the token; files of the look and the health check need none of it."""
    if is_file_of_the_look() or request.endpoint == HEALTH:
        return None
    sent = bearer_token()
    if sent is not None:  # whatever cookie comes along: who sends a token acts by it alone
        _load_bearer(sent)
        return None
    if not (token := session.get(TOKEN)):
        if is_interface():
            i18n.speak_as_asked()
        return None
    at = clock.now()
    found = signed_in(token, origin=origin(), at=at, today=clock.today())
    if found is None:
        session.pop(TOKEN, None)
        return None
    g.actor, g.sign_in_id = found.actor, found.sign_in_id
    if found.locale:
        g.locale = found.locale
    _keep_alive(found, at)
    return _held_back(found.actor)


def _load_bearer(token: str) -> None:
    """Set g.actor by a program's token, and the language by what it says it reads."""
    at = clock.now()
    found = bearer(token, origin=origin(), at=at, today=clock.today())
    if found is not None:
        g.actor = found.actor
        if found.last_used_at is None or at - found.last_used_at >= USED_EVERY:
            touch_token(found.token_id, origin=origin(), at=at)
    i18n.speak_as_asked(found.locale if found else "")


def is_file_of_the_look() -> bool:
    """Tell whether the request is for a style sheet, a script or a picture of our own."""
    endpoint = request.endpoint or ""
    return endpoint == "static" or endpoint.endswith(".static")


def remember(token: str) -> None:
    """Give the browser a token in a session that keeps nothing of what was before."""
    session.clear()
    session[TOKEN] = token


def forget() -> None:
    """Leave nothing in the browser's session."""
    session.clear()


def sign_in_id() -> int:
    """Return the sign-in of this request. Only for views behind @signed_in."""
    return int(g.sign_in_id)


def _keep_alive(found: SignedIn, at: Any) -> None:
    if at - found.last_seen_at >= SEEN_EVERY:
        touch_sign_in(found.sign_in_id, at=at)


def _held_back(actor: Actor) -> Any:
    for flag, endpoint in GATES:
        if flag in actor.flags and endpoint in current_app.view_functions:
            if request.endpoint == endpoint or request.endpoint in ALWAYS_OPEN:
                return None
            if request.method not in {"GET", "HEAD"} or request.path.startswith("/api/"):
                abort(403)
            return redirect(url_for(endpoint))
    return None
