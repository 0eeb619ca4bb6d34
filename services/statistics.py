"""Statistics as downloads: who took which table away is audited."""

from __future__ import annotations

from datetime import date, datetime

from models.access import Actor
from models.forms import Form
from queries.exports import TYPES, WRITERS, Sheet
from services.access import require
from services.audit import record_audit
from services.exports import Export
from services.transaction import transaction


def export_statistics(form: Form, sheet: Sheet, *, kind: str, actor: Actor, at: datetime, today: date) -> Export:
    """Write a cross-tab as xlsx or csv. Raises NotAllowed, and KeyError on an unknown kind."""
    require(actor, "record:export", form)
    content = WRITERS[kind](sheet)
    _note(form, kind=kind, rows=len(sheet.lines), actor=actor, at=at)
    return Export(f"{sheet.title}-{today.isoformat()}.{kind}", TYPES[kind], content, len(sheet.lines))


@transaction
def _note(form: Form, *, kind: str, rows: int, actor: Actor, at: datetime) -> None:
    record_audit("record:statistics", form, actor=actor, at=at, after={"rows": rows, "format": kind})
