"""An amount of money in yuan, to the fen."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import ConfigProperty
from engine.kinds.numbers import NumberKind, read_number
from engine.messages import N_, Invalid, Message
from engine.schema import Item
from engine.texts import narrow

PLACES = 2
DIGITS = 13  # with two places behind the point, all that a float of the side index keeps in order
_LONGEST = 60
_SIGNS = re.compile(r"¥?\s*(\S.*?)\s*元?")


class MoneyKind(NumberKind):
    name: ClassVar[str] = "money"
    label: ClassVar[str] = N_("金额（元）")
    xlsform_type: ClassVar[str] = "decimal"
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("min", "decimal", N_("最小金额")),
        ConfigProperty("max", "decimal", N_("最大金额")),
    )

    def parse(self, item: Item, raw: Any, context: Context) -> Decimal | None:
        """Read 1234.5, 1,234.50, ¥1,234.50 or 1234.5元."""
        del item, context
        number = read_number(_bare(raw))
        if number is None:
            return None
        if -int(number.as_tuple().exponent) > PLACES:
            raise Invalid(N_("金额最多到分，小数点后最多 %(places)s 位"), places=PLACES)
        if abs(number) >= 10**DIGITS:
            raise Invalid(N_("金额太大，整数部分最多 %(digits)s 位"), digits=DIGITS)
        return number

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        least, most = self._bound(item, "min"), self._bound(item, "max")
        if least is not None and value < least:
            return [Message(N_("不能少于 %(least)s 元"), {"least": self.display(item, least, context)})]
        if most is not None and value > most:
            return [Message(N_("不能多于 %(most)s 元"), {"most": self.display(item, most, context)})]
        return []

    def display(self, item: Item, value: Any, context: Context) -> str:
        del item, context
        return f"{value:,.2f}"

    def to_json(self, value: Any) -> str:
        """Store as text: a JSON number would pass through binary fractions."""
        return f"{value:.2f}"

    def from_json(self, stored: Any) -> Decimal:
        return Decimal(str(stored))

    def json_schema(self, item: Item) -> dict[str, Any]:
        del item
        return {"type": "string", "pattern": r"^-?[0-9]{1,13}\.[0-9]{2}$"}


def _bare(raw: Any) -> Any:
    found = _SIGNS.fullmatch(narrow(raw)) if isinstance(raw, str) and len(raw) <= _LONGEST else None
    return found[1] if found and found[1] != "¥" else raw
