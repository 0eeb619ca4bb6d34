"""What every field kind owns: its settings, reading, judging, showing, storing, indexing, exporting."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from engine.context import Context
from engine.messages import N_, Message, Problem

if TYPE_CHECKING:
    from engine.schema import Item

PropertyType = Literal[
    "int", "decimal", "bool", "text", "date", "choice", "options", "org_level", "expression", "columns", "fill"
]
Cell = str | int | Decimal | date | time | None  # a datetime is a date too
FilterInput = Literal["select", "number", "date", "time", "datetime-local", "text"]


@dataclass(frozen=True)
class ConfigProperty:
    """One setting of a kind, as the designer's panel shows it. `choices` are (value, label) pairs."""

    name: str
    type: PropertyType
    label: str
    choices: tuple[tuple[str, str], ...] = ()
    least: int = 0
    most: int = 10**15 - 1


class Kind(ABC):
    """A field kind. Kinds hold no state; everything about one question comes in as its item.

    A value is a plain Python object (str, int, Decimal, date, bool, list of str); an empty answer is always None
    and is never handed to `validate`, `display` and the methods below them.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    xlsform_type: ClassVar[str]
    config_properties: ClassVar[tuple[ConfigProperty, ...]] = ()
    operators: ClassVar[tuple[str, ...]] = ()
    value_type: ClassVar[Literal["text", "number", "date", "bool", "list", "none"]] = "text"
    index_as: ClassVar[Literal["text", "number", ""]] = ""
    filter_input: ClassVar[FilterInput] = "select"  # how the condition panel of a register asks
    counted: ClassVar[bool] = False  # few distinct values: counters are kept for them
    summed: ClassVar[bool] = False  # a number whose sum says something
    sortable: ClassVar[bool] = False
    searchable: ClassVar[bool] = False
    answerable: ClassVar[bool] = True
    holds_items: ClassVar[bool] = False  # other items stand in it
    repeats: ClassVar[bool] = False  # and are answered once for each of its rows
    takes_files: ClassVar[bool] = False  # an answer lists uploads
    personal: ClassVar[bool] = False  # names somebody: stored readable, shown masked
    maskable: ClassVar[bool] = False
    entered: ClassVar[bool] = True  # somebody fills it in on a page
    visible: ClassVar[bool] = True  # who fills in gets to see it
    always_required: ClassVar[bool] = False
    prefilled: ClassVar[bool] = True  # an address or an earlier record may answer it
    missing: ClassVar[str] = N_("请填写“%(label)s”")

    def variant(self, config: Mapping[str, Any]) -> Kind:
        """Return the kind for the settings of an item, where they decide what its answers are."""
        del config
        return self

    def check_item(self, item: Item) -> list[Problem]:
        """Judge the settings of one item together; their types are already right. Paths are relative to the item."""
        del item
        return []

    def check_among(self, item: Item, known: Mapping[str, Item]) -> list[Problem]:
        """Judge settings that name other items; `known` are the live ones of the same row, or of record level."""
        del item, known
        return []

    @abstractmethod
    def parse(self, item: Item, raw: Any, context: Context) -> Any:
        """Read a raw answer (from a page, JSON or a workbook); None when empty. Raises Invalid."""

    def validate(self, item: Item, value: Any, context: Context) -> list[Message]:
        """Judge a value against the item's settings."""
        del item, value, context
        return []

    def display(self, item: Item, value: Any, context: Context) -> str:
        """Say a value as plain text; pages escape it."""
        del item, context
        return str(value)

    def mask(self, item: Item, value: Any, context: Context) -> str:
        """Say a value to somebody who may not see it."""
        del item, value, context
        return "****"

    def to_json(self, value: Any) -> Any:
        """Return what is stored; reading that again with `parse` gives the same value."""
        return value

    def from_json(self, stored: Any) -> Any:
        """Return the value of what is stored."""
        return stored

    def index_text(self, item: Item, value: Any) -> list[str]:
        """Return the entries for the text side of the index."""
        del item, value
        return []

    def index_number(self, item: Item, value: Any) -> list[float]:
        """Return the entries for the number side of the index."""
        del item, value
        return []

    def search_text(self, item: Item, value: Any, context: Context) -> str:
        """Return the words by which a record is found; nothing for sealed items."""
        return self.display(item, value, context) if self.searchable and not self.sealed(item) else ""

    def export_cells(self, item: Item, value: Any, context: Context, *, codes: bool = False) -> Cell:
        """Return what stands in an exported cell: words, or with `codes` the stored values."""
        del codes
        return self.display(item, value, context)

    @abstractmethod
    def json_schema(self, item: Item) -> dict[str, Any]:
        """Return the JSON Schema of a stored answer."""

    def sealed(self, item: Item) -> bool:
        """Tell whether answers must be stored encrypted."""
        del item
        return False

    def blind_text(self, item: Item, value: Any) -> str | None:
        """Return the one spelling that goes into the keyed hash of a sealed value, None when it is not sealed."""
        return str(value) if self.sealed(item) else None
