"""A line of text."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import ConfigProperty, Kind
from engine.kinds.texts import SHOWN_SHARE, mask_middle, read_text
from engine.messages import N_, Message, Problem
from engine.schema import Item
from engine.texts import narrow

# No patterns from users: a pattern can be made to run for hours. These few run in linear time.
FORMATS: dict[str, tuple[str, re.Pattern[str]]] = {
    "digits": (N_("只能是数字"), re.compile(r"[0-9]+")),
    "letters_digits": (N_("只能是字母和数字"), re.compile(r"[0-9A-Za-z]+")),
    "postcode": (N_("六位邮政编码"), re.compile(r"[0-9]{6}")),
    "landline": (N_("固定电话，例如 0572-5123456"), re.compile(r"(0[0-9]{2,3}-?)?[1-9][0-9]{6,7}(-[0-9]{1,6})?")),
    "email": (N_("电子邮箱地址"), re.compile(r"[^@\s]{1,64}@[0-9A-Za-z-]{1,63}(\.[0-9A-Za-z-]{1,63}){1,8}")),
}
INDEXED_LENGTH = 100


class TextKind(Kind):
    name: ClassVar[str] = "text"
    label: ClassVar[str] = N_("单行文字")
    xlsform_type: ClassVar[str] = "text"
    operators: ClassVar[tuple[str, ...]] = ("contains", "eq", "empty")
    index_as = "text"
    filter_input = "text"
    sortable = True
    searchable = True
    maskable = True
    lines: ClassVar[bool] = False
    longest: ClassVar[int] = 200
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("min", "int", N_("最少字数"), most=200),
        ConfigProperty("max", "int", N_("最多字数"), least=1, most=200),
        ConfigProperty("format", "choice", N_("格式"), tuple((name, label) for name, (label, _) in FORMATS.items())),
    )

    def check_item(self, item: Item) -> list[Problem]:
        if item.config.get("min", 0) > item.config.get("max", self.longest):
            return [Problem("min", item.fid, N_("最少字数不能大于最多字数"))]
        return []

    def parse(self, item: Item, raw: Any, context: Context) -> str | None:
        del context
        text = read_text(raw, lines=self.lines)
        return narrow(text) or None if text and "format" in item.config else text

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        del context
        least, most = item.config.get("min", 0), item.config.get("max", self.longest)
        messages = []
        if len(value) < least:
            messages.append(Message(N_("至少要写 %(least)s 个字，现在是 %(n)s 个"), {"least": least, "n": len(value)}))
        if len(value) > most:
            messages.append(Message(N_("最多写 %(most)s 个字，现在是 %(n)s 个"), {"most": most, "n": len(value)}))
        if "format" in item.config and not FORMATS[item.config["format"]][1].fullmatch(value):
            messages.append(Message(N_("格式不对：%(format)s"), {"format": Message(FORMATS[item.config["format"]][0])}))
        return messages

    def mask(self, item: Item, value: Any, context: Context) -> str:
        if item.mask == "middle":
            return mask_middle(value, len(value) // SHOWN_SHARE, len(value) // SHOWN_SHARE)
        return super().mask(item, value, context)

    def index_text(self, item: Item, value: Any) -> list[str]:
        return [] if self.sealed(item) else [value[:INDEXED_LENGTH]]

    def json_schema(self, item: Item) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string", "maxLength": item.config.get("max", self.longest)}
        if item.config.get("min"):
            schema["minLength"] = item.config["min"]
        if "format" in item.config:
            schema["pattern"] = f"^{FORMATS[item.config['format']][1].pattern}$"
        return schema

    def sealed(self, item: Item) -> bool:
        """Seal what is masked: a value hidden on pages must not lie open in the database."""
        return item.mask is not None

    def blind_text(self, item: Item, value: Any) -> str | None:
        return narrow(value).casefold() if self.sealed(item) else None
