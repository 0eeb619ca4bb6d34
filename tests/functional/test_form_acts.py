"""The acts on configured forms below the pages: who may, what is refused, what stays for ever."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from config import Settings
from engine import editing
from engine.definition import parse
from models.access import Actor
from models.audit import AuditEvent
from models.base import db
from models.forms import Form, FormState, FormVersion
from models.messages import Outbox
from queries import forms as reads
from services.form_drafts import (
    EditImpossible,
    NothingToRedo,
    NothingToUndo,
    change_draft,
    import_definition,
    redo_step,
    restore_version,
    undo_step,
)
from services.forms import (
    DefinitionRefused,
    NotPublishable,
    WrongState,
    create_form,
    publish_form,
    reopen_form,
    retire_form,
)
from services.refusals import NotAllowed, NotFound, Stale
from services.transaction import write_transaction
from tests.support.cast import AT, Cast

ROOT = Path(__file__).resolve().parents[2]
DEFINITION: dict[str, Any] = {
    "schema": "zhiye-form/1",
    "key": "small",
    "title": "小台账",
    "pages": [
        {
            "id": "p1",
            "title": "一页",
            "items": [
                {"fid": "f1", "key": "place", "type": "text", "label": "地点"},
                {
                    "fid": "f2", "key": "kind", "type": "select_one", "label": "类别",
                    "options": [{"value": "a", "label": "甲"}, {"value": "b", "label": "乙"}],
                },
            ],
        }
    ],
}  # fmt: skip
NOTE = {"key": "remark", "type": "text", "label": "备注"}


@pytest.fixture
def admin(cast: Cast) -> Actor:
    return cast.actor("admin")


@pytest.fixture
def form(cast: Cast, admin: Actor) -> Form:
    county = cast.units["安吉县综治中心"]
    definition = copy.deepcopy(DEFINITION)
    return create_form(county, key="small", title="小台账", prefix="XTZ", definition=definition, actor=admin, at=AT)


def publish(form: Form, actor: Actor) -> FormVersion:
    return publish_form(form, row_version=form.row_version, actor=actor, at=AT)


def edit(form: Form, change: Any, actor: Actor, **told: Any) -> Any:
    return change_draft(form, edit=change, row_version=form.row_version, did="item_changed", actor=actor, at=AT, **told)


def chain() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) or 0


def test_a_published_version_never_changes(form: Form, admin: Actor) -> None:
    first = publish(form, admin)
    document, sha256 = copy.deepcopy(first.definition), first.sha256
    edit(form, lambda draft: editing.add_item(draft, "p1", NOTE)[0], admin)
    edit(form, lambda draft: editing.retire_item(draft, "f1"), admin)
    publish(form, admin)
    kept = db.session.get_one(FormVersion, (form.id, 1))
    assert (kept.definition, kept.sha256) == (document, sha256)
    assert parse(kept.definition).sha256 == sha256
    assert [version.number for version in reads.versions(form.id)] == [2, 1]
    for statement in ("UPDATE form_version SET sha256 = 'x'", "DELETE FROM form_version"):
        with pytest.raises(sa.exc.DBAPIError), write_transaction():
            db.session.execute(sa.text(statement))


def test_publishing_tells_who_fills_forms_in_the_county_once(form: Form, admin: Actor, cast: Cast) -> None:
    publish(form, admin)
    rows = list(db.session.scalars(sa.select(Outbox)))
    assert len(rows) == len({row.user_id for row in rows})
    assert {row.channel for row in rows} == {"notice"}
    assert rows[0].body == {"text": "表单“小台账”已发布第 1 版，可以开始填写。", "path": "/field/"}
    assert cast.users["official.next"] not in {row.user_id for row in rows}


def test_every_act_is_audited_with_what_changed(form: Form, admin: Actor) -> None:
    edit(form, lambda draft: editing.add_item(draft, "p1", NOTE)[0], admin)
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.act == "form:change")).one()
    assert event.after is not None
    assert event.after["item:f3"]["label"] == "备注"
    assert event.after["row_version"] == form.row_version
    assert event.before == {"item:f3": None, "layout": [["p1", "一页", ["f1", "f2"]]]}
    publish(form, admin)
    retire_form(form, row_version=form.row_version, actor=admin, at=AT)
    reopen_form(form, row_version=form.row_version, actor=admin, at=AT)
    acts = list(db.session.scalars(sa.select(AuditEvent.act).where(AuditEvent.thing == "form").order_by(AuditEvent.id)))
    assert acts == ["form:create", "form:change", "form:publish", "form:retire", "form:reopen"]


def test_only_an_admin_of_the_county_may_act(form: Form, cast: Cast) -> None:
    version = form.row_version
    for username, refusal in (("official.yucun", NotAllowed), ("auditor.county", NotAllowed), ("admin.next", NotFound)):
        actor = cast.actor(username)
        with pytest.raises(refusal):
            change_draft(form, edit=lambda draft: draft, row_version=version, did="x", actor=actor, at=AT)
        with pytest.raises(refusal):
            publish_form(form, row_version=version, actor=actor, at=AT)
        with pytest.raises(refusal):
            import_definition(form, DEFINITION, row_version=version, actor=actor, at=AT)
    with pytest.raises(NotFound):
        create_form(form.county_id, key="other", title="别县的", prefix="BX", actor=cast.actor("admin.next"), at=AT)


def test_an_old_state_of_the_form_is_refused(form: Form, admin: Actor) -> None:
    old = form.row_version
    edit(form, lambda draft: editing.add_page(draft, "又一页")[0], admin)
    with pytest.raises(Stale):
        change_draft(form, edit=lambda draft: draft, row_version=old, did="x", actor=admin, at=AT)
    with pytest.raises(Stale):
        publish_form(form, row_version=old, actor=admin, at=AT)


def test_a_refused_edit_leaves_nothing_behind(form: Form, admin: Actor) -> None:
    before, events, version = copy.deepcopy(form.draft), chain(), form.row_version
    broken = {**NOTE, "type": "select_one", "options": []}
    with pytest.raises(DefinitionRefused) as refused:
        edit(form, lambda draft: editing.add_item(draft, "p1", broken)[0], admin, fid="f3")
    assert [problem.fid for problem in refused.value.problems] == ["f3"]
    with pytest.raises(EditImpossible):
        edit(form, lambda draft: editing.remove_page(draft, "p1"), admin)
    with pytest.raises(NotFound):
        edit(form, lambda draft: editing.retire_item(draft, "f9"), admin)
    assert (form.draft, chain(), form.row_version) == (before, events, version)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda items: items.pop(0), "发布过的题目不能删除"),
        (lambda items: items[0].update(type="integer"), "不能从"),
        (lambda items: items[1]["options"].pop(), "发布过的选项不能删除"),
    ],
)
def test_what_would_make_answers_unreadable_is_not_published(form: Form, admin: Actor, change: Any, why: str) -> None:
    publish(form, admin)
    draft = copy.deepcopy(form.draft)
    change(draft["pages"][0]["items"])
    with pytest.raises(DefinitionRefused) as refused:
        import_definition(form, draft, row_version=form.row_version, actor=admin, at=AT)
    assert any(why in problem.message for problem in refused.value.problems)
    edit(form, lambda _draft: draft, admin)  # past the pages, straight into the draft
    with pytest.raises(NotPublishable) as stopped:
        publish(form, admin)
    assert any(why in reason.text for reason in stopped.value.reasons)
    assert form.current_version == 1


def test_a_recorded_test_that_fails_stops_publishing(form: Form, admin: Actor) -> None:
    tests = [{"in": {"f1": "余村"}, "errors": ["f1"]}]
    edit(form, lambda draft: {**draft, "tests": tests}, admin)
    with pytest.raises(NotPublishable) as stopped:
        publish(form, admin)
    assert "应当报错" in str(stopped.value.reasons[0])


def test_a_form_that_is_not_in_use_is_not_retired_nor_a_used_one_reopened(form: Form, admin: Actor) -> None:
    with pytest.raises(WrongState):
        retire_form(form, row_version=form.row_version, actor=admin, at=AT)
    with pytest.raises(WrongState):
        reopen_form(form, row_version=form.row_version, actor=admin, at=AT)
    with pytest.raises(NotFound):
        restore_version(form, 1, row_version=form.row_version, actor=admin, at=AT)
    publish(form, admin)
    retire_form(form, row_version=form.row_version, actor=admin, at=AT)
    edit(form, lambda draft: editing.add_item(draft, "p1", NOTE)[0], admin)
    with pytest.raises(WrongState):
        publish(form, admin)
    assert form.state == FormState.RETIRED


def test_changes_are_undone_and_redone_until_the_form_is_published(form: Form, admin: Actor) -> None:
    def back(act: Any) -> Any:
        return act(form, row_version=form.row_version, actor=admin, at=AT)

    first = form.draft
    edit(form, lambda draft: editing.add_item(draft, "p1", NOTE)[0], admin)
    second = form.draft
    edit(form, lambda draft: editing.remove_item(draft, "f1"), admin)
    third = form.draft
    assert back(undo_step).about == "地点"
    assert form.draft == second
    back(undo_step)
    assert form.draft == first
    with pytest.raises(NothingToUndo):
        back(undo_step)
    back(redo_step)
    back(redo_step)
    assert form.draft == third
    back(undo_step)
    edit(form, lambda draft: editing.move_item(draft, "f1", 1), admin)
    with pytest.raises(NothingToRedo):
        back(redo_step)
    with pytest.raises(Stale):
        undo_step(form, row_version=form.row_version - 1, actor=admin, at=AT)
    publish(form, admin)
    with pytest.raises(NothingToUndo):
        back(undo_step)


WORKER = """
import sys
from pathlib import Path
from app import create_app
from config import Settings
from models.base import Json, db
from models.forms import Form
from queries.forms import definition
import sqlalchemy as sa

app = create_app(Settings(data_dir=Path(sys.argv[1]), database_url=sys.argv[2], embedded_jobs=False))
with app.app_context():
    for _line in sys.stdin:
        form = db.session.scalars(sa.select(Form).where(Form.key == "small")).one()
        current = definition(form.id, form.current_version)
        print(form.current_version, ",".join(item.key for item in current.live_items), flush=True)
        db.session.rollback()
"""


@pytest.fixture
def worker(app: Flask, settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """Another process of the same installation, which tells the form in use whenever it is asked."""
    command = [sys.executable, "-c", WORKER, str(settings.data_dir), settings.database_url]
    environment = {**os.environ, "SECRET_KEY": "a secret that is long enough for the tests"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def ask(worker: subprocess.Popen[str]) -> str:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write("?\n")
    worker.stdin.flush()
    return worker.stdout.readline().strip()


def test_another_worker_process_sees_a_new_version_without_restart(
    form: Form, admin: Actor, worker: subprocess.Popen[str]
) -> None:
    publish(form, admin)
    db.session.rollback()
    assert ask(worker) == "1 place,kind"
    edit(form, lambda draft: editing.add_item(draft, "p1", NOTE)[0], admin)
    assert ask(worker) == "1 place,kind"
    publish(form, admin)
    assert ask(worker) == "2 place,kind,remark"
