"""The unified social credit code of an organisation, 18 places (GB 32100-2015)."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import ConfigProperty
from engine.kinds.text import TextKind
from engine.kinds.texts import read_text
from engine.messages import N_, Invalid, Message, Problem
from engine.schema import Item
from engine.texts import narrow

CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
_SHAPE = re.compile(f"[{CHARACTERS}]{{2}}[0-9]{{6}}[{CHARACTERS}]{{10}}")


def check_character(code: str) -> str:
    """Return the 18th place for the first 17 (GB 32100-2015, weights 3^i mod 31)."""
    total = sum(CHARACTERS.index(character) * pow(3, place, 31) for place, character in enumerate(code[:17]))
    return CHARACTERS[-total % 31]


class UsccKind(TextKind):
    name: ClassVar[str] = "uscc"
    label: ClassVar[str] = N_("统一社会信用代码")
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = ()

    def check_item(self, item: Item) -> list[Problem]:
        del item
        return []

    def parse(self, item: Item, raw: Any, context: Context) -> str | None:
        """Read 18 places; blanks, full-width and small letters are put right."""
        del item, context
        text = read_text(str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw)
        if text is None:
            return None
        code = "".join(narrow(text).upper().split())
        if not _SHAPE.fullmatch(code):
            raise Invalid(N_("统一社会信用代码要有 18 位数字和大写字母，不用 I、O、S、V、Z"))
        return code

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        del item, context
        if check_character(value) != value[17]:
            return [Message(N_("统一社会信用代码的校验位不对，请逐位核对"))]
        return []

    def json_schema(self, item: Item) -> dict[str, Any]:
        del item
        return {"type": "string", "pattern": f"^{_SHAPE.pattern}$"}
