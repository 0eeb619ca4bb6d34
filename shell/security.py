"""Security headers of every answer, and the nonce that lets our own scripts run."""

from __future__ import annotations

import secrets

from flask import Flask, Response, abort, g, request
from flask_babel import lazy_gettext as _l

from services.refusals import Refusal

_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Photos and places are taken on the phone itself; nothing else of the device is needed.
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
}
_YEAR = 31_536_000


def csp_nonce() -> str:
    """Return the nonce of this request, the same one however often it is asked for."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(18)
    return str(g.csp_nonce)


def harden(response: Response) -> Response:
    """Add the headers that keep foreign scripts, frames and caches away from the page.

    Answers that carry a name must not stay in the cache of a shared village computer, so everything that did not
    choose its own caching is `no-store`; files under static/ choose their own.
    """
    wanted = {"Content-Security-Policy": _POLICY.format(nonce=csp_nonce()), **_HEADERS, "Cache-Control": "no-store"}
    if request.is_secure:
        wanted["Strict-Transport-Security"] = f"max-age={_YEAR}; includeSubDomains"
    has = {name.lower() for name, _value in response.headers}  # uploads have a policy of their own
    for name, value in wanted.items():
        if name.lower() not in has:
            response.headers.add(name, value)
    return response


def framed_by_ourselves(response: Response) -> Response:
    """Let one of our own pages show this one in a frame; everybody else's is refused as before."""
    policy = _POLICY.format(nonce=csp_nonce())
    response.headers["Content-Security-Policy"] = policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


class EmptyLetter(Refusal):
    """A text with U+0000 in it, which PostgreSQL keeps neither in text nor in JSON."""

    status = 400
    message = _l("提交的内容里有看不见的空字符，无法保存，什么都没有改。请返回上一页，删掉后重新输入。")


def refuse_nul() -> None:
    """Refuse an address or a form with U+0000 before anything reads it: it would fail in the database."""
    if "\0" in request.path:
        abort(404)
    if any("\0" in text for name, texts in request.form.lists() for text in (name, *texts)):
        raise EmptyLetter


def refuse_json_pages() -> None:
    """Answer 415 to a JSON body outside the interface: our forms would read it as fields, and stumble over a list."""
    if request.is_json and not request.path.startswith("/api/"):
        abort(415)


def init_app(app: Flask) -> None:
    """Harden every answer, refuse what no database keeps, and give templates `csp_nonce()`."""
    app.before_request(refuse_nul)
    app.before_request(refuse_json_pages)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.after_request(harden)
