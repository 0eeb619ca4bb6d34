"""Papers of the desk as downloads."""

from __future__ import annotations

from flask import Response

from queries.exports import content_disposition
from services.letters import Letter
from shell import clock


def sent_as_pdf(letter: Letter, filename: str) -> Response:
    """Lay a letter out and send it under a name. Nothing of it stays in a cache."""
    from services.typesetting import to_pdf

    response = Response(to_pdf(letter, at=clock.now().astimezone(clock.zone())), content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition(filename)
    response.headers["Cache-Control"] = "private, no-store"
    return response
