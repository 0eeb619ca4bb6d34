"""A form of a definition's items: one WTForms class per version, page and language; the engine alone judges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from flask_babel import gettext as _
from wtforms import Form, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields import BooleanField, Field
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.widgets import CheckboxInput, DateInput, ListWidget, TelInput

from engine.answers import AnswerError, Context, Outcome, clean
from engine.definition import Definition, Item, Page
from engine.expressions import dependencies
from engine.messages import Invalid
from forms import controls
from forms.uploads import PhotoField
from models.access import Actor
from models.orgs import OrgUnit
from queries.answers import org_choices, org_name

PREFIX = "f_"  # bare names such as data, errors or validate would shadow WTForms' own
SEGMENTS = 5  # up to so many options lie open side by side; more go into a menu
STORY_ROWS = 5
YES, NO = "true", "false"
_LISTS = frozenset({"select_multiple", "image", "geopoint", "rank"})
_READ_FOR_INPUT = frozenset({"date", "time", "datetime"})
_ANY_DAY = Context(today=date.max)

Raw = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One thing on the page: a question, a text that is only read (no field), or the heading of a page (no item)."""

    item: Item | None
    field: Field | None
    text: str
    result: str | None = None  # of what is computed, as it stands now


class ItemsForm(Form):
    """The common base of all generated classes."""

    rows: list[Row]

    def field_of(self, fid: str) -> Field | None:
        """Return the field of an item, or None where the item is hidden, a note, or on another page."""
        return self._fields.get(PREFIX + fid)


@dataclass(frozen=True)
class Filling:
    """Everything a page shows: who fills, what is answered and known, and in which language."""

    definition: Definition
    actor: Actor
    context: Context
    raw: Mapping[str, Any]
    outcome: Outcome
    permission: str = "record:create"
    masks: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        definition: Definition,
        raw: Mapping[str, Any],
        *,
        actor: Actor,
        context: Context,
        page: Page | None = None,
        permission: str = "record:create",
        masks: Mapping[str, str] | None = None,
    ) -> Filling:
        """Judge raw answers and keep what the page needs of it."""
        outcome = clean(definition, raw, context, page=page.id if page else None)
        return cls(definition, actor, context, raw, outcome, permission, masks or {})


def page_form(filling: Filling, page: Page, *, errors: Iterable[AnswerError] = ()) -> ItemsForm:
    """Build the form of one page with the items that are shown."""
    return _build(filling, (page,), errors, headings=False)


def whole_form(filling: Filling, *, errors: Iterable[AnswerError] = ()) -> ItemsForm:
    """Build the form of all pages, one under the other."""
    return _build(filling, filling.definition.pages, errors, headings=len(filling.definition.pages) > 1)


def edit_form(
    definition: Definition,
    stored: Mapping[str, Any],
    *,
    actor: Actor,
    context: Context,
    posted: Any = None,
    errors: Iterable[AnswerError] = (),
) -> ItemsForm:
    """Build the form that changes a record: all pages, sealed answers blank with a hint of what is known.

    `stored` are the record's answers; `posted` is the submitted form (a MultiDict) when it is shown again.
    """
    raw = raw_from_stored(definition, stored)
    if posted is not None:
        raw |= raw_from_post(definition, posted)
    masks = {fid: str(value["mask"]) for fid, value in stored.items() if isinstance(value, dict) and "mask" in value}
    filling = Filling.of(definition, raw, actor=actor, context=context, permission="record:edit", masks=masks)
    return whole_form(filling, errors=errors)


def raw_from_stored(definition: Definition, stored: Mapping[str, Any]) -> Raw:
    """Return stored answers as raw ones; sealed answers become blank, which means "unchanged"."""
    return {
        item.fid: "" if item.sealed else stored[item.fid]
        for item in definition.live_items
        if stored.get(item.fid) is not None and item.kind.answerable
    }


def raw_from_post(definition: Definition, posted: Any) -> Raw:
    """Read the raw answers of a submitted form: of the items that stood on the page, named by `asked`.

    Photographs are left out: uploads become uids on the server, a page never names them.
    """
    asked = set(" ".join(posted.getlist("asked")).split())
    items = [item for item in definition.live_items if item.fid in asked and item.asked]
    return {item.fid: _posted(item, posted.getlist(PREFIX + item.fid)) for item in items if item.type != "image"}


def say(error: AnswerError) -> str:
    """Return an error of the engine in the reader's language."""
    params = {name: _(value) if isinstance(value, str) and value else value for name, value in error.params.items()}
    text = _(error.message) if error.message else ""
    return text % params if params else text


def deciding(definition: Definition) -> frozenset[str]:
    """Return the fids on which some item's being shown, required or computed depends: a change redraws the page."""
    conditions = [
        condition
        for item in definition.live_items
        for condition in (item.show, item.required, item.calculation)
        if condition is not None and not isinstance(condition, bool)
    ]
    return frozenset(fid for condition in conditions for fid in dependencies(condition))


def _posted(item: Item, values: list[str]) -> Any:
    if item.type in _LISTS:
        return values
    if item.type == "acknowledge":
        return values[-1] if values else ""
    if item.type == "boolean" and not values:
        return "" if item.required is True else NO  # a bare tick box says no; a question with two answers says nothing
    return values[-1] if values else ""


def _build(filling: Filling, pages: Iterable[Page], errors: Iterable[AnswerError], *, headings: bool) -> ItemsForm:
    pages = tuple(pages)
    shown = filling.outcome.shown
    locale = filling.context.locale
    form = form_class(filling.definition, tuple(page.id for page in pages), locale)(data=_data(filling, pages))
    form.rows = []
    for page in pages:
        live = [item for item in page.live_items if item.fid in shown and item.kind.visible]
        if headings and live:
            form.rows.append(Row(None, None, page.text(locale)))
        form.rows.extend(
            Row(item, _finished(form, item, filling), item.text(locale), _result(item, filling)) for item in live
        )
        for item in page.live_items:
            if item.fid not in shown and PREFIX + item.fid in form:
                del form[PREFIX + item.fid]
    _put_errors(form, errors)
    return form


@lru_cache(maxsize=512)
def form_class(definition: Definition, page_ids: tuple[str, ...], locale: str) -> type[ItemsForm]:
    """Return the class of some pages of a definition. Definitions are equal when their documents are."""
    items = [item for page in definition.pages if page.id in page_ids for item in page.live_items]
    fields = {PREFIX + item.fid: _MAKERS[item.type](item, locale) for item in items if item.asked}
    return type("DefinitionForm", (ItemsForm,), fields)


def _data(filling: Filling, pages: Iterable[Page]) -> dict[str, Any]:
    items = (item for page in pages for item in page.live_items if item.asked)
    return {PREFIX + item.fid: _shown_value(item, filling.raw.get(item.fid)) for item in items}


def _shown_value(item: Item, raw: Any) -> Any:
    if item.type == "geopoint" and isinstance(raw, str):
        return raw.split()
    if item.type in _LISTS:
        return raw if isinstance(raw, list) else [raw] if raw else []
    if isinstance(raw, bool):
        raw = YES if raw else NO
    if item.type == "acknowledge" or (item.type == "boolean" and item.required is not True):
        return raw == YES
    if item.type in _READ_FOR_INPUT and raw:
        return _for_input(item, raw)
    return raw if raw is None or isinstance(raw, str) else str(raw)


def _for_input(item: Item, raw: Any) -> str:
    """Spell an answer as the browser's own picker reads it; what is no answer stays as it was typed."""
    try:
        value = item.kind.parse(item, raw, _ANY_DAY)
    except Invalid:
        return str(raw)
    return "" if value is None else str(item.kind.to_json(value))


def _finished(form: ItemsForm, item: Item, filling: Filling) -> Field | None:
    made = form.field_of(item.fid)
    if made is None:
        return None
    if item.fid in filling.outcome.required:
        made.flags.required = True
    if item.fid in filling.masks:
        made.description = _("已登记 %(mask)s，不改请留空", mask=filling.masks[item.fid])
    if isinstance(made, SelectField):
        made.choices = _choices(item, made, filling)
    return made


def _result(item: Item, filling: Filling) -> str | None:
    if item.calculation is None:
        return None
    value = filling.outcome.values.get(item.fid)
    return "" if value is None else item.kind.display(item, value, filling.context)


def _choices(item: Item, made: SelectField, filling: Filling) -> list[SelectChoice]:
    if item.type == "boolean":
        choices = [SelectChoice(YES, _("是")), SelectChoice(NO, _("否"))]
    elif item.type == "rating":
        choices = controls.star_choices(item)
    elif item.type == "org":
        choices = _org_choices(item, made.data, filling)
    else:
        had = made.data if isinstance(made.data, list) else [made.data]
        options = [option for option in item.options if not option.retired or option.value in had]
        choices = [SelectChoice(option.value, option.text(filling.context.locale)) for option in options]
    return _with_blank(made, choices, required=item.fid in filling.outcome.required)


def _with_blank(made: SelectField, choices: list[SelectChoice], *, required: bool) -> list[SelectChoice]:
    """Offer a way to take an answer back, which radio buttons alone do not have."""
    if isinstance(made, SelectMultipleField) or (required and (isinstance(made, RadioField) or len(choices) == 1)):
        return choices
    if isinstance(made, RadioField):
        made.data = made.data or ""
        return [*choices, SelectChoice("", _("不填"))]
    return [SelectChoice("", _("请选择")), *choices]


def _org_choices(item: Item, chosen: str | None, filling: Filling) -> list[SelectChoice]:
    units = org_choices(filling.actor, item.config.get("level"), filling.permission)
    several = len({unit.town_id for unit in units}) > 1
    choices = [SelectChoice(str(unit.id), unit.name, optgroup=_group(unit) if several else None) for unit in units]
    known = {choice.value for choice in choices}
    if chosen and chosen not in known and chosen.isdecimal() and chosen == str(_previous(item, filling)):
        choices.insert(0, SelectChoice(chosen, org_name(int(chosen)) or chosen))
    return choices


def _previous(item: Item, filling: Filling) -> Any:
    return filling.context.previous.get(item.fid)


def _group(unit: OrgUnit) -> str:
    return (org_name(unit.town_id) if unit.town_id else None) or _("县级")


def _put_errors(form: ItemsForm, errors: Iterable[AnswerError]) -> None:
    for error in errors:
        made = form.field_of(error.fid) if error.fid else None
        if made is not None:
            made.errors = [*made.errors, say(error)]
        else:
            form.form_errors = [*form.form_errors, say(error)]


def _text(item: Item, locale: str, **attributes: Any) -> Field:
    # No maxlength: a browser would cut a pasted text silently; the engine says how long it is and may be.
    return StringField(render_kw=attributes, **_said(item, locale))


def _said(item: Item, locale: str) -> dict[str, Any]:
    return controls.said(item, locale)


def _textarea(item: Item, locale: str) -> Field:
    return TextAreaField(render_kw={"rows": STORY_ROWS}, **_said(item, locale))


def _number(item: Item, locale: str) -> Field:
    keys = "numeric" if item.type == "integer" and not _may_be_negative(item) else "decimal"
    return _text(item, locale, inputmode="text" if _may_be_negative(item) else keys, autocomplete="off")


def _may_be_negative(item: Item) -> bool:
    """Tell whether a phone needs a minus key, which its number pads do not have."""
    least = item.config.get("min")
    return least is not None and str(least).strip().startswith("-")


def _date(item: Item, locale: str) -> Field:
    limits = {name: str(item.config[name]) for name in ("min", "max") if item.config.get(name)}
    return StringField(widget=DateInput(), render_kw=limits, **_said(item, locale))


def _select_one(item: Item, locale: str) -> Field:
    style = item.config.get("style") or ("radio" if len(item.live_options) <= SEGMENTS else "menu")
    made = RadioField if style == "radio" else SelectField
    return made(choices=[], validate_choice=False, **_said(item, locale))


def _select_multiple(item: Item, locale: str) -> Field:
    return SelectMultipleField(
        choices=[],
        validate_choice=False,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        **_said(item, locale),
    )


def _boolean(item: Item, locale: str) -> Field:
    if item.required is True:  # somebody must be able to answer "no"
        return RadioField(choices=[], validate_choice=False, **_said(item, locale))
    return _tick(item, locale)


def _tick(item: Item, locale: str) -> Field:
    return BooleanField(render_kw={"value": YES}, **_said(item, locale))


def _mobile(item: Item, locale: str) -> Field:
    return StringField(widget=TelInput(), render_kw={"autocomplete": "off"}, **_said(item, locale))


def _name(item: Item, locale: str) -> Field:
    return _text(item, locale, autocomplete="off")


def _id_number(item: Item, locale: str) -> Field:
    return _text(item, locale, autocomplete="off", autocapitalize="characters", spellcheck="false")


def _org(item: Item, locale: str) -> Field:
    return SelectField(choices=[], validate_choice=False, **_said(item, locale))


def _image(item: Item, locale: str) -> Field:
    return PhotoField(most=item.config.get("multiple", 1), **_said(item, locale))


_MAKERS: dict[str, Callable[[Item, str], Field]] = {
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
    "image": _image,
}
