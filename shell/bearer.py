"""The token a program sends instead of a cookie; only the interface listens to it."""

from __future__ import annotations

from flask import request, session

from queries.accounts import token_hash

TOKEN = "token"  # noqa: S105 - the key in the browser's session, not a secret
LONGEST = 200


def is_interface() -> bool:
    """Tell whether the request is for the JSON interface."""
    return request.path.startswith("/api/")


def bearer_token() -> str | None:
    """Return the bearer token of a request to the interface; elsewhere the header means nothing."""
    sent = request.authorization if is_interface() else None
    if sent is None or sent.type != "bearer":
        return None
    return (sent.token or "")[:LONGEST]


def who_asks() -> str:
    """Return what requests are counted by: the token, the sign-in, or else the address."""
    sent = bearer_token()
    if sent is None:
        sent = session.get(TOKEN)
    return f"token:{token_hash(sent)}" if sent else f"address:{request.remote_addr or ''}"
