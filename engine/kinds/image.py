"""Photographs, with the moment and the place where they were taken when the form asks for them."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.context import Context, FileFacts
from engine.kinds.base import Cell, ConfigProperty
from engine.kinds.uploads import MANY, UploadKind
from engine.messages import N_
from engine.schema import Item


class ImageKind(UploadKind):
    name: ClassVar[str] = "image"
    label: ClassVar[str] = N_("照片")
    xlsform_type: ClassVar[str] = "image"
    count: ClassVar[str] = N_("%(n)s 张")
    too_many: ClassVar[str] = N_("最多上传 %(most)s 张照片")
    lost: ClassVar[str] = N_("照片没有上传成功，请重新上传")
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("multiple", "int", N_("最多几张"), least=1, most=MANY),
        ConfigProperty("place_time", "bool", N_("记下拍摄时间和地点")),
    )

    def export_cells(self, item: Item, value: Any, context: Context, *, codes: bool = False) -> Cell:
        """Return how many there are; where the form asks for it, also when and where each was taken."""
        told = super().export_cells(item, value, context, codes=codes)
        facts = [context.file_facts(uid) for uid in value] if item.config.get("place_time") and not codes else []
        taken = [self.taken(one, context) for one in facts if one is not None]
        return (
            context.translate(N_("%(count)s：%(taken)s")) % {"count": told, "taken": "；".join(taken)}
            if taken
            else told
        )

    @staticmethod
    def taken(facts: FileFacts, context: Context) -> str:
        """Say when and where a photograph was taken; a missing place is said too."""
        place = context.translate(N_("没有地点")) if facts.place is None else facts.place
        return f"{facts.moment} {place}".strip()
