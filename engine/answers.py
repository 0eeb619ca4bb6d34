"""From raw answers to clean ones: what is asked, what is required, what is wrong. Pages, API and imports share it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.context import Context
from engine.defaults import default_value
from engine.expressions import holds
from engine.filters import misfits
from engine.governing import reached
from engine.messages import N_, Invalid, Message
from engine.schema import ROW_ID, Definition, Item, RecordedTest, fid_of
from engine.scopes import Scope, hidden, read, settle, visible, walk

__all__ = [
    "AnswerError",
    "Context",
    "Outcome",
    "TestFailure",
    "clean",
    "defaults",
    "from_json",
    "record_test",
    "row_defaults",
    "run_tests",
]


@dataclass(frozen=True)
class AnswerError:
    """One refusal. `fid` is None when it concerns the whole form. Author's texts come without params.

    `at` is the address: the fid itself at record level, `b0/<row id>/b1` in a row of a repeat.
    """

    fid: str | None
    message: str
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)
    at: str | None = None

    def __post_init__(self) -> None:
        if self.at is None:
            object.__setattr__(self, "at", self.fid)

    def __str__(self) -> str:
        return str(Message(self.message, self.params))


@dataclass(frozen=True)
class Outcome:
    """What came of raw answers. `answers` is ready to be stored only when there are no errors.

    `answers` are JSON, `values` the same as Python objects, both by fid; they hold only what is shown and filled. The
    answer of a repeat is the list of its rows, each with its `_id`.
    All else goes by address: the fid at record level, `b0/<row id>/b1` in a row. `shown` are the addresses asked now
    (groups, notes and every row's items among them), `hidden_at` those that a condition hides; `hidden` keeps (as
    JSON) what was answered there, of a hidden repeat all its rows. `unknown` names raw answers without an item.
    """

    answers: dict[str, Any]
    values: dict[str, Any]
    errors: list[AnswerError]
    shown: frozenset[str]
    required: frozenset[str]
    hidden: dict[str, Any]
    unknown: tuple[str, ...]
    hidden_at: frozenset[str] = frozenset()

    @property
    def ok(self) -> bool:
        """Tell whether the answers may be stored."""
        return not self.errors

    def errors_by_address(self) -> dict[str | None, list[AnswerError]]:
        """Group the errors by address; those of the whole form stand under None."""
        grouped: dict[str | None, list[AnswerError]] = {}
        for error in self.errors:
            grouped.setdefault(error.at, []).append(error)
        return grouped


def clean(definition: Definition, raw: Mapping[str, Any], context: Context, *, page: str | None = None) -> Outcome:
    """Read and judge raw answers by fid; of a repeat a list of mappings by fid, with the `_id` of rows known already.

    Every mapping is a row, also an empty one; one without `_id` gets a new one. `page` limits the errors to the items
    of one page (raises KeyError when there is no such page); everything else is told for the whole form.
    """
    if page is not None and page not in {one.id for one in definition.pages}:
        raise KeyError(page)
    root = read(definition, raw, context)
    shown = settle(definition, root)
    places = [(scope, item, f"{scope.prefix}{item.fid}") for scope, item in walk(root)]
    locked = definition.with_held(context.locked)
    required = frozenset(
        at
        for scope, item, at in places
        if at in shown and item.fid not in locked and _required_now(definition, item, scope)
    )
    judge = _Judge(definition, root, shown, required, locked)
    values = visible(root)
    return Outcome(
        answers={fid: definition.item(fid).to_json(value) for fid, value in values.items()},
        values=values,
        errors=[error for error in judge.errors() if page is None or _on_page(definition, error, page)],
        shown=shown,
        required=required,
        hidden={at: item.to_json(value) for at, item, value in hidden(root, shown)},
        unknown=tuple(_unknown(root)),
        hidden_at=frozenset(at for _, _, at in places if at not in shown),
    )


def from_json(definition: Definition, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Python values of stored answers, of retired items too; unknown fids are left out."""
    return {
        item.fid: item.from_json(stored[item.fid])
        for item in definition.items
        if stored.get(item.fid) is not None and item.kind.answerable
    }


def defaults(definition: Definition, context: Context) -> dict[str, Any]:
    """Return the values that an empty form starts with; a repeat with a least number of rows has those rows."""
    return _defaults(definition.live_items, context)


def row_defaults(definition: Definition, fid: str, context: Context) -> dict[str, Any]:
    """Return the values that a new row of a repeat starts with, its `_id` among them; raises KeyError."""
    return {ROW_ID: context.new_id(), **_defaults(definition.item(fid).live_row_items, context)}


def _defaults(items: Iterable[Item], context: Context) -> dict[str, Any]:
    found = {}
    for item in items:
        if item.kind.repeats:
            rows = range(item.config.get("min", 0))
            value: Any = [{ROW_ID: context.new_id(), **_defaults(item.live_row_items, context)} for _ in rows] or None
        else:
            value = default_value(item, context)
        if value is not None:
            found[item.fid] = value
    return found


def _required_now(definition: Definition, item: Item, scope: Scope) -> bool:
    """Tell whether an answer must be there: always, by its condition, or from the stage the record has reached."""
    by_stage = reached(definition.stages, scope.context.stage, item.stage.get("required_from"))
    return by_stage or _is_required(item, scope)


def _is_required(item: Item, scope: Scope) -> bool:
    if item.kind.repeats and item.config.get("min"):
        return True
    if isinstance(item.required, bool):
        return item.required or item.kind.always_required
    return holds(item.required, scope.view, scope.context.today)


def _unknown(root: Scope) -> Iterator[str]:
    yield from root.unknown
    for rows in root.below.values():
        for row in rows:
            yield from _unknown(row)


def _on_page(definition: Definition, error: AnswerError, page: str) -> bool:
    return error.fid is not None and definition.page_of(error.fid) == page


@dataclass(frozen=True)
class _Judge:
    """All that the judgement of one set of answers looks at."""

    definition: Definition
    root: Scope
    shown: frozenset[str]
    required: frozenset[str]
    locked: frozenset[str]

    def errors(self) -> list[AnswerError]:
        errors = [
            AnswerError(item.fid, message.text, message.params, f"{scope.prefix}{item.fid}")
            for scope, item in walk(self.root)
            if f"{scope.prefix}{item.fid}" in self.shown and item.fid not in self.locked
            for message in self._item_messages(item, scope)
        ]
        wrong = {error.at for error in errors}
        return errors + [error for error in self._form_errors() if error.at is None or error.at not in wrong]

    def _item_messages(self, item: Item, scope: Scope) -> list[Message]:
        if item.fid in scope.unreadable:
            return [scope.unreadable[item.fid]]
        value = scope.answer(item.fid)
        if value is None and not item.kind.repeats:
            return self._missing(item, scope) or _broken_rules(item, scope)
        messages = item.kind.validate(item, value or [] if item.kind.repeats else value, scope.context)
        messages = messages or misfits(item, value, scope.view, scope.context.locale)
        return messages or (self._missing(item, scope) if value is None else []) or _broken_rules(item, scope)

    def _missing(self, item: Item, scope: Scope) -> list[Message]:
        required = f"{scope.prefix}{item.fid}" in self.required
        return [Message(item.kind.missing, {"label": item.text(scope.context.locale)})] if required else []

    def _form_errors(self) -> Iterator[AnswerError]:
        context = self.root.context
        for rule in self.definition.rules:
            concerned = rule.at is None or rule.at in self.shown
            if concerned and holds(rule.condition, self.root.view, context.today):
                yield AnswerError(rule.at, rule.message.to(context.locale))


def _broken_rules(item: Item, scope: Scope) -> list[Message]:
    return [
        Message(rule.message.to(scope.context.locale))
        for rule in item.rules
        if holds(rule.condition, scope.view, scope.context.today)
    ]


@dataclass(frozen=True)
class TestFailure:
    """A recorded test (by its place, from 0) that no longer comes out as recorded."""

    __test__ = False  # pytest collects classes by this name

    place: int
    fid: str
    message: str
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)


def run_tests(definition: Definition, context: Context) -> list[TestFailure]:
    """Run the tests recorded with a form, as if each set of answers were new."""
    fresh = replace(context, previous={})
    return [
        TestFailure(
            place, fid, message, {"place": place + 1, "label": definition.item(fid).text(context.locale), **why}
        )
        for place, test in enumerate(definition.tests)
        for fid, message, why in _run(definition, test, replace(fresh, today=test.today or fresh.today))
    ]


_Unmet = Iterator[tuple[str, str, Mapping[str, Any]]]


def _run(definition: Definition, test: RecordedTest, context: Context) -> _Unmet:
    return _unmet(definition, test, clean(definition, test.given, context), context)


def record_test(definition: Definition, given: Mapping[str, Any], context: Context, *, title: str) -> dict[str, Any]:
    """Return a test that keeps answers and what comes of them now: what is wrong, shown, hidden and computed."""
    outcome = clean(definition, given, context)
    wrong = {error.fid for error in outcome.errors}
    shown = set(map(fid_of, outcome.shown))
    fids = [item.fid for item in definition.every_live_item]
    outside = [item for item in definition.computed_items if not definition.repeats_of(item.fid)]
    known = {item.fid for item in definition.live_items}
    test: dict[str, Any] = {
        **({"title": title} if title else {}),
        "today": context.today.isoformat(),
        "in": {fid: answer for fid, answer in given.items() if fid in known and answer not in (None, "", [])},
        "errors": [fid for fid in fids if fid in wrong],
        "valid": [fid for fid in fids if fid in outcome.values and fid not in wrong],
        "shown": [fid for fid in fids if fid in shown],
        "hidden": [fid for fid in fids if fid not in shown],
        "calc": {item.fid: outcome.answers.get(item.fid) for item in outside},
    }
    return {name: value for name, value in test.items() if name == "in" or value not in ([], {})}


def _unmet(definition: Definition, test: RecordedTest, outcome: Outcome, context: Context) -> _Unmet:
    wrong = frozenset(error.fid for error in outcome.errors)
    shown = frozenset(map(fid_of, outcome.shown))
    expectations = (
        (test.errors, wrong, True, N_("样例 %(place)s：“%(label)s”应当报错，却没有")),
        (test.valid, wrong, False, N_("样例 %(place)s：“%(label)s”不应当报错，却报了")),
        (test.shown, shown, True, N_("样例 %(place)s：“%(label)s”应当显示，却隐藏了")),
        (test.hidden, shown, False, N_("样例 %(place)s：“%(label)s”应当隐藏，却显示了")),
    )
    for fids, among, wanted, message in expectations:
        yield from ((fid, message, {}) for fid in fids if (fid in among) is not wanted)
    for fid, wanted_answer in test.calc.items():
        yield from _miscalculated(definition.item(fid), wanted_answer, outcome.values.get(fid), context)


def _miscalculated(item: Item, wanted: Any, found: Any, context: Context) -> _Unmet:
    try:
        value = item.kind.parse(item, wanted, context)
    except Invalid:
        value = wanted  # of another type than the result ever is
    if value != found:
        said = {name: "" if one is None else str(one) for name, one in (("wanted", wanted), ("found", found))}
        yield item.fid, N_("样例 %(place)s：“%(label)s”应当算出“%(wanted)s”，却是“%(found)s”"), said
