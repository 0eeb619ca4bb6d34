"""Imports too long for a page: tried out, carried out or taken back behind it."""

from __future__ import annotations

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from jobs.queue import job
from models.access import Actor
from models.base import db
from models.forms import Form
from models.imports import ImportRun, ImportState
from queries.accounts import person
from services import imports as acts
from services.refusals import NotAllowed, Refusal
from shell.clock import now, today
from shell.files import import_store

ORIGIN = "import"


@job("import", retries=0)
def work_on_import(*, run_id: int, user_id: int) -> None:
    """Do what the state of a run asks for. A run that somebody took out of this state meanwhile is left alone."""
    found = person(user_id, origin=ORIGIN, today=today())
    run = db.session.get(ImportRun, run_id)
    if run is None:
        return
    spoken = (found[1] if found else "") or current_app.config["ZHIYE"].default_locale
    with force_locale(spoken):
        try:
            if found is None:
                raise NotAllowed  # noqa: TRY301 - told like every other refusal
            _work(run, found[0], spoken)
        except Refusal as refusal:
            acts.note_failure(run_id, refusal, at=now())
        except Exception:
            acts.note_failure(run_id, _("系统出错，什么都没有改。请稍后再试，还不行请联系管理员。"), at=now())
            raise


def _work(run: ImportRun, actor: Actor, locale: str) -> None:
    run_id, state = run.id, run.state
    if state == ImportState.UNDOING:
        acts.undo_import(run, reason=run.reason, actor=actor, at=now())
        return
    form = db.session.get_one(Form, run.form_id)
    upload = acts.open_upload(run, form, store=import_store(), actor=actor, locale=locale)
    if state == ImportState.CHECKING:
        acts.check_import(
            upload, actor=actor, at=now(), today=today(), locale=locale,
            progress=lambda done: acts.note_progress(run_id, done, at=now()),
        )  # fmt: skip
    elif state == ImportState.WRITING:
        acts.write_import(upload, actor=actor, at=now(), today=today(), locale=locale)
        acts.drop_file(run, import_store())
