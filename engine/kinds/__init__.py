"""The field kinds, by name. A new kind is one file and one line here (docs/adding-a-field-kind.md)."""

from __future__ import annotations

from engine.kinds.base import Cell, ConfigProperty, Kind
from engine.kinds.boolean import BooleanKind
from engine.kinds.cn_id import CnIdKind
from engine.kinds.cn_mobile import CnMobileKind
from engine.kinds.date import DateKind
from engine.kinds.decimal import DecimalKind
from engine.kinds.image import ImageKind
from engine.kinds.integer import IntegerKind
from engine.kinds.note import NoteKind
from engine.kinds.org import OrgKind
from engine.kinds.person_name import PersonNameKind
from engine.kinds.select_multiple import SelectMultipleKind
from engine.kinds.select_one import SelectOneKind
from engine.kinds.text import TextKind
from engine.kinds.textarea import TextareaKind

# The order is the one in which the designer offers them.
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        TextKind(),
        TextareaKind(),
        IntegerKind(),
        DecimalKind(),
        DateKind(),
        SelectOneKind(),
        SelectMultipleKind(),
        BooleanKind(),
        NoteKind(),
        PersonNameKind(),
        CnMobileKind(),
        CnIdKind(),
        OrgKind(),
        ImageKind(),
    )
}

__all__ = ["KINDS", "Cell", "ConfigProperty", "Kind"]
