"""A number with at most six decimal places."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import ConfigProperty
from engine.kinds.numbers import PLACES, NumberKind, plain, read_number
from engine.messages import N_, Invalid
from engine.schema import Item


class DecimalKind(NumberKind):
    name: ClassVar[str] = "decimal"
    label: ClassVar[str] = N_("小数")
    xlsform_type: ClassVar[str] = "decimal"
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("min", "decimal", N_("最小值")),
        ConfigProperty("max", "decimal", N_("最大值")),
    )

    def parse(self, item: Item, raw: Any, context: Context) -> Decimal | None:
        del item, context
        number = read_number(raw)
        if number is not None and -int(number.as_tuple().exponent) > PLACES:
            raise Invalid(N_("小数点后最多 %(places)s 位"), places=PLACES)
        return number

    def display(self, item: Item, value: Any, context: Context) -> str:
        del item, context
        return plain(value)

    def to_json(self, value: Any) -> str:
        """Store as text: a JSON number would pass through binary fractions."""
        return plain(value)

    def from_json(self, stored: Any) -> Decimal:
        return Decimal(str(stored))

    def json_schema(self, item: Item) -> dict[str, Any]:
        del item
        return {"type": "string", "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$"}
