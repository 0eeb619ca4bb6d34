"""What a grid worker can enter today, drafts and recent entries."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from field.blueprint import bp
from field.entry import load
from models.forms import Form
from queries.drafts import handed_in, own_drafts
from queries.forms import definition, form_by_key, published_forms
from services.drafts import discard_draft, open_draft
from shell import clock
from shell.access import actor, requires
from shell.i18n import locale


@bp.get("/")
@requires("record:create")
def home() -> str:
    who = actor()
    return render_template(
        "field/home.html",
        forms=[(form.key, _title(form)) for form in published_forms(who, "record:create")],
        drafts=own_drafts(who),
        recent=handed_in(who),
    )


@bp.get("/f/<form_key>/new")
@requires("record:create")
def new(form_key: str) -> Response:
    who = actor()
    form = form_by_key(form_key, who, "record:create")
    if form is None:
        abort(404)
    query = {name: texts if len(texts) > 1 else texts[0] for name, texts in request.args.lists()}
    draft = open_draft(form, query=query, actor=who, at=clock.now(), today=clock.today(), locale=locale())
    return redirect(url_for("field.page", uid=draft.uid, page_no=1))


@bp.get("/e/<uid>/discard")
@requires("record:create")
def confirm_discard(uid: str) -> str:
    entry = load(uid)
    filled = sum(1 for fid in entry.inside.answers if entry.inside.answers[fid] not in ("", [], None))
    return render_template("field/discard.html", entry=entry, filled=filled)


@bp.post("/e/<uid>/discard")
@requires("record:create")
def discard(uid: str) -> Response:
    entry = load(uid)
    title = entry.title
    discard_draft(entry.draft, actor=entry.who, at=clock.now())
    flash(_("已删除“%(title)s”的草稿。", title=title), "success")
    return redirect(url_for("field.home"))


def _title(form: Form) -> str:
    """Return a form's title in the reader's language."""
    return definition(form.id, form.current_version).title(locale()) if form.current_version else form.title
