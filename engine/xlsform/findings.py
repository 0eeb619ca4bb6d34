"""What comes of reading a workbook: the definition, what is wrong cell by cell, what is kept, and the names it uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.messages import Message


@dataclass(frozen=True)
class Finding:
    """Something wrong at a cell ("survey!C5"), or ("" ) with the workbook as a whole."""

    cell: str
    message: Message

    def __str__(self) -> str:
        return f"{self.cell}: {self.message}" if self.cell else str(self.message)


@dataclass(frozen=True)
class Mark:
    """A text that is kept in the workbook but has no effect here. `fid` is the item's, "" where there is none."""

    cell: str
    column: str
    text: str
    fid: str
    message: Message
    blocking: bool


@dataclass
class Names:
    """What the workbook calls things that are called otherwise here; kept so that they are written back as they were.

    `items`: path of a row ("group/name") by fid; `lists`: the choice list of a fid; `options`: by list, the original
    value of each of ours that had to be changed.
    """

    items: dict[str, str] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    options: dict[str, dict[str, str]] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"items": self.items, "lists": self.lists, "options": self.options}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Names:
        """Read what `document` made."""
        return cls(*(dict(stored.get(name) or {}) for name in ("items", "lists", "options")))

    def name(self, fid: str, key: str) -> str:
        """Return what an item is called in the workbook."""
        return self.items[fid].rpartition("/")[2] if fid in self.items else key


@dataclass
class Reading:
    """What a workbook says. `document` may be stored only when there are no problems."""

    document: dict[str, Any]
    problems: list[Finding]
    marks: list[Mark]
    names: Names
    rows: dict[str, int]  # row of each fid
