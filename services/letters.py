"""What papers say, as data; services/typesetting.py lays it out. Any letter of the house is one of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A heading and a table. `figures` are its columns of numbers, `wide` those that take the rest of the width."""

    heading: str
    heads: Sequence[str]
    lines: Sequence[Sequence[str]]
    empty: str  # said where there are no lines
    foot: Sequence[str] = ()
    figures: Sequence[int] = ()
    wide: Sequence[int] = ()


@dataclass(frozen=True)
class Letter:
    """What a paper says: who it is from, which one it is, facts, tables, notes, and who seals it."""

    title: str
    office: str
    reference: str
    subtitle: str
    facts: Sequence[tuple[str, str]]
    parts: Sequence[Part]
    notes: Sequence[str]
    seals: Sequence[str]
    foot: str
