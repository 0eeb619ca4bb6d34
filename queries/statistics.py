"""Statistics of a register: numbers, sums and averages, counts by option, and a cross-tab. Read from field_month only.

A record counts for its county, its township and its village, so a page adds up a few hundred counters, however many
records there are. Whose counters are read follows from the reader's scope; fields they may not see do not exist.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask_babel import gettext as _

from engine.context import Context
from engine.definition import Item
from engine.kinds.rating import stars
from models.access import Actor
from models.forms import Form
from models.orgs import Level
from models.prepared import Prepared, many, numbered
from models.records import FieldMonth
from queries.indexing import MICRO, STAGE, IndexedField, shape
from queries.periods import months_between
from queries.rights import Rights
from queries.units import Unit, narrowed, places_in, units_below, units_of

PLACES = 2  # decimal places of an average
ZERO = Decimal(0)


@dataclass(frozen=True)
class Question:
    """What a statistics page is asked. `of` is a number field to add up (or average), `split` an option field."""

    first: str  # months, such as "2026-01"
    last: str
    place_id: int | None = None
    of: str = ""
    average: bool = False
    split: str = ""
    rows: str = "org"  # or month


class Amount(NamedTuple):
    """Records, and what their numbers come to. A page has hundreds."""

    n: int = 0
    total: Decimal = ZERO

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.n - other.n, self.total - other.total)

    @property
    def average(self) -> Decimal | None:
        return round(self.total / self.n, PLACES) if self.n else None


NONE = Amount()


@dataclass(frozen=True)
class Line:
    """One row of the cross-tab. `place_id` leads into a unit that has others below it."""

    name: str
    cells: Sequence[Amount]
    total: Amount
    place_id: int | None = None


@dataclass(frozen=True)
class FieldSum:
    item: Item
    amount: Amount


@dataclass(frozen=True)
class FieldValues:
    """How often each value of an option field was chosen; `values` are (value, words, number)."""

    item: Item
    values: Sequence[tuple[str, str, int]]

    @property
    def most(self) -> int:
        return max((n for _value, _words, n in self.values), default=0)


@dataclass(frozen=True)
class Crosstab:
    heads: Sequence[str]
    lines: Sequence[Line]
    sums: Sequence[Amount]
    total: Amount


@dataclass
class Statistics:
    """All figures of one page, each group read when it is asked for."""

    form: Form
    reader: Actor
    question: Question
    locale: str
    months: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.months = months_between(self.question.first, self.question.last)
        self.known = shape(self.form.id)
        self.rights = Rights(self.known.newest, self.reader)
        live = {STAGE, *(item.fid for item in self.known.newest.live_items)}
        self.fields = {
            fid: one
            for fid, one in self.known.fields.items()
            if one.tallied and fid in live & self.rights.searchable and not self.rights.stages_showing(fid)
        }

    # ---- what may be asked

    @property
    def numbers(self) -> list[Item]:
        return [one.item for one in self.fields.values() if one.item.kind.summed]

    @property
    def choices(self) -> list[Item]:
        return [one.item for one in self.fields.values() if one.counted]

    @property
    def of(self) -> IndexedField | None:
        found = self.fields.get(self.question.of)
        return found if found and found.item.kind.summed else None

    @property
    def split(self) -> IndexedField | None:
        found = self.fields.get(self.question.split)
        return found if found and found.counted and self.of is None else None

    # ---- where

    @cached_property
    def roots(self) -> list[Unit]:
        """The parts of the reader's scope that have counters, by code; the one place asked for, where it is inside."""
        found = units_of(self.rights.actor, "record:list", [self.form.county_id])
        return narrowed(found, self.question.place_id)

    @cached_property
    def place(self) -> Unit | None:
        """The one unit the page is about; None where the reader's scope has several."""
        return self.roots[0] if len(self.roots) == 1 else None

    @cached_property
    def units(self) -> list[Unit]:
        """The rows of a table by organisation: what lies below the one unit, or the several."""
        return units_below(self.roots)

    # ---- figures

    @cached_property
    def _by_value(self) -> dict[str, dict[str, Amount]]:
        """Every field's values in the period, added up over the roots."""
        found: dict[str, dict[str, Amount]] = {}
        for (fid, value), amount in self._read(("fid", "value"), self.roots, whole=True):
            found.setdefault(fid, {})[value] = amount
        return found

    @cached_property
    def records(self) -> int:
        return self._by_value.get("", {}).get("", NONE).n

    @cached_property
    def sums(self) -> list[FieldSum]:
        return [FieldSum(item, _added(self._answered(item.fid))) for item in self.numbers]

    @cached_property
    def counts(self) -> list[FieldValues]:
        return [FieldValues(item, self._values(item)) for item in self.choices]

    def _answered(self, fid: str) -> Iterator[Amount]:
        return (amount for value, amount in self._by_value.get(fid, {}).items() if value)

    def _values(self, item: Item) -> list[tuple[str, str, int]]:
        found = self._by_value.get(item.fid, {})
        return [(value, words, found[value].n if value in found else 0) for value, words in self._words(item, found)]

    def _words(self, item: Item, found: Iterable[str]) -> list[tuple[str, str]]:
        """Return (value, words) of an option field: those offered, those that answers have besides, and no answer."""
        words = dict(self._offered(item))
        for version in self.known.definitions.values():
            for option in (option for one in version.items if one.fid == item.fid for option in one.options):
                if option.value in found:
                    words.setdefault(option.value, option.text(self.locale))
        words |= {value: value for value in found if value and value not in words}
        return [*words.items(), *([("", _("未填"))] if "" in found else [])]

    def _offered(self, item: Item) -> Iterator[tuple[str, str]]:
        if item.kind.value_type == "bool":
            yield from (("true", _("是")), ("false", _("否")))
        elif item.type == "rating":
            said = Context(today=date.min, translate=_)
            yield from ((str(n), item.kind.display(item, n, said)) for n in range(1, stars(item) + 1))
        else:
            yield from ((option.value, option.text(self.locale)) for option in item.live_options)

    # ---- the cross-tab

    @cached_property
    def crosstab(self) -> Crosstab:
        """Rows by organisation or month; columns by value where the page is split, else by month or none."""
        rows = [(unit.id, unit.name) for unit in self.units] if self._by_org else [(one, one) for one in self.months]
        heads = self._heads()
        found = self._cells()
        keys = [key for key, _name in heads]
        lines = [_line(name, [found.get((row, key), NONE) for key in keys], self._leads(row)) for row, name in rows]
        if self._by_org and self.place:
            lines += self._remainder(lines, [found.get((self.place.id, key), NONE) for key in keys])
        columns = [_added(line.cells[number] for line in lines) for number in range(len(keys))]
        return Crosstab([name for _key, name in heads], lines, columns, _added(line.total for line in lines))

    @property
    def _by_org(self) -> bool:
        return self.question.rows == "org"

    def _heads(self) -> list[tuple[Any, str]]:
        if self.split:
            return list(self._words(self.split.item, self._by_value.get(self.split.fid, {})))
        return [(one, one) for one in self.months] if self._by_org else [("", _("合计"))]

    def _cells(self) -> dict[tuple[Any, Any], Amount]:
        column = "value" if self.split else "month"
        if self._by_org:
            places = {unit.id: unit for unit in (*self.units, *self.roots)}  # the one unit itself, for what is left
            read = self._read(("place_id", column), list(places.values()))
        elif self.split:
            read = self._read(("month", column), self.roots)
        else:
            return {(month, ""): one for (month,), one in self._read((column,), self.roots)}
        return dict(read)

    def _remainder(self, lines: Sequence[Line], whole: Sequence[Amount]) -> list[Line]:
        """Return the row of what lies in the unit itself, in none of those below it."""
        if not self.place or self.units == [self.place]:
            return []
        rest = [one - _added(line.cells[number] for line in lines) for number, one in enumerate(whole)]
        return [_line(_("%(unit)s本级", unit=self.place.name), rest, None)] if any(one.n for one in rest) else []

    def _leads(self, row: Any) -> int | None:
        levels = {unit.id: unit.level for unit in self.units}
        return row if levels.get(row) in {Level.COUNTY, Level.TOWNSHIP} else None

    def _read(
        self, columns: tuple[str, ...], places: Sequence[Unit], *, whole: bool = False
    ) -> Iterator[tuple[tuple[Any, ...], Amount]]:
        """Add up counters: of all fields (`whole`), or of what the cross-tab asks for.

        That is the records themselves, a field's values, or its numbers.
        """
        asked = self.split or self.of
        query = _sums(columns, len(places), whole=whole, answered=not whole and self.of is not None)
        values = {"form": self.form.id, "first": self.question.first, "last": self.question.last}
        if not whole:
            values["fid"] = asked.fid if asked else ""
        for *key, n, units, micro in query.all(**values, **numbered([unit.id for unit in places])):
            total = Decimal(int(units)) + Decimal(int(micro)) / MICRO if units or micro else ZERO
            yield tuple(key), Amount(int(n), total)


@functools.cache
def _sums(columns: tuple[str, ...], places: int, *, whole: bool, answered: bool) -> Prepared:
    table = FieldMonth.__table__.c
    keys = [table[name] for name in columns]
    # As the driver gives them: PostgreSQL's sums are Decimal, and made whole numbers where they are read.
    sums = [sa.type_coerce(sa.func.sum(table[name]), sa.Integer).label(name) for name in ("n", "whole", "micro")]
    where = [table.form_id == sa.bindparam("form"), table.place_id.in_(many(places)), table.n > 0]
    where += [table.month >= sa.bindparam("first"), table.month <= sa.bindparam("last")]
    where += [] if whole else [table.fid == sa.bindparam("fid")]
    where += [table.value != ""] if answered else []
    return Prepared(sa.select(*keys, *sums).where(*where).group_by(*keys))


def _line(name: str, cells: Sequence[Amount], place_id: int | None) -> Line:
    return Line(name, cells, _added(cells), place_id)


def _added(amounts: Iterable[Amount]) -> Amount:
    n, total = 0, ZERO
    for one in amounts:
        n += one.n
        if one.total:
            total += one.total
    return Amount(n, total)


def places_of(reader: Actor, form: Form) -> list[Unit]:
    """Return what a reader may narrow the page to: their own units and the townships in them."""
    return places_in(units_of(reader, "record:list", [form.county_id]))


def told(amount: Amount, item: Item | None, *, average: bool = False) -> str:
    """Say what an amount comes to: records, a sum as its field says numbers, an average with two places."""
    value = value_of(amount, item, average=average)
    if value is None:
        return ""
    if item is not None and item.type == "money":
        return f"{value:,.2f}"
    whole, _point, rest = f"{value:,f}".partition(".")
    rest = rest.rstrip("0")
    return f"{whole}.{rest}" if rest else whole


def value_of(amount: Amount, item: Item | None, *, average: bool = False) -> Decimal | int | None:
    """Return the number itself; None where there is nothing to average."""
    if item is None:
        return amount.n
    return amount.average if average else amount.total


def chart_of(table: Crosstab, kind: str, item: Item | None, *, average: bool, split: bool) -> Mapping[str, Any]:
    """Return what static/charts.js draws: one series of the rows' totals, or one a column where the page is split."""

    def numbers(amounts: Iterable[Amount]) -> list[float]:
        return [float(value_of(one, item, average=average) or 0) for one in amounts]

    if split and kind != "pie":
        series = [
            {"label": head, "data": numbers(line.cells[number] for line in table.lines)}
            for number, head in enumerate(table.heads)
        ]
        return {"kind": kind, "labels": [line.name for line in table.lines], "series": series, "stacked": True}
    if split:
        return {"kind": kind, "labels": list(table.heads), "series": [{"label": "", "data": numbers(table.sums)}]}
    rows = [line for line in table.lines if kind != "pie" or line.total.n]
    data = numbers(line.total for line in rows)
    return {"kind": kind, "labels": [line.name for line in rows], "series": [{"label": "", "data": data}]}
