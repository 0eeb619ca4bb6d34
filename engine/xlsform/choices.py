"""The choices of a workbook: one list from its rows, with the words that formulas may use for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.context import DEFAULT_LOCALE
from engine.editing import free_name
from engine.properties import OPTION_VALUE
from engine.xlsform import types
from engine.xlsform.book import Row, split_language

_COLUMNS = frozenset({"list_name", "name", "label", "zhiye::retired"})


@dataclass(frozen=True)
class ChoiceList:
    """The choices of one list.

    `words` gives the value of each name or label that may stand for it; `originals` the name in the workbook of each
    value that had to be another; `columns`, by value, the cells that filters compare.
    """

    options: tuple[dict[str, Any], ...]
    words: Mapping[str, str]
    originals: Mapping[str, str]
    columns: Mapping[str, Mapping[str, str]]


def read_list(rows: Sequence[Row]) -> tuple[ChoiceList, list[Row]]:
    """Return the list, and the rows that name nothing or what another row names already."""
    options: list[dict[str, Any]] = []
    originals: dict[str, str] = {}
    columns: dict[str, Mapping[str, str]] = {}
    named: dict[str, str] = {}
    labelled: dict[str, str] = {}
    doubtful = []
    for row in rows:
        original = row.get("name") or row.get("label")
        if not original or original in named:
            doubtful.append(row)
            continue
        value = original if OPTION_VALUE.fullmatch(original) else free_name(f"o{len(options) + 1}", columns)
        if value != original:
            originals[value] = original
        label = text_of(row, "label", original)
        retired = row.get("zhiye::retired").lower() in types.YES
        options.append({"value": value, "label": label, **({"retired": True} if retired else {})})
        columns[value] = {name: cell for name, cell in row.values.items() if split_language(name)[0] not in _COLUMNS}
        named[original] = value
        for word in (value, *texts_of(label)):
            labelled.setdefault(word, value)
    # A name of the workbook goes before a label that reads the same.
    return ChoiceList(tuple(options), {**labelled, **named}, originals, columns), doubtful


def text_of(row: Row, column: str, otherwise: str) -> Any:
    """Return a text of a row: plain where it is only in Chinese, else by locale."""
    found = {locale: text.strip() for locale, text in row.texts(column).items() if text.strip()}
    if not found:
        return otherwise
    found.setdefault(DEFAULT_LOCALE, next(iter(found.values())))
    return found[DEFAULT_LOCALE] if len(found) == 1 else found


def texts_of(text: Any) -> list[str]:
    """Return a text in all its languages."""
    return list(text.values()) if isinstance(text, dict) else [text]
