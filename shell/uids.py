"""The name of what a page may ask for once: minted when the page is opened, sent back with its form."""

from __future__ import annotations

import uuid

from flask import request

UID_LENGTH = 32


def new_uid() -> str:
    """Mint the name of what a page may ask for once."""
    return uuid.uuid4().hex


def sent_uid() -> str:
    """Return the name that the page was opened with; a new one where there is none that could be."""
    uid = request.form.get("uid", "")
    fits = len(uid) == UID_LENGTH and uid.isascii() and uid.isalnum()
    return uid if fits else new_uid()
