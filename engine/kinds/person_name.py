"""The name of a person."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import ConfigProperty
from engine.kinds.text import TextKind
from engine.kinds.texts import read_text
from engine.messages import N_, Message, Problem
from engine.schema import Item

# Names with a dot are typed with whatever dot the keyboard offers; one spelling makes them comparable.
_DOTS = re.compile("[•・‧∙⋅．]")


class PersonNameKind(TextKind):
    name: ClassVar[str] = "person_name"
    label: ClassVar[str] = N_("姓名")
    longest: ClassVar[int] = 50
    personal = True
    prefilled = False
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = ()

    def check_item(self, item: Item) -> list[Problem]:
        del item
        return []

    def parse(self, item: Item, raw: Any, context: Context) -> str | None:
        del item, context
        text = read_text(raw)
        return _DOTS.sub("·", " ".join(text.split())) if text else None

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        if not any(character.isalpha() for character in value) or any(character.isdigit() for character in value):
            return [Message(N_("请填写姓名，不要带数字"))]
        return super().validate(item, value, context)

    def mask(self, item: Item, value: Any, context: Context) -> str:
        """Leave the first character; always two stars, which hide the length too."""
        del item, context
        return f"{value[0]}**"

    def sealed(self, item: Item) -> bool:
        """Leave names readable in the database: lists are searched and sorted by them."""
        del item
        return False
