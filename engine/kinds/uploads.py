"""What the kinds made of uploads share: a value lists the uids under which the files are kept."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import Cell, ConfigProperty, Kind
from engine.messages import N_, Invalid, Message
from engine.schema import Item

MANY = 20
LARGEST_MB = 100
_UID = re.compile(r"[0-9a-f]{32}")


class UploadKind(Kind):
    """The common part of image, file, audio and signature."""

    operators: ClassVar[tuple[str, ...]] = ("empty",)
    value_type = "list"
    takes_files = True
    prefilled = False
    missing: ClassVar[str] = N_("请上传“%(label)s”")
    count: ClassVar[str] = N_("%(n)s 个")
    too_many: ClassVar[str] = N_("最多上传 %(most)s 个文件")
    lost: ClassVar[str] = N_("文件没有上传成功，请重新上传")
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = (
        ConfigProperty("multiple", "int", N_("最多几个"), least=1, most=MANY),
        ConfigProperty("max_mb", "int", N_("每个最大多少兆"), least=1, most=LARGEST_MB),
    )

    def most(self, item: Item) -> int:
        """Return how many uploads an answer may have."""
        return int(item.config.get("multiple", 1))

    def parse(self, item: Item, raw: Any, context: Context) -> list[str] | None:
        """Read a list of uids (32 hexadecimal figures); each counts once."""
        del item, context
        given = raw if isinstance(raw, list | tuple) else [raw]
        uids = [uid.replace("-", "").lower() if isinstance(uid, str) else uid for uid in given if uid not in (None, "")]
        if not all(isinstance(uid, str) and _UID.fullmatch(uid) for uid in uids):
            raise Invalid(self.lost)
        return list(dict.fromkeys(uids)) or None

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        if len(value) > self.most(item):
            return [Message(self.too_many, {"most": self.most(item)})]
        before = context.previous.get(item.fid) or []
        if all(uid in before or context.file_known(uid) for uid in value):
            return []
        return [Message(self.lost)]

    def display(self, item: Item, value: Any, context: Context) -> str:
        del item
        return context.translate(self.count) % {"n": len(value)}

    def export_cells(self, item: Item, value: Any, context: Context, *, codes: bool = False) -> Cell:
        return " ".join(value) if codes else self.display(item, value, context)

    def json_schema(self, item: Item) -> dict[str, Any]:
        uid = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
        return {"type": "array", "items": uid, "maxItems": self.most(item)}

    @staticmethod
    def named(value: list[str], context: Context) -> str:
        """Return the names of the files, as far as they are known."""
        facts = (context.file_facts(uid) for uid in value)
        return "、".join(one.name for one in facts if one is not None)
