"""Import of records from a workbook: upload, columns, dry run, confirmation, result, undo."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any, BinaryIO

from flask import abort, current_app, flash, jsonify, redirect, request, url_for
from flask_admin.base import Admin
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.guard import ZhiyeView, expose
from admin.hub_door import form_at
from models.forms import Form
from models.imports import WORKING, ImportRun, ImportState
from queries import accounts, exports
from queries import imports as reads
from services import imports as acts
from services.access import may
from services.import_cells import plain_text
from services.import_maps import SPECIAL_LABELS, Fields, Part, Plan, chosen_part, guess_part
from services.import_maps import guess as guess_plan
from services.import_rows import HINT
from services.import_templates import template
from services.refusals import Refusal
from shell import clock, i18n
from shell.access import actor
from shell.background import enqueue
from shell.downloads import download
from shell.files import allow_photos, import_store

SHOWN_PROBLEMS = 100
SAMPLE_LENGTH, SAMPLE_ROWS = 30, 6
STATES: Mapping[str, Any] = {
    ImportState.UPLOADED: _l("等待检查"),
    ImportState.CHECKING: _l("正在检查"),
    ImportState.CHECKED: _l("检查完了"),
    ImportState.WRITING: _l("正在导入"),
    ImportState.DONE: _l("已导入"),
    ImportState.UNDOING: _l("正在撤销"),
    ImportState.UNDONE: _l("已撤销"),
    ImportState.FAILED: _l("没有导入"),
}
PILLS = {ImportState.DONE: "ok", ImportState.FAILED: "danger", ImportState.UNDONE: ""}


class ImportView(ZhiyeView):
    """The imports of one register."""

    allows = {"import": "record:import", "list": "record:import"}
    methods = {
        "index_view": "import",
        "template_view": "import",
        "run_view": "import",
        "columns_view": "import",
        "check_view": "import",
        "confirm_view": "import",
        "undo_view": "import",
        "again_view": "import",
        "state_view": "import",
        "problems_view": "import",
    }

    def create_blueprint(self, admin: Admin) -> Any:
        blueprint = super().create_blueprint(admin)
        blueprint.url_value_preprocessor(allow_photos)  # a far too large file gets our own words, not the server's
        return blueprint

    @expose("/", methods=("GET", "POST"))
    def index_view(self, form_key: str) -> Any:
        form = _form(form_key)
        error = None
        if request.method == "POST":
            try:
                return redirect(_address(form, self._take(form)))
            except Refusal as refusal:
                error = refusal
        runs = reads.runs(form, actor())
        names = accounts.names([run.author_id for run in runs])
        page = self.render(
            "admin/hub/import.html", form=form, runs=runs, names=names, states=STATES, pills=PILLS, error=error,
            most=current_app.config["ZHIYE"].upload_max_mb, fields=acts.fields_of(form, actor(), locale=i18n.locale()),
        )  # fmt: skip
        return page, error.status if error else 200

    def _take(self, form: Form) -> ImportRun:
        upload = request.files.get("file")
        stream: BinaryIO = upload.stream if upload else io.BytesIO()  # type: ignore[assignment]
        return acts.start_import(
            form, stream, filename=(upload.filename or "") if upload else "", store=import_store(), actor=actor(),
            at=clock.now(), locale=i18n.locale(),
        )  # fmt: skip

    @expose("/template.xlsx")
    def template_view(self, form_key: str) -> Any:
        form = _form(form_key)
        fields = acts.fields_of(form, actor(), locale=i18n.locale())
        made = template(fields, fields.asked.title(i18n.locale()), actor(), today=clock.today())
        return download(made, exports.TYPES["xlsx"], _("%(title)s-导入模板.xlsx", title=form.title))

    @expose("/<run_uid>/")
    def run_view(self, form_key: str, run_uid: str) -> Any:
        form, run = _run(form_key, run_uid)
        if run.state in (ImportState.UPLOADED, ImportState.FAILED) and run.author_id == actor().user_id:
            return self._columns(form, run)
        problems, working = acts.told_problems(run), run.state in WORKING
        return self.render(
            "admin/hub/import_run.html",
            form=form,
            run=run,
            states=STATES,
            pills=PILLS,
            problems=problems[:SHOWN_PROBLEMS],
            more=len(problems) - SHOWN_PROBLEMS,
            total=len(problems),
            working=working,
            told=_told(run),
            own=run.author_id == actor().user_id,
            author=accounts.names([run.author_id]).get(run.author_id, ""),
            may_undo=run.state == ImportState.DONE and may(actor(), "record:delete", run),
            stalled=working and clock.now() - run.updated_at > acts.STALLED,
        )

    def _columns(self, form: Form, run: ImportRun) -> Any:
        try:
            upload = acts.open_upload(run, form, store=import_store(), actor=actor(), locale=i18n.locale())
        except Refusal as refusal:
            flash(str(refusal), "error")
            return redirect(url_for(".index_view", form_key=form.key))
        fields, plan = upload.fields, _plan(run)
        parts: list[tuple[str, Any, Part | None]] = [("", None, plan.main)]
        parts += [(one.fid, one, plan.repeats.get(one.fid)) for one in fields.repeats]
        return self.render(
            "admin/hub/import_columns.html", form=form, run=run, parts=parts, book=upload.book, fields=fields,
            targets=lambda fid: _targets(fields, fid), rows=_samples(upload, plan),
        )  # fmt: skip

    @expose("/<run_uid>/columns", methods=("POST",))
    def columns_view(self, form_key: str, run_uid: str) -> Any:
        """Keep the chosen sheets and columns; another sheet is guessed anew."""
        form, run = _run(form_key, run_uid)
        try:
            self._keep_columns(form, run)
        except Refusal as refusal:
            flash(str(refusal), "error")
        return redirect(_address(form, run))

    def _keep_columns(self, form: Form, run: ImportRun) -> acts.Upload:
        upload = acts.open_upload(run, form, store=import_store(), actor=actor(), locale=i18n.locale())
        acts.set_mapping(run, _chosen(upload, _plan(run)), actor=actor(), at=clock.now())
        return upload

    @expose("/<run_uid>/check", methods=("POST",))
    def check_view(self, form_key: str, run_uid: str) -> Any:
        form, run = _run(form_key, run_uid)
        try:
            upload = self._keep_columns(form, run)
            if _is_long(upload):
                acts.begin(run, ImportState.CHECKING, actor=actor(), at=clock.now())
                enqueue("import", run_id=run.id, user_id=actor().user_id)
            else:
                acts.check_import(upload, actor=actor(), at=clock.now(), today=clock.today(), locale=i18n.locale())
        except Refusal as refusal:
            flash(str(refusal), "error")
        return redirect(_address(form, run))

    @expose("/<run_uid>/confirm", methods=("POST",))
    def confirm_view(self, form_key: str, run_uid: str) -> Any:
        form, run = _run(form_key, run_uid)
        try:
            if run.rows > acts.AT_ONCE:
                acts.begin(run, ImportState.WRITING, actor=actor(), at=clock.now())
                enqueue("import", run_id=run.id, user_id=actor().user_id)
            else:
                upload = acts.open_upload(run, form, store=import_store(), actor=actor(), locale=i18n.locale())
                acts.write_import(upload, actor=actor(), at=clock.now(), today=clock.today(), locale=i18n.locale())
                acts.drop_file(run, import_store())
        except Refusal as refusal:
            flash(str(refusal), "error")
        return redirect(_address(form, run))

    @expose("/<run_uid>/undo", methods=("POST",))
    def undo_view(self, form_key: str, run_uid: str) -> Any:
        form, run = _run(form_key, run_uid)
        reason = request.form.get("reason", "").strip()
        try:
            if run.rows > acts.AT_ONCE:
                acts.begin(run, ImportState.UNDOING, reason=reason, actor=actor(), at=clock.now())
                enqueue("import", run_id=run.id, user_id=actor().user_id)
            else:
                acts.undo_import(run, reason=reason, actor=actor(), at=clock.now())
        except Refusal as refusal:
            flash(str(refusal), "error")
        return redirect(_address(form, run))

    @expose("/<run_uid>/again", methods=("POST",))
    def again_view(self, form_key: str, run_uid: str) -> Any:
        """Go back to before a piece of work that died, or to the columns after a dry run."""
        form, run = _run(form_key, run_uid)
        try:
            if run.state in WORKING:
                acts.take_up_again(run, actor=actor(), at=clock.now())
            else:
                acts.set_mapping(run, _plan(run), actor=actor(), at=clock.now())
        except Refusal as refusal:
            flash(str(refusal), "error")
        return redirect(_address(form, run))

    @expose("/<run_uid>/state")
    def state_view(self, form_key: str, run_uid: str) -> Any:
        _here, run = _run(form_key, run_uid)
        return jsonify(state=run.state, done=run.done, text=_told(run))

    @expose("/<run_uid>/problems.csv")
    def problems_view(self, form_key: str, run_uid: str) -> Any:
        form, run = _run(form_key, run_uid)
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([_("工作表"), _("行"), _("列"), _("表头"), _("原因")])
        for one in acts.told_problems(run):
            writer.writerow([exports.safe_text(str(part)) for part in one])
        name = _("%(title)s-导入问题.csv", title=form.title)
        return download((exports.BOM + out.getvalue()).encode(), exports.TYPES["csv"], name)


def _form(key: str) -> Form:
    form = form_at(key, reads.PERMISSION)
    if not may(actor(), "record:create", form):
        abort(404)
    return form


def _run(key: str, uid: str) -> tuple[Form, ImportRun]:
    form = _form(key)
    run = reads.run_by_uid(form, uid, actor())
    if run is None:
        abort(404)
    return form, run


def _address(form: Form, run: ImportRun) -> str:
    return str(url_for(".run_view", form_key=form.key, run_uid=run.uid))


def _is_long(upload: acts.Upload) -> bool:
    plan = Plan.from_json(upload.run.mapping)
    sheets = (plan.main, *plan.repeats.values())
    return sum(upload.book.scans[part.sheet].rows for part in sheets) > acts.AT_ONCE


def _told(run: ImportRun) -> str:
    if run.state == ImportState.CHECKING:
        return str(_("已检查 %(n)s 行", n=run.done))
    return str(STATES[run.state])


def _targets(fields: Fields, fid: str) -> list[tuple[str, str]]:
    special = [(target, str(label)) for target, label in SPECIAL_LABELS.items() if fid or target == "#link"]
    must = _("（必填）")
    found = [
        (item.fid, fields.heading(item) + (must if item.required is True else "")) for item in fields.of(fid or None)
    ]
    return [*(special if fields.repeats else []), *found]


def _samples(upload: acts.Upload, plan: Plan) -> dict[tuple[str, int], str]:
    """Return what stands first in each column, by sheet and column, so that people recognise it."""
    found: dict[tuple[str, int], str] = {}
    for part in (plan.main, *plan.repeats.values()):
        for row in upload.book.rows(part.sheet)[part.head : part.head + SAMPLE_ROWS]:
            if plain_text(row[0]).strip() == HINT:
                continue
            for number in part.headings:
                value = row[number - 1] if number <= len(row) else None
                if value is not None:
                    found.setdefault((part.sheet, number), plain_text(value)[:SAMPLE_LENGTH])
    return found


def _chosen(upload: acts.Upload, now: Plan) -> Plan:
    """Return the sheets and columns of the posted form. Columns are named c-<repeat>-<number>."""
    book, fields = upload.book, upload.fields
    sheet = request.form.get("sheet", now.main.sheet)
    if sheet in book.names and sheet != now.main.sheet:
        return guess_plan(book, fields, {}, sheet=sheet)
    repeats = {}
    for repeat in fields.repeats:
        before = now.repeats.get(repeat.fid)
        name = request.form.get(f"sheet-{repeat.fid}", before.sheet if before else "")
        if name not in book.names or name == sheet:
            continue
        known = before if before and before.sheet == name else guess_part(book, name, fields, repeat.fid)
        posted = before is not None and before.sheet == name
        repeats[repeat.fid] = chosen_part(known, fields, repeat.fid, _columns(repeat.fid)) if posted else known
    return Plan(chosen_part(now.main, fields, None, _columns("")), repeats)


def _columns(fid: str) -> dict[int, str]:
    start = f"c-{fid}-"
    return {
        int(name.removeprefix(start)): value
        for name, value in request.form.items()
        if name.startswith(start) and name.removeprefix(start).isdecimal() and len(name) < len(start) + 4
    }


def _plan(run: ImportRun) -> Plan:
    """Return the columns as they were chosen last. Raises ImportRefused where none ever were."""
    if not run.mapping:
        raise acts.ImportRefused(acts.NOT_NOW)
    return Plan.from_json(run.mapping)


def views() -> list[ZhiyeView]:
    """Return what admin/__init__.py registers."""
    return [ImportView(name=_l("导入"), endpoint="hub_import", url="/admin/f/<form_key>/import")]
