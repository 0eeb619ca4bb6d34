"""Exports too long for a page: written behind it, given up when their owner says so, swept after a day."""

from __future__ import annotations

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from jobs.queue import job
from models.base import db
from models.exports import ExportJob
from queries.accounts import person
from services import exports as acts
from services.refusals import NotAllowed, Refusal
from shell.clock import now, today
from shell.files import export_store, file_store

ORIGIN = "export"


@job("export", retries=0)
def write_export(*, job_id: int) -> None:
    """Write one export, with the rights that its owner has now."""
    if not acts.begin_export(job_id, at=now()):
        return
    owner_id = db.session.get_one(ExportJob, job_id).owner_id
    found = person(owner_id, origin=ORIGIN, today=today())
    spoken = (found[1] if found else "") or current_app.config["ZHIYE"].default_locale
    with force_locale(spoken):
        try:
            if found is None:
                raise NotAllowed  # noqa: TRY301 - told like every other refusal
            acts.run_export(
                job_id, actor=found[0], at=now, today=today(), locale=spoken, store=export_store(), files=file_store()
            )
        except Refusal as refusal:
            acts.give_up(job_id, refusal, cancelled=isinstance(refusal, acts.Cancelled), at=now())
        except Exception:
            acts.give_up(
                job_id, _("系统出错，没有生成文件。请稍后再试，还不行请联系管理员。"), cancelled=False, at=now()
            )
            raise
