"""Conditions of a register in its address: how each kind of question may be asked, said and read back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict

from engine.context import Context
from engine.definition import Item
from engine.kinds.person import LARGEST_ID, RESIDENT
from engine.messages import Invalid
from models.access import Actor
from models.orgs import Level
from models.people import Household
from queries.answers import org_options
from queries.indexing import IndexedField
from queries.orgs import unit_name_in_scope
from queries.people import find_people, person_in_scope
from queries.periods import PERIODS, days_of
from queries.records import Filter

LONGEST = 100
MOST_VALUES = 50
_ANY_DAY = Context(today=date.max)
NO_VALUE = frozenset({"empty", "filled"})
SIGNS = {
    "eq": "：", "in": "：", "ge": " ≥ ", "le": " ≤ ", "ne": " ≠ ", "period": "：", "contains": _l("含"),
    "under": _l("属于"),
}  # fmt: skip
WORDS = {
    "eq": _l("等于"), "ne": _l("不等于"), "in": _l("是其中之一"), "ge": _l("不小于"), "le": _l("不大于"),
    "contains": _l("含有"), "under": _l("属于（含下级）"), "period": _l("在这段时间"), "empty": _l("没有填写"),
    "filled": _l("已经填写"),
}  # fmt: skip
DAYS = frozenset({"date", "datetime-local"})


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


@dataclass(frozen=True)
class Asked:
    """One condition of the address: an operator and its raw values."""

    item: Item
    operator: str
    values: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How the address names it: the question alone where it is simply equal."""
        return f"f_{self.item.fid}" if self.operator == "eq" else f"f_{self.item.fid}_{self.operator}"

    @property
    def value(self) -> str:
        return "1" if self.operator in NO_VALUE else ",".join(self.values)

    def filter(self, today: date, actor: Actor) -> Filter:
        """Return what the queries are asked; a relative period becomes its days, a name the people called so."""
        if self.item.type == "person" and self.operator not in NO_VALUE | {"contains"}:
            return Filter(
                self.item.fid, "in", tuple(one for value in self.values for one in _people(self.item, value, actor))
            )
        if self.operator != "period":
            return Filter(self.item.fid, self.operator, self.values)
        first, last = (day.isoformat() for day in days_of(self.values[0], today))
        if self.item.kind.filter_input == "datetime-local":
            first, last = f"{first}T00:00", f"{last}T23:59"
        return Filter(self.item.fid, "between", (first, last))

    def told(self, actor: Actor, locale: str) -> str:
        """Say the condition as its chip does."""
        label = self.item.text(locale)
        if self.operator in NO_VALUE:
            return f"{label}：{WORDS[self.operator]}"
        words = "、".join(self._value_told(value, actor, locale) for value in self.values)
        return f"{label}{SIGNS[self.operator]}{words}"

    def _value_told(self, value: str, actor: Actor, locale: str) -> str:
        item = self.item
        if self.operator == "period":
            return str(PERIODS[value][0])
        if self.operator == "contains":
            return f"“{value}”"
        if item.type == "person":
            return _person_told(item, value, actor)
        if item.type == "org":  # closed units too, but none that this person may not list
            return unit_name_in_scope(int(value), actor, "record:list") or value
        if item.kind.filter_input != "select":
            return item.kind.display(item, item.kind.parse(item, value, _ANY_DAY), _ANY_DAY)
        return dict(options_of(item, actor, locale)).get(value, value)


def operators_of(field: IndexedField) -> tuple[str, ...]:
    """Return how the pages ask about a field; of encrypted answers only whether there is one."""
    if field.item.sealed:
        return "empty", "filled"
    found = [name for name in field.operators if name not in {"between", "in"}]
    if "in" in field.operators and (field.item.options or field.item.type == "org"):
        found.insert(1, "in")
    if field.item.kind.filter_input in DAYS:
        found.insert(0, "period")
    return tuple(name for name in WORDS if name in found)


def asked_of(field: IndexedField, args: MultiDict[str, str]) -> Iterator[Asked]:
    """Read what an address asks about a field. Impossible values narrow nothing."""
    for operator in operators_of(field):
        given = args.getlist(Asked(field.item, operator).name)
        if not given:
            continue
        if operator in NO_VALUE:
            yield Asked(field.item, operator)
            continue
        parts = [part for text in given for part in (text.split(",") if operator == "in" else [text])]
        values = [value for value in map(plain, parts) if value and _possible(field.item, operator, value)]
        if values:
            most = MOST_VALUES if operator == "in" else 1
            yield Asked(field.item, operator, tuple(dict.fromkeys(values))[:most])


def quick_inputs(field: IndexedField, chosen: Sequence[Asked], actor: Actor, locale: str) -> Iterator[Choice]:
    """Return the inputs of the short panel: equality, the ends of a range, a period, a township."""
    item, label = field.item, field.item.text(locale)
    values = {one.operator: one.value for one in chosen}

    def choice(operator: str, words: str, kind: str = "", options: Sequence[tuple[str, str]] = ()) -> Choice:
        told = kind or item.kind.filter_input
        return Choice(Asked(item, operator).name, words, told, values.get(operator, ""), tuple(options))

    if item.kind.filter_input in DAYS:
        yield choice("period", label, "select", periods())
    if "ge" in item.kind.operators:
        ends = (_("%(label)s 不小于", label=label), _("%(label)s 不大于", label=label))
        if item.kind.filter_input != "number":
            ends = (_("%(label)s 从", label=label), _("%(label)s 到", label=label))
        yield choice("ge", ends[0])
        yield choice("le", ends[1])
        return
    towns = towns_of(item, actor)
    if towns:
        yield choice("under", _("%(label)s 属于", label=label), "select", towns)
    yield choice("eq", label, options=list(options_of(item, actor, locale)))


def periods() -> list[tuple[str, str]]:
    return [(name, str(label)) for name, (label, _days) in PERIODS.items()]


def towns_of(item: Item, actor: Actor) -> list[tuple[str, str]]:
    """Return the townships whose villages a condition may ask for at once; nothing for other questions."""
    if item.type != "org" or item.config.get("level") != Level.VILLAGE:
        return []
    return [(str(ident), name) for ident, name in org_options(actor, Level.TOWNSHIP, "record:list")]


def options_of(item: Item, actor: Actor, locale: str) -> Iterator[tuple[str, str]]:
    """Yield the choices of a question as (value, words)."""
    if item.kind.value_type == "bool":
        yield from (("true", _("是")), ("false", _("否")))
    elif item.type == "org":
        yield from ((str(ident), name) for ident, name in org_options(actor, item.config.get("level"), "record:list"))
    else:
        yield from ((option.value, option.text(locale)) for option in item.options)


def _people(item: Item, value: str, actor: Actor) -> list[str]:
    """Return the ids that a condition on a person asks for: the id itself, or whom a name or number finds."""
    if _is_id(value):
        return [value]
    found = find_people(item.config.get("of", RESIDENT), value, actor)
    return [str(one.id) for one in found] or [str(LARGEST_ID)]  # which nobody has


def _person_told(item: Item, value: str, actor: Actor) -> str:
    of = item.config.get("of", RESIDENT)
    known = person_in_scope(of, int(value), actor) if _is_id(value) else None
    if known is None:
        return value
    name = f"{known.code} {known.head_name}" if isinstance(known, Household) else known.name
    return item.kind.mask(item, f"{value} {name}", _ANY_DAY)


def _is_id(value: str) -> bool:
    """Tell an id from a telephone number and from a name."""
    return value.isascii() and value.isdecimal() and len(value) < 10  # noqa: PLR2004 - ids


def _possible(item: Item, operator: str, value: str) -> bool:
    if operator in {"period", "contains"} or item.type == "person":
        return value in PERIODS if operator == "period" else True
    try:
        if item.kind.parse(item, value, _ANY_DAY) is None:
            return False
    except Invalid:
        return False
    return item.type != "org" or (value.isascii() and len(value) < 10)  # noqa: PLR2004 - ids


def plain(text: Any) -> str:
    """Return a text of the address without signs that nobody can see, and not too long."""
    return "".join(letter for letter in str(text) if letter.isprintable()).strip()[:LONGEST]
