"""One form being filled in: who fills, what is answered and known, and what the engine says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import gettext as _

from engine.answers import AnswerError, Context, Outcome, clean
from engine.definition import Definition, Page
from engine.expressions import dependencies
from engine.filters import filtered_by
from engine.rows import answer_at
from models.access import Actor
from services.carrying import blanked, hints, opened


@dataclass(frozen=True)
class Filling:
    """Everything a page shows: who fills, what is answered and known, and in which language."""

    definition: Definition
    actor: Actor
    context: Context
    raw: Mapping[str, Any]
    outcome: Outcome
    permission: str = "record:create"
    masks: Mapping[str, str] = field(default_factory=dict)  # by address
    gone: str = ""  # the row that was just taken out, as "b0/<row id> <place>"
    aside: Sequence[tuple[str, str]] = ()  # its fields, where no draft keeps them

    def only(self, page: Page) -> Filling:
        """Return the same with the errors of a page that is no page of the form (forms/parts.py)."""
        asked = {item.fid for item in page.live_items}
        errors = [error for error in self.outcome.errors if error.at and error.at.partition("/")[0] in asked]
        return replace(self, outcome=replace(self.outcome, errors=errors))

    def value_at(self, at: str) -> Any:
        """Return the value at an address, None where it is empty or hidden."""
        return answer_at(self.outcome.values, at)

    @classmethod
    def of(
        cls,
        definition: Definition,
        raw: Mapping[str, Any],
        *,
        actor: Actor,
        context: Context,
        page: Page | None = None,
        permission: str = "record:create",
        masks: Mapping[str, str] | None = None,
        gone: str = "",
    ) -> Filling:
        """Judge raw answers and keep what the page needs of it; what was carried over and is secret becomes a mask."""
        outcome = clean(definition, opened(raw), context, page=page.id if page else None)
        known = {**(masks or {}), **hints(definition, raw)}
        return cls(definition, actor, context, blanked(raw), outcome, permission, known, gone)


def say(error: AnswerError) -> str:
    """Return an error of the engine in the reader's language."""
    params = {name: _(value) if isinstance(value, str) and value else value for name, value in error.params.items()}
    text = _(error.message) if error.message else ""
    return text % params if params else text


def deciding(definition: Definition) -> frozenset[str]:
    """Return the fids on which some item's being shown, required, computed or its options depend."""
    conditions = [
        condition
        for item in definition.every_live_item
        for condition in (item.show, item.required, item.calculation)
        if condition is not None and not isinstance(condition, bool)
    ]
    return frozenset(fid for condition in conditions for fid in dependencies(condition)) | filtering(definition)


def filtering(definition: Definition) -> frozenset[str]:
    """Return the fids that decide which options another question offers: only the server draws those anew."""
    return frozenset(fid for item in definition.every_live_item for fid in filtered_by(item))
