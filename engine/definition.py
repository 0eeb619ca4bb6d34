"""The door to form definitions: check a document, parse it, compare two versions."""

from __future__ import annotations

from collections.abc import Sequence

from engine.check import check
from engine.diff import Change, diff
from engine.messages import Problem
from engine.schema import SCHEMA, Definition, Item, Option, Page, RecordedTest, Rule, build

__all__ = [
    "SCHEMA",
    "Change",
    "Definition",
    "DefinitionError",
    "Item",
    "Option",
    "Page",
    "Problem",
    "RecordedTest",
    "Rule",
    "check",
    "diff",
    "parse",
]


class DefinitionError(ValueError):
    """A document that is no form. `problems` says why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = list(problems)


def parse(document: object) -> Definition:
    """Check a document and build the definition; raises DefinitionError."""
    problems = check(document)
    if problems or not isinstance(document, dict):
        raise DefinitionError(problems)
    return build(document)
