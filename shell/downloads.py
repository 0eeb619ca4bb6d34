"""Files that a page sends to be kept: under a Chinese name, and in nobody's cache."""

from __future__ import annotations

from typing import Any

from flask import Response

from queries.exports import content_disposition

JSON = "application/json; charset=utf-8"


def download(content: Any, content_type: str, filename: str) -> Response:
    """Return a download of text, bytes, or an iterator of bytes."""
    response = Response(content, content_type=content_type)
    response.headers["Content-Disposition"] = content_disposition(filename)
    response.headers["Cache-Control"] = "no-store, private"
    return response
