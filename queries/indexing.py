"""What the side index, the counters and the word index must say about a record: derived data, computed in one place.

Lists read it, services/indexing.py writes it, `flask forms check-index` compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from engine.bigrams import bigrams
from engine.context import Context
from engine.definition import Definition, Item
from engine.schema import build_item
from models.base import db
from models.records import Record, RecordState
from queries import forms
from queries.answers import org_name
from queries.blind import blind

COUNTY_ZONE = ZoneInfo("Asia/Shanghai")  # months of the counters are months of the county
TEXT, NUMBER = "record_text", "record_number"
Value = str | float
# Every active record has a row for every indexed field, so that sorting loses nobody. These stand for "no answer"
# and come before all answers.
EMPTY: dict[str, Value] = {TEXT: "", NUMBER: float("-inf")}
VALUE_LENGTH = 200
MICRO = 10**6  # no number has more than six decimal places
ANY_NUMBER = "*"  # the value under which field_month keeps a number that is only added up
STAGE = "_stage"  # stands among the fields as if it were a question; no fid begins with an underscore
STAGE_LABEL = {"zh_Hans_CN": "办理阶段", "en": "Stage"}
CACHED_SHAPES = 512
HELD = "held_shapes"  # in session.info
LISTS = frozenset({"select_multiple"})  # kinds of which one answer has several index rows
IMPLIED = {"eq": ("ne", "in"), "ge": ("between",), "empty": ("filled",)}  # what a kind can do that can do these


@dataclass(frozen=True, slots=True)
class IndexedField:
    """A field of a form that has rows in the side index. `item` is its newest definition."""

    fid: str
    table: str
    item: Item
    repeated: bool = False  # it is asked in the rows of a repeat: a record may give many answers

    @property
    def counted(self) -> bool:
        """Tell whether field_count carries its values: few distinct ones."""
        return self.item.kind.counted

    @property
    def tallied(self) -> bool:
        """Tell whether field_month carries its values or their sum. Organisations are its places already."""
        plain = self.item.type != "org" and not self.item.sealed and not self.repeated
        return plain and (self.counted or self.item.kind.summed)

    def count_value(self, value: Value) -> str:
        """Spell an index value for field_count: organisations as whole numbers, emptiness as the empty text."""
        if isinstance(value, str):
            return value
        return "" if value == EMPTY[NUMBER] else str(int(value))

    @property
    def sortable(self) -> bool:
        return self.item.kind.sortable and not self.item.sealed and not self.repeated

    @property
    def single(self) -> bool:
        """Tell whether a record has one index row of it at most."""
        return not self.repeated and self.item.type not in LISTS

    @property
    def operators(self) -> tuple[str, ...]:
        """Return what a list can be filtered by (queries.conditions.Filter names them all)."""
        own = [name for name in self.item.kind.operators if name != "contains" or in_words(self.item)]
        found = [name for one in own for name in (one, *IMPLIED.get(one, ()))]
        if self.item.type == "org":
            found.append("under")
        return tuple(dict.fromkeys(found))


def is_indexed(item: Item, definition: Definition) -> bool:
    """Tell whether a version asks for index rows: chosen, a list column, or sealed (found by its keyed hash)."""
    if not item.kind.answerable:
        return False
    matched = definition.duplicate is not None and item.fid in definition.duplicate.match
    return item.index or item.sealed or ((matched or item.fid in definition.list_fids) and bool(item.kind.index_as))


def in_words(item: Item) -> bool:
    """Tell whether the words of an answer go into the word index."""
    return item.search and item.kind.searchable and not item.sealed


def table_of(item: Item) -> str:
    return NUMBER if item.kind.index_as == "number" and not item.sealed else TEXT


def fields_of(versions: Iterable[Definition]) -> dict[str, IndexedField]:
    """Return the indexed fields of a form by fid: what any version indexes stays indexed; the newest item counts."""
    found: dict[str, IndexedField] = {}
    definition = None
    for definition in versions:  # in their order, so that the last one is the newest
        for item in definition.every_item:
            if item.fid in found or is_indexed(item, definition):
                repeated = bool(definition.repeats_of(item.fid))
                found[item.fid] = IndexedField(item.fid, table_of(item), item, repeated=repeated)
    if definition is not None and definition.stages:
        found[STAGE] = IndexedField(STAGE, TEXT, stage_item(definition))
    return found


def stage_item(definition: Definition) -> Item:
    """Return the stages of a form as a question with options, the first stage first."""
    options = [{"value": one.value, "label": one.label.locales} for one in definition.stages]
    raw = {"fid": STAGE, "key": "stage", "type": "select_one", "label": STAGE_LABEL, "index": True}
    return build_item({**raw, "options": options})


@dataclass(frozen=True, eq=False)
class Shape:
    """A form over all its versions: definitions by number, the newest number, and what is indexed."""

    definitions: Mapping[int, Definition]
    fields: Mapping[str, IndexedField]

    @property
    def newest(self) -> Definition:
        return self.definitions[max(self.definitions)]

    @cached_property
    def columns(self) -> tuple[Item, ...]:
        """The answerable items of all versions: those of the newest first, then what it no longer has."""
        found: dict[str, Item] = {}
        for number in sorted(self.definitions, reverse=True):
            for item in self.definitions[number].items:
                if item.kind.answerable:
                    found.setdefault(item.fid, item)
        return tuple(sorted(found.values(), key=lambda item: item.retired))


def shape(form_id: int) -> Shape:
    """Return the shape of a form that was published at least once.

    Shapes are built once per process, by what queries.forms.version_marks says. Raises LookupError where there is no
    version.
    """
    if form_id in db.session.info.get(HELD, ()):
        held: Shape = db.session.info[HELD][form_id]
        return held
    return _shape(form_id)


@contextmanager
def held_shape(form_id: int) -> Iterator[Shape]:
    """Read the shape once for thousands of records of one act, which holds the form: no version comes between."""
    held: dict[int, Shape] = db.session.info.setdefault(HELD, {})
    held[form_id] = _shape(form_id)
    try:
        yield held[form_id]
    finally:
        del held[form_id]


def _shape(form_id: int) -> Shape:
    versions = forms.version_marks(form_id)
    if not versions:
        raise LookupError(f"form {form_id} has no version")
    key = (form_id, versions)
    if key not in _shapes:
        if len(_shapes) >= CACHED_SHAPES:
            _shapes.clear()
        definitions = {number: forms.parsed_once(form_id, number, sha) for number, sha in versions}
        _shapes[key] = Shape(definitions, fields_of(definitions.values()))
    return _shapes[key]


_shapes: dict[tuple[int, tuple[tuple[int, str], ...]], Shape] = {}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies, as the index spells it: 0 where it lies above that level."""

    county_id: int
    town_id: int
    village_id: int
    org_id: int


def place_of(record: Record) -> Place:
    return Place(record.county_id, record.town_id or 0, record.village_id or 0, record.org_id)


IndexRow = tuple[str, str, int, Value, int]  # table, fid, town, value, village
CountKey = tuple[str, str, int, int]  # fid, value, town, village
Tally = tuple[str, str, int, int]  # fid, value, whole part and millionths of what is added up
ITSELF: Tally = ("", "", 0, 0)  # the record, as field_month counts it


@dataclass(frozen=True)
class Derived:
    """All derived data of one active record; an empty one stands for a record that is not there."""

    rows: frozenset[IndexRow] = frozenset()
    counts: frozenset[CountKey] = frozenset()
    month: tuple[int, int, int, str] | None = None  # county, town, village, "2026-11"
    tokens: tuple[str, ...] = ()
    tallies: frozenset[Tally] = frozenset()

    def values_only(self) -> Derived:
        """Return the part that counts values, for a record that is counted itself already."""
        return replace(self, rows=frozenset(), tokens=(), tallies=self.tallies - {ITSELF})

    @property
    def counts_itself(self) -> bool:
        return ITSELF in self.tallies


NOTHING = Derived()


def derived(record: Record, known: Shape) -> Derived:
    """Return what the index should say about a record as it is now; nothing about a void one."""
    if record.state != RecordState.ACTIVE:
        return NOTHING
    return derive(
        form_id=record.form_id,
        place=place_of(record),
        created_at=record.created_at,
        answers=record.answers,
        stage=record.stage,
        definition=known.definitions[record.version],
        fields=known.fields,
        org_name=org_name,
    )


def world(created_at: datetime, names: Callable[[int], str | None] = org_name) -> Context:
    """Return the engine's context for saying what a record holds."""
    return Context(today=created_at.date(), org_name=names)


def month_of(at: datetime) -> str:
    here = at.astimezone(COUNTY_ZONE)
    return f"{here.year:04}-{here.month:02}"


def derive(
    *,
    form_id: int,
    place: Place,
    created_at: datetime,
    answers: Mapping[str, Any],
    definition: Definition,
    fields: Mapping[str, IndexedField],
    org_name: Callable[[int], str | None],
    stage: str | None = None,
) -> Derived:
    """Compute the derived data of an active record from its document."""
    context = world(created_at, org_name)
    known = {item.fid: item for item in definition.every_item}
    rows: set[IndexRow] = set()
    counts: set[CountKey] = set()
    for field in fields.values():
        item, found = known.get(field.fid), stored_answers(definition, field.fid, answers)
        if field.fid == STAGE:
            item, found = field.item, [stage or field.item.options[0].value]
        for value in {value for stored in found or [None] for value in index_values(field, item, stored)}:
            rows.add((field.table, field.fid, place.town_id, value, place.village_id))
            if field.counted:
                counts.add((field.fid, field.count_value(value), place.town_id, place.village_id))
    return Derived(
        rows=frozenset(rows),
        counts=frozenset(counts),
        month=(place.county_id, place.town_id, place.village_id, month_of(created_at)),
        tokens=tuple(tokens_of(form_id, [*place_words(place), *words(definition, answers, context)])),
        tallies=frozenset([ITSELF, *tallies_of(definition, answers, fields, stage)]),
    )


def tallies_of(
    definition: Definition, answers: Mapping[str, Any], fields: Mapping[str, IndexedField], stage: str | None = None
) -> Iterator[Tally]:
    """Yield what the answers of record level add to field_month: each value once, a number with its amount."""
    known = {item.fid: item for item in definition.items}
    for field in fields.values():
        if not field.tallied:
            continue
        item, stored = known.get(field.fid), answers.get(field.fid)
        if field.fid == STAGE:
            item, stored = field.item, stage or field.item.options[0].value
        if item is None or stored is None:
            if field.counted:
                yield field.fid, "", 0, 0
            continue
        amount = parts_of(item.kind.from_json(stored)) if item.kind.summed else (0, 0)
        values = map(field.count_value, index_values(field, item, stored)) if field.counted else (ANY_NUMBER,)
        for value in values:
            yield field.fid, value, *amount


def parts_of(number: int | Decimal) -> tuple[int, int]:
    """Return the whole part and the millionths of a number."""
    whole = int(number)
    return whole, int((Decimal(number) - whole) * MICRO)


def stored_answers(definition: Definition, fid: str, answers: Mapping[str, Any]) -> list[Any]:
    """Return what is stored for an item: one answer at most, inside repeats one for each row that has one."""
    levels = [answers]
    for repeat in definition.repeats_of(fid) if fid in definition else ():
        levels = [row for one in levels for row in one.get(repeat) or ()]
    return [one[fid] for one in levels if one.get(fid) is not None]


def index_values(field: IndexedField, item: Item | None, stored: Any) -> list[Value]:
    """Return the index values of one stored answer; the mark of emptiness where there is none."""
    if item is None or stored is None:
        return [EMPTY[field.table]]
    if isinstance(stored, dict):  # sealed: {"sealed", "mask", "blind"}
        return [str(stored["blind"])]
    value = item.kind.from_json(stored)
    if field.table == NUMBER:
        return list(item.kind.index_number(item, value))
    texts = item.kind.index_text(item, value) or ["1"]  # a photograph has no value to index, only presence
    return [text[:VALUE_LENGTH] for text in texts]


def tokens_of(form_id: int, grams: Iterable[str]) -> list[str]:
    """Return search words as the word index keeps them: each carries its form, so that a form's words stand alone.

    A mark of form beside the words would have to be met with the words of every search. No text holds a plus sign
    once it is cut into pairs.
    """
    return [f"{form_id}+{gram}" for gram in grams]


def place_words(place: Place) -> list[str]:
    """Return the words of a place. They are longer than any pair of characters, so no text can forge them."""
    marks = (("tt", place.town_id), ("vv", place.village_id), ("oo", place.org_id))
    return [f"{mark}{ident}" for mark, ident in marks if ident]


def words(definition: Definition, answers: Mapping[str, Any], context: Context) -> list[str]:
    """Return the search words of the answers, field after field."""
    return [pair for _item, text in search_texts(definition, answers, context) for pair in bigrams(text)]


def search_texts(definition: Definition, answers: Mapping[str, Any], context: Context) -> list[tuple[Item, str]]:
    """Return the texts by which a record is found, each with its item; those of all rows are one text."""
    return [
        (item, "\n".join(item.kind.search_text(item, item.kind.from_json(one), context) for one in found))
        for item in definition.every_item
        if in_words(item) and (found := stored_answers(definition, item.fid, answers))
    ]


def blind_of(fid: str, text: str) -> str:
    """Return the keyed hash of a sealed answer, different for each field."""
    return blind(text, context=f"record.{fid}")
