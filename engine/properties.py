"""Whether the properties of a definition have the right shape: texts, keys, numbers, options, defaults."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

from engine.context import DEFAULT_LOCALE
from engine.kinds.base import ConfigProperty
from engine.kinds.date import read_date
from engine.kinds.numbers import read_number
from engine.messages import N_, Invalid, Message, Problem
from engine.texts import forbidden

LABEL, HINT = 200, 1000
OPTIONS = 500
COLUMNS, KEY_MOST = 5, 64  # of a filter: how many, and how long a name or tag may be
BYTES = 512 * 1024
LEVELS = 100
LARGEST = 10**15
KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
OPTION_VALUE = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_.-]{0,63}")
_LOCALE = re.compile(r"[a-z]{2,3}(_[A-Za-z]{2,4}){0,2}")
# Names that exports, interfaces and list addresses use for columns of their own.
RESERVED = frozenset(
    {
        *("id", "key", "form", "form_id", "version", "state", "number", "author", "answers", "instance_id"),
        *("created_at", "updated_at", "submitted_at", "county_id", "town_id", "village_id"),
        *("page", "sort", "search", "next", "csrf_token", "meta", "data", "errors", "validate", "process"),
    }
)


def unsafe(document: object) -> Problem | None:
    """Tell what makes a document impossible to store or to walk, whatever it means; None when nothing does."""
    for path, value, depth in _parts(document):
        message = N_("表单定义嵌套太深") if depth > LEVELS else _unsafe_value(value)
        if message:
            return Problem(path if depth <= LEVELS else "", None, message)
    size = len(json.dumps(document, ensure_ascii=False, allow_nan=False).encode())
    if size > BYTES:
        params = {"most": BYTES // 1024, "size": size // 1024}
        return Problem("", None, N_("表单定义太大，最多 %(most)s 千字节，现在是 %(size)s"), params)
    return None


def _parts(document: object) -> Iterator[tuple[str, object, int]]:
    """Walk everything in a document, names of properties included, with its path and level.

    Without recursion, so that any depth is told and none overflows the stack.
    """
    waiting: list[tuple[str, object, int]] = [("", document, 1)]
    while waiting:
        path, value, depth = waiting.pop()
        yield path, value, depth
        if isinstance(value, dict):
            for name, part in value.items():
                waiting.append((path, name, depth + 1))
                waiting.append((f"{path}.{name}".lstrip("."), part, depth + 1))
        elif isinstance(value, list):
            waiting.extend((f"{path}[{place}]", part, depth + 1) for place, part in enumerate(value))


def _unsafe_value(value: object) -> str | None:
    if value is None or isinstance(value, bool | dict | list):
        return None
    if isinstance(value, str):
        return N_("文字里有看不见的控制字符") if forbidden(value, allowed="\n\r\t") else None
    if isinstance(value, int | float):
        return None if abs(value) < LARGEST else N_("数字太大")
    return N_("表单定义只能由文字、数字、是否、列表和对象组成")


def text_problem(value: object, longest: int = LABEL) -> Message | None:
    """Judge a text or a mapping from locale to text."""
    texts = value if isinstance(value, dict) else {DEFAULT_LOCALE: value}
    if DEFAULT_LOCALE not in texts or not all(_LOCALE.fullmatch(locale) for locale in texts):
        return Message(N_("多语言文字要有 %(locale)s，语言写成 en 或 zh_Hans_CN 这样"), {"locale": DEFAULT_LOCALE})
    for text in texts.values():
        if not isinstance(text, str) or not text.strip():
            return Message(N_("请填写文字"))
        if len(text) > longest:
            return Message(N_("文字太长，最多 %(most)s 个字"), {"most": longest})
        if forbidden(text):
            return Message(N_("文字里不能有换行或看不见的控制字符"))
    return None


def hint_problem(value: object) -> Message | None:
    """Judge a hint, which may be empty."""
    return None if value == "" else text_problem(value, HINT)


def key_problem(value: object) -> Message | None:
    """Judge an id or key made of small ASCII letters, digits and underscores."""
    if not isinstance(value, str) or not KEY.fullmatch(value):
        return Message(N_("标识只能用小写英文字母、数字和下划线，以字母开头，最多 63 位"))
    return None


def name_problem(value: object) -> Message | None:
    """Judge the key of an item, which becomes a column's name."""
    if isinstance(value, str) and value in RESERVED:
        return Message(N_("标识“%(key)s”是系统保留的，请换一个"), {"key": value})
    return key_problem(value)


def flag_problem(value: object) -> Message | None:
    """Judge a yes or no."""
    return None if isinstance(value, bool) else Message(N_("这里只能是“是”或“否”"))


def options_problem(value: object) -> Message | None:
    """Judge a list of options."""
    if not isinstance(value, list) or len(value) > OPTIONS:
        return Message(N_("选项要是一个列表，最多 %(most)s 项"), {"most": OPTIONS})
    seen: set[str] = set()
    for place, option in enumerate(value, start=1):
        message = _option_problem(option)
        if message:
            return Message(N_("第 %(place)s 个选项：%(why)s"), {"place": place, "why": message})
        if option["value"] in seen:
            return Message(N_("选项值“%(value)s”重复"), {"value": option["value"]})
        seen.add(option["value"])
    return None


def _option_problem(option: object) -> Message | None:
    if not isinstance(option, dict) or not set(option) <= {"value", "label", "retired", "tags"}:
        return Message(N_("只能有选项值、文字、停用标记和筛选用的列"))
    if not isinstance(option.get("value"), str) or not OPTION_VALUE.fullmatch(option["value"]):
        return Message(N_("选项值只能用英文字母、数字、下划线、点和短横，最多 64 位"))
    return (
        text_problem(option.get("label"))
        or flag_problem(option.get("retired", False))
        or columns_problem(option.get("tags", {}))
    )


def columns_problem(value: object) -> Message | None:
    """Judge what is said by column: the tags of an option, or which item each column is compared with."""
    if isinstance(value, dict) and len(value) <= COLUMNS and all(_is_short(one) for one in (*value, *value.values())):
        return None
    return Message(N_("筛选的列要写成列名和内容，最多 %(most)s 列"), {"most": COLUMNS})


def _is_short(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= KEY_MOST


def _int_problem(value: object, setting: ConfigProperty) -> Message | None:
    if type(value) is int and setting.least <= value <= setting.most:
        return None
    return Message(N_("要填 %(least)s 到 %(most)s 之间的整数"), {"least": setting.least, "most": setting.most})


def _decimal_problem(value: object, _setting: ConfigProperty) -> Message | None:
    try:
        return None if read_number(value) is not None else Message(N_("这里要填数字"))
    except Invalid as invalid:
        return invalid.message


def _date_problem(value: object, _setting: ConfigProperty) -> Message | None:
    try:
        return None if isinstance(value, str) and read_date(value) else Message(N_("日期要写成 2026-01-31 这样"))
    except Invalid as invalid:
        return invalid.message


def _choice_problem(value: object, setting: ConfigProperty) -> Message | None:
    known = isinstance(value, str) and value in {choice for choice, _ in setting.choices}
    return None if known else Message(N_("没有这个选择"))


def _fill_problem(value: object, setting: ConfigProperty) -> Message | None:
    known = {choice for choice, _ in setting.choices}
    sound = isinstance(value, dict) and all(isinstance(one, str) and one in known for one in value.values())
    return None if sound else Message(N_("带入要写成题号和内容的对照"))


_SETTINGS: Mapping[str, Callable[[object, ConfigProperty], Message | None]] = {
    "int": _int_problem,
    "decimal": _decimal_problem,
    "date": _date_problem,
    "choice": _choice_problem,
    "org_level": _choice_problem,
    "bool": lambda value, _: flag_problem(value),
    "text": lambda value, _: text_problem(value),
    "options": lambda value, _: options_problem(value),
    "columns": lambda value, _: columns_problem(value),
    "fill": _fill_problem,
    "expression": lambda _value, _: None,  # the check judges it together with the items it reads
}


def setting_problem(value: object, setting: ConfigProperty) -> Message | None:
    """Judge one setting of a kind by its type."""
    return _SETTINGS[setting.type](value, setting)
