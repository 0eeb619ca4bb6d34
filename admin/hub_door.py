"""The one door of the hub's pages to forms and records: by address, within the reader's rights, or 404."""

from __future__ import annotations

from flask import abort, request

from models.forms import Form
from models.records import Record, RecordState
from queries import records
from queries.forms import form_by_key
from shell.access import actor

ID_DIGITS = 18  # what surely fits a 64-bit key


def form_at(key: str, permission: str) -> Form:
    """Return the published (or once published) form, or answer 404."""
    form = form_by_key(key, actor(), permission)
    if form is None or form.current_version is None:
        abort(404)
    return form


def record_at(key: str, record_id: int, permission: str) -> tuple[Form, Record]:
    """Return a record that the reader may treat so, with its form, or answer 404."""
    form = form_at(key, permission)
    record = records.get_record(form, record_id, actor(), permission)
    if record is None:
        abort(404)
    return form, record


def active_at(key: str, record_id: int, permission: str) -> tuple[Form, Record]:
    """Return the same, where the record is still in use."""
    form, record = record_at(key, record_id, permission)
    if record.state != RecordState.ACTIVE:
        abort(404)
    return form, record


def chosen_ids() -> list[int]:
    """Return the ids that were ticked on a list, from the form that was sent or else from the address."""
    chosen = request.form.getlist("rowid") or request.args.getlist("rowid")
    return [
        int(text) for text in dict.fromkeys(chosen) if text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS
    ]


def chosen_records(form: Form, permission: str) -> list[Record] | None:
    """Return the ticked records, None where one of them is out of the reader's scope."""
    found = [records.get_record(form, ident, actor(), permission) for ident in chosen_ids()]
    known = [record for record in found if record is not None]
    return known if len(known) == len(found) else None
