"""A mobile telephone number of mainland China."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import Kind
from engine.kinds.texts import mask_middle, read_text
from engine.messages import N_, Invalid
from engine.schema import Item
from engine.texts import narrow

_NUMBER = re.compile(r"(?:\+86|0086|86)?(1[3-9][0-9]{9})")
_BETWEEN = re.compile(r"[\s()-]")
_HEAD, _TAIL = 3, 4


class CnMobileKind(Kind):
    name: ClassVar[str] = "cn_mobile"
    label: ClassVar[str] = N_("手机号")
    xlsform_type: ClassVar[str] = "text"
    operators: ClassVar[tuple[str, ...]] = ("eq", "empty")
    maskable = True

    def parse(self, item: Item, raw: Any, context: Context) -> str | None:
        """Read eleven digits; a country code, blanks and hyphens are left out."""
        del item, context
        text = read_text(str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw)
        if text is None:
            return None
        found = _NUMBER.fullmatch(_BETWEEN.sub("", narrow(text)))
        if not found:
            raise Invalid(N_("手机号要有 11 位数字，以 1 开头"))
        return found[1]

    def mask(self, item: Item, value: Any, context: Context) -> str:
        del item, context
        return mask_middle(value, _HEAD, _TAIL)

    def json_schema(self, item: Item) -> dict[str, Any]:
        del item
        return {"type": "string", "pattern": "^1[3-9][0-9]{9}$"}

    def sealed(self, item: Item) -> bool:
        """Seal always: a telephone number is personal information (PIPL, article 51)."""
        del item
        return True
