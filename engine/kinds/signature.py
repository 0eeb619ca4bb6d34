"""A signature drawn by hand on the screen, or a photograph of one on paper. A typed name is none."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import ConfigProperty
from engine.kinds.uploads import UploadKind
from engine.messages import N_
from engine.schema import Item


class SignatureKind(UploadKind):
    name: ClassVar[str] = "signature"
    label: ClassVar[str] = N_("手写签名")
    xlsform_type: ClassVar[str] = "image"
    missing: ClassVar[str] = N_("请在“%(label)s”处签名")
    too_many: ClassVar[str] = N_("只能有一个签名")
    lost: ClassVar[str] = N_("签名没有保存上，请重新签")
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = ()

    def most(self, item: Item) -> int:
        del item
        return 1

    def display(self, item: Item, value: Any, context: Context) -> str:
        del item, value
        return context.translate(N_("已签名"))
