"""Serving of uploads through a permission check."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response, abort

from desk.blueprint import bp
from models.files import File
from queries.files import readable_file
from shell.access import actor, signed_in
from shell.files import file_store

# Should a browser ever take a picture for a page, the page can do nothing and belongs to nobody.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


@bp.get("/files/<uid>")
@signed_in
def file(uid: str) -> Response:
    known = readable_file(uid, actor())
    if known is None:
        abort(404)
    try:
        data = file_store().path(known.uid).read_bytes()  # drawn anew on the way in, so never large
    except FileNotFoundError:
        abort(404)
    response = Response(data, mimetype=known.mime)
    response.headers.update(_HEADERS)
    response.headers["Content-Disposition"] = _disposition(known)
    return response


def _disposition(known: File) -> str:
    """Show it in place, under its own name when saved (RFC 6266 with RFC 5987)."""
    ending = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}[known.mime]
    return f"inline; filename=\"photo.{ending}\"; filename*=UTF-8''{quote(known.name, safe='')}"
