"""Cells of register pages: the one serializer behind lists, details, exports, prints and the interface.

It tells apart what was never asked, left empty and hidden by a condition, and masks names and sealed answers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from engine.answers import from_json
from engine.context import DEFAULT_LOCALE, Context, FileFacts
from engine.definition import Definition, Item
from engine.expressions import holds
from engine.kinds import KINDS
from engine.kinds import Cell as ExportValue
from models.access import Actor
from models.forms import Form
from models.orgs import OrgUnit
from models.prepared import Prepared, many, numbered
from queries.files import facts, files_by_uid
from queries.indexing import STAGE, Shape, shape, stage_item, stored_answers
from queries.rights import FieldRights, Rights

MASKED_KINDS = frozenset(name for name, kind in KINDS.items() if kind.personal)
FILTERS = frozenset({"eq", "in", "ge", "le", "empty"})


class CellState(StrEnum):
    FILLED = "filled"
    EMPTY = "empty"
    HIDDEN = "hidden"
    NOT_ASKED = "not_asked"
    CLOSED = "closed"


WORDS = {CellState.EMPTY: _l("未填"), CellState.HIDDEN: _l("条件隐藏"), CellState.NOT_ASKED: _l("未询问"),
         CellState.CLOSED: _l("无权查看")}  # fmt: skip


class Cell(NamedTuple):
    """One answer as people read it. `value` is what an export writes: a number, a day or a text."""

    fid: str
    text: str
    state: CellState
    masked: bool = False
    value: ExportValue = None


class Answered(Protocol):
    """A record, or one of its revisions."""

    @property
    def version(self) -> Any: ...

    @property
    def answers(self) -> Any: ...


def columns(form: Form, actor: Actor) -> tuple[Item, ...]:
    """Return the answerable items of all versions that the actor may view on some record.

    Those of the newest version come first, then what it no longer has. The stage is none of them: see stage_column.
    """
    known = shape(form.id)
    rights = Rights(known.newest, actor)
    return tuple(item for item in known.columns if item.fid in rights.anywhere)


def searchable(form: Form, actor: Actor) -> frozenset[str]:
    """Return the fids that lists may be narrowed and sorted by: those that the actor may view on every record."""
    return Rights(shape(form.id).newest, actor).searchable


def stage_column(form: Form) -> Item | None:
    """Return the stages of a form as a column, None where it has none."""
    field = shape(form.id).fields.get(STAGE)
    return field.item if field else None


def sortable(item: Item) -> bool:
    """Tell whether a list may be sorted by an item; it must also be indexed or a list column."""
    return item.kind.sortable and not item.sealed


def filterable(item: Item) -> bool:
    """Tell whether the condition panel offers an item."""
    return item.index and not item.sealed and bool(FILTERS & set(item.kind.operators) - {"empty"})


def cells(
    record: Answered, fids: Sequence[str], *, definition: Definition, rights: FieldRights, locale: str = DEFAULT_LOCALE
) -> list[Cell]:
    """Return the cells of one record or revision. What the rights do not open says so, and nothing else."""
    return _Plan(definition, fids, locale, org_names([record], [definition])).cells(record, rights.view)


def table(
    records: Sequence[Answered],
    fids: Sequence[str],
    *,
    known: Shape,
    actor: Actor,
    locale: str = DEFAULT_LOCALE,
    exported: bool = False,
    codes: bool = False,
) -> list[list[Cell]]:
    """Return the cells of many records of one form, each under its own version; organisations are read at once.

    What the actor may not view on a record says so, and nothing else. With `exported` the cells carry their values too,
    with `codes` those values are the stored ones.
    """
    rights = Rights(known.newest, actor)
    pinned = {number: known.definitions[number] for number in {record.version for record in records}}
    names = org_names(records, pinned.values())
    uploads = file_names(records, pinned.values()) if exported else {}
    plans = {
        number: _Plan(
            definition, fids, locale, names, newest=known.newest, exported=exported, codes=codes, uploads=uploads
        )
        for number, definition in pinned.items()
    }
    return [plans[record.version].cells(record, rights.on(record).view) for record in records]


def cell(item: Item, stored: Any, context: Context) -> Cell:
    """Return the cell of one stored answer, such as one in a row of a repeat."""
    return _saying(item, context, exported=False)(stored)


def exporter(item: Item, context: Context, *, codes: bool) -> Callable[[Any], Cell]:
    """Return how an export says stored answers of one question in the rows of a repeat."""
    return _saying(item, context, exported=True, codes=codes)


def org_names(records: Iterable[Answered], definitions: Iterable[Definition]) -> dict[int, str]:
    """Return the names of all organisations that stand in the answers, by one read."""
    items = _every(definitions, lambda item: item.type == "org").items()
    ids = {one for record in records for fid, form in items for one in stored_answers(form, fid, record.answers)}
    if not ids:
        return {}
    return {row.id: row.name for row in _named(len(ids)).all(**numbered(list(ids)))}


@functools.cache
def _named(number: int) -> Prepared:
    return Prepared(sa.select(OrgUnit.id, OrgUnit.name).where(OrgUnit.id.in_(many(number))))


def file_names(records: Iterable[Answered], definitions: Iterable[Definition]) -> dict[str, FileFacts]:
    """Return what an export says of the uploads in the answers, rows among them, by one read of their rows."""
    items = _every(definitions, lambda item: item.kind.takes_files)
    uids = {
        uid
        for record in records
        for fid, form in items.items()
        for one in stored_answers(form, fid, record.answers)
        for uid in one
    }
    return {uid: facts(file) for uid, file in files_by_uid(uids).items()}


def _every(definitions: Iterable[Definition], wanted: Callable[[Item], bool]) -> dict[str, Definition]:
    """Return the fids of such items, inside repeats too, each with a version that has it."""
    return {item.fid: one for one in definitions for item in one.every_item if wanted(item)}


class _Plan:
    """What can be settled once for all records of a version: which item stands in which column, and how to say it."""

    def __init__(
        self,
        definition: Definition,
        fids: Sequence[str],
        locale: str,
        names: Mapping[int, str],
        *,
        newest: Definition | None = None,
        exported: bool = False,
        codes: bool = False,
        uploads: Mapping[str, FileFacts] | None = None,
    ) -> None:
        self.definition = definition
        said = (uploads or {}).get
        self.context = Context(
            today=date.min, org_name=names.get, file_facts=said, locale=locale, translate=lambda text: str(_l(text))
        )
        asked = {item.fid: item for item in definition.live_items}
        if STAGE in fids:
            asked[STAGE] = stage_item(newest or definition)
        self.first_stage = asked[STAGE].options[0].value if STAGE in asked else ""
        self.items = [(fid, asked.get(fid)) for fid in fids]
        self.empty = {fid: Cell(fid, str(WORDS[CellState.EMPTY]), CellState.EMPTY) for fid in fids}
        self.hidden = {fid: Cell(fid, str(WORDS[CellState.HIDDEN]), CellState.HIDDEN) for fid in fids}
        self.not_asked = {fid: Cell(fid, str(WORDS[CellState.NOT_ASKED]), CellState.NOT_ASKED) for fid in fids}
        self.closed = {fid: Cell(fid, str(WORDS[CellState.CLOSED]), CellState.CLOSED) for fid in fids}
        self.sayings = {
            fid: _saying(item, self.context, exported=exported, codes=codes)
            for fid, item in self.items
            if item is not None
        }

    def cells(self, record: Answered, viewable: Container[str]) -> list[Cell]:
        answers = record.answers
        return [
            self.not_asked[fid] if item is None
            else self.closed[fid] if fid not in viewable
            else self._stage(record) if fid == STAGE
            else self.sayings[fid](answers[fid]) if fid in answers
            else self._missing(item, record)
            for fid, item in self.items
        ]  # fmt: skip

    def _stage(self, record: Answered) -> Cell:
        return self.sayings[STAGE](getattr(record, "stage", None) or self.first_stage)

    def _missing(self, item: Item, record: Answered) -> Cell:
        shows = self.definition.shows_of(item.fid) if item.fid in self.definition else ()
        if not shows:
            return self.empty[item.fid]
        values = from_json(self.definition, record.answers)
        shown = all(holds(show, values, saved_on(record)) for show in shows)
        return self.empty[item.fid] if shown else self.hidden[item.fid]


def _saying(item: Item, context: Context, *, exported: bool, codes: bool = False) -> Callable[[Any], Cell]:
    """Return how to say a stored answer of an item. Options are looked up in a table made once."""
    fid, kind = item.fid, item.kind
    if item.type in MASKED_KINDS or (item.masked and not item.sealed):
        return lambda stored: _masked(fid, kind.mask(item, kind.from_json(stored), context))
    if item.sealed:
        return lambda stored: _masked(fid, stored["mask"])
    if item.type == "select_one":
        said = {
            one.value: Cell(fid, text, CellState.FILLED, value=one.value if codes else text)
            for one, text in _labels(item, context)
        }
        return lambda stored: said.get(stored) or Cell(fid, stored, CellState.FILLED, value=stored)

    def say(stored: Any) -> Cell:
        value = kind.from_json(stored)
        return Cell(fid, kind.display(item, value, context), CellState.FILLED)

    def say_and_carry(stored: Any) -> Cell:
        return say(stored)._replace(value=kind.export_cells(item, kind.from_json(stored), context, codes=codes))

    return say_and_carry if exported else say


def _masked(fid: str, text: str) -> Cell:
    return Cell(fid, text, CellState.FILLED, masked=True, value=text)


def _labels(item: Item, context: Context) -> Iterable[tuple[Any, str]]:
    return ((option, option.text(context.locale)) for option in item.options)


def saved_on(record: Answered) -> date:
    """Return the day of the save, against which conditions with today() were judged."""
    at = getattr(record, "updated_at", None) or getattr(record, "at")  # noqa: B009 - a revision has only `at`
    day: date = at.date()
    return day
