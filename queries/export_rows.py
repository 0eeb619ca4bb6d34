"""The rows of a register as files have them: one table of records and one of each repeat, a batch at a time.

Each batch is one page of the list by its keyset, so that a hundred thousand records need the memory of five hundred.
"""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from engine.answers import from_json
from engine.context import DEFAULT_LOCALE, Context
from engine.definition import Definition, Item
from engine.expressions import holds
from engine.rows import places, rows_of
from models.access import Actor
from models.base import db
from models.forms import Form
from models.orgs import OrgUnit
from queries.exports import Line, Value
from queries.files import facts, files_by_uid
from queries.indexing import COUNTY_ZONE, shape
from queries.listing import Scope
from queries.records import MOST_ROWS, Listed, Request, capped_count, page
from queries.registers import WORDS, Cell, CellState, columns, exporter, stage_column, table
from queries.rights import Rights, on_form
from queries.scope import slices

FIXED = (_l("编号"), _l("录入时间"), _l("乡镇（街道）"), _l("村（社区）"))
VISITS = 50_000  # index rows an export may look at before it begins, to know how long it will be
LINKS = (_l("编号"), _l("行号"))
NESTED_LINKS = (_l("编号"), _l("上级行号"), _l("行号"))
CODE_HEADS = {str(FIXED[0]): "number", str(FIXED[1]): "created_at", str(FIXED[2]): "town", str(FIXED[3]): "village"}


@dataclass(frozen=True)
class Options:
    """How an export is written. `fids` are the columns, none of them meaning all there are."""

    kind: str = "xlsx"
    fids: tuple[str, ...] = ()
    codes: bool = False
    rows: bool = True
    files: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return what is stored with a job."""
        return {"kind": self.kind, "fids": list(self.fids), "codes": self.codes, "rows": self.rows, "files": self.files}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Options:
        """Read what was stored with a job."""
        return cls(stored["kind"], tuple(stored["fids"]), stored["codes"], stored["rows"], stored["files"])


@dataclass(frozen=True)
class Upload:
    """A file that goes with an export: under which name, and by which uid it is kept."""

    name: str
    uid: str


@dataclass
class Batch:
    """What one page of the list gives: lines, each with the number of its table, and the files that go with them."""

    records: int = 0
    lines: list[tuple[int, Line]] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)


def total(form: Form, actor: Actor, request: Request) -> int | None:
    """Return how many records an export has, as exactly as counters tell; None when that would take long."""
    if request.ids:
        return len(request.ids)
    if not request.filters and not request.search:
        scope = Scope(form.id, slices(on_form(actor, form.id), "record:export", county_id=form.county_id))
        if not scope.units:
            return scope.total()
    count = capped_count(form, actor, request, "record:export", visits=VISITS)
    return None if count.more else int(count)


def offered(form: Form, actor: Actor) -> list[Item]:
    """Return the columns that an export may have: the stage, where there are stages, then the questions."""
    stage = stage_column(form)
    return [*([stage] if stage else []), *columns(form, actor)]


class Reader:
    """Reads what one export asks for. `sheets` are the titles and heads of its tables, the records first."""

    def __init__(
        self, form: Form, actor: Actor, request: Request, options: Options, *, locale: str = DEFAULT_LOCALE
    ) -> None:
        self.form, self.actor, self.request, self.options, self.locale = form, actor, request, options, locale
        self.known = shape(form.id)
        wanted = [item for item in offered(form, actor) if not options.fids or item.fid in options.fids]
        self.fids = [item.fid for item in wanted]
        self.repeats = self._repeats({item.fid for item in wanted}) if options.rows else []
        self.numbers = {repeat.fid: number for number, (repeat, _items) in enumerate(self.repeats, start=1)}
        self.title = self.known.newest.title(locale)
        self.sheets = [(self.title, [*map(str, FIXED), *map(self._head, wanted)])]
        for repeat, items in self.repeats:
            links = NESTED_LINKS if self.outer(repeat.fid) else LINKS
            self.sheets.append((repeat.text(locale), [*map(str, links), *map(self._head, items)]))
        if options.codes:
            self.sheets = [(title, [CODE_HEADS.get(head, head) for head in heads]) for title, heads in self.sheets]

    def _head(self, item: Item) -> str:
        return item.key if self.options.codes else item.text(self.locale)

    def _repeats(self, fids: set[str]) -> list[tuple[Item, list[Item]]]:
        """Return the repeats of all versions with the questions of their rows: those of the newest version first."""
        open_to = Rights(self.known.newest, self.actor).anywhere
        found: dict[str, tuple[Item, dict[str, Item]]] = {}
        for number in sorted(self.known.definitions, reverse=True):
            definition = self.known.definitions[number]
            for repeat in definition.repeats:
                outermost = (*definition.repeats_of(repeat.fid), repeat.fid)[0]
                if outermost in fids:
                    _newest, items = found.setdefault(repeat.fid, (repeat, {}))
                    for item in repeat.row_items:
                        if item.kind.answerable and not item.kind.repeats and item.fid in open_to:
                            items.setdefault(item.fid, item)
        return [(repeat, list(items.values())) for repeat, items in found.values()]

    def outer(self, fid: str) -> str | None:
        """Return the repeat that holds a repeat, None at record level."""
        holding = (one.repeats_of(fid) for one in self.known.definitions.values() if fid in map(_fid, one.repeats))
        return next((around[-1] for around in holding if around), None)

    def batches(self, between: Callable[[], None] = lambda: None) -> Iterator[Batch]:
        """Yield all records in the order of the list. `between` is called after each batch has been used."""
        asked = replace(self.request, after="", limit=MOST_ROWS)
        while True:
            found = page(self.form, self.actor, asked, "record:export")
            yield self._batch(found.records)
            following = found.next
            del found
            between()
            if following is None:
                return
            asked = replace(asked, after=following)

    def _batch(self, records: Sequence[Listed]) -> Batch:
        batch = Batch(len(records))
        names = _place_names(records)
        told = table(
            records, self.fids, known=self.known, actor=self.actor, locale=self.locale, exported=True,
            codes=self.options.codes,
        )  # fmt: skip
        rights = Rights(self.known.newest, self.actor)
        rows = _Rows(self, records) if self.repeats else None
        for record, cells in zip(records, told, strict=True):
            at = record.created_at.astimezone(COUNTY_ZONE).replace(tzinfo=None, microsecond=0)
            place = (names.get(record.town_id), names.get(record.village_id))
            batch.lines.append((0, [record.number, at, *place, *(_value(cell) for cell in cells)]))
            view = rights.on(record).view
            if rows:
                batch.lines.extend(rows.lines(record, view))
            if self.options.files:
                batch.uploads.extend(self._uploads(record, view))
        if self.options.files:
            batch.uploads = _with_endings(batch.uploads)
        return batch

    def _uploads(self, record: Listed, view: frozenset[str]) -> Iterator[Upload]:
        """Yield the files of a record under <number>-<key>-<n>, those in rows too."""
        definition = self.known.definitions[record.version]
        counts: Counter[str] = Counter()
        for _at, item, answer in places(definition.items, record.answers):
            outermost = (*definition.repeats_of(item.fid), item.fid)[0]
            if item.kind.takes_files and item.fid in view and outermost in self.fids and isinstance(answer, list):
                for uid in answer:
                    counts[item.key] += 1
                    yield Upload(f"{record.number}-{item.key}-{counts[item.key]}", str(uid))


class _Rows:
    """Says the rows of repeats of one batch, each record by its own version."""

    def __init__(self, reader: Reader, records: Sequence[Listed]) -> None:
        self.reader = reader
        self.codes = reader.options.codes
        orgs: set[int] = set()
        uids: set[str] = set()
        for record in records:
            for _at, item, answer in places(self._definition(record).items, record.answers):
                if item.type == "org" and isinstance(answer, int):
                    orgs.add(answer)
                elif item.kind.takes_files and isinstance(answer, list):
                    uids.update(answer)
        known = {uid: facts(file) for uid, file in files_by_uid(uids).items()}
        self.context = Context(
            today=date.min, org_name=_names(orgs).get, file_facts=known.get, locale=reader.locale, translate=_
        )
        self.sayings: dict[tuple[int, str], Callable[[Any], Cell]] = {}

    def _definition(self, record: Listed) -> Definition:
        return self.reader.known.definitions[record.version]

    def lines(self, record: Listed, view: frozenset[str]) -> Iterator[tuple[int, Line]]:
        """Yield the rows of one record, each with the number of its table."""
        definition = self._definition(record)
        values = from_json(definition, record.answers)
        known = {item.fid for item in definition.repeats}
        for repeat, _items in self.reader.repeats:
            if repeat.fid in known and self.reader.outer(repeat.fid) is None:
                item = definition.item(repeat.fid)
                yield from self._level(record, item, record.answers, values, None, view)

    def _level(
        self, record: Listed, repeat: Item, answers: Mapping[str, Any], around: Mapping[str, Any], above: int | None,
        view: frozenset[str],
    ) -> Iterator[tuple[int, Line]]:  # fmt: skip
        number = self.reader.numbers[repeat.fid]
        items = {item.fid: item for item in repeat.live_row_items}
        wanted = self.reader.repeats[number - 1][1]
        values = around.get(repeat.fid) or []
        for place, (row, said) in enumerate(zip(rows_of(answers, repeat.fid), values, strict=False), start=1):
            scope = ChainMap(dict(said), dict(around))
            links: list[Value] = [record.number, place] if above is None else [record.number, above, place]
            cells = [self._cell(record, items.get(one.fid), row, scope, view) for one in wanted]
            yield number, [*links, *cells]
            for inner in items.values():
                if inner.kind.repeats and inner.fid in self.reader.numbers:
                    yield from self._level(record, inner, row, scope, place, view)

    def _cell(
        self, record: Listed, item: Item | None, row: Mapping[str, Any], scope: Mapping[str, Any], view: frozenset[str]
    ) -> Value:
        if item is None:
            return str(WORDS[CellState.NOT_ASKED])
        if item.fid not in view:
            return str(WORDS[CellState.CLOSED])
        if row.get(item.fid) is not None:
            key = (record.version, item.fid)
            if key not in self.sayings:
                self.sayings[key] = exporter(item, self.context, codes=self.codes)
            return _value(self.sayings[key](row[item.fid]))
        shows = self._definition(record).shows_of(item.fid)
        shown = all(holds(show, scope, record.updated_at.date()) for show in shows)
        return None if shown else str(WORDS[CellState.HIDDEN])


def _fid(item: Item) -> str:
    return item.fid


def _value(cell: Cell) -> Value:
    """Return what stands in the file: nothing where nothing was filled in, words where it was not asked or hidden."""
    if cell.state == CellState.FILLED:
        return cell.value
    return None if cell.state == CellState.EMPTY else cell.text


def _with_endings(uploads: Sequence[Upload]) -> list[Upload]:
    """Give each file the ending of the name it came with; what has no row any more is left out."""
    known = files_by_uid(one.uid for one in uploads)
    found = []
    for one in uploads:
        if one.uid in known:
            _stem, dot, ending = known[one.uid].name.rpartition(".")
            mime = known[one.uid].mime.rpartition("/")[2]
            plain = ending if dot and ending.isascii() and ending.isalnum() else mime if mime.isalnum() else "bin"
            found.append(Upload(f"{one.name}.{plain.lower()}", one.uid))
    return found


def _place_names(records: Sequence[Listed]) -> Mapping[int | None, str]:
    return _names({ident for record in records for ident in (record.town_id, record.village_id) if ident})


def _names(ids: set[int]) -> dict[int | None, str]:
    if not ids:
        return {}
    rows = db.session.execute(sa.select(OrgUnit.id, OrgUnit.name).where(OrgUnit.id.in_(ids)))
    return {ident: name for ident, name in rows}  # noqa: C416 - a row is no pair to mypy
