"""From a cell of a workbook to a raw answer: what people write there, in the spellings that the engine reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.definition import Item
from engine.kinds.selects import SelectKind
from engine.messages import N_, Invalid
from queries.imports import Units
from services.workbooks import Value

# What our own exports write where there is no answer.
NO_ANSWER = frozenset({"未填", "未询问", "条件隐藏", "无权查看"})
YES = frozenset({"是", "对", "有", "√", "✓", "✔", "已确认"})
NO = frozenset({"否", "错", "无", "没有", "×", "✗", "✘"})
_FORMULA = re.compile(r"[=@]|[+\-](?=[A-Za-z_(])")
_KEPT = re.compile(r"'(?=[=+\-@\t\r])")  # an export writes it before what looks like a formula
_BETWEEN = re.compile(r"[、,，;；|\n\r\t]+|\s+")
_PLACE = re.compile(r"^[0-9]+[.．、\s]\s*")
_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
EXACT = 10**15  # whole numbers beyond have lost figures in a workbook
OFFERED = 6


def raw_answer(item: Item, value: Value, units: Units) -> Any:
    """Return what the engine is given for a cell; None where there is no answer. Raises Invalid."""
    if isinstance(value, str):
        value = value.strip()
        if _FORMULA.match(value):
            raise Invalid(N_("以“=”“@”等开头，像公式，不能导入。请改成普通文字"))
        value = _KEPT.sub("", value, count=1)
    if value is None or value == "" or (isinstance(value, str) and value in NO_ANSWER):
        return None
    return _reader(item)(item, value, units)


def _reader(item: Item) -> Callable[[Item, Value, Units], Any]:
    if item.type in _READERS:
        return _READERS[item.type]
    if isinstance(item.kind, SelectKind):
        return _options if item.kind.value_type == "list" else _option
    by_value: Mapping[str, Callable[[Item, Value, Units], Any]] = {"bool": _truth, "number": _number, "date": _day}
    return by_value.get(item.kind.value_type, _text)


def plain_text(value: Value) -> str:
    """Say a value of a cell as text, as it stands in the sheet."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{Decimal(repr(value)):f}"
    if isinstance(value, time | timedelta):
        return (_clock(value) if isinstance(value, timedelta) else value).isoformat("minutes")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return "" if value is None else str(value)


def _text(_item: Item, value: Value, _units: Units) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= EXACT:
        raise Invalid(N_("被表格软件当成了数字，后几位已经丢失。请把这一列设成“文本”格式，再重新填写"))
    return plain_text(value)


def _number(_item: Item, value: Value, _units: Units) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < EXACT else value


def _day(_item: Item, value: Value, _units: Units) -> Any:
    """Take days as such; eight figures without anything between them are a day too."""
    text = plain_text(value) if isinstance(value, int | float) else value
    if isinstance(text, str) and (found := _DAY.fullmatch(text)):
        return "-".join(found.groups())
    return text


def _time(_item: Item, value: Value, _units: Units) -> Any:
    if isinstance(value, datetime):
        return value.time()
    return _clock(value) if isinstance(value, timedelta) else value


def _moment(_item: Item, value: Value, _units: Units) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        raise Invalid(N_("只有日期，没有几点几分。请写成 2026-01-31 09:30 这样"))
    return value


def _clock(value: timedelta) -> time:
    return (datetime(1900, 1, 1, tzinfo=UTC) + value).time()


def _truth(_item: Item, value: Value, _units: Units) -> Any:
    text = plain_text(value)
    return "true" if text in YES else "false" if text in NO else text


def _option(item: Item, value: Value, _units: Units) -> str:
    found = _chosen(item, plain_text(value))
    if found is None:
        raise _no_option(item, plain_text(value))
    return found


def _options(item: Item, value: Value, _units: Units) -> list[str]:
    """Read options with any separator between them; a label that holds a separator itself stands alone in its cell."""
    text = plain_text(value)
    whole = _chosen(item, text)
    if whole is not None:
        return [whole]
    return [_one(item, word) for word in _words(item, text)]


def _words(item: Item, text: str) -> list[str]:
    """Cut a cell into options: first at list signs, which labels with blanks in them survive, then at blanks too."""
    parts = [part for part in re.split(r"[、,，;；|\n\r\t]+", text) if part.strip()]
    words = [_PLACE.sub("", part.strip()) or part for part in parts]
    if len(parts) > 1 or all(_chosen(item, word) is not None for word in words):
        return words
    return [word for word in _BETWEEN.split(text) if word]


def _one(item: Item, word: str) -> str:
    found = _chosen(item, word)
    if found is None:
        raise _no_option(item, word)
    return found


def _chosen(item: Item, word: str) -> str | None:
    """Return the value of the option that a word names: its label in any language, or its code."""
    wanted = word.strip().casefold()
    for option in sorted(item.options, key=lambda one: one.retired):  # a label may have been given anew
        if wanted == option.value.casefold() or wanted in {one.casefold() for one in option.label.locales.values()}:
            return option.value
    return None


def _no_option(item: Item, word: str) -> Invalid:
    labels = [option.text() for option in item.live_options]
    some = "、".join(labels[:OFFERED]) + ("……" if len(labels) > OFFERED else "")
    return Invalid(N_("没有“%(word)s”这个选项，可以填：%(some)s"), word=word[:40], some=some)


def _unit(item: Item, value: Value, units: Units) -> int:
    word = plain_text(value)
    found = units.find(item.config.get("level"), word)
    if len(found) == 1:
        return next(iter(found))
    if found:
        raise Invalid(N_("叫“%(word)s”的单位不止一个，请在前面写上乡镇，或填单位代码"), word=word[:40])
    raise Invalid(N_("您的管辖范围内没有“%(word)s”，请填单位全称或代码"), word=word[:40])


_READERS: Mapping[str, Callable[[Item, Value, Units], Any]] = {"org": _unit, "time": _time, "datetime": _moment}
