"""The query behind a page of records and its count, always inside the actor's scope.

Which index drives a page is decided by counters and capped counts, never by reading rows to throw them away:
the rarest value leads and the other conditions are probed; a small range leads, a large one is probed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.forms import Form
from models.prepared import numbered
from models.records import Record
from queries.arms import arms_over
from queries.conditions import Asked, Condition, Request, blind_conditions, serial_of, understand, words_hold
from queries.cursors import read_cursor
from queries.indexing import STAGE, in_words, search_texts, shape, world
from queries.listing import MOST_ARMS, Arms, Cursor, Rows, Scope, arms_of
from queries.record_rows import Listed, readable, rows_by_ids
from queries.rights import Rights
from queries.scope import covers, slices

COUNT_CAP = 10_001
COUNT_VISITS = 1_000  # a probe costs a microsecond, and no page waits for its count longer than for its rows
ENOUGH = 200  # of so many found by words among the newest a page says "at least"
MOST_ROWS = 500
MOST_ROUNDS = 20  # batches looked through for phrases that the word index cannot tell apart


class Count(int):
    """A number of records; `more` says that there are at least as many."""

    more: bool = False

    @classmethod
    def at_least(cls, number: int) -> Count:
        count = cls(number)
        count.more = True
        return count


class Query:
    """One request of one actor against one form."""

    def __init__(self, form: Form, actor: Actor, request: Request, permission: str) -> None:
        self.form, self.request, self.permission = form, request, permission
        known = shape(form.id)
        self.rights = Rights(known.newest, actor)
        self.actor = self.rights.actor
        # A field that may not be seen on every record does not exist for conditions, for orders, for words.
        fields = {fid: field for fid, field in known.fields.items() if fid in self.rights.searchable}
        self.known = replace(known, fields=fields)
        self.scope = Scope(form.id, slices(self.actor, permission, county_id=form.county_id))
        self.asked: Asked = self._in_their_stages(understand(request, self.known))
        self.descending = request.descending or self.asked.sort is None
        self.cursor = read_cursor(request.after, self.asked.sort)
        self.exact = self._exact(request.search) if self.asked.words else None
        if request.ids:
            self.exact = sorted(request.ids, reverse=True)[:MOST_ROWS]
        self.sizes: dict[Condition, int] = {}  # counted once for the page and for its count

    def _in_their_stages(self, asked: Asked) -> Asked:
        """Ask of a field only the records whose stage shows it; no order by what some of them hide."""
        fids = [*(one.field.fid for one in asked.conditions), *(one.fid for one in asked.words if one.fid)]
        shown = [stages for fid in fids if (stages := self.rights.stages_showing(fid))]
        sort = asked.sort if asked.sort and not self.rights.stages_showing(asked.sort.fid) else None
        narrowing = tuple(Condition(self.known.fields[STAGE], stages) for stages in dict.fromkeys(shown))
        return replace(asked, conditions=(*asked.conditions, *narrowing), sort=sort)

    # ---- a page

    def page(self, limit: int) -> tuple[Rows, list[Listed]]:
        if self.asked.nothing:
            return [], []
        if self.exact is not None:
            records = self._load(self.exact)
            return [], [record for record in records if self._holds(record)]
        if self._index_is_sure:
            rows = self._arms(self.cursor, limit).rows(limit)
            return rows, self._load([ident for _value, ident in rows])
        return self._sifted(limit)

    @property
    def _index_is_sure(self) -> bool:
        """Tell whether the word index alone may be believed: it does not know who may see which of the words."""
        return all(one.exact for one in self.asked.words) and not (self.asked.words and self._closed_words)

    @cached_property
    def _closed_words(self) -> bool:
        """Tell whether the word index has words of fields that this reader may not see on every record."""
        found = {item.fid for one in self.known.definitions.values() for item in one.every_item if in_words(item)}
        rights = self.rights
        return any(fid not in rights.searchable or rights.stages_showing(fid) for fid in found)

    def _sifted(self, limit: int) -> tuple[Rows, list[Listed]]:
        """Read on until enough records really hold the words: the word index may offer a few that do not."""
        rows: Rows = []
        records: list[Listed] = []
        cursor = self.cursor
        for _round in range(MOST_ROUNDS):
            batch = self._arms(cursor, limit).rows(limit)
            loaded = {record.id: record for record in self._load([ident for _value, ident in batch])}
            for row in batch:
                record = loaded.get(row[1])
                if record is not None and self._words_hold(record):
                    rows.append(row)
                    records.append(record)
            if len(batch) < limit or len(rows) >= limit:
                break
            cursor = batch[-1]
        return rows[:limit], records[:limit]

    def _arms(self, cursor: Cursor, limit: int) -> Arms:
        arms = arms_over(self.scope, descending=self.descending, cursor=cursor, sort=self.asked.sort)
        conditions = list(self.asked.conditions)
        if self.asked.words:
            arms.by_words(self.asked.words, conditions)
            return arms
        drive = self._drive(conditions, limit)
        if drive is not None:
            arms.spread = max(1.0, self.form.next_number / max(1, self.sizes.get(drive, 1)))
            arms.by_value(drive, [one for one in conditions if one is not drive])
        elif arms.sort is not None:
            same = next((one for one in conditions if one.field.fid == arms.sort.fid and one.leads), None)
            arms.by_sort(same, [one for one in conditions if one is not same])
        else:
            arms.by_record(conditions)
        return arms

    def _drive(self, conditions: Sequence[Condition], limit: int) -> Condition | None:
        """Return the condition whose index rows lead, or None to walk all records (or the sort field) and probe.

        With n of N rows matching, walking costs about limit * N / n steps and reading the matches first n of them.
        A value's rows are already newest first, so without a sort it may always lead.
        """
        fit = [one for one in conditions if one.leads and arms_of(one, self.scope) <= MOST_ARMS]
        if self.asked.sort is not None:
            return self._rarest([one for one in fit if one.field.fid != self.asked.sort.fid], limit)
        if len(conditions) == 1 and not conditions[0].is_range:
            return fit[0] if fit else None
        return self._rarest(fit, limit)

    def _rarest(self, conditions: Sequence[Condition], limit: int) -> Condition | None:
        """Return the condition with the fewest rows, when leading by it is cheaper than walking and probing."""
        if not conditions:
            return None
        free = self.asked.sort is None
        worthwhile = self._worthwhile(limit) if not free or any(one.is_range for one in conditions) else COUNT_CAP
        sizes = [
            (self._size(one, COUNT_CAP if free and not one.is_range else worthwhile), place, one)
            for place, one in enumerate(conditions)
        ]
        fit = [one for one in sizes if one[0] <= worthwhile or (free and not one[2].is_range)]
        return min(fit)[2] if fit else None

    def _worthwhile(self, limit: int) -> int:
        everywhere = any(one.column == "county_id" for one in self.scope.places)
        return int((limit * (self.form.next_number if everywhere else self.scope.total())) ** 0.5)

    def _size(self, condition: Condition, most: int) -> int:
        """Return how many rows a condition has in the places: from the counters, or counted up to one above `most`."""
        if condition in self.sizes:
            return self.sizes[condition]
        if condition.field.counted and condition.values:
            self.sizes[condition] = self.scope.carrying(condition)
        else:
            arms = arms_over(self.scope.placed)
            arms.by_value(condition, [])
            self.sizes[condition] = arms.count(most + 1)
        return self.sizes[condition]

    # ---- how many

    def count(self, visits: int = COUNT_VISITS) -> Count:
        if self.asked.nothing:
            return Count(0)
        if self.exact is not None:
            return Count(len(self.page(MOST_ROWS)[1]))
        conditions = list(self.asked.conditions)
        if not self.asked.words and not self.scope.units:
            if not conditions:
                return _capped(self.scope.total())
            if len(conditions) == 1 and conditions[0].field.counted and self._is_one_value(conditions[0]):
                return _capped(self.scope.carrying(conditions[0]))
        return self._counted(conditions, visits)

    def _counted(self, conditions: list[Condition], visits: int) -> Count:
        """Count along the rarest condition, looking at no more than `visits` of its rows."""
        arms = arms_over(self.scope)
        if self.asked.words and self._closed_words:
            found = len(Query(self.form, self.actor, self._from_the_start(), self.permission).page(MOST_ROWS)[1])
            return Count(found) if found < MOST_ROWS else Count.at_least(found)
        if self.asked.words:
            arms.by_words(self.asked.words, conditions)
            enough = ENOUGH if visits == COUNT_VISITS else visits  # acts want to know
            number, whole = arms.count_found(COUNT_CAP, visits=visits, enough=enough)
        elif conditions:
            drive = self._smallest(conditions)
            number, whole = arms.held(drive, [one for one in conditions if one is not drive], visits)
        else:
            arms.by_record([])
            return _capped(arms.count(COUNT_CAP))
        return Count(number) if whole else Count.at_least(number)

    @staticmethod
    def _is_one_value(condition: Condition) -> bool:
        return condition.leads and len(condition.values) == 1

    def _from_the_start(self) -> Request:
        return replace(self.request, after="")

    def _smallest(self, conditions: list[Condition]) -> Condition | None:
        fit = [one for one in conditions if one.leads and arms_of(one, self.scope) <= MOST_ARMS]
        if len(fit) <= 1:
            return fit[0] if fit else None
        return min(fit, key=lambda one: self._size(one, COUNT_CAP))

    # ---- single records

    def _exact(self, text: str) -> list[int] | None:
        """Return the records that a whole number, phone or ID number names; None to search for words instead."""
        serial = serial_of(self.form, text)
        if serial is not None:
            by_number = sa.select(Record.id).where(Record.form_id == self.form.id, Record.serial == serial)
            return list(db.session.scalars(by_number))
        found: set[int] = set()
        for condition in blind_conditions(self.known, text):
            arms = arms_over(self.scope)
            arms.by_value(condition, self.asked.conditions)
            found.update(ident for _value, ident in arms.rows(MOST_ROWS))
        return sorted(found, reverse=True)[:MOST_ROWS] or None

    def _load(self, ids: Sequence[int]) -> list[Listed]:
        """Read records in the order given; the scope is asked once more, so a stale index shows nobody too much.

        By id alone, the rest in Python: with more conditions SQLite leaves the primary key for a longer index.
        """
        if not ids:
            return []
        found = {row.id: Listed._make(row) for row in rows_by_ids(len(ids)).all(**numbered(ids))}
        return [found[ident] for ident in ids if ident in found and self._seen(found[ident])]

    def _seen(self, record: Listed) -> bool:
        own = record.form_id == self.form.id and covers(self.actor, self.permission, record)
        return own and readable(record, self.actor)

    def _holds(self, record: Listed) -> bool:
        """Tell whether a record found by its number also meets the filters."""
        if not self.asked.conditions:
            return True
        arms = arms_over(self.scope, cursor=(None, record.id + 1))
        arms.by_record(self.asked.conditions)
        return any(ident == record.id for _value, ident in arms.rows(1))

    def _words_hold(self, record: Listed) -> bool:
        definition = self.known.definitions[record.version]
        context = world(record.created_at)
        texts = search_texts(definition, record.answers, context)
        view = self.rights.on(record).view
        by_fid = {item.fid: text for item, text in texts if item.fid in view}
        return words_hold(self.asked.words, by_fid, by_fid.values(), sure=self._index_is_sure)


def _capped(number: int) -> Count:
    return Count(number) if number < COUNT_CAP else Count.at_least(COUNT_CAP)
