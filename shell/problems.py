"""The errors of a form as one flat list, for the summary on top of the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

GROUPED = frozenset({"radio", "checkbox"})


@dataclass(frozen=True)
class Problem:
    """One thing to mend: the id of the control to jump to, its label, and what is wrong."""

    anchor: str
    label: Any
    message: Any


def problems(form: Any) -> list[Problem]:
    """Return every error of a WTForms form or list of fields, in the order of the page."""
    own = [Problem("", "", message) for message in getattr(form, "form_errors", ())]
    return own + [problem for field in form for problem in _of(field)]


def anchor_of(field: Any) -> str:
    """Return the id of the control a link should jump to: of a group, its first choice."""
    input_type = getattr(getattr(field, "option_widget", None), "input_type", None)
    return f"{field.id}-0" if input_type in GROUPED else str(field.id)


def _of(field: Any) -> Iterator[Problem]:
    if not field.errors:
        return
    if hasattr(field, "form"):
        yield from problems(field.form)
    elif hasattr(field, "entries"):
        yield from problems(field.entries)
    for message in own_errors(field):
        yield Problem(anchor_of(field), field.label.text, message)


def own_errors(field: Any) -> list[Any]:
    """Return the messages of the field itself, without those of the fields inside it."""
    errors = field.errors or ()
    return [] if isinstance(errors, dict) else [error for error in errors if not isinstance(error, (dict, list))]
