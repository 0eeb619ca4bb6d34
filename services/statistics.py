"""Statistics as downloads: who took which table away is audited."""

from __future__ import annotations

from datetime import date, datetime

from models.access import Actor
from models.forms import Form
from models.orgs import OrgUnit
from queries.exports import TYPES, WRITERS, Sheet
from services.access import require
from services.audit import record_audit
from services.exports import PERMISSION, Export
from services.transaction import transaction


def export_statistics(form: Form, sheet: Sheet, *, kind: str, actor: Actor, at: datetime, today: date) -> Export:
    """Write a cross-tab as xlsx or csv. Raises NotAllowed, and KeyError on an unknown kind."""
    require(actor, PERMISSION, form)
    return export_sheet(form, "record:statistics", sheet, kind=kind, actor=actor, at=at, today=today)


def export_sheet(
    thing: Form | OrgUnit, act: str, sheet: Sheet, *, kind: str, actor: Actor, at: datetime, today: date
) -> Export:  # fmt: skip
    """Write figures that the actor may take away; the audit says so under the name of the act."""
    content = WRITERS[kind](sheet)
    _note(thing, act, kind=kind, rows=len(sheet.lines), actor=actor, at=at)
    return Export(f"{sheet.title}-{today.isoformat()}.{kind}", TYPES[kind], content, len(sheet.lines))


@transaction
def _note(thing: Form | OrgUnit, act: str, *, kind: str, rows: int, actor: Actor, at: datetime) -> None:
    record_audit(act, thing, actor=actor, at=at, after={"rows": rows, "format": kind})
