"""A citizen identity number of 18 places (GB 11643-1999)."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import Kind
from engine.kinds.texts import mask_middle, read_text
from engine.messages import N_, Invalid, Message
from engine.schema import Item
from engine.texts import narrow

_SHAPE = re.compile(r"[1-9][0-9]{16}[0-9X]")
_HEAD, _TAIL = 4, 4
_FIRST_YEAR = 1850


def check_digit(number: str) -> str:
    """Return the 18th place for the first 17 (GB 11643-1999, ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17]))
    return "10X98765432"[total % 11]


def birth_date(number: str) -> date | None:
    """Return the date in places 7 to 14, None when the calendar has no such day."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


class CnIdKind(Kind):
    name: ClassVar[str] = "cn_id"
    label: ClassVar[str] = N_("身份证号")
    xlsform_type: ClassVar[str] = "text"
    operators: ClassVar[tuple[str, ...]] = ("eq", "empty")
    maskable = True

    def parse(self, item: Item, raw: Any, context: Context) -> str | None:
        """Read 18 places; full-width figures and a small x are put right."""
        del item, context
        text = read_text(str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw)
        if text is None:
            return None
        number = "".join(narrow(text).upper().split())
        if not _SHAPE.fullmatch(number):
            raise Invalid(N_("身份证号要有 18 位，最后一位可以是 X"))
        return number

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        del item
        born = birth_date(value)
        if born is None or born.year < _FIRST_YEAR or born > context.today:
            return [Message(N_("身份证号里的出生日期不对，请核对第 7 到 14 位"))]
        if check_digit(value) != value[17]:
            return [Message(N_("身份证号的校验位不对，请逐位核对"))]
        return []

    def mask(self, item: Item, value: Any, context: Context) -> str:
        del item, context
        return mask_middle(value, _HEAD, _TAIL)

    def json_schema(self, item: Item) -> dict[str, Any]:
        del item
        return {"type": "string", "pattern": "^[1-9][0-9]{16}[0-9X]$"}

    def sealed(self, item: Item) -> bool:
        """Seal always: an identity number is personal information (PIPL, article 51)."""
        del item
        return True
