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
from engine.kinds.rank import places
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


class GroupField(Field):
    """Several inputs of one name under one heading; what they send is a list."""

    grouped = True

    def __init__(self, *args: Any, item: Item, locale: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.item, self.locale = item, locale

    def attributes(self, place: int) -> dict[str, Any]:
        """Return what each of the inputs says."""
        wrong = {"aria_invalid": "true", "aria_describedby": f"{self.id}-error"} if self.errors else {}
        return {"id": f"{self.id}-{place}", "name": self.name, **wrong}

    def given(self, place: int) -> str:
        """Return what stands in one of the inputs."""
        data = self.data if isinstance(self.data, list) else []
        return "" if place >= len(data) or data[place] is None else str(data[place])


class PointField(GroupField):
    """Latitude, longitude and accuracy, and a button that a script makes ask the device for them."""

    def widget(self, _field: Field, **_kwargs: Any) -> Markup:  # type: ignore[override]
        heads = (_("纬度"), _("经度"), _("误差（米）"))
        inputs = Markup("").join(self._input(place, head) for place, head in enumerate(heads))
        return Markup('<div class="row g-2">{}</div>{}').format(inputs, self._button())

    def _input(self, place: int, head: str) -> Markup:
        wrong = " is-invalid" if self.errors else ""
        attributes = self.attributes(place) | {
            "type": "text", "class": f"form-control{wrong}", "inputmode": "text" if place < 2 else "decimal",  # noqa: PLR2004 - degrees may be negative
            "autocomplete": "off", "value": self.given(place),
        }  # fmt: skip
        label = Markup('<label for="{}-{}">{}</label>').format(self.id, place, head)
        return Markup('<div class="col-12 col-sm-4">{}<input {}></div>').format(label, _params(attributes))

    def _button(self) -> Markup:
        attributes = {
            "type": "button", "class": "btn btn-outline-secondary btn-large mt-2", "hidden": True,
            "data_locate": self.id, "data_text_waiting": _("正在取位置…"), "data_text_done": _("已填入现在的位置"),
            "data_text_failed": _("没有取到位置。请允许使用定位，或手工填写。"),
        }  # fmt: skip
        told = Markup('<p class="hint" role="status" id="{}-located"></p>').format(self.id)
        return Markup("<button {}>{}</button>{}").format(_params(attributes), _("填入我现在的位置"), told)


class RankField(GroupField):
    """One menu for each place of an order."""

    def widget(self, _field: Field, **_kwargs: Any) -> Markup:  # type: ignore[override]
        had = self.data if isinstance(self.data, list) else []
        menus = max(places(self.item), len(had) if len(had) <= len(self.item.options) else 0)
        return Markup('<div class="row g-2">{}</div>').format(Markup("").join(self._menu(n) for n in range(menus)))

    def _menu(self, place: int) -> Markup:
        chosen = self.given(place)
        offered = [one for one in self.item.options if not one.retired or one.value == chosen]
        known = [("", _("请选择")), *((one.value, one.text(self.locale)) for one in offered)]
        options = Markup("").join(
            Markup("<option {}>{}</option>").format(_params({"value": value, "selected": value == chosen}), words)
            for value, words in known
        )
        wrong = " is-invalid" if self.errors else ""
        label = Markup('<label for="{}-{}">{}</label>').format(self.id, place, _("第 %(n)s 位", n=place + 1))
        menu = Markup("<select {}>{}</select>").format(
            _params(self.attributes(place) | {"class": f"form-select{wrong}"}), options
        )
        return Markup('<div class="col-12 col-sm-6">{}{}</div>').format(label, menu)


def _params(attributes: dict[str, Any]) -> Markup:
    return Markup(html_params(**attributes))  # noqa: S704 - escaped by html_params


def point(item: Item, locale: str) -> Field:
    return PointField(item=item, locale=locale, **said(item, locale))


def rank(item: Item, locale: str) -> Field:
    return RankField(item=item, locale=locale, **said(item, locale))
