"""Expressions: a strict tree in JSON, `{"op": [args]}`, `{"var": "fid"}`, `{"today": []}`, `{"date": ["2026-01-31"]}`.

No coercion, at most 500 nodes and 20 levels, no loops but over the rows of one repeat; docs/expressions.md tells all
of it. `tests/unit/engine/conformance.json` says what each operation means; every evaluator must pass it, also
`static/expressions.js`.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from engine.messages import N_, Message
from engine.operations import AGGREGATES, LOOPS, OPERATIONS
from engine.values import LIMIT, PLACES, Row, Value, as_value, rounded

DEPTH = 20
NODES = 500
Expression = Any


class _Place(NamedTuple):
    """Where a node stands: its level, whether a text there is a fid, and the repeat over whose rows a loop holds it."""

    depth: int = 1
    reference: bool = False
    looped: bool = False
    over: str | None = None


def problems(expression: Expression, known_fids: Collection[str]) -> list[Message]:
    """List what is wrong with a tree, of whatever JSON it is made; an empty list means that it can be evaluated."""
    found: list[Message] = []
    for count, (node, place) in enumerate(_nodes(expression), start=1):
        if place.depth > DEPTH:
            return [Message(N_("条件嵌套太深，最多 %(most)s 层"), {"most": DEPTH})]
        if count > NODES:
            return [Message(N_("条件太长，最多 %(most)s 个部分"), {"most": NODES})]
        found.extend(_node_problems(node, known_fids, place))
    return found


def dependencies(expression: Expression) -> frozenset[str]:
    """Return the fids that a checked tree reads."""
    return frozenset(fid for node, place in _nodes(expression) if (fid := _reference(node, place)) is not None)


def readings(expression: Expression) -> Iterator[tuple[str, str | None]]:
    """Walk the fids that a checked tree reads, each with the repeat in whose rows a loop reads it, or None."""
    return ((fid, place.over) for node, place in _nodes(expression) if (fid := _reference(node, place)) is not None)


def uses_today(expression: Expression) -> bool:
    """Tell whether a checked tree reads the day."""
    return any(isinstance(node, dict) and "today" in node for node, _ in _nodes(expression))


def evaluate(expression: Expression, values: Mapping[str, Any], today: date) -> Value:
    """Evaluate a checked tree over answers by fid; numbers come back as Decimal, empty as None."""
    if not isinstance(expression, dict):
        return as_value(expression)
    ((name, arguments),) = expression.items()
    if name == "var":
        return as_value(values.get(arguments))
    if name == "today":
        return today
    if name == "date":
        return date.fromisoformat(arguments[0])
    if name in LOOPS:
        return OPERATIONS[name].run(_over_rows(arguments, values, today))
    if name in AGGREGATES:
        arguments = [{"var": one} if isinstance(one, str) else one for one in arguments]
    return OPERATIONS[name].run(*(evaluate(argument, values, today) for argument in arguments))


def _over_rows(arguments: list[Any], values: Mapping[str, Any], today: date) -> list[Value]:
    """Evaluate the second argument for each row of the first; the row's answers stand before those of the form."""
    fid, inner = arguments
    rows, outer = as_value(values.get(fid)), dict(values)
    return [
        evaluate(inner, ChainMap(dict(row.answers), outer), today)
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, Row)
    ]


def holds(expression: Expression, values: Mapping[str, Any], today: date) -> bool:
    """Tell whether a condition is true; empty is not."""
    return evaluate(expression, values, today) is True


def walk(expression: Expression) -> Iterator[Any]:
    """Walk all nodes of a tree, the root first."""
    return (node for node, _ in _nodes(expression))


def _nodes(expression: Expression) -> Iterator[tuple[Any, _Place]]:
    """Walk nodes with their places; without recursion, for any depth."""
    waiting = [(expression, _Place())]
    while waiting:
        node, place = waiting.pop()
        yield node, place
        if isinstance(node, dict) and len(node) == 1:
            ((name, arguments),) = node.items()
            if isinstance(arguments, list) and name in OPERATIONS:
                inner = [(one, _inside(name, number, arguments, place)) for number, one in enumerate(arguments)]
                waiting.extend(reversed(inner))


def _inside(name: str, number: int, arguments: list[Any], place: _Place) -> _Place:
    reference = name in AGGREGATES or (name in LOOPS and number == 0)
    over = arguments[0] if name in LOOPS and number and isinstance(arguments[0], str) else place.over
    return _Place(place.depth + 1, reference, place.looped or name in LOOPS, over)


def _reference(node: Any, place: _Place) -> str | None:
    if isinstance(node, str):
        return node if place.reference else None
    name = node.get("var") if isinstance(node, dict) and len(node) == 1 else None
    return name if isinstance(name, str) else None


def _node_problems(node: Any, known_fids: Collection[str], place: _Place) -> list[Message]:
    fid = _reference(node, place)
    if fid is not None:
        return [] if fid in known_fids else [Message(N_("条件里提到的题目“%(fid)s”不存在或已停用"), {"fid": fid})]
    if isinstance(node, dict):
        return _operation_problems(node, place)
    return [] if _literal(node) else [Message(N_("条件里只能用文字、数字、是否和空值"))]


def _literal(node: Any) -> bool:
    if node is None or isinstance(node, str | bool):
        return True
    if not isinstance(node, int | float):
        return False
    number = Decimal(repr(node)) if isinstance(node, float) else Decimal(node)
    return number.is_finite() and abs(number) < LIMIT and rounded(number, PLACES) == number


def _operation_problems(node: dict[Any, Any], place: _Place) -> list[Message]:
    if len(node) != 1:
        return [Message(N_("条件的每一部分只能有一个运算"))]
    ((name, arguments),) = node.items()
    if name == "today":
        return [] if arguments == [] else [_arity(name)]
    if name == "date":
        return [] if _iso(arguments) else [Message(N_("条件里的日期要写成 2026-01-31 这样"))]
    if name not in OPERATIONS:
        return [Message(N_("条件里有不认识的运算“%(name)s”"), {"name": str(name)[:40]})]
    operation = OPERATIONS[name]
    fits = isinstance(arguments, list) and operation.least <= len(arguments) <= operation.most
    if not fits:
        return [_arity(name)]
    return _loop_problems(name, arguments, place) if name in LOOPS else []


def _loop_problems(name: str, arguments: list[Any], place: _Place) -> list[Message]:
    if not isinstance(arguments[0], str):
        return [Message(N_("运算“%(name)s”的第一个参数要是一组重复填写的题目"), {"name": name})]
    # Loops within loops could run for hours.
    return [Message(N_("逐行的运算“%(name)s”不能放在另一个逐行的运算里面"), {"name": name})] if place.looped else []


def _arity(name: str) -> Message:
    return Message(N_("运算“%(name)s”的参数个数不对"), {"name": name})


def _iso(arguments: Any) -> bool:
    if not (isinstance(arguments, list) and len(arguments) == 1 and isinstance(arguments[0], str)):
        return False
    try:
        return date.fromisoformat(arguments[0]).isoformat() == arguments[0]
    except ValueError:
        return False
