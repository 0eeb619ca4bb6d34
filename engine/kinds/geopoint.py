"""A place on the earth: latitude, longitude and how exact they are, in the spelling of collecting apps."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import Kind
from engine.kinds.numbers import plain, read_number
from engine.messages import N_, Invalid
from engine.schema import Item
from engine.texts import narrow
from engine.values import rounded

PLACES, SHOWN = 6, 5  # six places of a degree are a hand's breadth, five are a step
FARTHEST = 100_000
_BETWEEN = re.compile(r"[\s,、]+")
_LONGEST, _WITH_HEIGHT = 200, 4


class GeopointKind(Kind):
    """A value is a text "latitude longitude" or "latitude longitude accuracy", in degrees (WGS 84) and metres."""

    name: ClassVar[str] = "geopoint"
    label: ClassVar[str] = N_("位置坐标")
    xlsform_type: ClassVar[str] = "geopoint"
    operators: ClassVar[tuple[str, ...]] = ("empty",)

    def parse(self, item: Item, raw: Any, context: Context) -> str | None:
        """Read two or three numbers, as a list or in a text; of four the third, the height, is left out."""
        del item, context
        parts = _parts(raw)
        if not any(parts[:2]):
            return None
        if len(parts) == 1 or not all(parts[:2]):
            raise Invalid(N_("纬度和经度要一起填"))
        if len(parts) == _WITH_HEIGHT:
            del parts[2]
        latitude, longitude, accuracy = (*(_number(part) for part in parts), None)[:3]
        if latitude is None or longitude is None or len(parts) > _WITH_HEIGHT - 1:
            raise Invalid(N_("位置要写成纬度和经度，例如 30.63852 119.68531"))
        if abs(latitude) > 90:  # noqa: PLR2004 - degrees
            raise Invalid(N_("纬度要在 -90 到 90 之间，是不是和经度写反了"))
        if abs(longitude) > 180:  # noqa: PLR2004 - degrees
            raise Invalid(N_("经度要在 -180 到 180 之间"))
        if accuracy is not None and not 0 <= accuracy <= FARTHEST:
            raise Invalid(N_("精确度要填 0 到 %(most)s 之间的米数"), most=FARTHEST)
        return " ".join(plain(one) for one in (latitude, longitude, accuracy) if one is not None)

    def display(self, item: Item, value: Any, context: Context) -> str:
        """Say latitude and longitude with five places, and the accuracy in metres where it is known."""
        del item
        latitude, longitude, *accuracy = value.split()
        place = f"{Decimal(latitude):.{SHOWN}f}, {Decimal(longitude):.{SHOWN}f}"
        if not accuracy:
            return place
        return context.translate(N_("%(place)s（误差 %(metres)s 米）")) % {"place": place, "metres": accuracy[0]}

    def export_cells(self, item: Item, value: Any, context: Context, *, codes: bool = False) -> str:
        return str(value) if codes else self.display(item, value, context)

    def json_schema(self, item: Item) -> dict[str, Any]:
        del item
        degrees = r"-?[0-9]{1,3}(\.[0-9]{1,6})?"
        return {"type": "string", "pattern": rf"^{degrees} {degrees}( [0-9]{{1,6}}(\.[0-9]{{1,6}})?)?$"}


def _parts(raw: Any) -> list[Any]:
    if isinstance(raw, str) and len(raw) <= _LONGEST:
        return list(filter(None, _BETWEEN.split(narrow(raw)))) or [""]
    given = raw if isinstance(raw, list | tuple) else [raw]
    parts = [part.strip() if isinstance(part, str) else part for part in given]
    if not all(part is None or (isinstance(part, str | int | float | Decimal) and part is not True) for part in parts):
        raise Invalid(N_("位置要写成纬度和经度，例如 30.63852 119.68531"))
    return [str(part) if _is_zero(part) else part for part in parts]


def _is_zero(part: Any) -> bool:
    """Tell whether a part is the number 0; a signalling NaN, which refuses any comparison, is none."""
    return not (isinstance(part, Decimal) and part.is_snan()) and part == 0


def _number(part: Any) -> Decimal | None:
    number = read_number(part)
    return None if number is None else rounded(number, PLACES)
