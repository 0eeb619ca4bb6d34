"""Whatever is edited and published later: an older record is shown, judged and exported as on its first day."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine import editing
from engine.answers import clean, from_json
from engine.check import check
from engine.definition import Definition, Item, diff, parse
from engine.editing import EditRefused
from tests.unit.engine.helpers import context
from tests.unit.engine.test_editing import EDITS, KINDS, Hand, fids
from tests.unit.engine.test_editing import item as item_of

CHOICES = [{"value": "a", "label": "甲"}, {"value": "b", "label": "乙"}]
RAW: Mapping[str, st.SearchStrategy[Any]] = {
    "text": st.sampled_from(["余村", "x", ""]),
    "textarea": st.sampled_from(["一\n二", ""]),
    "integer": st.integers(-3, 12) | st.just("没数"),
    "decimal": st.sampled_from(["1.5", "-2", ""]),
    "date": st.sampled_from(["2026-01-01", "2027-12-31", ""]),
    "select_one": st.sampled_from(["a", "b", ""]),
    "select_multiple": st.lists(st.sampled_from("ab"), unique=True),
}


class Reckless(Hand):
    """Somebody who also tries what must not be published: another kind, options gone, items into rows and out."""

    def retype(self) -> None:
        fid = self.some(fids(self.draft))
        kind = self.some([*KINDS, "textarea", "decimal", "select_multiple"])
        needed = {"options": CHOICES} if kind.startswith("select") else copy.deepcopy(KINDS.get(kind, {}))
        raw = editing.convert_item(editing.item_of(self.draft, fid), kind)
        self.draft = editing.change_item(self.draft, fid, {**needed, **raw})

    def drop_option(self) -> None:
        selects = [one["fid"] for one in editing.items_of(self.draft) if len(one.get("options") or ()) > 1]
        fid = self.some(selects)
        self.draft = editing.set_options(self.draft, fid, editing.item_of(self.draft, fid)["options"][1:])

    def add_option(self) -> None:
        selects = [one["fid"] for one in editing.items_of(self.draft) if len(one.get("options") or ()) == 1]
        self.draft = editing.set_options(self.draft, self.some(selects), CHOICES)

    def require(self) -> None:
        fid = self.some([one["fid"] for one in editing.items_of(self.draft) if one["type"] not in {"note", "group"}])
        raw = editing.item_of(self.draft, fid)
        self.draft = editing.change_item(self.draft, fid, {**raw, "required": not raw.get("required")})


STEPS = [*EDITS, *["retype"] * 6, "add_item", "drop_option", "add_option", "require"]


@dataclass
class Kept:
    """A record, the version it is pinned to, and everything that was said of it on its first day."""

    form: Definition
    document: str
    answers: str
    said: str


def levels(items: tuple[Item, ...], stored: Mapping[str, Any]) -> Iterator[tuple[Item, Any]]:
    """Walk items with their stored answers, in rows too."""
    for item in items:
        if stored.get(item.fid) is None:
            continue
        yield item, stored[item.fid]
        for row in stored[item.fid] if item.kind.repeats else ():
            yield from levels(item.row_items, row)


def first_draft() -> dict[str, Any]:
    """Return a draft with a choice, and people in a group."""
    draft = editing.empty_form("form", "表单", "第一页")
    draft, group = editing.add_item(draft, "p1", item_of("group", "house"))
    draft, people = editing.add_item(draft, "p1", item_of("repeat", "people"), inside=group)
    for kind in ("text", "select_one", "integer"):
        draft, _ = editing.add_item(draft, "p1", item_of(kind, f"{kind}_in"), inside=people)
        draft, _ = editing.add_item(draft, "p1", item_of(kind, f"{kind}_out"))
    return draft


def said(form: Definition, stored: Mapping[str, Any]) -> str:
    """Say everything that pages, judgement, index and exports make of a record's answers."""
    here = context(previous=from_json(form, stored))
    outcome = clean(form, stored, here)
    leaves = [
        [
            item.fid,
            item.text(),
            item.kind.display(item, value, here),
            item.kind.mask(item, value, here),
            *(item.kind.export_cells(item, value, here, codes=codes) for codes in (False, True)),
            item.kind.search_text(item, value, here),
        ]
        for item, one in levels(form.items, stored)
        for value in [item.from_json(one)]
    ]
    judged = [outcome.answers, outcome.hidden, *map(sorted, (outcome.shown, outcome.required, outcome.hidden_at))]
    errors = [[error.at, str(error)] for error in outcome.errors]
    return json.dumps([leaves, judged, errors], ensure_ascii=False, default=str)


def drawn(items: tuple[Item, ...], choose: Any) -> dict[str, Any]:
    """Draw raw answers for the items of one level."""
    raw: dict[str, Any] = {}
    for item in items:
        if item.kind.repeats:
            raw[item.fid] = [drawn(item.live_row_items, choose) for _ in range(choose(st.integers(0, 2)))]
        elif item.type in RAW:
            raw[item.fid] = choose(RAW[item.type])
    return raw


def entered(form: Definition, choose: Any) -> Kept:
    """Enter a record; what is wrong with it is left out, as somebody would."""
    ids = iter(range(10**6))
    outcome = clean(form, drawn(form.live_items, choose), context(new_id=lambda: f"{next(ids):016x}"))
    return Kept(form, json.dumps(form.document), json.dumps(outcome.answers), said(form, outcome.answers))


def stays_readable(old: Definition, new: Definition, stored: Mapping[str, Any]) -> None:
    """Hold a published follower to what it must still be able to read: every answer, at the same place, as the same."""
    here = context()
    clean(new, stored, context(previous=from_json(new, stored)))
    for item, one in levels(old.items, stored):
        later = new.item(item.fid)
        if not item.kind.repeats:
            assert later.kind.parse(later, one, here) == later.from_json(one)
        assert old.repeats_of(item.fid) == new.repeats_of(item.fid)
        now = later.kind.display(later, later.from_json(one), here)
        assert now == item.kind.display(item, item.from_json(one), here)
        later.kind.export_cells(later, later.from_json(one), here)


@settings(max_examples=35, deadline=None)
@given(st.data())
def test_an_older_record_stays_as_it_was_through_all_edits_and_versions(data: st.DataObject) -> None:
    hand = Reckless(data.draw)
    hand.draft = first_draft()
    published = [parse(hand.draft)]
    kept = [entered(published[0], data.draw)]
    for steps in data.draw(st.lists(st.lists(st.sampled_from(STEPS), min_size=1, max_size=3), min_size=3, max_size=8)):
        for step in steps:
            with contextlib.suppress(EditRefused, LookupError):
                getattr(hand, step)()
        if check(hand.draft) or not all(change.allowed for change in diff(published[-1], parse(hand.draft))):
            hand.draft = copy.deepcopy(published[-1].document)  # not published: the draft is taken back
            continue
        published.append(parse(hand.draft))
        kept.append(entered(published[-1], data.draw))
    for record in kept:
        stored = json.loads(record.answers)
        assert json.dumps(record.form.document) == record.document
        assert parse(json.loads(record.document)).sha256 == record.form.sha256
        assert said(record.form, stored) == record.said == said(parse(json.loads(record.document)), stored)
        for later in published[published.index(record.form) :]:
            stays_readable(record.form, later, stored)
