"""A page's form of a definition's items: one field for each address; the engine alone judges.

What a condition hides is built too: pages keep it aside, so that a script can show it at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask_babel import gettext as _
from wtforms import SelectField
from wtforms.fields import Field
from wtforms.form import BaseForm

from engine.answers import AnswerError, Context, row_defaults
from engine.definition import Definition, Item, Page
from engine.kinds.repeat import ROWS
from engine.rows import rows_of
from engine.schema import ROW_ID
from forms.answers import PREFIX, masks, raw_from_stored, shown_value
from forms.choices import choices_of
from forms.filling import Filling, say
from forms.lookups import PersonField
from forms.makers import MAKERS
from models.access import Actor

NEW = "_new_"  # stands for the id of a row that a script adds; no id looks like it


@dataclass(frozen=True)
class Row:
    """One thing on the page: a question, a text that is only read (no field), or the heading of a page (no item).

    A group holds further `rows`, a repeat holds `entries`.
    """

    item: Item | None
    field: Field | None
    text: str
    at: str = ""
    shown: bool = True
    result: str | None = None  # of what is computed, as it stands now
    rows: tuple[Row, ...] = ()
    entries: tuple[Entry, ...] = ()
    blank: Entry | None = None  # a row as it looks when it is added
    hint: str = ""  # of a group

    @property
    def least(self) -> int:
        """Return how few rows a repeat may have."""
        return int(self.item.config.get("min", 0)) if self.item else 0

    @property
    def most(self) -> int:
        """Return how many rows a repeat may have."""
        return int(self.item.config.get("max", ROWS)) if self.item else 0


@dataclass(frozen=True)
class Entry:
    """One row of a repeat on the page; `gone` stands for one that was just taken out and may come back."""

    at: str
    number: int
    rows: tuple[Row, ...] = ()
    gone: bool = False
    aside: Sequence[tuple[str, str]] = ()  # fields that bring back what was typed in it


class ItemsForm(BaseForm):
    """The fields of a page by address, and how they stand in each other."""

    def __init__(self) -> None:
        super().__init__((), prefix=PREFIX)
        self.rows: list[Row] = []

    def add(self, unbound: Any, at: str, data: Any) -> Field:
        """Put a field on the page."""
        self[at] = unbound
        field: Field = self[at]
        field.process(None, data)
        return field

    def field_of(self, at: str) -> Field | None:
        """Return the field at an address, or None where the item is hidden, a note, or on another page."""
        return next((row.field for row in self.every_row() if row.at == at), None)

    def every_row(self, rows: Iterable[Row] | None = None) -> Iterator[Row]:
        """Walk all that is shown, in groups and rows of repeats too."""
        for row in self.rows if rows is None else rows:
            if row.shown:
                yield row
                yield from self.every_row(row.rows)
                for entry in row.entries:
                    yield from self.every_row(entry.rows)

    @property
    def asked(self) -> str:
        """Return the addresses of what is asked, as the page sends them back."""
        return " ".join(row.at for row in self.every_row() if row.field is not None)


def page_form(filling: Filling, page: Page, *, errors: Iterable[AnswerError] = ()) -> ItemsForm:
    """Build the form of one page."""
    return _build(filling, (page,), errors, headings=False)


def whole_form(filling: Filling, *, errors: Iterable[AnswerError] = ()) -> ItemsForm:
    """Build the form of all pages, one under the other."""
    return _build(filling, filling.definition.pages, errors, headings=len(filling.definition.pages) > 1)


def edit_filling(
    definition: Definition,
    stored: Mapping[str, Any],
    *,
    raw: Mapping[str, Any] | None = None,
    actor: Actor,
    context: Context,
    gone: str = "",
) -> Filling:
    """Judge a record that is being changed: sealed answers are blank with a hint of what is known.

    `stored` are the record's answers; `raw` is what stands on the page instead, when it is shown again.
    """
    opened = raw_from_stored(definition, stored) if raw is None else raw
    known = masks(definition, stored)
    return Filling.of(
        definition, opened, actor=actor, context=context, permission="record:edit", masks=known, gone=gone
    )


def _build(filling: Filling, pages: Iterable[Page], errors: Iterable[AnswerError], *, headings: bool) -> ItemsForm:
    form = ItemsForm()
    builder = _Builder(filling, form)
    for page in pages:
        rows = builder.rows(page.tree, filling.raw, filling.context.previous)
        if headings and rows:
            form.rows.append(Row(None, None, page.text(builder.locale), shown=any(row.shown for row in rows)))
        form.rows.extend(rows)
    _put_errors(form, errors)
    return form


class _Builder:
    """Builds the rows of a page from top to bottom, and their fields."""

    def __init__(self, filling: Filling, form: ItemsForm) -> None:
        self.filling, self.form = filling, form
        self.locale = filling.context.locale
        self.locked = filling.definition.with_held(filling.context.locked)
        self.unbound = unbound_fields(filling.definition, self.locale)

    def rows(
        self, items: Iterable[Item], raw: Mapping[str, Any], previous: Mapping[str, Any], prefix: str = ""
    ) -> tuple[Row, ...]:
        seen = [item for item in items if not item.retired and item.kind.visible and item.fid not in self.locked]
        return tuple(self.row(item, raw, previous, f"{prefix}{item.fid}") for item in seen)

    def row(self, item: Item, raw: Mapping[str, Any], previous: Mapping[str, Any], at: str) -> Row:
        shown = item.show is None if NEW in at else at in self.filling.outcome.shown
        text, prefix = item.text(self.locale), at.removesuffix(item.fid)
        if item.kind.repeats:
            field = self.form.add(self.unbound[item.fid], at, None)
            field.flags.required = self.must(item, at)
            entries = self.entries(item, raw, previous.get(item.fid), at)
            return Row(item, field, text, at, shown, entries=entries, blank=self.blank(item, at))
        if item.kind.holds_items:
            rows = self.rows(item.items, raw, previous, prefix)
            return Row(item, None, text, at, shown, rows=rows, hint=item.hint.to(self.locale))
        made = self.field(item, raw.get(item.fid), previous.get(item.fid), at) if item.asked else None
        return Row(item, made, text, at, shown, self.result(item, at))

    def entries(self, item: Item, raw: Mapping[str, Any], previous: Any, at: str) -> tuple[Entry, ...]:
        before = {row[ROW_ID]: row for row in previous or ()}
        found = [
            self.entry(item, row, before.get(row[ROW_ID], {}), f"{at}/{row[ROW_ID]}", number)
            for number, row in enumerate(rows_of(raw, item.fid), start=1)
        ]
        gone, _blank, place = self.filling.gone.partition(" ")
        if gone.rpartition("/")[0] == at:
            found.insert(int(place), Entry(gone, int(place) + 1, gone=True, aside=self.filling.aside))
        return tuple(found)

    def entry(self, item: Item, raw: Mapping[str, Any], previous: Mapping[str, Any], at: str, number: int) -> Entry:
        return Entry(at, number, self.rows(item.items, raw, previous, f"{at}/"))

    def blank(self, item: Item, at: str) -> Entry:
        starts = item.to_json([row_defaults(self.filling.definition, item.fid, self.filling.context)])[0]
        return self.entry(item, starts, {}, f"{at}/{NEW}", 0)

    def field(self, item: Item, raw: Any, previous: Any, at: str) -> Field:
        made = self.form.add(self.unbound[item.fid], at, shown_value(item, raw))
        made.flags.required = self.must(item, at)
        if at in self.filling.masks:
            made.description = _("已登记 %(mask)s，不改请留空", mask=self.filling.masks[at])
        if isinstance(made, SelectField):
            made.choices = choices_of(item, made, self.filling, previous, at, required=made.flags.required)
        elif isinstance(made, PersonField):
            made.serve(self.filling.actor, at, previous, self.filling.context)
        return made

    def must(self, item: Item, at: str) -> bool:
        if NEW in at:
            return item.required is True or item.kind.always_required
        return at in self.filling.outcome.required

    def result(self, item: Item, at: str) -> str | None:
        if item.calculation is None:
            return None
        value = self.filling.value_at(at)
        return "" if value is None else item.kind.display(item, value, self.filling.context)


@lru_cache(maxsize=256)
def unbound_fields(definition: Definition, locale: str) -> Mapping[str, Any]:
    """Return a field for each item by fid, to be bound to a page. Definitions are equal when their documents are."""
    return {item.fid: MAKERS[item.type](item, locale) for item in definition.every_live_item if item.asked}


def _put_errors(form: ItemsForm, errors: Iterable[AnswerError]) -> None:
    for error in errors:
        made = form.field_of(error.at) if error.at else None
        if made is not None:
            made.errors = [*made.errors, say(error)]
        else:
            form.form_errors = [*form.form_errors, say(error)]
