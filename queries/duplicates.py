"""Earlier records that may be about the same matter, as the form says how to find them. Hints only: nothing is refused.

Only what the reader may list and view is looked at; of records elsewhere nothing is said, not even that there are any.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from rapidfuzz import fuzz

from engine.bigrams import normalised, runs
from engine.context import DEFAULT_LOCALE
from engine.definition import Definition, Item
from models.access import Actor
from models.forms import Form
from models.records import Record
from queries.arms import arms_over
from queries.conditions import Condition, Words
from queries.indexing import (
    EMPTY,
    IndexedField,
    Value,
    blind_of,
    index_values,
    search_texts,
    shape,
    stored_answers,
    world,
)
from queries.listing import Scope
from queries.records import Listed, Request, page
from queries.rights import Rights
from queries.scope import slices

ALIKE = 75  # per cent of two texts that are the same, below which nothing is said
SHORTEST = 6  # characters of a text that is compared
PHRASE, PHRASES = 4, 8  # how long the pieces are by which texts are found, and how many are tried
EACH = 30  # the newest records that one answer or one piece of a text brings
MOST = 10


@dataclass(frozen=True)
class Hint:
    """One earlier record and why it is shown: the labels of what is the same, of what is alike with its per cent."""

    record: Listed
    same: tuple[str, ...]
    alike: tuple[tuple[str, int], ...]


def duplicates(
    form: Form,
    answers: Mapping[str, Any],
    definition: Definition,
    *,
    actor: Actor,
    at: datetime,
    before: Record | None = None,
    locale: str = DEFAULT_LOCALE,
) -> list[Hint]:
    """Return up to ten earlier records in the actor's scope, those with most in common first.

    `answers` are stored ones, or clean ones that are not sealed yet, under `definition`. Only records entered in the
    form's window before `at` are shown, and only such as came before `before`.
    """
    known = shape(form.id)
    rule, rights = known.newest.duplicate, Rights(known.newest, actor)
    if rule is None or not rights.actor.can("record:list"):
        return []
    asked = _Asked(form, answers, definition, rights)
    same = {fid: asked.same(fid) for fid in rule.match if asked.open_to(fid)}
    alike = {fid: text for fid in rule.similar if asked.open_to(fid) and len(text := asked.text(fid)) >= SHORTEST}
    ids = {ident for found in same.values() for ident in found}
    ids |= {ident for text in alike.values() for ident in asked.near(text)}
    since = at - timedelta(days=rule.window_days)
    hints = []
    for record in _read(form, ids, actor):
        earlier = before is None or record.id < before.id
        if not earlier or not since <= record.created_at <= at:
            continue
        view, texts = rights.on(record).view, _texts(record, known.definitions[record.version])
        equal = tuple(asked.label(fid, locale) for fid, found in same.items() if record.id in found and fid in view)
        close = tuple(
            (asked.label(fid, locale), ratio)
            for fid, text in alike.items()
            if fid in view and (ratio := round(fuzz.ratio(text, texts.get(fid, "")))) >= ALIKE
        )
        if equal or close:
            hints.append(Hint(record, equal, close))
    return sorted(hints, key=lambda hint: (-len(hint.same), -max((n for _l, n in hint.alike), default=0)))[:MOST]


def _read(form: Form, ids: Iterable[int], actor: Actor) -> list[Listed]:
    wanted = tuple(sorted(ids, reverse=True))
    return page(form, actor, Request(ids=wanted, limit=500)).records if wanted else []


def _texts(record: Listed, definition: Definition) -> dict[str, str]:
    found = search_texts(definition, record.answers, world(record.created_at))
    return {item.fid: normalised(text) for item, text in found}


@dataclass(frozen=True)
class _Asked:
    """The answers whose like is looked for."""

    form: Form
    answers: Mapping[str, Any]
    definition: Definition
    rights: Rights

    @cached_property
    def scope(self) -> Scope:
        return Scope(self.form.id, slices(self.rights.actor, "record:list", county_id=self.form.county_id))

    @cached_property
    def texts(self) -> dict[str, str]:
        plain = {item.fid: item for item in self.definition.every_item if not item.sealed}
        answers = {fid: value for fid, value in self.answers.items() if fid in plain}
        found = search_texts(self.definition, answers, world(self.form.created_at))
        return {item.fid: normalised(text) for item, text in found}

    def open_to(self, fid: str) -> bool:
        asked = any(item.fid == fid for item in self.definition.every_live_item)
        return asked and fid in self.rights.searchable and not self.rights.stages_showing(fid)

    def label(self, fid: str, locale: str) -> str:
        return self.definition.item(fid).text(locale)

    def text(self, fid: str) -> str:
        return self.texts.get(fid, "")

    def same(self, fid: str) -> set[int]:
        """Return the newest records that carry one of the answers to a question."""
        field = shape(self.form.id).fields.get(fid)
        item = self.definition.item(fid)
        values = {
            value for one in stored_answers(self.definition, fid, self.answers) for value in _values(field, item, one)
        }
        if field is None or not values:
            return set()
        arms = arms_over(self.scope)
        arms.by_value(Condition(field, tuple(sorted(values, key=str))), [])
        return {ident for _value, ident in arms.rows(EACH)}

    def near(self, text: str) -> set[int]:
        """Return the newest records that hold one of some pieces of a text, anywhere among their words."""
        found: set[int] = set()
        for piece in _pieces(text):
            arms = arms_over(self.scope)
            arms.by_words((Words(piece),), [])
            found |= {ident for _value, ident in arms.rows(EACH)}
        return found


def _values(field: IndexedField | None, item: Item, stored: Any) -> list[Value]:
    if field is None:
        return []
    if item.sealed and not isinstance(stored, Mapping):  # a clean answer that is not sealed yet
        text = item.kind.blind_text(item, item.kind.from_json(stored))
        return [blind_of(item.fid, text)] if text else []
    return [value for value in index_values(field, item, stored) if value != EMPTY[field.table]]


def _pieces(text: str) -> Iterator[str]:
    """Yield pieces from all over a text, each out of one unbroken run."""
    every = [run[start : start + PHRASE] for run in runs(text) for start in range(max(len(run) - PHRASE, 0) + 1)]
    whole = [piece for piece in every if len(piece) == PHRASE] or every
    step = max(len(whole) // PHRASES, 1)
    yield from dict.fromkeys(whole[::step][:PHRASES])
