"""Export of a register: which columns, as what, with what; at once when it is small, else as a job with progress."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flask import abort, flash, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from admin.guard import ZhiyeView, expose
from admin.hub_door import form_at
from admin.hub_list import ListRequest
from models.exports import ExportJob, ExportState
from models.forms import Form
from queries import export_jobs as reads
from queries import exports
from queries.export_rows import Options, offered
from services import exports as acts
from services.refusals import Refusal
from shell import clock, i18n
from shell.access import actor
from shell.background import enqueue
from shell.downloads import download
from shell.files import export_store

STATES: Mapping[str, Any] = {
    ExportState.WAITING: _l("等待生成"),
    ExportState.RUNNING: _l("正在生成"),
    ExportState.DONE: _l("可以下载"),
    ExportState.FAILED: _l("没有生成"),
    ExportState.CANCELLED: _l("已取消"),
    ExportState.EXPIRED: _l("已过期"),
}
PILLS = {ExportState.DONE: "ok", ExportState.FAILED: "danger", ExportState.CANCELLED: "", ExportState.EXPIRED: ""}
PIECE = 64 * 1024
OPEN = frozenset({ExportState.WAITING, ExportState.RUNNING})


class ExportView(ZhiyeView):
    """The exports of one register: each person sees their own."""

    allows = {"export": "record:export", "list": "record:export"}
    methods = {
        "index_view": "export",
        "job_view": "export",
        "state_view": "export",
        "cancel_view": "export",
        "file_view": "export",
    }

    @expose("/", methods=("GET", "POST"))
    def index_view(self, form_key: str) -> Any:
        form = form_at(form_key, reads.PERMISSION)
        asked = ListRequest(form, request.values, actor(), i18n.locale())
        items = offered(form, actor())
        options = _options(request.form, {item.fid for item in items}) if request.method == "POST" else Options()
        error = None
        if request.method == "POST":
            try:
                return _export(form, asked, options)
            except Refusal as refusal:
                error = refusal
        page = self.render(
            "admin/hub/export.html",
            form=form,
            asked=asked,
            items=items,
            chosen=set(options.fids) or {item.fid for item in items},
            options=options,
            jobs=reads.own_jobs(form, actor()),
            states=STATES,
            pills=PILLS,
            most=exports.EXPORT_MOST,
            has_rows=any(item.kind.repeats for item in items),
            has_files=_takes_files(items),
            error=error,
        )
        return page, error.status if error else 200

    @expose("/<job_uid>/")
    def job_view(self, form_key: str, job_uid: str) -> Any:
        form, job = _job(form_key, job_uid)
        return self.render(
            "admin/hub/export_job.html", form=form, job=job, states=STATES, pills=PILLS, working=job.state in OPEN,
            told=_told(job), megabytes=max(round(job.size / 1024 / 1024, 1), 0.1),
        )  # fmt: skip

    @expose("/<job_uid>/state")
    def state_view(self, form_key: str, job_uid: str) -> Any:
        _form, job = _job(form_key, job_uid)
        return jsonify(state=job.state, done=job.done, total=job.total, text=_told(job))

    @expose("/<job_uid>/cancel", methods=("POST",))
    def cancel_view(self, form_key: str, job_uid: str) -> Any:
        form, job = _job(form_key, job_uid)
        acts.cancel_export(job, actor=actor(), at=clock.now())
        flash(_("已取消导出。"), "success")
        return redirect(url_for(".index_view", form_key=form.key))

    @expose("/<job_uid>/file")
    def file_view(self, form_key: str, job_uid: str) -> Any:
        _form, job = _job(form_key, job_uid)
        path = export_store().path(job.uid)
        if job.state != ExportState.DONE or not path.exists() or job.expires_at < clock.now():
            abort(404)
        response = download(_pieces(path), acts.content_type(job.filename), job.filename)
        response.content_length = path.stat().st_size
        return response


def _export(form: Form, asked: ListRequest, options: Options) -> Response:
    """Answer with the file when it is small, else put it down as a job and lead to its page."""
    if options.files or acts.too_many(form, actor(), asked.query):
        job = acts.ask_export(form, asked.query, options, actor=actor(), at=clock.now())
        uid = job.uid
        enqueue("export", job_id=job.id)
        return redirect(url_for(".job_view", form_key=form.key, job_uid=uid))
    made = acts.export_records(
        form, asked.query, options=options, actor=actor(), at=clock.now(), today=clock.today(), locale=i18n.locale()
    )
    return download(made.content, made.content_type, made.filename)


def _options(given: MultiDict[str, str], known: set[str]) -> Options:
    fids = [fid for fid in given.getlist("column") if fid in known]
    return Options(
        kind="csv" if given.get("type") == "csv" else "xlsx",
        fids=() if len(fids) == len(known) else tuple(fids),
        codes=given.get("values") == "codes",
        rows=given.get("rows") == "1",
        files=given.get("files") == "1",
    )


def _takes_files(items: list[Any]) -> bool:
    return any(item.kind.takes_files or _takes_files(list(item.items)) for item in items)


def _job(key: str, uid: str) -> tuple[Form, ExportJob]:
    form = form_at(key, reads.PERMISSION)
    job = reads.own_job(form, uid, actor())
    if job is None:
        abort(404)
    return form, job


def _told(job: ExportJob) -> str:
    if job.state not in OPEN:
        return str(STATES[job.state])
    if job.cancel:
        return str(_("正在取消"))
    if job.state == ExportState.WAITING:
        return str(_("排队中，马上开始"))
    if job.total is None:
        return str(_("已写 %(done)s 条", done=job.done))
    return str(_("已写 %(done)s 条，共 %(total)s 条", done=job.done, total=job.total))


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield a file piece by piece; it is opened only when somebody reads, and closed behind the last piece."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def views() -> list[ZhiyeView]:
    """Return what admin/__init__.py registers."""
    return [ExportView(name=_l("导出"), endpoint="hub_export", url="/admin/f/<form_key>/exports")]
