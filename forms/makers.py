"""The fields of a page: how each kind of question is drawn and sent, one maker for each kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup
from wtforms import RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields import BooleanField, Field
from wtforms.widgets import CheckboxInput, DateInput, ListWidget, TelInput

from engine.definition import Item
from forms import controls
from forms.answers import YES
from forms.lookups import person
from forms.uploads import UploadField

SEGMENTS = 5  # up to so many options lie open side by side; more go into a menu
STORY_ROWS = 5


class RowsField(Field):
    """A repeat as a whole: what is wrong with the number of its rows. The rows have fields of their own."""

    def widget(self, _field: Field, **_kwargs: Any) -> Markup:  # type: ignore[override]
        return Markup()


def _text(item: Item, locale: str, **attributes: Any) -> Field:
    # No maxlength: a browser would cut a pasted text silently; the engine says how long it is and may be.
    return StringField(render_kw=attributes, **controls.said(item, locale))


def _textarea(item: Item, locale: str) -> Field:
    return TextAreaField(render_kw={"rows": STORY_ROWS}, **controls.said(item, locale))


def _number(item: Item, locale: str) -> Field:
    keys = "numeric" if item.type == "integer" and not _may_be_negative(item) else "decimal"
    return _text(item, locale, inputmode="text" if _may_be_negative(item) else keys, autocomplete="off")


def _may_be_negative(item: Item) -> bool:
    """Tell whether a phone needs a minus key, which its number pads do not have."""
    least = item.config.get("min")
    return least is not None and str(least).strip().startswith("-")


def _date(item: Item, locale: str) -> Field:
    limits = {name: str(item.config[name]) for name in ("min", "max") if item.config.get(name)}
    return StringField(widget=DateInput(), render_kw=limits, **controls.said(item, locale))


def _select_one(item: Item, locale: str) -> Field:
    style = item.config.get("style") or ("radio" if len(item.live_options) <= SEGMENTS else "menu")
    made = RadioField if style == "radio" else SelectField
    return made(choices=[], validate_choice=False, **controls.said(item, locale))


def _select_multiple(item: Item, locale: str) -> Field:
    return SelectMultipleField(
        choices=[],
        validate_choice=False,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        **controls.said(item, locale),
    )


def _boolean(item: Item, locale: str) -> Field:
    if item.required is True:  # somebody must be able to answer "no"
        return RadioField(choices=[], validate_choice=False, **controls.said(item, locale))
    return _tick(item, locale)


def _tick(item: Item, locale: str) -> Field:
    return BooleanField(render_kw={"value": YES}, **controls.said(item, locale))


def _mobile(item: Item, locale: str) -> Field:
    return StringField(widget=TelInput(), render_kw={"autocomplete": "off"}, **controls.said(item, locale))


def _name(item: Item, locale: str) -> Field:
    return _text(item, locale, autocomplete="off")


def _id_number(item: Item, locale: str) -> Field:
    return _text(item, locale, autocomplete="off", autocapitalize="characters", spellcheck="false")


def _org(item: Item, locale: str) -> Field:
    return SelectField(choices=[], validate_choice=False, **controls.said(item, locale))


def _upload(item: Item, locale: str) -> Field:
    return UploadField(item=item, **controls.said(item, locale))


def _rows(item: Item, locale: str) -> Field:
    return RowsField(**controls.said(item, locale))


MAKERS: dict[str, Callable[[Item, str], Field]] = {
    "text": _text,
    "textarea": _textarea,
    "integer": _number,
    "decimal": _number,
    "money": _number,
    "range": controls.scale,
    "rating": controls.rating,
    "date": _date,
    "time": controls.time,
    "datetime": controls.moment,
    "select_one": _select_one,
    "select_multiple": _select_multiple,
    "rank": controls.rank,
    "boolean": _boolean,
    "acknowledge": _tick,
    "person_name": _name,
    "cn_mobile": _mobile,
    "cn_id": _id_number,
    "uscc": _id_number,
    "barcode": controls.barcode,
    "org": _org,
    "geopoint": controls.point,
    "image": _upload,
    "file": _upload,
    "audio": _upload,
    "signature": _upload,
    "person": person,
    "repeat": _rows,
}
