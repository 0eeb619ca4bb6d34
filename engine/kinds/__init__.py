"""The field kinds, by name. A new kind is one file and one line here (docs/adding-a-field-kind.md)."""

from __future__ import annotations

from engine.kinds.acknowledge import AcknowledgeKind
from engine.kinds.audio import AudioKind
from engine.kinds.barcode import BarcodeKind
from engine.kinds.base import Cell, ConfigProperty, Kind
from engine.kinds.boolean import BooleanKind
from engine.kinds.calculate import CalculateKind
from engine.kinds.cn_id import CnIdKind
from engine.kinds.cn_mobile import CnMobileKind
from engine.kinds.date import DateKind
from engine.kinds.datetime import DatetimeKind
from engine.kinds.decimal import DecimalKind
from engine.kinds.file import FileKind
from engine.kinds.geopoint import GeopointKind
from engine.kinds.group import GroupKind
from engine.kinds.hidden import HiddenKind
from engine.kinds.image import ImageKind
from engine.kinds.integer import IntegerKind
from engine.kinds.money import MoneyKind
from engine.kinds.note import NoteKind
from engine.kinds.org import OrgKind
from engine.kinds.person import PersonKind
from engine.kinds.person_name import PersonNameKind
from engine.kinds.range import RangeKind
from engine.kinds.rank import RankKind
from engine.kinds.rating import RatingKind
from engine.kinds.repeat import RepeatKind
from engine.kinds.select_multiple import SelectMultipleKind
from engine.kinds.select_one import SelectOneKind
from engine.kinds.signature import SignatureKind
from engine.kinds.text import TextKind
from engine.kinds.textarea import TextareaKind
from engine.kinds.time import TimeKind
from engine.kinds.uscc import UsccKind

# The order is the one in which the designer offers them.
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        TextKind(),
        TextareaKind(),
        IntegerKind(),
        DecimalKind(),
        MoneyKind(),
        RangeKind(),
        RatingKind(),
        DateKind(),
        TimeKind(),
        DatetimeKind(),
        SelectOneKind(),
        SelectMultipleKind(),
        RankKind(),
        BooleanKind(),
        AcknowledgeKind(),
        NoteKind(),
        PersonKind(),
        PersonNameKind(),
        CnMobileKind(),
        CnIdKind(),
        UsccKind(),
        BarcodeKind(),
        OrgKind(),
        GeopointKind(),
        ImageKind(),
        FileKind(),
        AudioKind(),
        SignatureKind(),
        CalculateKind(),
        HiddenKind(),
        GroupKind(),
        RepeatKind(),
    )
}

__all__ = ["KINDS", "Cell", "ConfigProperty", "Kind"]
