"""Photographs. A value lists the uids under which the uploads are kept."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import Cell, ConfigProperty, Kind
from engine.messages import N_, Invalid, Message
from engine.schema import Item

_UID = re.compile(r"[0-9a-f]{32}")


class ImageKind(Kind):
    name: ClassVar[str] = "image"
    label: ClassVar[str] = N_("照片")
    xlsform_type: ClassVar[str] = "image"
    operators: ClassVar[tuple[str, ...]] = ("empty",)
    value_type = "list"
    prefilled = False
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("multiple", "int", N_("最多几张"), least=1, most=20),
    )

    def parse(self, item: Item, raw: Any, context: Context) -> list[str] | None:
        """Read a list of uids (32 hexadecimal figures); each counts once."""
        del item, context
        given = raw if isinstance(raw, list | tuple) else [raw]
        uids = [uid.replace("-", "").lower() if isinstance(uid, str) else uid for uid in given if uid not in (None, "")]
        if not all(isinstance(uid, str) and _UID.fullmatch(uid) for uid in uids):
            raise Invalid(N_("照片没有上传成功，请重新上传"))
        return list(dict.fromkeys(uids)) or None

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        most = item.config.get("multiple", 1)
        if len(value) > most:
            return [Message(N_("最多上传 %(most)s 张照片"), {"most": most})]
        before = context.previous.get(item.fid) or []
        if all(uid in before or context.file_known(uid) for uid in value):
            return []
        return [Message(N_("照片没有上传成功，请重新上传"))]

    def display(self, item: Item, value: Any, context: Context) -> str:
        del item
        return context.translate(N_("%(n)s 张")) % {"n": len(value)}

    def export_cells(self, item: Item, value: Any, context: Context, *, codes: bool = False) -> Cell:
        return " ".join(value) if codes else self.display(item, value, context)

    def json_schema(self, item: Item) -> dict[str, Any]:
        uid = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
        return {"type": "array", "items": uid, "maxItems": item.config.get("multiple", 1)}
