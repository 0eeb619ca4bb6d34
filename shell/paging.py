"""Which page of a list an address asks for."""

from __future__ import annotations

from flask import request

LARGEST = 2**31 - 1  # PostgreSQL fails on more than a column holds instead of finding nothing


def before_asked() -> int | None:
    """Return the number of the row before which older ones are asked for; None for the newest."""
    before = request.args.get("before", type=int)
    return before if before and 0 < before <= LARGEST else None
