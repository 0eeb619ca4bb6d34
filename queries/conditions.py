"""What a list of records is asked for, read against the form: filters as index conditions, words as search terms."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from engine.bigrams import matches, runs
from engine.context import Context
from engine.messages import Invalid
from models.forms import Form
from queries.indexing import EMPTY, NUMBER, TEXT, IndexedField, Shape, Value, blind_of
from queries.orgs import units_below

# Where a range has one end only, the other must still leave out the mark of emptiness, which sorts first.
LOWEST: dict[str, Value] = {TEXT: " ", NUMBER: -sys.float_info.max}
HIGHEST: dict[str, Value] = {TEXT: "\U0010ffff", NUMBER: sys.float_info.max}
EXACT_KINDS = frozenset({"cn_mobile", "cn_id"})
PRESENCE = frozenset({"empty", "filled"})
RANGES = frozenset({"ge", "le", "between"})
PAIR = 2
MOST_VALUES = 50
MOST_WORDS = 100
_WORLD = Context(today=date.max)


@dataclass(frozen=True)
class Filter:
    """One condition as a page or an interface asks it, with raw values.

    Operators: eq, ne, in, under (an organisation or those beneath it), ge, le, between, contains, empty, filled.
    """

    fid: str
    operator: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Request:
    """What a list is asked for. Unknown fields and impossible values narrow nothing; `limit` is at most 500."""

    filters: tuple[Filter, ...] = ()
    search: str = ""
    sort: str | None = None
    descending: bool = True
    after: str = ""
    limit: int = 50
    ids: tuple[int, ...] = ()  # only these records, at most 500


@dataclass(frozen=True)
class Condition:
    """One filter on the side index: any of some values (or, `negated`, none of them), or a range with both ends.

    Where `values` are all there are but a few, `besides` are those few: to look for one of them in a record is cheaper.
    """

    field: IndexedField
    values: tuple[Value, ...] = ()
    besides: tuple[Value, ...] = ()
    low: Value | None = None
    high: Value | None = None
    negated: bool = False

    @property
    def is_range(self) -> bool:
        return self.low is not None

    @property
    def leads(self) -> bool:
        """Tell whether its index rows may lead a list: what is not there has none, and in a range each record one."""
        return not self.negated and (self.field.single or not self.is_range)


@dataclass(frozen=True)
class Words:
    """Words to be found: anywhere among the searchable answers, or in one field."""

    text: str
    fid: str | None = None

    @property
    def exact(self) -> bool:
        """Tell whether the word index alone is sure: every run is one pair (or one lone character)."""
        return self.fid is None and all(len(run) <= PAIR for run in runs(self.text))


@dataclass(frozen=True)
class Asked:
    """A request as the form understands it. `nothing` when its words hold no character that could be found."""

    conditions: tuple[Condition, ...]
    words: tuple[Words, ...]
    sort: IndexedField | None
    nothing: bool = False


def understand(request: Request, known: Shape) -> Asked:
    """Read a request against a form; what the form cannot answer is left out."""
    conditions: dict[tuple[str, bool, bool], Condition] = {}
    words = [Words(request.search.strip()[:MOST_WORDS])] if runs(request.search) else []
    for one in request.filters:
        field = known.fields.get(one.fid)
        if field is None or not _allowed(one.operator, field):
            continue
        if one.operator == "contains":
            words.extend(Words(str(text)[:MOST_WORDS], one.fid) for text in one.values if runs(str(text)))
        elif condition := _condition(one, field, known):
            key = (one.fid, condition.is_range, condition.negated)
            conditions[key] = _both(conditions[key], condition) if key in conditions else condition
    sort = known.fields.get(request.sort) if request.sort else None
    asked = (
        request.search,
        *(str(text) for one in request.filters if one.operator == "contains" for text in one.values),
    )
    return Asked(
        tuple(conditions.values()),
        tuple(words),
        sort if sort and sort.sortable else None,
        nothing=any(text.strip() and not runs(text) for text in asked),
    )


def _allowed(operator: str, field: IndexedField) -> bool:
    return operator in field.operators


def _condition(one: Filter, field: IndexedField, known: Shape) -> Condition | None:
    if one.operator in PRESENCE:
        return _presence(one.operator, field)
    raw = one.values[:MOST_VALUES]
    values = tuple(dict.fromkeys(value for each in raw for value in _values(field, each)))
    if not values:
        return None
    if one.operator in RANGES:
        low = LOWEST[field.table] if one.operator == "le" else (max if one.operator == "ge" else min)(values)
        high = HIGHEST[field.table] if one.operator == "ge" else (min if one.operator == "le" else max)(values)
        return Condition(field, low=low, high=high)
    if one.operator == "ne":
        return _none_of(field, values, known)
    return Condition(field, _with_units_below(field, values) if one.operator == "under" else values)


def _presence(operator: str, field: IndexedField) -> Condition:
    if operator == "empty":
        return Condition(field, (EMPTY[field.table],))
    return Condition(field, low=LOWEST[field.table], high=HIGHEST[field.table])


def _none_of(field: IndexedField, values: tuple[Value, ...], known: Shape) -> Condition:
    """Ask for all other values where a record has one of a few, because those can lead; else for the absence."""
    others = _choices(field, known) if field.counted and field.single else ()
    if others:
        return Condition(field, tuple(one for one in (*others, EMPTY[field.table]) if one not in values), values)
    return Condition(field, values, negated=True)


def _choices(field: IndexedField, known: Shape) -> tuple[Value, ...]:
    """Return all answers there may be to a question with options, in any version; nothing for other questions."""
    if field.item.kind.value_type == "bool":
        return "true", "false"
    asked = [item for version in known.definitions.values() for item in version.every_item if item.fid == field.fid]
    return tuple(dict.fromkeys(option.value for item in (field.item, *asked) for option in item.options))


def _with_units_below(field: IndexedField, values: Iterable[Value]) -> tuple[Value, ...]:
    ids = [int(value) for value in values]
    return tuple(float(ident) for ident in (*ids, *units_below(ids, field.item.config.get("level"))))


def _both(first: Condition, second: Condition) -> Condition:
    if first.negated:
        return replace(first, values=tuple(dict.fromkeys((*first.values, *second.values))))
    if not first.is_range:
        kept = tuple(value for value in first.values if value in second.values)
        return replace(first, values=kept or (HIGHEST[first.field.table],), besides=())  # which no answer is
    return replace(first, low=max(first.low, second.low), high=min(first.high, second.high))  # type: ignore[type-var]


def _values(field: IndexedField, raw: Any) -> list[Value]:
    """Return the index values of a raw filter value; none where it is no value of the kind."""
    try:
        value = field.item.kind.parse(field.item, raw, _WORLD)
    except Invalid:
        return []
    if value is None:
        return []
    if field.item.sealed:
        return [blind_of(field.fid, field.item.kind.blind_text(field.item, value) or "")]
    if field.table == NUMBER:
        return list(field.item.kind.index_number(field.item, value))
    return list(field.item.kind.index_text(field.item, value))


def serial_of(form: Form, text: str) -> int | None:
    """Return the serial where a text is a record number of the form, such as LL-000123."""
    found = re.fullmatch(rf"{re.escape(form.prefix)}-?0*([1-9][0-9]{{0,8}})", text.strip(), re.IGNORECASE)
    return int(found[1]) if found else None


def blind_conditions(known: Shape, text: str) -> list[Condition]:
    """Return where a whole phone or ID number would stand; empty when the text is neither."""
    return [
        Condition(field, tuple(_values(field, text)))
        for field in known.fields.values()
        if field.item.type in EXACT_KINDS and _values(field, text)
    ]


def words_hold(words: Iterable[Words], texts: Mapping[str, str], every: Iterable[str], *, sure: bool = True) -> bool:
    """Tell whether a record's texts really hold all the words: `texts` by field, `every` those of the search.

    Where the word index is not `sure`, what it alone could tell is looked up too.
    """
    whole = " ".join(every)
    return all(
        (sure and one.exact) or matches(whole if one.fid is None else texts.get(one.fid, ""), one.text) for one in words
    )
