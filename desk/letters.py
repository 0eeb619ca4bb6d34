"""Papers of the desk as downloads."""

from __future__ import annotations

from flask import Response

from services.letters import Letter
from shell import clock
from shell.downloads import download


def sent_as_pdf(letter: Letter, filename: str) -> Response:
    """Lay a letter out and send it under a name. Nothing of it stays in a cache."""
    from services.typesetting import to_pdf

    return download(to_pdf(letter, at=clock.now().astimezone(clock.zone())), "application/pdf", filename)
