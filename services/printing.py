"""Registers on paper: who took how many rows of which list away is audited like any export."""

from __future__ import annotations

from datetime import datetime

from models.access import Actor
from models.forms import Form
from queries.conditions import Request
from services.access import require
from services.audit import record_audit
from services.transaction import transaction


@transaction
def note_printed(form: Form, request: Request, *, rows: int, actor: Actor, at: datetime) -> None:
    """Put into the audit that the rows of a list were laid out for printing. Raises NotAllowed."""
    require(actor, "record:export", form)
    filters = [f"{one.fid} {one.operator}" for one in request.filters]  # not the values: they may be phone numbers
    after = {"rows": rows, "format": "print", "filters": filters, "searched": bool(request.search)}
    record_audit("record:export", form, actor=actor, at=at, after=after)
