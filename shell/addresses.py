"""Addresses of fixed places, built once: a page names some forty of them, and building one costs what a cell costs."""

from __future__ import annotations

from typing import Any

from flask import current_app, has_request_context, request, url_for

_EXTENSION = "zhiye.addresses"


def address(endpoint: str, **args: Any) -> str:
    """Return url_for(endpoint, **args) for arguments of which there are few: forms, languages, files of our own."""
    known: dict[tuple[Any, ...], str] = current_app.extensions.setdefault(_EXTENSION, {})
    root = request.script_root if has_request_context() else None
    key = (root, endpoint, *sorted(args.items()))
    if key not in known:
        known[key] = url_for(endpoint, **args)
    return known[key]
