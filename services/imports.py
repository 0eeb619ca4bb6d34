"""Acts on imports: a workbook is taken in, mapped, tried out, carried out whole or not at all, and taken back."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from engine.context import DEFAULT_LOCALE
from models.access import Actor
from models.base import db
from models.forms import Form, FormState
from models.imports import WORKING, ImportedRecord, ImportRun, ImportState
from queries.forms import definition
from queries.imports import (
    earlier_run,
    imported_ids,
    last_mapping,
    steady_context,
    touched_since,
    units,
)
from queries.indexing import shape
from queries.rights import Rights
from services.access import require
from services.audit import record_audit
from services.batches import create_records, void_batch
from services.files import FileStore
from services.import_maps import Fields, Plan, guess
from services.import_rows import Judged, Problem, judge_rows
from services.received import clean_name
from services.records import judge_entry, reason_given
from services.refusals import NotFound, Refusal
from services.transaction import transaction
from services.vault import vault
from services.versions import FormNotInUse
from services.workbooks import Book, open_table, refuse_size

PERMISSION = "record:import"
SEAL = "import_run.file"
PROBLEMS_SEAL = "import_run.problems"  # they name what was typed, in whichever column
AT_ONCE = 2_000  # rows that a page waits for; more is done behind it
STALLED = timedelta(minutes=10)
PROBLEMS_KEPT = 20_000
FAILURE_LENGTH = 300


class ImportRefused(Refusal):
    """An import that cannot go on as it stands."""

    status = 409


class SameFile(ImportRefused):
    """The same file stands imported already."""

    def __init__(self, earlier: ImportRun) -> None:
        super().__init__(
            _l(
                "这个文件已经导入过了（第 %(n)s 号导入，%(rows)s 条）。如果要重新导入，请先撤销那一次。",
                n=earlier.id,
                rows=earlier.rows,
            )
        )


class TouchedSince(ImportRefused):
    """Records of the import were changed after it."""

    def __init__(self, count: int, numbers: list[str]) -> None:
        some = "、".join(numbers) + ("……" if count > len(numbers) else "")
        super().__init__(
            _l("导入之后有 %(n)s 条被修改或作废过（%(some)s），不能整批撤销。请逐条处理。", n=count, some=some)
        )


NOT_NOW = _l("这次导入现在不能做这一步，可能别的页面已经做过了。请看最新的状态。")
NEW_VERSION = _l("检查之后这张表单改了版，什么都没有导入。请重新检查一遍。")
NOTHING_MAPPED = _l("还没有一列对应到题目。请至少选一列，再检查。")
NO_ROWS = _l("表头下面没有数据，没有什么可以导入。请检查选的是不是要导入的工作表。")
FILE_GONE = _l("上传的文件已经清理掉了（只保留一天）。请重新上传。")


@dataclass(frozen=True)
class Upload:
    """A run together with its form and its opened file."""

    run: ImportRun
    form: Form
    book: Book
    fields: Fields


def start_import(
    form: Form,
    stream: BinaryIO,
    *,
    filename: str,
    store: FileStore,
    actor: Actor,
    at: datetime,
    locale: str = DEFAULT_LOCALE,
) -> ImportRun:
    """Take a file in: look through it, guess its columns, keep it sealed. Nothing is read into the register yet.

    Raises WorkbookRefused, SameFile, FormNotInUse and NotAllowed.
    """
    require(actor, PERMISSION, form)
    if form.state != FormState.PUBLISHED or form.current_version is None:
        raise FormNotInUse
    refuse_size(stream.seek(0, os.SEEK_END), store.max_bytes)
    stream.seek(0)
    data = stream.read()
    book = open_table(data, most_bytes=store.max_bytes)
    sha256 = hashlib.sha256(data).hexdigest()
    earlier = earlier_run(form.id, sha256)
    if earlier is not None:
        raise SameFile(earlier)
    fields = fields_of(form, actor, locale=locale)
    plan = guess(book, fields, last_mapping(form.id, actor.user_id))
    uid = secrets.token_hex(16)
    store.put(uid, vault().seal(base64.b64encode(data).decode(), context=SEAL).encode())
    return _keep(form, uid=uid, filename=filename, sha256=sha256, plan=plan, actor=actor, at=at)


@transaction
def _keep(form: Form, *, uid: str, filename: str, sha256: str, plan: Plan, actor: Actor, at: datetime) -> ImportRun:
    home = next(grant for grant in actor.grants_for(PERMISSION) if grant.county_id == form.county_id)
    run = ImportRun(
        uid=uid,
        form_id=form.id,
        version=form.current_version,
        author_id=actor.user_id,
        county_id=home.county_id,
        town_id=home.town_id,
        village_id=home.village_id,
        org_id=home.org_id,
        filename=clean_name(filename),
        sha256=sha256,
        mapping=plan.to_json(),
        state=ImportState.UPLOADED,
        problems=[],
        created_at=at,
        updated_at=at,
    )
    db.session.add(run)
    return run


def fields_of(form: Form, actor: Actor, *, locale: str = DEFAULT_LOCALE, version: int | None = None) -> Fields:
    """Return the questions of a form that this person may answer by a workbook."""
    asked = definition(form.id, version or form.current_version or 1)
    return Fields(asked, locale, Rights(shape(form.id).newest, actor).at_entry().edit)


def open_upload(run: ImportRun, form: Form, *, store: FileStore, actor: Actor, locale: str) -> Upload:
    """Open the file of a run again. Raises ImportRefused when it was swept, and WorkbookRefused."""
    try:
        sealed = store.path(run.uid).read_text()
    except FileNotFoundError:
        raise ImportRefused(FILE_GONE) from None
    data = base64.b64decode(vault().unseal(sealed, context=SEAL))
    return Upload(run, form, open_table(data, most_bytes=store.max_bytes), fields_of(form, actor, locale=locale))


@transaction
def set_mapping(run: ImportRun, plan: Plan, *, actor: Actor, at: datetime) -> None:
    """Keep the columns that somebody chose; what was found by an earlier check is forgotten."""
    run = _held(run, actor, ImportState.UPLOADED, ImportState.CHECKED, ImportState.FAILED)
    run.mapping, run.state, run.problems, run.rows = plan.to_json(), ImportState.UPLOADED, [], 0
    run.failure, run.updated_at = "", at


@transaction
def begin(run: ImportRun, state: ImportState, *, reason: str = "", actor: Actor, at: datetime) -> None:
    """Say that a long piece of work begins behind the page: checking, writing or undoing."""
    before = {
        ImportState.CHECKING: (ImportState.UPLOADED,),
        ImportState.WRITING: (ImportState.CHECKED,),
        ImportState.UNDOING: (ImportState.DONE,),
    }
    run = _held(run, actor, *before[state])
    if state == ImportState.UNDOING:
        run.reason = reason_given(reason)
    run.state, run.done, run.updated_at = state, 0, at


@transaction
def take_up_again(run: ImportRun, *, actor: Actor, at: datetime) -> None:
    """Put a run back whose work died with its process: nothing of that work was written."""
    run = _held(run, actor, *WORKING)
    if at - run.updated_at < STALLED:
        raise ImportRefused(NOT_NOW)
    back = {ImportState.CHECKING: ImportState.UPLOADED, ImportState.WRITING: ImportState.CHECKED}
    run.state = back.get(run.state, ImportState.DONE)


def check_import(
    upload: Upload,
    *,
    actor: Actor,
    at: datetime,
    today: date,
    locale: str = DEFAULT_LOCALE,
    progress: Callable[[int], None] = lambda _done: None,
) -> None:
    """Try all rows out and write down what is wrong with them. Changes nothing in the register."""
    judged = _judged(upload, actor, today=today, locale=locale, progress=progress)
    _note_check(upload.run, judged, version=upload.form.current_version or 1, actor=actor, at=at)


def _judged(
    upload: Upload, actor: Actor, *, today: date, locale: str, progress: Callable[[int], None] = lambda _done: None
) -> Judged:
    form, asked, plan = upload.form, upload.fields.asked, Plan.from_json(upload.run.mapping)
    if not any(not target.startswith("#") for target in plan.main.columns.values()):
        raise ImportRefused(NOTHING_MAPPED)
    context = steady_context(actor, today=today, locale=locale)
    judged = judge_rows(
        upload.book,
        plan,
        upload.fields,
        units=units(actor, today=today),
        judge=lambda raw: judge_entry(form, asked, raw, context, actor=actor),
        progress=progress,
    )
    if not judged.outcomes and not judged.problems:
        raise ImportRefused(NO_ROWS)
    return judged


@transaction
def _note_check(run: ImportRun, judged: Judged, *, version: int, actor: Actor, at: datetime) -> None:
    run = _held(run, actor, ImportState.UPLOADED, ImportState.CHECKING)
    run.version, run.rows = version, len(judged.outcomes)
    kept = json.dumps(judged.problems[:PROBLEMS_KEPT])
    run.problems = [vault().seal(kept, context=PROBLEMS_SEAL)] if judged.problems else []
    run.state, run.updated_at = ImportState.CHECKED, at


@transaction
def note_progress(run_id: int, done: int, *, at: datetime) -> None:
    """Write down how far a long piece of work has come."""
    db.session.execute(sa.update(ImportRun).where(ImportRun.id == run_id).values(done=done, updated_at=at))


@transaction
def note_failure(run_id: int, told: Any, *, at: datetime) -> None:
    """Write down why a piece of work behind the page did not come to its end."""
    run = db.session.get_one(ImportRun, run_id)
    run.failure, run.updated_at = str(told)[:FAILURE_LENGTH], at
    run.state = ImportState.DONE if run.state == ImportState.UNDOING else ImportState.FAILED


def write_import(upload: Upload, *, actor: Actor, at: datetime, today: date, locale: str = DEFAULT_LOCALE) -> None:
    """Enter all rows as records, or none.

    The rows are judged again, because the county may have changed since the dry run; that comes before the
    transaction, so that nobody waits for it. Raises ImportRefused, SameFile, and what create_record raises.
    """
    judged = _judged(upload, actor, today=today, locale=locale)
    if judged.problems:
        raise ImportRefused(_l("还有 %(n)s 处问题，什么都没有导入。请改好文件再上传。", n=len(judged.problems)))
    _enter(upload.run, judged, actor=actor, at=at, today=today)


@transaction
def _enter(run: ImportRun, judged: Judged, *, actor: Actor, at: datetime, today: date) -> None:
    run = _held(run, actor, ImportState.CHECKED, ImportState.WRITING)
    form = db.session.get_one(Form, run.form_id)
    if form.current_version != run.version:
        raise ImportRefused(NEW_VERSION)
    entered = create_records(form, judged.outcomes, version=run.version, actor=actor, at=at, today=today)
    earlier = earlier_run(form.id, run.sha256, but=run.id)  # asked behind the form's lock
    if earlier is not None:
        raise SameFile(earlier)
    links = [
        {"record_id": ident, "run_id": run.id, "line": line}
        for ident, line in zip(entered.ids, judged.lines, strict=True)
    ]
    if links:
        db.session.execute(sa.insert(ImportedRecord), links)
    run.rows, run.state, run.updated_at, run.problems = len(links), ImportState.DONE, at, []
    after = {"rows": run.rows, "first": entered.first, "last": entered.last, "sha256": run.sha256}
    record_audit("record:import", run, actor=actor, at=at, after=after)


@transaction
def undo_import(run: ImportRun, *, reason: str, actor: Actor, at: datetime) -> None:
    """Void all records of an import, with a reason.

    Raises ReasonMissing, TouchedSince when one of them was changed or voided since, and NotFound outside the scope.
    """
    reason = reason_given(reason)
    run = _held(run, actor, ImportState.DONE, ImportState.UNDOING, author_only=False)
    form = db.session.get_one(Form, run.form_id, with_for_update={"read": True})
    count, numbers = touched_since(run.id)
    if count:
        raise TouchedSince(count, numbers)
    void_batch(form, imported_ids(run.id), reason=reason, actor=actor, at=at)
    run.state, run.reason, run.updated_at = ImportState.UNDONE, reason, at
    record_audit("record:undo_import", run, actor=actor, at=at, after={"rows": run.rows, "reason": reason})


def sweep_imports(store: FileStore, *, before: datetime) -> int:
    """Remove the files of imports: those carried out, and those that nobody went on with for a day."""
    waiting = sa.select(ImportRun.uid).where(
        ImportRun.state.in_((ImportState.UPLOADED, ImportState.CHECKED, *WORKING)), ImportRun.updated_at > before
    )
    needed = set(db.session.scalars(waiting))
    gone = 0
    for uid, path in store.stored():
        if uid not in needed and path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def drop_file(run: ImportRun, store: FileStore) -> None:
    """Remove the file of an import that needs it no more."""
    store.path(run.uid).unlink(missing_ok=True)


def _held(run: ImportRun, actor: Actor, *states: ImportState, author_only: bool = True) -> ImportRun:
    """Read a run again under lock. Raises NotFound when it is another's, ImportRefused in another state."""
    require(actor, PERMISSION, run)
    key = sa.inspect(run).identity
    query = sa.select(ImportRun).where(ImportRun.id == (key or (0,))[0]).with_for_update()
    held = db.session.scalar(query.execution_options(populate_existing=True))
    if held is None or (author_only and held.author_id != actor.user_id):
        raise NotFound
    if held.state not in states:
        raise ImportRefused(NOT_NOW)
    return held


def told_problems(run: ImportRun) -> list[Problem]:
    """Return what the dry run found."""
    found = (one for sealed in run.problems for one in json.loads(vault().unseal(sealed, context=PROBLEMS_SEAL)))
    return [Problem(*one) for one in found]
