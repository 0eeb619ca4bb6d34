"""The workbooks of configured forms as reads: what is kept, and which marks are still open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from engine.messages import Message
from models.base import db
from models.forms import Form
from models.xlsforms import FormWorkbook


class OpenMark(NamedTuple):
    """A cell that was kept without effect. `blocking` ones keep the form from being published."""

    cell: str
    column: str
    text: str
    fid: str
    message: Message
    blocking: bool


def workbook_of(form: Form) -> FormWorkbook | None:
    """Return the workbook a form was last imported from, None where it was not."""
    return db.session.scalar(sa.select(FormWorkbook).where(FormWorkbook.form_id == form.id))


def open_marks(form_id: int) -> list[OpenMark]:
    """Return what an administrator must still look at, in the order of the workbook."""
    marks = db.session.scalar(sa.select(FormWorkbook.marks).where(FormWorkbook.form_id == form_id))
    return [_mark(stored) for stored in (marks or {}).get("open", ())]


def _mark(stored: Mapping[str, Any]) -> OpenMark:
    message = _message(stored["message"])
    return OpenMark(stored["cell"], stored["column"], stored["text"], stored["fid"], message, stored["blocking"])


def _message(stored: Mapping[str, Any]) -> Message:
    params = {name: _message(one) if isinstance(one, dict) else one for name, one in stored["params"].items()}
    return Message(stored["text"], params)
