"""The three sheets of an XLSForm as plain rows, each cell with its address; headings in English or Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SURVEY, CHOICES, SETTINGS = "survey", "choices", "settings"
SHEETS: Mapping[str, str] = {"题目": SURVEY, "选项": CHOICES, "设置": SETTINGS}
# The headings of our Chinese template, and the older spellings of XLSForm that people still use.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    SURVEY: {
        "题型": "type",
        "名称": "name",
        "题目": "label",
        "提示": "hint",
        "必填": "required",
        "显示条件": "relevant",
        "校验": "constraint",
        "校验提示": "constraint_message",
        "计算公式": "calculation",
        "默认值": "default",
        "选项": "options",
        "relevance": "relevant",
        "calculate": "calculation",
        "read_only": "readonly",
    },
    CHOICES: {"清单": "list_name", "值": "name", "文字": "label", "list": "list_name", "value": "name"},
    SETTINGS: {"表单名称": "form_title", "表单标识": "form_id"},
}
_LANGUAGE = re.compile(r"(?P<base>[a-z_]+)\s*::\s*(?P<name>.*?)\s*(?:\((?P<code>[A-Za-z_-]{2,12})\))?")
_CHINESE = re.compile(r"中文|汉语|chinese", re.IGNORECASE)
TRANSLATED = frozenset({"label", "hint", "constraint_message", "required_message"})
ZH = "zh_Hans_CN"


@dataclass(frozen=True)
class Row:
    """One row: its number in the sheet (from 1) and what its cells say, by column; blank cells are left out."""

    number: int
    values: Mapping[str, str]

    def get(self, column: str) -> str:
        """Return what a cell says, "" when it is blank."""
        return self.values.get(column, "")

    def texts(self, column: str) -> dict[str, str]:
        """Return a translated text by locale; a column without language is Chinese."""
        found = {}
        for name, value in self.values.items():
            base, locale = split_language(name)
            if base == column:
                found[locale] = value
        return found


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name in the workbook, the place (letters) of each column, and its rows with content."""

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    rows: Sequence[Row] = ()

    def cell(self, row: int, column: str) -> str:
        """Return an address such as "survey!C5"; the first column stands in for one that is missing."""
        letters = self.columns.get(column) or next(
            (place for name, place in self.columns.items() if split_language(name)[0] == column), "A"
        )
        return f"{self.name}!{letters}{row}"


@dataclass(frozen=True)
class Book:
    """A workbook as far as XLSForm speaks of it."""

    survey: Sheet
    choices: Sheet = field(default_factory=lambda: Sheet(CHOICES))
    settings: Sheet = field(default_factory=lambda: Sheet(SETTINGS))


def split_language(column: str) -> tuple[str, str]:
    """Return the name of a column without its language, and the locale: `label::English (en)` is label, en."""
    found = _LANGUAGE.fullmatch(column)
    if not found or found["base"] not in TRANSLATED:
        return column, ZH
    code = (found["code"] or found["name"]).replace("-", "_")
    if code.casefold().startswith("zh") or _CHINESE.search(found["name"]):
        return found["base"], ZH
    return found["base"], code.casefold()[:2] if re.fullmatch(r"[A-Za-z_]+", code) else "en"


def heading(text: str, sheet: str) -> str:
    """Return the name of a column as this package uses it."""
    plain = text.strip()
    plain = COLUMNS[sheet].get(plain, plain)
    if "::" in plain:
        base, _, language = plain.partition("::")
        base = COLUMNS[sheet].get(base.strip(), base.strip().lower().replace(" ", "_"))
        return f"{base}::{language.strip()}"
    lowered = re.sub(r"[\s_]+", "_", plain.lower())
    return COLUMNS[sheet].get(lowered, lowered)
