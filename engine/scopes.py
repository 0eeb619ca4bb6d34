"""Where answers stand: at record level or in the row of a repeat; what is shown there, and what each place can see.

The address of an answer is its fid at record level and `b0/<row id>/b1` in a row, deeper ones likewise.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from engine.context import Context
from engine.defaults import default_value
from engine.expressions import evaluate, holds
from engine.messages import N_, Invalid, Message
from engine.schema import ROW_ID, Definition, Item

ALL_ROWS = 1000  # of one record: conditions are evaluated in each of them
_RESULTS = {"text": str, "number": Decimal, "date": date, "bool": bool}


@dataclass(eq=False)
class Scope:
    """The record (prefix "") or one row of a repeat (prefix `b0/<row id>/`): what was read, and what is visible now."""

    items: tuple[Item, ...]
    prefix: str
    context: Context
    parsed: dict[str, Any] = field(default_factory=dict)
    unreadable: dict[str, Message] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    below: dict[str, list[Scope]] = field(default_factory=dict)  # by the fid of the repeat
    values: dict[str, Any] = field(default_factory=dict)  # in rows with None for what is empty, see `view`
    view: Mapping[str, Any] = field(default_factory=dict)  # what conditions here can read

    def answer(self, fid: str) -> Any:
        """Return a visible answer, None when it is empty or hidden."""
        return self.values.get(fid)


def read(definition: Definition, raw: Mapping[str, Any], context: Context) -> Scope:
    """Read raw answers; what was sent for calculations is left aside."""
    return _Reader().scope(definition.live_items, raw, context)


class _Reader:
    """Reads one set of answers and counts its rows."""

    def __init__(self) -> None:
        self.rows = 0

    def scope(
        self, items: tuple[Item, ...], raw: Mapping[str, Any], context: Context, prefix: str = "", around: Any = None
    ) -> Scope:
        made = Scope(items, prefix, context)
        # A row sees itself first, also where it is empty, then what is around it.
        made.view = ChainMap(made.values, around) if prefix else made.values
        known = {item.fid for item in items} | ({ROW_ID} if prefix else set())
        made.unknown.extend(f"{prefix}{fid}" for fid in raw if fid not in known)
        if prefix:
            made.parsed[ROW_ID] = raw[ROW_ID]
        for item in items:
            if item.calculation is None:
                self.item(made, item, raw.get(item.fid))
        return made

    def item(self, made: Scope, item: Item, raw: Any) -> None:
        try:
            value = item.kind.parse(item, raw, made.context)
            if value is None and not item.kind.entered:
                value = default_value(item, made.context)
            if item.kind.repeats:
                made.below[item.fid] = self.below(made, item, value or [])
            elif value is not None:
                made.parsed[item.fid] = value
        except Invalid as invalid:
            made.unreadable[item.fid] = invalid.message

    def below(self, made: Scope, item: Item, rows: list[dict[str, Any]]) -> list[Scope]:
        self.rows += len(rows)
        if self.rows > ALL_ROWS:
            raise Invalid(N_("各组加起来行数太多，一份登记最多 %(most)s 行"), most=ALL_ROWS)
        before = {row[ROW_ID]: row for row in made.context.previous.get(item.fid) or ()}
        return [
            self.scope(
                item.live_row_items,
                row,
                replace(made.context, previous=before.get(row[ROW_ID], {})),
                f"{made.prefix}{item.fid}/{row[ROW_ID]}/",
                made.view,
            )
            for row in rows
        ]


def walk(scope: Scope) -> Iterator[tuple[Scope, Item]]:
    """Walk all places of answers in the order of the form, each row behind its repeat."""
    for item in scope.items:
        yield scope, item
        for row in scope.below.get(item.fid, ()):
            yield from walk(row)


def settle(definition: Definition, root: Scope) -> frozenset[str]:
    """Evaluate the show conditions and the calculations to a fixed point: the addresses shown, the values visible.

    What is hidden counts as empty for the others. The check refuses circles, so each round settles at least one
    more level and as many rounds as there are items are enough.
    """
    levels: dict[str, list[Scope]] = {}
    _by_level(root, "", levels)
    shown = frozenset(f"{scope.prefix}{item.fid}" for scope, item in walk(root))
    for _ in definition.every_live_item:
        _refresh(definition, root, levels, shown)
        now: set[str] = set()
        _show(definition, root, now, open_=True)
        if now == shown:
            return shown
        shown = frozenset(now)
    _refresh(definition, root, levels, shown)
    return shown


def _by_level(scope: Scope, level: str, levels: dict[str, list[Scope]]) -> None:
    levels.setdefault(level, []).append(scope)
    for fid, rows in scope.below.items():
        for row in rows:
            _by_level(row, fid, levels)


def _show(definition: Definition, scope: Scope, now: set[str], *, open_: bool) -> None:
    """Add the addresses that are shown: those whose condition holds, where what holds them is shown."""
    for item in scope.items:
        group = definition.group_of(item.fid)
        held = open_ if group is None else f"{scope.prefix}{group}" in now
        at = f"{scope.prefix}{item.fid}"
        if held and (item.show is None or holds(item.show, scope.view, scope.context.today)):
            now.add(at)
        for row in scope.below.get(item.fid, ()):
            _show(definition, row, now, open_=at in now)


def _refresh(definition: Definition, root: Scope, levels: Mapping[str, list[Scope]], shown: frozenset[str]) -> None:
    """Make visible the answers of what is shown, with what is computed from them."""
    _uncover(root, shown)
    for item in definition.computed_items:
        level = definition.repeats_of(item.fid)
        for scope in levels.get(level[-1] if level else "", ()):
            value = _computed(item, scope) if f"{scope.prefix}{item.fid}" in shown else None
            if value is not None:
                scope.values[item.fid] = value


def _uncover(scope: Scope, shown: frozenset[str]) -> None:
    values = scope.values
    values.clear()
    if scope.prefix:
        values.update(dict.fromkeys((item.fid for item in scope.items), None))
        values[ROW_ID] = scope.parsed[ROW_ID]
    for item in scope.items:
        rows = scope.below.get(item.fid)
        for row in rows or ():
            _uncover(row, shown)
        value = [row.values for row in rows] if rows else scope.parsed.get(item.fid)
        if value is not None and f"{scope.prefix}{item.fid}" in shown:
            values[item.fid] = value


def _computed(item: Item, scope: Scope) -> Any:
    """Compute an answer; a result of another type than the item's is empty, as all that cannot be said is."""
    result = evaluate(item.calculation, scope.view, scope.context.today)
    return result if type(result) is _RESULTS[item.kind.value_type] and result != "" else None


def visible(scope: Scope) -> dict[str, Any]:
    """Return the visible answers of a settled scope as values, what is empty left out."""
    return {
        fid: [visible(row) for row in scope.below[fid]] if fid in scope.below else value
        for fid, value in scope.values.items()
        if value is not None
    }


def hidden(scope: Scope, shown: frozenset[str]) -> Iterator[tuple[str, Item, Any]]:
    """Walk what was answered and is hidden: address, item and value; of a hidden repeat all its rows at once."""
    for item in scope.items:
        at = f"{scope.prefix}{item.fid}"
        rows = scope.below.get(item.fid, [])
        if at in shown:
            for row in rows:
                yield from hidden(row, shown)
        elif rows:
            yield at, item, [_parsed(row) for row in rows]
        elif item.fid in scope.parsed:
            yield at, item, scope.parsed[item.fid]


def _parsed(scope: Scope) -> dict[str, Any]:
    rows = {fid: [_parsed(row) for row in below] for fid, below in scope.below.items() if below}
    return {**scope.parsed, **rows}
