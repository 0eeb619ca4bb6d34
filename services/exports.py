"""Registers as downloads: who took how many rows of which list, as what, is audited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.forms import Form
from queries.conditions import Request
from queries.exports import EXPORT_MOST, TYPES, WRITERS, register_sheet
from services.access import require
from services.audit import record_audit
from services.refusals import Refusal
from services.transaction import transaction


class TooManyRows(Refusal):
    """More rows than one download may take away."""

    message = _l("一次最多导出 %(most)s 条。请先用筛选缩小范围（例如按月份或按村），再分几次导出。", most=EXPORT_MOST)


@dataclass(frozen=True)
class Export:
    """A file ready to be sent."""

    filename: str
    content_type: str
    content: bytes
    rows: int


def export_records(
    form: Form, request: Request, *, kind: str, actor: Actor, at: datetime, today: date, locale: str = "zh_Hans_CN"
) -> Export:
    """Write the rows of a register as xlsx or csv, masked; the audit keeps who took what.

    Reading and writing the file come before the transaction, so that nobody waits for it.
    Raises TooManyRows and NotAllowed, and KeyError on an unknown kind.
    """
    require(actor, "record:export", form)
    sheet = register_sheet(form, actor, request, locale=locale)
    if sheet is None:
        raise TooManyRows
    content = WRITERS[kind](sheet)
    _note(form, request, kind=kind, rows=len(sheet.lines), actor=actor, at=at)
    return Export(f"{sheet.title}-{today.isoformat()}.{kind}", TYPES[kind], content, len(sheet.lines))


@transaction
def _note(form: Form, request: Request, *, kind: str, rows: int, actor: Actor, at: datetime) -> None:
    filters = [f"{one.fid} {one.operator}" for one in request.filters]  # not the values: they may be phone numbers
    after = {"rows": rows, "format": kind, "filters": filters, "searched": bool(request.search)}
    record_audit("record:export", form, actor=actor, at=at, after=after)
