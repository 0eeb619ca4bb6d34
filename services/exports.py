"""Registers as downloads, at once or as a job behind the page: who took how many rows of which list is audited."""

from __future__ import annotations

import json
import secrets
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db
from models.exports import ExportJob, ExportState
from models.forms import Form
from queries import exports
from queries.conditions import Filter, Request
from queries.export_rows import Options, Reader, total
from queries.exports import TYPES
from services.access import require
from services.audit import record_audit
from services.export_files import ending, write_export
from services.files import FileStore
from services.messages import put_notice
from services.refusals import NotFound, Refusal
from services.transaction import transaction
from services.vault import vault

PERMISSION = "record:export"
SEAL = "export_job.request"
KEPT = timedelta(hours=24)
WAITING_MOST = 3
FAILURE_LENGTH = 300
ZIP = "application/zip"
TEMPORARY = FileStore(Path(tempfile.gettempdir()), 0)  # for exports that take no files along


class TooManyRows(Refusal):
    """More rows than a page waits for."""

    message = _l("超过 %(most)s 条，请在“导出”页里导出：文件在后台生成，好了再下载。", most=exports.EXPORT_MOST)


class TooManyJobs(Refusal):
    """One person's exports that are not done yet."""

    status = 429
    message = _l("您还有 %(most)s 个导出没有完成。请等它们完成，或取消一个。", most=WAITING_MOST)


class Cancelled(Refusal):
    """The owner gave the export up."""

    message = _l("导出已取消。")


@dataclass(frozen=True)
class Export:
    """A file ready to be sent."""

    filename: str
    content_type: str
    content: bytes
    rows: int


def export_records(
    form: Form,
    request: Request,
    *,
    kind: str = "xlsx",
    options: Options | None = None,
    actor: Actor,
    at: datetime,
    today: date,
    locale: str = "zh_Hans_CN",
) -> Export:
    """Write the rows of a register as xlsx or csv, masked; the audit keeps who took what.

    Reading and writing the file come before the transaction, so that nobody waits for it.
    Raises TooManyRows and NotAllowed, and KeyError on an unknown kind.
    """
    require(actor, PERMISSION, form)
    options = options or Options(kind=kind, rows=kind == "xlsx")
    if too_many(form, actor, request) or options.files:
        raise TooManyRows
    reader = Reader(form, actor, request, options, locale=locale)
    tables = len(reader.sheets)
    with tempfile.TemporaryDirectory(prefix="zhiye") as folder:
        target = Path(folder) / "export"
        rows = write_export(target, reader, store=TEMPORARY)
        content = target.read_bytes()
    _note(form, request, options, rows=rows, actor=actor, at=at)
    filename = f"{reader.title}-{today.isoformat()}.{ending(options, tables)}"
    return Export(filename, content_type(filename), content, rows)


def too_many(form: Form, actor: Actor, request: Request) -> bool:
    """Tell whether an export is to be written behind the page."""
    count = total(form, actor, request)
    return count is None or count > exports.EXPORT_MOST


def content_type(filename: str) -> str:
    """Return the content type of an export by its ending."""
    return TYPES.get(filename.rpartition(".")[2], ZIP)


# ---------- behind the page


@transaction
def ask_export(form: Form, request: Request, options: Options, *, actor: Actor, at: datetime) -> ExportJob:
    """Put an export down to be written behind the page. Raises NotAllowed and TooManyJobs."""
    require(actor, PERMISSION, form)
    home = next(grant for grant in actor.grants_for(PERMISSION) if grant.county_id == form.county_id)
    open_jobs = sa.select(sa.func.count()).where(
        ExportJob.owner_id == actor.user_id, ExportJob.state.in_((ExportState.WAITING, ExportState.RUNNING))
    )
    if (db.session.scalar(open_jobs) or 0) >= WAITING_MOST:
        raise TooManyJobs
    job = ExportJob(
        uid=secrets.token_hex(16),
        form_id=form.id,
        owner_id=actor.user_id,
        county_id=home.county_id,
        town_id=home.town_id,
        village_id=home.village_id,
        org_id=home.org_id,
        request=sealed_request(request),
        options=options.to_json(),
        state=ExportState.WAITING,
        total=total(form, actor, request),
        created_at=at,
        expires_at=at + KEPT,
    )
    db.session.add(job)
    return job


@transaction
def begin_export(job_id: int, *, at: datetime) -> bool:
    """Take a job up; False when it was cancelled or somebody else has it."""
    job = db.session.get(ExportJob, job_id, with_for_update=True)
    if job is None or job.state != ExportState.WAITING:
        return False
    job.state, job.expires_at = ExportState.RUNNING, at + KEPT
    return True


def run_export(
    job_id: int,
    *,
    actor: Actor,
    at: Callable[[], datetime],
    today: date,
    locale: str,
    store: FileStore,
    files: FileStore,
) -> None:
    """Write the file of a job that was taken up, in read transactions of one batch each.

    `store` is the folder of exports, `files` that of uploads. Raises Cancelled when its owner gave it up.
    """
    job = db.session.get_one(ExportJob, job_id)
    form = db.session.get_one(Form, job.form_id)
    require(actor, PERMISSION, form)
    options, request, uid = Options.from_json(job.options), opened_request(job.request), job.uid
    reader = Reader(form, actor, request, options, locale=locale)
    name = f"{reader.title}-{today.isoformat()}.{ending(options, len(reader.sheets))}"
    target = store.path(uid)
    target.parent.mkdir(parents=True, exist_ok=True)

    def progress(done: int) -> None:
        if not note_progress(job_id, done):
            raise Cancelled

    try:
        rows = write_export(target, reader, store=files, progress=progress, between=db.session.rollback)
        _end(job_id, rows=rows, filename=name, size=target.stat().st_size, actor=actor, at=at())
    except BaseException:
        target.unlink(missing_ok=True)
        raise


@transaction
def note_progress(job_id: int, done: int) -> bool:
    """Write down how far a job has come; False when its owner gave it up."""
    update = sa.update(ExportJob).where(ExportJob.id == job_id).values(done=done).returning(ExportJob.cancel)
    return not db.session.scalars(update).one()


@transaction
def _end(job_id: int, *, rows: int, filename: str, size: int, actor: Actor, at: datetime) -> None:
    job = db.session.get_one(ExportJob, job_id, with_for_update=True)
    if job.cancel:
        raise Cancelled
    job.state, job.done, job.total, job.ended_at = ExportState.DONE, rows, rows, at
    job.filename, job.size, job.expires_at = filename[:160], size, at + KEPT
    form = db.session.get_one(Form, job.form_id)
    put_notice(
        job.owner_id,
        text=gettext("导出好了，请在一天之内下载：%(name)s", name=job.filename),
        path=f"/admin/f/{form.key}/exports/{job.uid}/",
        at=at,
    )
    _note(form, opened_request(job.request), Options.from_json(job.options), rows=rows, actor=actor, at=at)


@transaction
def give_up(job_id: int, told: Any, *, cancelled: bool, at: datetime) -> None:
    """Write down that a job did not come to its end, and why."""
    job = db.session.get_one(ExportJob, job_id)
    job.state = ExportState.CANCELLED if cancelled else ExportState.FAILED
    job.failure, job.ended_at = str(told)[:FAILURE_LENGTH], at


@transaction
def cancel_export(job: ExportJob, *, actor: Actor, at: datetime) -> None:
    """Give a job up; one under way notices after its next batch. Only its owner may."""
    held = db.session.get(ExportJob, sa.inspect(job).identity, with_for_update=True)
    if held is None or held.owner_id != actor.user_id:
        raise NotFound
    held.cancel = True
    if held.state == ExportState.WAITING:
        held.state, held.ended_at = ExportState.CANCELLED, at


@transaction
def expire_exports(*, at: datetime) -> list[str]:
    """Say of jobs whose time is over that their files are gone; return the uids of these files."""
    over = sa.select(ExportJob).where(
        ExportJob.expires_at < at,
        ExportJob.state.in_((ExportState.WAITING, ExportState.RUNNING, ExportState.DONE)),
    )
    uids = []
    for job in db.session.scalars(over):
        job.state = ExportState.EXPIRED if job.state == ExportState.DONE else ExportState.FAILED
        uids.append(job.uid)
    return uids


def sweep_exports(store: FileStore, *, at: datetime) -> int:
    """Remove the files of exports whose time is over, and what a died process left behind; return how many."""
    uids = expire_exports(at=at)
    kept = set(db.session.scalars(sa.select(ExportJob.uid).where(ExportJob.expires_at >= at)))
    gone = 0
    for uid, path in store.stored():
        if uid in kept or (uid not in uids and path.stat().st_mtime > (at - KEPT).timestamp()):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        gone += 1
    return gone


def sealed_request(request: Request) -> dict[str, Any]:
    """Return what is stored of a list asked for: sealed, because people search for phone numbers."""
    asked = {
        "filters": [[one.fid, one.operator, list(one.values)] for one in request.filters],
        "search": request.search,
        "sort": request.sort,
        "descending": request.descending,
    }
    return {"sealed": vault().seal(json.dumps(asked), context=SEAL)}


def opened_request(stored: Mapping[str, Any]) -> Request:
    """Read what was stored of a list."""
    asked = json.loads(vault().unseal(stored["sealed"], context=SEAL))
    filters = tuple(Filter(fid, operator, tuple(values)) for fid, operator, values in asked["filters"])
    return Request(filters, asked["search"], asked["sort"], asked["descending"])


@transaction
def _note(form: Form, request: Request, options: Options, *, rows: int, actor: Actor, at: datetime) -> None:
    filters = [f"{one.fid} {one.operator}" for one in request.filters]  # not the values: they may be phone numbers
    after: dict[str, Any] = {"rows": rows, "format": options.kind, "filters": filters, "searched": bool(request.search)}
    if options.files:
        after["files"] = True
    record_audit("record:export", form, actor=actor, at=at, after=after)
