"""Access of routes: who is asking, and the one decorator every route carries."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from flask import abort, current_app, g, redirect, request, url_for

from models.access import PERMISSIONS, Actor

P = ParamSpec("P")
R = TypeVar("R")
PUBLIC = "public"
SIGNED_IN = "signed-in"


def current_actor() -> Actor | None:
    """Return who is signed in (set per request by shell.signin), or None."""
    return cast("Actor | None", g.get("actor"))


def actor() -> Actor:
    """Return who is signed in. Only for views behind @requires or @signed_in."""
    who = current_actor()
    if who is None:
        abort(401)
    return who


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a route as open to everybody."""
    view.access = PUBLIC  # type: ignore[attr-defined]
    return view


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Let in anybody who is signed in; others go to the sign-in page and come back."""
    return _guarded(view, SIGNED_IN)


def requires(permission: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let in who holds the permission anywhere; rows are then limited by queries.scope. Others get 403."""
    if permission not in PERMISSIONS:
        raise KeyError(permission)
    return lambda view: _guarded(view, permission)


def admit(permission: str) -> Any:
    """Return None to let the request in, or the response (or abort) that keeps it out."""
    who = current_actor()
    if who is None:
        return to_sign_in()
    if permission != SIGNED_IN and not who.can(permission):
        abort(403)
    return None


def to_sign_in() -> Any:
    """Send a page request to the sign-in page with the way back; answer 401 to anything else."""
    if request.method not in {"GET", "HEAD"} or request.path.startswith("/api/"):
        abort(401)
    return redirect(url_for("portal.sign_in", next=request.full_path.rstrip("?")))


def _guarded(view: Callable[P, R], permission: str) -> Callable[P, R]:
    @functools.wraps(view)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        kept_out = admit(permission)
        return cast("R", kept_out) if kept_out is not None else current_app.ensure_sync(view)(*args, **kwargs)

    wrapper.access = permission  # type: ignore[attr-defined]
    return wrapper
