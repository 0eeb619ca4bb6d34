"""A form of a definition's items: one WTForms class per version, page and language; the engine alone judges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask_babel import gettext as _
from wtforms import Form, SelectField
from wtforms.fields import Field

from engine.answers import AnswerError, Context
from engine.definition import Definition, Item, Page
from forms.answers import PREFIX, raw_from_post, raw_from_stored, shown_value
from forms.choices import choices_of
from forms.filling import Filling, say
from forms.makers import MAKERS
from models.access import Actor


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
    fields = {PREFIX + item.fid: MAKERS[item.type](item, locale) for item in items if item.asked}
    return type("DefinitionForm", (ItemsForm,), fields)


def _data(filling: Filling, pages: Iterable[Page]) -> dict[str, Any]:
    items = (item for page in pages for item in page.live_items if item.asked)
    return {PREFIX + item.fid: shown_value(item, filling.raw.get(item.fid)) for item in items}


def _finished(form: ItemsForm, item: Item, filling: Filling) -> Field | None:
    made = form.field_of(item.fid)
    if made is None:
        return None
    if item.fid in filling.outcome.required:
        made.flags.required = True
    if item.fid in filling.masks:
        made.description = _("已登记 %(mask)s，不改请留空", mask=filling.masks[item.fid])
    if isinstance(made, SelectField):
        made.choices = choices_of(item, made, filling)
    return made


def _result(item: Item, filling: Filling) -> str | None:
    if item.calculation is None:
        return None
    value = filling.outcome.values.get(item.fid)
    return "" if value is None else item.kind.display(item, value, filling.context)


def _put_errors(form: ItemsForm, errors: Iterable[AnswerError]) -> None:
    for error in errors:
        made = form.field_of(error.fid) if error.fid else None
        if made is not None:
            made.errors = [*made.errors, say(error)]
        else:
            form.form_errors = [*form.form_errors, say(error)]
