"""Documents: PDF, DOCX, XLSX, CSV, TXT and pictures, judged by what they are and not by their name."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.context import Context
from engine.kinds.base import Cell
from engine.kinds.uploads import UploadKind
from engine.messages import N_
from engine.schema import Item


class FileKind(UploadKind):
    name: ClassVar[str] = "file"
    label: ClassVar[str] = N_("文件")
    xlsform_type: ClassVar[str] = "file"
    count: ClassVar[str] = N_("%(n)s 个文件")

    def export_cells(self, item: Item, value: Any, context: Context, *, codes: bool = False) -> Cell:
        """Return the names of the files."""
        told = super().export_cells(item, value, context, codes=codes)
        return told if codes else self.named(value, context) or told
