"""Entry of a configured form, page by page."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from flask import Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.answers import AnswerError
from engine.definition import Item, Page
from field.blueprint import bp
from field.entry import Entry, load, page_at, photo_items
from field.summary import summary
from forms.answers import PREFIX, raw_from_post
from forms.dynamic import page_form
from forms.filling import deciding
from forms.uploads import Uploads, take_uploads
from models.files import File
from queries.drafts import own_record
from queries.files import draft_file, files_by_uid
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


@bp.get("/e/<uid>/<int:page_no>")
@requires("record:create")
def page(uid: str, page_no: int) -> ResponseReturnValue:
    entry = load(uid)
    asked = page_at(entry, page_no)
    if asked not in entry.pages:  # everything on it is hidden by now
        return redirect(entry.address(entry.after(asked)))
    return _page(entry, asked, Shown())


@bp.post("/e/<uid>/<int:page_no>")
@requires("record:create")
def save_page(uid: str, page_no: int) -> ResponseReturnValue:
    entry = load(uid)
    asked = page_at(entry, page_no)
    shown = Shown(tab=request.form.get("tab", ""))
    try:
        _save(entry, asked)
    except ChangedElsewhere as refusal:
        typed = _typed(entry, asked)
        shown = Shown(notice=refusal.message, raw=typed, status=refusal.status)
    shown.photo_problems = _take_photos(entry, asked).problems
    _remove_photo(entry)
    return _go_on(load(uid), asked, shown)


@bp.post("/e/<uid>/<int:page_no>/autosave")
@requires("record:create")
def autosave(uid: str, page_no: int) -> Response:
    entry = load(uid)
    at = clock.now()
    _save(entry, page_at(entry, page_no))
    return jsonify(saved_at=moment(at)[-5:])


@bp.get("/e/<uid>/check")
@requires("record:create")
def check(uid: str) -> ResponseReturnValue:
    return _check(load(uid))


@bp.post("/e/<uid>/check")
@requires("record:create")
def submit(uid: str) -> ResponseReturnValue:
    entry = load(uid)
    try:
        hand_in(
            entry.draft,
            base=request.form.get("base", type=int),
            actor=entry.who,
            at=clock.now(),
            today=clock.today(),
            locale=locale(),
        )
    except AnswersRefused:
        return _check(load(uid)), 422
    except NotFound:  # the other one of two clicks was faster; load() leads to its receipt
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


def _save(entry: Entry, asked: Page) -> None:
    save_draft(
        entry.draft,
        page_id=asked.id,
        answers=_typed(entry, asked),
        base=request.form.get("base", 0, type=int),
        tab=request.form.get("tab", "")[:32],
        actor=entry.who,
        at=clock.now(),
    )


def _take_photos(entry: Entry, asked: Page) -> Uploads:
    store = file_store()

    def keep(item: Item, stream: BinaryIO, filename: str) -> File:
        at = clock.now()
        file = store_upload(store, stream, filename=filename, draft=entry.draft, fid=item.fid, actor=entry.who, at=at)
        add_file(entry.draft, file, actor=entry.who, at=at)
        return file

    return take_uploads(
        photo_items(asked), request.files, had=lambda item: len(entry.inside.answers.get(item.fid) or []), keep=keep
    )


def _remove_photo(entry: Entry) -> None:
    file = draft_file(request.form.get("remove", ""), entry.draft.uid)
    if file is not None:
        remove_file(entry.draft, file, actor=entry.who, at=clock.now())


def _go_on(entry: Entry, asked: Page, shown: Shown) -> ResponseReturnValue:
    """Answer a saved page: stay where something is wrong, else go where the button leads."""
    if shown.raw is not None or shown.photo_problems or request.form.keys() & {"refresh", "remove"}:
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
    fresh = {item.fid for item in asked.live_items if item.fid in entry.outcome.shown and item.asked} - seen
    errors = entry.filling(asked).outcome.errors
    shown.errors = [error for error in errors if error.fid not in fresh]
    if fresh and len(errors) > len(shown.errors):  # asked only now: nobody could have answered these
        shown.notice = _("根据您刚才的回答，这一页多了几个问题，请接着填写。")
    if shown.errors or shown.notice:
        shown.status = 422
        return _page(entry, asked, shown)
    return redirect(entry.address(entry.after(asked)))


def _page(entry: Entry, asked: Page, shown: Shown) -> ResponseReturnValue:
    saved = entry.inside.answers
    filling = entry.filling(asked, None if shown.raw is None else {**saved, **shown.raw})
    form = page_form(filling, asked, errors=shown.errors)
    for fid, messages in shown.photo_problems.items():
        made = form.field_of(fid)
        if made is not None:
            made.errors = [*made.errors, *messages]
    photos = [uid for item in photo_items(asked) for uid in saved.get(item.fid) or []]
    html = render_template(
        "field/page.html",
        entry=entry,
        page=asked,
        form=form,
        files=files_by_uid(photos),
        elsewhere=_elsewhere(entry, asked, shown),
        depends=" ".join(sorted(PREFIX + fid for fid in deciding(entry.definition))),
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
    typed = entry.filling(asked, {**entry.inside.answers, **shown.raw}).outcome.values
    return [
        (item.text(context.locale), item.kind.display(item, saved[item.fid], context) if item.fid in saved else "")
        for item in asked.live_items
        if item.fid in shown.raw and saved.get(item.fid) != typed.get(item.fid)
    ]


def _check(entry: Entry, *, notice: Any = "") -> str:
    if not notice:
        try:
            refuse_stale(entry.form, entry.draft.version, today=clock.today())
        except Refusal as refusal:
            notice = refusal.message
    return render_template("field/check.html", entry=entry, sections=summary(entry), notice=notice)
