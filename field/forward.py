"""A draft of an older version: what changed since, and one button that carries it over."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from field.blueprint import bp
from field.entry import Entry, load
from forms.parts import told_changes
from queries.forms import definition
from services.drafts import MustForward, refuse_stale
from services.forwarding import move_draft
from services.refusals import Refusal
from services.versions import VersionClosed
from services.withheld import entry_context
from shell import clock
from shell.access import requires


@bp.get("/e/<uid>/forward")
@requires("record:create")
def forward(uid: str) -> ResponseReturnValue:
    entry = load(uid)
    if not entry.older:
        return redirect(entry.address(entry.unseen()))
    return _page(entry)


@bp.post("/e/<uid>/forward")
@requires("record:create")
def carry(uid: str) -> ResponseReturnValue:
    entry = load(uid)
    try:
        move_draft(entry.draft, actor=entry.who, at=clock.now(), today=clock.today(), locale=entry.context.locale)
    except Refusal as refusal:
        return _page(entry, refusal), refusal.status
    moved = load(uid)
    return redirect(moved.address(moved.part or moved.unseen()))


def must_go(entry: Entry) -> ResponseReturnValue | None:
    """Lead an entry of a version that is no longer taken to the page that says so; None for all others."""
    try:
        refuse_stale(entry.form, entry.draft.version, today=clock.today())
    except (MustForward, VersionClosed):
        return redirect(url_for("field.forward", uid=entry.draft.uid))
    except Refusal:  # a form out of use is told where the entry is handed in
        return None
    return None


def _page(entry: Entry, error: Refusal | None = None) -> str:
    newest = definition(entry.form.id, entry.form.current_version or entry.draft.version)
    closed = entry_context(entry.context, entry.form.id, newest, entry.who).locked
    notice = None
    try:
        refuse_stale(entry.form, entry.draft.version, today=clock.today())
    except Refusal as refusal:
        notice = refusal
    return render_template(
        "field/forward.html",
        entry=entry,
        newest=entry.form.current_version,
        changes=told_changes(entry.definition, newest, closed),
        error=error,
        notice=notice,
        back=None if notice else entry.address(entry.unseen()),
    )
