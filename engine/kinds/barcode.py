"""What a scanner reads off a label: a bar code or a QR code, also typed by hand."""

from __future__ import annotations

from typing import ClassVar

from engine.kinds.base import ConfigProperty
from engine.kinds.text import TextKind
from engine.messages import N_


class BarcodeKind(TextKind):
    name: ClassVar[str] = "barcode"
    label: ClassVar[str] = N_("扫码")
    xlsform_type: ClassVar[str] = "barcode"
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("min", "int", N_("最少字数"), most=200),
        ConfigProperty("max", "int", N_("最多字数"), least=1, most=200),
    )
