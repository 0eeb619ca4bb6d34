"""Edits of what concerns a form as a whole: its rules, who may do what, stages, duplicates, recorded tests."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from typing import Any

Document = dict[str, Any]


def change_form(document: Document, **properties: Any) -> Document:
    """Replace properties of the form; one that says nothing is left out."""
    edited = {**copy.deepcopy(document), **copy.deepcopy(properties)}
    return {name: value for name, value in edited.items() if name not in properties or value not in (None, [], {})}


def tests_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the tests recorded with a form, in order."""
    return list(document.get("tests") or ())


def put_test(document: Document, test: Mapping[str, Any], place: int | None = None) -> Document:
    """Add a test at the end, or replace the one at a place; raises LookupError when there is none."""
    tests = tests_of(document)
    if place is None:
        tests.append(dict(test))
    else:
        tests[_place(tests, place)] = dict(test)
    return change_form(document, tests=tests)


def remove_test(document: Document, place: int) -> Document:
    """Take a test away; raises LookupError when there is none."""
    tests = tests_of(document)
    del tests[_place(tests, place)]
    return change_form(document, tests=tests)


def forget_in_tests(document: Document, fids: Collection[str]) -> Document:
    """Take items that are no longer asked out of the recorded tests, which would else name what is not there."""
    if not tests_of(document):
        return document
    return change_form(document, tests=[_without(test, fids) for test in tests_of(document)])


def _without(test: Mapping[str, Any], fids: Collection[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in test.items():
        if isinstance(value, dict) and name in {"in", "calc"}:
            kept[name] = {fid: answer for fid, answer in value.items() if fid not in fids}
        else:
            kept[name] = [fid for fid in value if fid not in fids] if isinstance(value, list) else value
    return {name: value for name, value in kept.items() if name == "in" or value not in ([], {})}


def _place(tests: Sequence[Any], place: int) -> int:
    if not 0 <= place < len(tests):
        raise LookupError(place)
    return place
