"""A text that is kept with the record and never shown to who fills in: fixed, preset, or computed."""

from __future__ import annotations

from typing import ClassVar

from engine.kinds.base import ConfigProperty
from engine.kinds.calculate import FORMULA
from engine.kinds.text import TextKind
from engine.messages import N_, Problem
from engine.schema import Item


class HiddenKind(TextKind):
    name: ClassVar[str] = "hidden"
    label: ClassVar[str] = N_("隐藏内容")
    xlsform_type: ClassVar[str] = "hidden"
    entered = False
    visible = False
    maskable = False
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("text", "text", N_("固定内容")),
        FORMULA,
    )

    def check_item(self, item: Item) -> list[Problem]:
        given = [one for one in (item.config.get("text"), item.calculation, item.default) if one is not None]
        if len(given) == 1:
            return []
        return [Problem("text", item.fid, N_("隐藏内容要有一个来源：固定内容、计算公式或默认值，三者选一"))]
