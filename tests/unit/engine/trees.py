"""Random expressions and answers, and how values are written in `conformance.json` and compared between evaluators."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from engine.operations import LOOPS, OPERATIONS
from engine.values import Row

KNOWN = frozenset({"a1", "a2", "a3", "a4", "a5"})
FIDS = st.sampled_from(sorted(KNOWN))

# A few texts, numbers and days that meet again and again, so that comparisons and reading are not always false.
texts = st.sampled_from(
    ["", "x", "y", "x y", "村", "𠀀", "～", "12.5", "-3", "2026-01-01", "%Y-%n", "'", '"']
) | st.text(max_size=5)
numbers = st.one_of(
    st.integers(-3, 12),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.decimals(-(10**6), 10**6, places=6).map(float),
    st.sampled_from([0.1, 0.2, 0.5, -0.5, 2.5, 1e-06, 999999999.5]),
)
days = st.sampled_from([date(2026, 11, 22), date(2024, 2, 29), date.min, date.max]) | st.dates()
literals = st.one_of(st.none(), st.booleans(), texts, numbers)
leaves: st.SearchStrategy[Any] = st.one_of(
    FIDS.map(lambda fid: {"var": fid}),
    literals,
    st.just({"today": []}),
    days.map(lambda day: {"date": [day.isoformat()]}),
)


def operation(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def arguments(name: str) -> st.SearchStrategy[Any]:
        if name in LOOPS:
            return st.tuples(FIDS, children).map(lambda args: {name: list(args)})
        most = min(OPERATIONS[name].most, 3)
        return st.lists(children, min_size=OPERATIONS[name].least, max_size=most).map(lambda args: {name: args})

    return st.sampled_from(sorted(OPERATIONS)).flatmap(arguments)


trees: st.SearchStrategy[Any] = st.recursive(leaves, operation, max_leaves=12)
single = st.one_of(st.none(), st.booleans(), texts, numbers, st.decimals(-(10**6), 10**6, places=6), days)
rows = st.lists(st.dictionaries(FIDS, single, max_size=3), max_size=3)
answers = st.dictionaries(FIDS, st.one_of(single, st.lists(single, max_size=3), rows), max_size=5)


def read(written: Any) -> Any:
    """Read a value of the conformance file."""
    if isinstance(written, dict):
        if set(written) == {"date"}:
            return date.fromisoformat(written["date"])
        return {fid: read(one) for fid, one in written.items()}
    if isinstance(written, list):
        return [read(one) for one in written]
    return Decimal(str(written)) if isinstance(written, float) else written


def written(value: Any) -> Any:
    """Write an answer as the driver of the other evaluator reads it."""
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, Decimal):
        return {"number": f"{value:f}"}
    if isinstance(value, list):
        return [written(one) for one in value]
    return {fid: written(one) for fid, one in value.items()} if isinstance(value, dict) else value


def told(value: Any) -> Any:
    """Write a result so that its type shows and equal results are equal."""
    if isinstance(value, list):
        return [told(one) for one in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return {"number": plain(Decimal(value))}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    return "row" if isinstance(value, Row | dict) else {"is": value}


def plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
