"""From raw answers to clean ones: what is asked, what is required, what is wrong. Pages, API and imports share it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from engine.context import Context
from engine.defaults import default_value
from engine.expressions import evaluate, holds
from engine.governing import reached
from engine.messages import N_, Invalid, Message
from engine.schema import Definition, Item, RecordedTest

__all__ = ["AnswerError", "Context", "Outcome", "TestFailure", "clean", "defaults", "from_json", "run_tests"]


_RESULTS = {"text": str, "number": Decimal, "date": date, "bool": bool}


@dataclass(frozen=True)
class AnswerError:
    """One refusal. `fid` is None when it concerns the whole form. Author's texts come without params."""

    fid: str | None
    message: str
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return str(Message(self.message, self.params))


@dataclass(frozen=True)
class Outcome:
    """What came of raw answers. `answers` is ready to be stored only when there are no errors.

    `answers` are JSON, `values` the same as Python objects; both hold only what is shown and filled.
    `hidden` keeps (as JSON) what was answered before a condition hid it. `unknown` names raw answers without an item.
    """

    answers: dict[str, Any]
    values: dict[str, Any]
    errors: list[AnswerError]
    shown: frozenset[str]
    required: frozenset[str]
    hidden: dict[str, Any]
    unknown: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Tell whether the answers may be stored."""
        return not self.errors

    def errors_by_fid(self) -> dict[str | None, list[AnswerError]]:
        """Group the errors by item; those of the whole form stand under None."""
        grouped: dict[str | None, list[AnswerError]] = {}
        for error in self.errors:
            grouped.setdefault(error.fid, []).append(error)
        return grouped


def clean(definition: Definition, raw: Mapping[str, Any], context: Context, *, page: str | None = None) -> Outcome:
    """Read and judge raw answers by fid.

    `page` limits the errors to the items of one page (raises KeyError when there is no such page);
    everything else is told for the whole form.
    """
    if page is not None and page not in {one.id for one in definition.pages}:
        raise KeyError(page)
    parsed, unreadable = _read(definition, raw, context)
    shown, values = _settle(definition, parsed, context)
    required = frozenset(
        item.fid
        for item in definition.live_items
        if item.fid in shown and _required_now(definition, item, values, context)
    )
    judge = _Judge(definition, values, shown, required, unreadable, context)
    known = {item.fid for item in definition.live_items}
    return Outcome(
        answers=_stored(definition, values),
        values=values,
        errors=[error for error in judge.errors() if page is None or _on_page(definition, error, page)],
        shown=shown,
        required=required,
        hidden=_stored(definition, {fid: value for fid, value in parsed.items() if fid not in shown}),
        unknown=tuple(str(fid) for fid in raw if fid not in known),
    )


def from_json(definition: Definition, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Python values of stored answers, of retired items too; unknown fids are left out."""
    return {
        item.fid: item.kind.from_json(stored[item.fid])
        for item in definition.items
        if stored.get(item.fid) is not None and item.kind.answerable
    }


def defaults(definition: Definition, context: Context) -> dict[str, Any]:
    """Return the values that an empty form starts with."""
    found = {}
    for item in definition.live_items:
        value = default_value(item, context)
        if value is not None:
            found[item.fid] = value
    return found


def _read(
    definition: Definition, raw: Mapping[str, Any], context: Context
) -> tuple[dict[str, Any], dict[str, Message]]:
    parsed: dict[str, Any] = {}
    unreadable: dict[str, Message] = {}
    for item in definition.live_items:
        if item.calculation is not None:
            continue  # whatever was sent for it
        try:
            value = item.kind.parse(item, raw.get(item.fid), context)
            if value is None and not item.kind.entered:
                value = default_value(item, context)
        except Invalid as invalid:
            unreadable[item.fid] = invalid.message
        else:
            if value is not None:
                parsed[item.fid] = value
    return parsed, unreadable


def _settle(
    definition: Definition, parsed: Mapping[str, Any], context: Context
) -> tuple[frozenset[str], dict[str, Any]]:
    """Evaluate the show conditions and the calculations to a fixed point: what is shown, and its answers.

    What is hidden counts as empty for the others. The check refuses circles, so each round settles at least one
    more level and as many rounds as there are items are enough.
    """
    shown = frozenset(item.fid for item in definition.live_items)
    for _ in definition.live_items:
        values = _visible(definition, parsed, shown, context)
        now = frozenset(
            item.fid for item in definition.live_items if item.show is None or holds(item.show, values, context.today)
        )
        if now == shown:
            break
        shown = now
    return shown, _visible(definition, parsed, shown, context)


def _visible(
    definition: Definition, parsed: Mapping[str, Any], shown: frozenset[str], context: Context
) -> dict[str, Any]:
    """Return the answers of what is shown, with what is computed from them."""
    values = {fid: value for fid, value in parsed.items() if fid in shown}
    for item in definition.computed_items:
        value = _computed(item, values, context) if item.fid in shown else None
        if value is not None:
            values[item.fid] = value
    return values


def _computed(item: Item, values: Mapping[str, Any], context: Context) -> Any:
    """Compute an answer; a result of another type than the item's is empty, as all that cannot be said is."""
    result = evaluate(item.calculation, values, context.today)
    return result if type(result) is _RESULTS[item.kind.value_type] and result != "" else None


def _required_now(definition: Definition, item: Item, values: Mapping[str, Any], context: Context) -> bool:
    """Tell whether an answer must be there: always, by its condition, or from the stage the record has reached."""
    if item.fid in context.locked:
        return False
    by_stage = reached(definition.stages, context.stage, item.stage.get("required_from"))
    return by_stage or _is_required(item, values, context)


def _is_required(item: Item, values: Mapping[str, Any], context: Context) -> bool:
    if isinstance(item.required, bool):
        return item.required or item.kind.always_required
    return holds(item.required, values, context.today)


def _stored(definition: Definition, values: Mapping[str, Any]) -> dict[str, Any]:
    return {fid: definition.item(fid).kind.to_json(value) for fid, value in values.items()}


def _on_page(definition: Definition, error: AnswerError, page: str) -> bool:
    return error.fid is not None and definition.page_of(error.fid) == page


@dataclass(frozen=True)
class _Judge:
    """All that the judgement of one set of answers looks at."""

    definition: Definition
    values: Mapping[str, Any]
    shown: frozenset[str]
    required: frozenset[str]
    unreadable: Mapping[str, Message]
    context: Context

    def errors(self) -> list[AnswerError]:
        errors = [
            AnswerError(item.fid, message.text, message.params)
            for item in self.definition.live_items
            if item.fid in self.shown and item.fid not in self.context.locked
            for message in self._item_messages(item)
        ]
        wrong = {error.fid for error in errors}
        return errors + [error for error in self._form_errors() if error.fid is None or error.fid not in wrong]

    def _item_messages(self, item: Item) -> list[Message]:
        if item.fid in self.unreadable:
            return [self.unreadable[item.fid]]
        if item.fid not in self.values:
            missing = Message(item.kind.missing, {"label": item.text(self.context.locale)})
            return [missing] if item.fid in self.required else self._broken_rules(item)
        messages = item.kind.validate(item, self.values[item.fid], self.context)
        return messages or self._broken_rules(item)

    def _broken_rules(self, item: Item) -> list[Message]:
        return [
            Message(rule.message.to(self.context.locale))
            for rule in item.rules
            if holds(rule.condition, self.values, self.context.today)
        ]

    def _form_errors(self) -> Iterator[AnswerError]:
        for rule in self.definition.rules:
            concerned = rule.at is None or rule.at in self.shown
            if concerned and holds(rule.condition, self.values, self.context.today):
                yield AnswerError(rule.at, rule.message.to(self.context.locale))


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
        TestFailure(place, fid, message, {"place": place + 1, "label": definition.item(fid).text(context.locale)})
        for place, test in enumerate(definition.tests)
        for fid, message in _unmet(test, clean(definition, test.given, fresh))
    ]


def _unmet(test: RecordedTest, outcome: Outcome) -> Iterator[tuple[str, str]]:
    wrong = frozenset(error.fid for error in outcome.errors)
    expectations = (
        (test.errors, wrong, True, N_("样例 %(place)s：“%(label)s”应当报错，却没有")),
        (test.valid, wrong, False, N_("样例 %(place)s：“%(label)s”不应当报错，却报了")),
        (test.shown, outcome.shown, True, N_("样例 %(place)s：“%(label)s”应当显示，却隐藏了")),
        (test.hidden, outcome.shown, False, N_("样例 %(place)s：“%(label)s”应当隐藏，却显示了")),
    )
    for fids, among, wanted, message in expectations:
        yield from ((fid, message) for fid in fids if (fid in among) is not wanted)
