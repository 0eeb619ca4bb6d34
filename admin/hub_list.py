"""What the address of a register page asks for: words, conditions, order, place; and how the page says it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict

from engine.context import Context
from engine.definition import Definition, Item
from engine.messages import Invalid
from models.access import Actor
from models.forms import Form
from models.orgs import OrgUnit
from queries import records, registers
from queries.answers import org_options
from queries.forms import definition
from queries.scope import get_in_scope
from shell.addresses import address

LONGEST = 100
_ANY_DAY = Context(today=date.max)
SIGNS = {"eq": "：", "ge": " ≥ ", "le": " ≤ "}


@dataclass(frozen=True)
class Choice:
    """One input of the condition panel: its name in the address, what it offers, what is chosen."""

    name: str
    label: str
    kind: str  # how it asks: the kind's filter_input
    value: str
    options: tuple[tuple[str, str], ...] = ()

    @property
    def menu(self) -> Markup:
        """The options as markup: two hundred villages are a quarter of the page when the template draws each."""
        lines = (
            f'<option value="{escape(value)}"{" selected" if value == self.value else ""}>{escape(text)}</option>'
            for value, text in self.options
        )
        return Markup("".join(lines))  # noqa: S704 - every part of it is escaped


class ListRequest:
    """A register page as asked for. Unknown names and impossible values are ignored, never an error."""

    def __init__(self, form: Form, args: MultiDict[str, str], actor: Actor, locale: str) -> None:
        self.form, self.args, self.actor, self.locale = form, args, actor, locale
        self.base = address("hub.index_view", form_key=form.key)
        self.definition: Definition = definition(form.id, form.current_version or 1)
        self.columns = registers.columns(form)
        self.fids = [item.fid for item in self.columns if item.fid in self.definition.list_fids]
        self.words = _plain(args.get("q", ""))
        self.sort, self.descending = self._order(args.get("sort", ""))
        self.conditions = list(self._conditions())
        self.query = records.Request(
            filters=tuple(records.Filter(item.fid, operator, (value,)) for item, operator, value in self.conditions),
            search=self.words,
            sort=self.sort,
            descending=self.descending,
            after=args.get("after", ""),
        )

    def column_items(self) -> list[Item]:
        return [item for item in self.columns if item.fid in self.fids]

    def labels(self) -> list[str]:
        return [item.text(self.locale) for item in self.column_items()]

    def inputs(self) -> list[Choice]:
        """Return the inputs of the condition panel, two for a range."""
        return [choice for item in self.columns if registers.filterable(item) for choice in self._inputs(item)]

    def chips(self) -> list[tuple[str, str]]:
        """Return what narrows the list, each with the address without it."""
        chips = [(_("搜索：%(words)s", words=self.words), self.url(q=None))] if self.words else []
        for item, operator, value in self.conditions:
            name = _name(item, operator)
            told = f"{item.text(self.locale)}{SIGNS[operator]}{self._told(item, value)}"
            chips.append((told, self.url(**{name: None})))
        return chips

    def kept(self, *names: str) -> list[tuple[str, str]]:
        """Return the arguments a GET form carries on as hidden inputs, but for those it sets itself."""
        return [(name, value) for name, value in self._state().items() if name not in names]

    def sort_url(self, item: Item) -> str | None:
        """Return the address that sorts by an item, the other way round when it already does."""
        if not registers.sortable(item):
            return None
        turned = self.sort == item.fid and self.descending
        return self.url(sort=item.fid if turned else f"-{item.fid}")

    def url(self, **changes: str | None) -> str:
        """Return the address of this list with some arguments changed; paging starts anew."""
        state = {**self._state(), **changes}
        given = urlencode({name: value for name, value in state.items() if value})
        return f"{self.base}?{given}" if given else self.base

    def older_url(self, cursor: str | None) -> str | None:
        return self.url(after=cursor) if cursor else None

    def newest_url(self) -> str | None:
        return self.url() if self.args.get("after") else None

    def export_url(self, kind: str) -> str:
        return url_for("hub.export_view", form_key=self.form.key, type=kind, **self._state())

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = {"q": self.words} if self.words else {}
        if self.sort:
            state["sort"] = f"-{self.sort}" if self.descending else self.sort
        return state | {_name(item, operator): value for item, operator, value in self.conditions}

    def _order(self, asked: str) -> tuple[str | None, bool]:
        fid = asked.removeprefix("-")
        known = any(item.fid == fid and registers.sortable(item) for item in self.columns)
        return (fid, asked.startswith("-")) if known else (None, True)

    def _conditions(self) -> Iterator[tuple[Item, str, str]]:
        for item in self.columns:
            if not registers.filterable(item):
                continue
            for operator in _operators(item):
                value = _plain(self.args.get(_name(item, operator), ""))
                if value and _possible(item, value):
                    yield item, operator, value

    def _inputs(self, item: Item) -> Iterator[Choice]:
        label = item.text(self.locale)
        chosen = {operator: value for one, operator, value in self.conditions if one.fid == item.fid}
        for operator in _operators(item):
            name, value = _name(item, operator), chosen.get(operator, "")
            if operator == "eq":
                yield Choice(name, label, item.kind.filter_input, value, tuple(self._options(item)))
            else:
                words = _("%(label)s 从", label=label) if operator == "ge" else _("%(label)s 到", label=label)
                if item.kind.filter_input == "number":
                    least, most = _("%(label)s 不小于", label=label), _("%(label)s 不大于", label=label)
                    words = least if operator == "ge" else most
                yield Choice(name, words, item.kind.filter_input, value)

    def _options(self, item: Item) -> Iterator[tuple[str, str]]:
        if item.kind.value_type == "bool":
            yield from (("true", _("是")), ("false", _("否")))
        elif item.type == "org":
            units = org_options(self.actor, item.config.get("level"), "record:list")
            yield from ((str(ident), name) for ident, name in units)
        else:
            yield from ((option.value, option.text(self.locale)) for option in item.options)

    def _told(self, item: Item, value: str) -> str:
        if item.type == "org":  # closed units too, but none that this person may not list
            unit = get_in_scope(OrgUnit, int(value), self.actor, "record:list")
            return unit.name if unit else value
        if item.kind.filter_input != "select":
            return item.kind.display(item, item.kind.parse(item, value, _ANY_DAY), _ANY_DAY)
        return dict(self._options(item)).get(value, value)


def _name(item: Item, operator: str) -> str:
    return f"f_{item.fid}" if operator == "eq" else f"f_{item.fid}_{operator}"


def _operators(item: Item) -> tuple[str, ...]:
    return ("ge", "le") if "ge" in item.kind.operators else ("eq",)


def _possible(item: Item, value: str) -> bool:
    try:
        if item.kind.parse(item, value, _ANY_DAY) is None:
            return False
    except Invalid:
        return False
    return item.type != "org" or (value.isascii() and len(value) < 10)  # noqa: PLR2004 - ids


def _plain(text: Any) -> str:
    return "".join(letter for letter in str(text) if letter.isprintable()).strip()[:LONGEST]
