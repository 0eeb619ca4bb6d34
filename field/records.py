"""Entry of a configured form, page by page."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from flask import Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.answers import AnswerError
from engine.definition import Page
from engine.rows import places
from field.blueprint import bp
from field.entry import Entry, load, page_at, upload_places
from field.forward import must_go
from field.summary import summary
from forms.answers import raw_from_post
from forms.dynamic import page_form
from forms.live import live
from forms.row_acts import ACTS, acted
from forms.uploads import Upload, Uploads, take_uploads
from models.files import File
from queries.drafts import own_record
from queries.duplicates import duplicates
from queries.files import draft_file
from services.drafts import ChangedElsewhere, add_file, hand_in, refuse_stale, remove_file, save_draft
from services.files import store_upload
from services.records import AnswersRefused
from services.refusals import NotFound, Refusal
from shell import clock
from shell.access import actor, requires
from shell.files import file_store
from shell.i18n import locale, moment


@dataclass
class Shown:
    """What a page says besides its questions."""

    errors: list[AnswerError] = field(default_factory=list)
    photo_problems: dict[str, list[str]] = field(default_factory=dict)
    notice: Any = ""
    raw: dict[str, Any] | None = None  # what was typed here, where it could not be saved
    tab: str = ""
    status: int = 200
    gone: str = ""  # the row that was just taken out


@bp.get("/e/<uid>/<int:page_no>")
@requires("record:create")
def page(uid: str, page_no: int) -> ResponseReturnValue:
    entry = load(uid)
    if leads := must_go(entry):
        return leads
    asked = page_at(entry, page_no)
    if asked not in entry.pages and page_no:  # everything on it is hidden by now
        return redirect(entry.address(entry.after(asked)))
    return _page(entry, asked, Shown())


@bp.post("/e/<uid>/<int:page_no>")
@requires("record:create")
def save_page(uid: str, page_no: int) -> ResponseReturnValue:
    entry = load(uid)
    asked = page_at(entry, page_no)
    shown = Shown(tab=request.form.get("tab", ""))
    typed = _typed(entry, asked)
    done = acted(entry.definition, typed, request.form, entry.context)
    shown.gone = done.gone
    try:
        if done.gone:  # what was typed into the row goes with it, and comes back with it
            _save(entry, asked, typed)
        _save(entry, asked, done.raw)
    except ChangedElsewhere as refusal:
        shown = Shown(notice=refusal.message, raw=done.raw, gone=done.gone, status=refusal.status)
    if request.files:  # into rows that may have come with this very page
        shown.photo_problems = _take_photos(load(uid), asked).problems
    _remove_photo(entry)
    saved = load(uid)
    return _go_on(saved, asked, shown) if shown.raw is not None else must_go(saved) or _go_on(saved, asked, shown)


@bp.post("/e/<uid>/<int:page_no>/autosave")
@requires("record:create")
def autosave(uid: str, page_no: int) -> Response:
    entry = load(uid)
    at = clock.now()
    asked = page_at(entry, page_no)
    _save(entry, asked, _typed(entry, asked))
    return jsonify(saved_at=moment(at)[-5:])


@bp.get("/e/<uid>/check")
@requires("record:create")
def check(uid: str) -> ResponseReturnValue:
    entry = load(uid)
    return must_go(entry) or _check(entry)


@bp.post("/e/<uid>/check")
@requires("record:create")
def submit(uid: str) -> ResponseReturnValue:
    try:  # the act reads the draft itself: only a page that comes of a refusal reads it once more
        hand_in(
            uid,
            base=request.form.get("base", type=int),
            actor=actor(),
            at=clock.now(),
            today=clock.today(),
            locale=locale(),
        )
    except AnswersRefused:
        return _check(load(uid)), 422
    except NotFound:  # gone or never there: load() leads the slower of two clicks to its receipt, others to 404
        return _check(load(uid))
    except Refusal as refusal:
        return _check(load(uid), notice=refusal.message), refusal.status
    return redirect(url_for("field.done", uid=uid))


@bp.get("/done/<uid>")
@requires("record:create")
def done(uid: str) -> str:
    record = own_record(uid, actor())
    if record is None:
        abort(404)
    return render_template("field/done.html", record=record)


def _typed(entry: Entry, asked: Page) -> dict[str, Any]:
    """Return what was posted for the items of one page; other pages' items have no business here."""
    own = {item.fid for item in asked.live_items}
    return {fid: raw for fid, raw in raw_from_post(entry.definition, request.form).items() if fid in own}


def _save(entry: Entry, asked: Page, typed: dict[str, Any]) -> None:
    save_draft(
        entry.draft,
        page_id=asked.id,
        answers=typed,
        base=request.form.get("base", 0, type=int),
        tab=request.form.get("tab", "")[:32],
        actor=entry.who,
        at=clock.now(),
    )


def _take_photos(entry: Entry, asked: Page) -> Uploads:
    store, at = file_store(), clock.now()
    asked_here = {at: (item, uids) for at, item, uids in upload_places(asked, entry.inside.answers)}

    def keep(upload: Upload) -> File:
        file = store_upload(store, upload.stream, draft=entry.draft, actor=entry.who, at=at, **upload.kept_as())
        add_file(entry.draft, file, address=upload.address, actor=entry.who, at=at)
        return file

    places_here = [(address, item) for address, (item, _uids) in asked_here.items()]
    had = {address: len(uids) for address, (_item, uids) in asked_here.items()}
    return take_uploads(places_here, request.files, request.form, had=had.__getitem__, keep=keep, at=at)


def _remove_photo(entry: Entry) -> None:
    file = draft_file(request.form.get("remove", ""), entry.draft.uid)
    if file is not None:
        remove_file(entry.draft, file, actor=entry.who, at=clock.now())


def _go_on(entry: Entry, asked: Page, shown: Shown) -> ResponseReturnValue:
    """Answer a saved page: stay where something is wrong, else go where the button leads."""
    if shown.raw is not None or shown.photo_problems or request.form.keys() & {"refresh", "remove", *ACTS}:
        shown.status = 422 if shown.photo_problems and shown.raw is None else shown.status
        return _page(entry, asked, shown)
    if "save" in request.form:
        flash(_("草稿已保存，可以以后接着填。"), "success")
        return redirect(url_for("field.home"))
    if "back" in request.form:
        before = entry.before(asked)
        return redirect(entry.address(before) if before else url_for("field.home"))
    return _next(entry, asked, shown)


def _next(entry: Entry, asked: Page, shown: Shown) -> ResponseReturnValue:
    seen = set(request.form.get("asked", "").split())
    asked_now = places(asked.live_items, entry.inside.answers)
    fresh = {at for at, item, _raw in asked_now if at in entry.outcome.shown and item.asked} - seen
    errors = entry.filling(asked).outcome.errors
    shown.errors = [error for error in errors if error.at not in fresh]
    if fresh and len(errors) > len(shown.errors):  # asked only now: nobody could have answered these
        shown.notice = _("根据您刚才的回答，这一页多了几个问题，请接着填写。")
    if shown.errors or shown.notice:
        shown.status = 422
        return _page(entry, asked, shown)
    return redirect(entry.address(entry.after(asked)))


def _page(entry: Entry, asked: Page, shown: Shown) -> ResponseReturnValue:
    filling = entry.filling(asked, None if shown.raw is None else entry.over(shown.raw), shown.gone)
    form = page_form(filling, asked, errors=shown.errors)
    for fid, messages in shown.photo_problems.items():
        made = form.field_of(fid)
        if made is not None:
            made.errors = [*made.errors, *messages]
    html = render_template(
        "field/page.html",
        entry=entry,
        page=asked,
        form=form,
        elsewhere=_elsewhere(entry, asked, shown),
        live=live(filling, (asked,)),
        step=entry.pages.index(asked) + 1 if asked in entry.pages else 1,
        tab=shown.tab or secrets.token_hex(8),
        notice=shown.notice,
    )
    return html, shown.status


def _elsewhere(entry: Entry, asked: Page, shown: Shown) -> list[tuple[str, str]]:
    """Return label and text of the answers that another window saved differently."""
    if shown.raw is None:
        return []
    saved, context = entry.outcome.values, entry.context
    typed = entry.filling(asked, entry.over(shown.raw)).outcome.values
    return [
        (item.text(context.locale), entry.masks.get(item.fid) or item.kind.display(item, saved[item.fid], context))
        if item.fid in saved
        else (item.text(context.locale), "")
        for item in asked.live_items
        if item.fid in shown.raw and saved.get(item.fid) != typed.get(item.fid)
    ]


def _check(entry: Entry, *, notice: Any = "") -> str:
    if not notice:
        try:
            refuse_stale(entry.form, entry.draft.version, today=clock.today())
        except Refusal as refusal:
            notice = refusal.message
    hints = duplicates(
        entry.form, entry.outcome.answers, entry.definition, actor=entry.who, at=clock.now(), locale=locale()
    )
    return render_template("field/check.html", entry=entry, sections=summary(entry), notice=notice, duplicates=hints)
