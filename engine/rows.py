"""Raw or stored answers with rows in them: what stands where, and rows put in, taken out, moved and merged.

Nothing is changed in place. Addresses are those of engine.schema: `a1`, and in a row `b0/<row id>/b1`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from engine.schema import ROW_ID, Item

Answers = Mapping[str, Any]


def rows_of(answers: Answers, fid: str) -> list[Answers]:
    """Return the rows of a repeat, as far as they are rows with an id."""
    rows = answers.get(fid)
    return [row for row in rows if isinstance(row, Mapping) and ROW_ID in row] if isinstance(rows, list) else []


def places(items: Iterable[Item], answers: Answers, prefix: str = "") -> Iterator[tuple[str, Item, Any]]:
    """Walk all answers in the order of the form: address, item, answer. `items` are those of one level."""
    for item in items:
        at = f"{prefix}{item.fid}"
        yield at, item, answers.get(item.fid)
        if item.kind.repeats:
            for row in rows_of(answers, item.fid):
                yield from places(item.live_row_items, row, f"{at}/{row[ROW_ID]}/")


def answer_at(answers: Answers, at: str) -> Any:
    """Return the answer at an address, None where there is none."""
    fid, _, rest = at.partition("/")
    if not rest:
        return answers.get(fid)
    row_id, _, below = rest.partition("/")
    return next((answer_at(row, below) for row in rows_of(answers, fid) if row[ROW_ID] == row_id), None)


def seen_from(answers: Answers, at: str) -> dict[str, Any]:
    """Return the answers that stand around an address: those of its own row before those further out."""
    fid, _, rest = at.partition("/")
    row_id, _, below = rest.partition("/")
    row = next((row for row in rows_of(answers, fid) if row[ROW_ID] == row_id), None) if rest else None
    return {**answers, **(seen_from(row, below) if row is not None else {})}


def with_answer(answers: Answers, at: str, change: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the answers with the one at an address changed; unchanged where there is no such row."""
    fid, _, rest = at.partition("/")
    if not rest:
        return {**answers, fid: change(answers.get(fid))}
    row_id, _, below = rest.partition("/")
    rows = [with_answer(row, below, change) if row[ROW_ID] == row_id else row for row in rows_of(answers, fid)]
    return {**answers, fid: rows}


def with_row(answers: Answers, repeat: str, row: Answers, place: int | None = None) -> dict[str, Any]:
    """Put a row into the repeat at an address, behind the others or before the one that stands at `place`."""

    def put(rows: Any) -> list[Any]:
        found = list(rows or ())
        found.insert(len(found) if place is None else place, row)
        return found

    return with_answer(answers, repeat, put)


def without_row(answers: Answers, row: str) -> dict[str, Any]:
    """Take out the row at an address such as `b0/<row id>`."""
    repeat, _, row_id = row.rpartition("/")
    return with_answer(answers, repeat, lambda rows: [one for one in rows or () if one[ROW_ID] != row_id])


def with_row_moved(answers: Answers, row: str, step: int) -> dict[str, Any]:
    """Move the row at an address up (-1) or down (1) by one; at the end it stays."""
    repeat, _, row_id = row.rpartition("/")

    def move(rows: Any) -> list[Any]:
        found = list(rows or ())
        place = next((n for n, one in enumerate(found) if one[ROW_ID] == row_id), None)
        if place is not None and 0 <= place + step < len(found):
            found.insert(place + step, found.pop(place))
        return found

    return with_answer(answers, repeat, move)


def merged(items: Iterable[Item], before: Answers, after: Answers, spare: Answers | None = None) -> dict[str, Any]:
    """Put answers over earlier ones. A row that comes again keeps what is not said of it, here as in the whole.

    `spare` holds rows by id that were taken out and may come again.
    """
    found = {**before, **after}
    for item in items:
        if item.kind.repeats and item.fid in after:
            known = {row[ROW_ID]: row for row in rows_of(before, item.fid)}
            found[item.fid] = [
                merged(item.live_row_items, known.get(row[ROW_ID]) or (spare or {}).get(row[ROW_ID], {}), row, spare)
                for row in rows_of(after, item.fid)
            ]
    return found


def taken_out(items: Iterable[Item], before: Answers, after: Answers) -> dict[str, Answers]:
    """Return the rows, by id, that were there before and are not any more; of what is nested in one only the outer."""
    gone: dict[str, Answers] = {}
    for item in items:
        if item.kind.repeats:
            left = {row[ROW_ID]: row for row in rows_of(after, item.fid)}
            for row in rows_of(before, item.fid):
                if row[ROW_ID] in left:
                    gone |= taken_out(item.live_row_items, row, left[row[ROW_ID]])
                else:
                    gone[row[ROW_ID]] = row
    return gone
