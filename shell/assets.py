"""Icons and style sheets of the pages: drawn in place, addressed by their content."""

from __future__ import annotations

import functools
import hashlib
import re
from pathlib import Path

import chartkick
import flask_bootstrap
from flask import Blueprint, Flask, current_app
from markupsafe import Markup

from shell.addresses import address

_SPRITE = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5" / "icons" / "bootstrap-icons.svg"
# Chart.js as the wheel brings it: one file that is served as it is.
_CHARTS = Path(chartkick.__file__).parent / "django" / "static" / "chartkick"
_SYMBOL = re.compile(r'<symbol[^>]*viewBox="([^"]+)" id="([^"]+)">(.*?)</symbol>', re.DOTALL)


@functools.cache
def _symbols() -> dict[str, tuple[str, str]]:
    return {name: (box, paths) for box, name, paths in _SYMBOL.findall(_SPRITE.read_text(encoding="utf-8"))}


@functools.cache
def icon(name: str, extra: str = "") -> Markup:
    """Draw a Bootstrap icon in place, hidden from screen readers because words stand beside it.

    The sprite is 1.1 MB: a phone on a village line gets the few paths of the page instead of all of it.
    Raises KeyError when there is no such icon.
    """
    box, paths = _symbols()[name]
    classes = f"icon {extra}".strip()
    return Markup('<svg class="{}" viewBox="{}" aria-hidden="true" focusable="false">{}</svg>').format(
        classes,
        box,
        Markup(paths),  # noqa: S704 - the wheel's own drawing, no one's input
    )


def asset(filename: str) -> str:
    """Return the address of a file under static/, with a mark of its content so that it may be cached for long."""
    return address("static", filename=filename, v=_mark(current_app.static_folder or "static", filename))


def library(filename: str) -> str:
    """Return the address of a script that a wheel brings, marked by its content as our own are."""
    return address("library.static", filename=filename, v=_mark(str(_CHARTS), filename))


@functools.cache
def _mark(folder: str, filename: str) -> str:
    return hashlib.sha256(Path(folder, filename).read_bytes()).hexdigest()[:10]


def init_app(app: Flask) -> None:
    """Give templates `icon(name)`, `asset(filename)` and `library(filename)`."""
    app.jinja_env.globals.update(icon=icon, asset=asset, library=library)
    app.register_blueprint(Blueprint("library", __name__, static_folder=str(_CHARTS), static_url_path="/library"))
