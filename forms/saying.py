"""What the engine says, in the reader's language."""

from __future__ import annotations

from flask_babel import gettext as _

from engine.messages import Message


def said(message: Message) -> str:
    """Return a message of the engine in the reader's language, with the words among its parameters too."""
    params = {name: _(value) if isinstance(value, str) and value else value for name, value in message.params.items()}
    text = _(message.text) if message.text else ""
    return text % params if params else text
