"""Every kind of question is complete: one file, one line, a card, a control, names outside, words in English."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from admin.form_outline import KIND_CARDS
from engine.kinds import KINDS, Kind
from forms.makers import MAKERS
from shell.assets import icon
from tests.support.kinds import ROWS
from tests.unit.engine.test_kinds import VALUES

ROOT = Path(__file__).resolve().parents[2]
# The names of the XLSForm specification; `integer` and `text` serve our own kinds that it does not have.
XLSFORM = {
    *("text", "integer", "decimal", "range", "date", "time", "dateTime", "select_one", "select_multiple", "rank"),
    *("note", "calculate", "hidden", "geopoint", "barcode", "acknowledge", "image", "audio", "file"),
    *("begin_group", "begin_repeat"),
}
PROPERTIES = {
    *("int", "decimal", "bool", "text", "date", "choice", "options", "org_level", "expression", "fill", "columns"),
}
OPERATORS = {"eq", "in", "ge", "le", "contains", "empty"}
FILTER_INPUTS = {"select", "number", "date", "time", "datetime-local", "text"}
INDEX_METHODS = {"text": "index_text", "number": "index_number"}
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))


def english() -> dict[str, str]:
    with (ROOT / "translations" / "en" / "LC_MESSAGES" / "messages.po").open("rb") as lines:
        return {str(one.id): str(one.string) for one in read_po(lines) if one.id}


def test_every_file_under_kinds_is_a_kind_or_what_kinds_share() -> None:
    shared = {"__init__", "base", "numbers", "selects", "texts", "uploads"}
    assert {path.stem for path in (ROOT / "engine" / "kinds").glob("*.py")} - shared == set(KINDS)


@every_kind
def test_a_kind_stands_in_its_own_file_and_says_in_a_line_what_it_is(kind: Kind) -> None:
    assert type(kind).__module__ == f"engine.kinds.{kind.name}"
    assert (inspect.getmodule(type(kind)).__doc__ or "").strip().endswith(".")
    assert not inspect.isabstract(type(kind))


@every_kind
def test_a_kind_has_every_aspect(kind: Kind) -> None:
    assert kind.xlsform_type in XLSFORM
    assert set(kind.operators) <= OPERATORS
    assert kind.filter_input in FILTER_INPUTS
    assert kind.index_as in {"", *INDEX_METHODS}
    if kind.index_as:
        method = INDEX_METHODS[kind.index_as]
        assert getattr(type(kind), method) is not getattr(Kind, method)
    assert not kind.sortable or kind.index_as
    assert not kind.counted or kind.index_as
    assert {setting.type for setting in kind.config_properties} <= PROPERTIES
    assert kind.answerable or not kind.operators


@every_kind
def test_a_kind_has_a_card_and_a_control_where_somebody_fills_it_in(kind: Kind) -> None:
    picture, words = KIND_CARDS[kind.name]
    assert icon(picture)
    assert str(words)
    assert (kind.name in MAKERS) == (kind.answerable and kind.entered)


def test_no_card_or_control_is_left_of_a_kind_that_is_gone() -> None:
    assert list(KIND_CARDS) == [name for name in KIND_CARDS if name in KINDS]
    assert set(MAKERS) <= set(KINDS)


@every_kind
def test_a_kind_speaks_english_too(kind: Kind) -> None:
    known = english()
    settings = [setting.label for setting in kind.config_properties]
    choices = [words for setting in kind.config_properties for _value, words in setting.choices]
    for text in (kind.label, kind.missing, *settings, *choices):
        assert known.get(text), text


@every_kind
def test_a_kind_is_in_the_tables_that_the_tests_walk(kind: Kind) -> None:
    assert (kind.name in VALUES) == kind.answerable
    assert kind.name in {row.kind for row in ROWS}
