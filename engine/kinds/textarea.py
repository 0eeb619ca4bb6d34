"""Several lines of text."""

from __future__ import annotations

from typing import ClassVar

from engine.kinds.base import ConfigProperty
from engine.kinds.text import TextKind
from engine.messages import N_


class TextareaKind(TextKind):
    name: ClassVar[str] = "textarea"
    label: ClassVar[str] = N_("多行文字")
    operators: ClassVar[tuple[str, ...]] = ("contains", "empty")
    sortable = False
    lines: ClassVar[bool] = True
    longest: ClassVar[int] = 5000
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("min", "int", N_("最少字数"), most=5000),
        ConfigProperty("max", "int", N_("最多字数"), least=1, most=5000),
    )
