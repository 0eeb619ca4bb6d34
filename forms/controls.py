"""The controls of field kinds that need more than a plain field: pickers, sliders, stars, places, orders."""

from __future__ import annotations

from typing import Any

from wtforms import StringField
from wtforms.fields import Field
from wtforms.widgets import DateTimeLocalInput, TimeInput

from engine.definition import Item


def said(item: Item, locale: str) -> dict[str, Any]:
    """Return what every control says: label and hint."""
    return {"label": item.text(locale), "description": item.hint.to(locale)}


def time(item: Item, locale: str) -> Field:
    return StringField(widget=TimeInput(), render_kw=_limits(item), **said(item, locale))


def moment(item: Item, locale: str) -> Field:
    return StringField(widget=DateTimeLocalInput(), render_kw=_limits(item), **said(item, locale))


def _limits(item: Item) -> dict[str, str]:
    """Return the bounds as the browser's picker reads them."""
    read = {name: item.kind.read(item.config.get(name)) for name in ("min", "max")}  # type: ignore[attr-defined]
    return {name: value for name, value in read.items() if value}
