"""Options that depend on another answer: which question decides, and which of its options each option belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from engine.definition import Item
from forms.forms import choices

SEVERAL = "@several"  # more columns than the page shows; they are kept as they are


@dataclass(frozen=True)
class OptionFilter:
    """The filter of an item's options as stored (column -> fid), beside the items that may decide."""

    stored: Mapping[str, str]
    others: Mapping[str, Item]

    @property
    def fid(self) -> str:
        """Return the question that decides; nothing without one."""
        return SEVERAL if len(self.stored) > 1 else "".join(self.stored.values())

    def column(self, fid: str) -> str:
        """Return the column of the options' tags that stands for a question: as it was called, or by its key."""
        before = next((column for column, one in self.stored.items() if one == fid), "")
        return before or (self.others[fid].key if fid in self.others else "")

    def read(self, fid: str) -> dict[str, str] | None:
        """Return the filter that choosing a question means."""
        if fid == SEVERAL:
            return dict(self.stored)
        return {self.column(fid): fid} if fid in self.others else None

    def offer(self, menu: Any, form: Any) -> Item | None:
        """Fill the menus of the question and of what each option belongs to; return the question that decides."""
        deciding = [(fid, one.text()) for fid, one in self.others.items() if one.options]
        kept = [(SEVERAL, _("保留现有的几项筛选"))] if self.fid == SEVERAL else []
        menu.choices = choices(("", _("不筛选，都列出")), *kept, *deciding)
        found = self.others.get(str(menu.data or ""))
        tags = choices(("", _("请选择")), *((one.value, one.text()) for one in (found.options if found else ())))
        for tag in (form.new_tag, *(row.form.tag for row in form.options)):
            tag.choices = tags
        return found
