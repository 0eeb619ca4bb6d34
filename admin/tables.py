"""Lists as downloads, written by the one writer of safe files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Response

from queries.exports import TYPES, WRITERS, Sheet
from shell.downloads import download


def attachment(kind: str, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Return a table as a download named in Chinese."""
    sheet = Sheet(name, header, [[_plain(cell) for cell in row] for row in rows])
    return download(WRITERS[kind](sheet), TYPES[kind], f"{name}.{kind}")


def _plain(cell: Any) -> Any:
    return cell if cell is None or isinstance(cell, int | Decimal | date) else str(cell)
