"""Where to go next: only addresses of this house, whatever a link says."""

from __future__ import annotations

from flask import request

HOME = "/"
LONGEST = 2000


def local_path(target: str | None, otherwise: str = HOME) -> str:
    r"""Return the target when it is a plain path of this server, else the other one.

    Browsers read //host, /\host and paths with tabs or line ends inside as other servers; none of these passes.
    """
    if not target or len(target) > LONGEST or not target.startswith("/") or target.startswith("//"):
        return otherwise
    if "\\" in target or any(ord(letter) <= ord(" ") or letter == "\x7f" for letter in target):
        return otherwise
    return target


def next_path(otherwise: str = HOME) -> str:
    """Return the way back that the form or the address carries."""
    return local_path(request.form.get("next") or request.args.get("next"), otherwise)
