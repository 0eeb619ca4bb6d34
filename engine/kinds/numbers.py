"""What the number kinds share: reading plain notation, bounds."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import Cell, Kind
from engine.messages import N_, Invalid, Message, Problem
from engine.schema import Item
from engine.texts import narrow

PLACES = 6
DIGITS = 15
LIMIT = Decimal(10) ** DIGITS
_PLAIN = re.compile(r"([+-]?)([0-9]{1,40}|[0-9]{1,3}(?:,[0-9]{3}){1,12})(?:\.([0-9]{1,40}))?")
_LONGEST = 60


def plain(number: Decimal) -> str:
    """Write a number without exponent, superfluous zeros or a negative zero."""
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"", "-", "-0"} else text


def read_number(raw: Any) -> Decimal | None:
    """Read a number in plain notation, with or without thousands commas. Raises Invalid."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise Invalid(N_("这里要填数字"))
    found = _PLAIN.fullmatch(_spelled(raw))
    if not found:
        raise Invalid(N_("这里要填数字，例如 12 或 12.5"))
    sign, whole, fraction = found.groups()
    number = Decimal(f"{sign}{whole.replace(',', '')}.{fraction or '0'}")
    if abs(number) >= LIMIT:
        raise Invalid(N_("数字太大，整数部分最多 %(digits)s 位"), digits=DIGITS)
    return Decimal(plain(number))


def _spelled(raw: str | float | Decimal) -> str:
    if isinstance(raw, str):
        return narrow(raw) if len(raw) <= _LONGEST else ""
    if isinstance(raw, int):
        return str(raw) if abs(raw) < LIMIT * LIMIT else str(LIMIT)
    number = Decimal(repr(raw)) if isinstance(raw, float) else raw
    if not number.is_finite():
        return ""
    return f"{number:f}" if abs(number.adjusted()) < _LONGEST else str(LIMIT)


class NumberKind(Kind):
    """The common part of integer and decimal."""

    operators: ClassVar[tuple[str, ...]] = ("eq", "ge", "le", "empty")
    value_type = "number"
    index_as = "number"
    filter_input = "number"
    summed = True
    sortable = True

    def check_item(self, item: Item) -> list[Problem]:
        least, most = self._bound(item, "min"), self._bound(item, "max")
        if least is not None and most is not None and least > most:
            return [Problem("min", item.fid, N_("最小值不能大于最大值"))]
        return []

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        del context
        least, most = self._bound(item, "min"), self._bound(item, "max")
        if least is not None and value < least:
            return [Message(N_("不能小于 %(least)s"), {"least": plain(least)})]
        if most is not None and value > most:
            return [Message(N_("不能大于 %(most)s"), {"most": plain(most)})]
        return []

    def index_number(self, item: Item, value: Any) -> list[float]:
        del item
        return [float(value)]

    def export_cells(self, item: Item, value: Any, context: Context, *, codes: bool = False) -> Cell:
        del item, context, codes
        number: int | Decimal = value
        return number

    @staticmethod
    def _bound(item: Item, name: str) -> Decimal | None:
        return read_number(item.config.get(name))
