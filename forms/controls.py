"""The controls of field kinds that need more than a plain field: pickers, scales, stars, places, orders."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup
from wtforms import RadioField, StringField
from wtforms.fields import Field
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.widgets import DateTimeLocalInput, TextInput, TimeInput, html_params

from engine.definition import Item
from engine.kinds.numbers import plain
from engine.kinds.range import scale as scale_of
from engine.kinds.rating import stars


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


def barcode(item: Item, locale: str) -> Field:
    keys = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", "enterkeyhint": "next"}
    return StringField(render_kw={**keys, "data-scan": True}, **said(item, locale))


class ScaleInput(TextInput):
    """A field for the number, and beside it a slider that a script brings to life.

    A slider alone cannot be left empty and does not tell its number without a script; the field can and does.
    """

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        first, last, step = (plain(one) for one in field.scale)
        slider = {
            "type": "range", "class": "form-range", "id": f"{field.id}-slider", "data_slides": field.id, "min": first,
            "max": last, "step": step, "hidden": True, "aria_label": str(field.label.text),
        }  # fmt: skip
        return Markup("{}<input {}>").format(super().__call__(field, **kwargs), Markup(html_params(**slider)))  # noqa: S704 - escaped by html_params


class ScaleField(StringField):
    """A number on a scale."""

    widget = ScaleInput()

    def __init__(self, *args: Any, item: Item, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scale = scale_of(item)


def scale(item: Item, locale: str) -> Field:
    first, last, step = (plain(one) for one in scale_of(item))
    whole = all("." not in one for one in (first, step)) and not first.startswith("-")
    keys = "text" if first.startswith("-") else "numeric" if whole else "decimal"
    field = said(item, locale)
    if not field["description"]:
        field["description"] = f"{first} - {last}"
    return ScaleField(item=item, render_kw={"inputmode": keys, "autocomplete": "off"}, **field)


def rating(item: Item, locale: str) -> Field:
    return RadioField(choices=[], validate_choice=False, **said(item, locale))


def star_choices(item: Item) -> list[SelectChoice]:
    """Return one choice for each number of stars, in words."""
    return [SelectChoice(str(n), _("%(n)s 星", n=n)) for n in range(1, stars(item) + 1)]
