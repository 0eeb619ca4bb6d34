"""Which kind of ours a question type of XLSForm is, and the other way round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.kinds import KINDS

LISTS = frozenset({"select_one", "select_multiple", "rank"})
OPENING: Mapping[str, str] = {"begin_group": "group", "begin_repeat": "repeat"}
CLOSING: Mapping[str, str] = {"end_group": "group", "end_repeat": "repeat"}
# What a type is when `zhiye::type` does not say more.
PLAIN: Mapping[str, str] = {
    "text": "text",
    "string": "text",
    "integer": "integer",
    "int": "integer",
    "decimal": "decimal",
    "range": "range",
    "date": "date",
    "time": "time",
    "datetime": "datetime",
    "select_one": "select_one",
    "select_multiple": "select_multiple",
    "rank": "rank",
    "acknowledge": "acknowledge",
    "trigger": "acknowledge",
    "note": "note",
    "calculate": "calculate",
    "hidden": "hidden",
    "geopoint": "geopoint",
    "image": "image",
    "photo": "image",
    "audio": "audio",
    "file": "file",
    "barcode": "barcode",
}
METADATA = frozenset(
    {"start", "end", "today", "deviceid", "username", "phonenumber", "email", "audit", "start_geopoint"}
)
# The words of the Chinese template; for kinds, what the designer calls them.
BRACKETS: Mapping[str, str] = {
    "分组开始": "begin_group",
    "分组结束": "end_group",
    "重复开始": "begin_repeat",
    "重复结束": "end_repeat",
}
YES = frozenset({"yes", "true", "true()", "1", "是"})
NO = frozenset({"no", "false", "false()", "0", "否"})


def template_types() -> list[str]:
    """Return what the first column of the Chinese template may say."""
    return [*(kind.label for name, kind in KINDS.items() if name not in OPENING.values()), *BRACKETS]


def from_chinese(word: str) -> tuple[str, str] | None:
    """Return (type, kind) of a word of the template; kind is "" for brackets. None for anything else."""
    if word in BRACKETS:
        return BRACKETS[word], ""
    for name, kind in KINDS.items():
        if kind.label == word:
            return xls_type(name), name
    return None


def xls_type(kind: str) -> str:
    """Return the type that a kind is written as; a choice still lacks its list."""
    return KINDS[kind].xlsform_type


def is_plain(item: Mapping[str, Any]) -> bool:
    """Tell whether the type (with its appearance) alone says which kind an item is."""
    kind = item["type"]
    return PLAIN.get(xls_type(kind).lower()) == kind or (kind, appearance(item)) in {
        ("textarea", "multiline"),
        ("signature", "signature"),
    }


def appearance(item: Mapping[str, Any]) -> str:
    """Return the appearance that says how an item is asked."""
    if item["type"] == "textarea":
        return "multiline"
    if item["type"] == "signature":
        return "signature"
    if item["type"] == "rating":
        return "rating"
    return "minimal" if item.get("style") == "menu" else ""
