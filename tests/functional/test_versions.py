"""Forms change under people's hands: older drafts, records brought to the newest version, three versions in a list."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from models.base import db
from models.drafts import Draft
from models.forms import Form
from models.records import Record, RecordRevision
from queries.indexing import shape
from queries.registers import CellState, columns, table
from services.records import AnswersRefused, create_record
from services.refusals import Stale
from services.upgrading import NewestAlready, upgrade_record
from tests.pages import JudgingClient
from tests.support.cast import AT, TODAY, Cast
from tests.support.entry import DISPUTE, PAGE_1, begin, fill_in, hidden, post_page, publish
from tests.support.registers import REGISTER, enter
from tests.support.registers import publish as publish_register

ROOT = Path(__file__).resolve().parents[2]
DOOR = {"fid": "a6", "key": "door", "type": "text", "label": "门牌", "required": True}


def next_version(policy: Any, *items: dict[str, Any]) -> dict[str, Any]:
    document = copy.deepcopy(DISPUTE)
    document["pages"][0]["items"] += [DOOR, *items]
    return {**document, "stale_policy": policy}


@pytest.fixture
def worker(cast: Cast, client: JudgingClient) -> JudgingClient:
    publish(cast, DISPUTE)
    cast.sign_in(client, "grid.yucun")
    return client


def publish_elsewhere(document: dict[str, Any]) -> None:
    """Publish a version from a second process, as another worker of the same installation would."""
    told = (
        db.engine.url.render_as_string(hide_password=False),
        db.session.scalars(sa.select(Form.id)).one(),
        json.dumps(document),
    )
    db.session.rollback()
    command = [sys.executable, "-m", "tests.support.publisher", *map(str, told)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def records() -> list[Record]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Record)))


def carry(worker: JudgingClient, uid: str) -> str:
    """Press the one button and return where it leads."""
    answer = worker.post(f"/field/e/{uid}/forward")
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def test_finish_old_lets_who_began_finish(worker: JudgingClient) -> None:
    uid = begin(worker)
    post_page(worker, uid, 1, PAGE_1)
    publish_elsewhere(next_version("finish_old"))
    fill_in(worker, uid)
    assert worker.post(f"/field/e/{uid}/check").location == f"/field/done/{uid}"
    assert [record.version for record in records()] == [1]


def test_refuse_after_says_what_to_do_and_keeps_the_draft(worker: JudgingClient) -> None:
    uid = begin(worker)
    fill_in(worker, uid)
    base = hidden(worker.get(f"/field/e/{uid}/check").text, "base")
    publish_elsewhere(next_version({"refuse_after": "2020-01-01"}))
    refused = worker.post(f"/field/e/{uid}/check", data={"base": base})
    assert refused.status_code == 422
    assert "转到新版" in refused.text
    assert not records()
    told = worker.get(f"/field/e/{uid}/1", follow_redirects=True).text
    assert "新增题目“门牌”" in told
    assert carry(worker, uid) == f"/field/e/{uid}/0"
    answer = post_page(worker, uid, 0, {"a6": "12号"})
    assert answer.location == f"/field/e/{uid}/check"
    assert worker.post(f"/field/e/{uid}/check").location == f"/field/done/{uid}"
    (record,) = records()
    assert (record.version, record.answers["a6"], record.answers["c2"]) == (2, "12号", ["pay"])


def test_fast_forward_asks_only_what_is_new_or_wrong(worker: JudgingClient, cast: Cast) -> None:
    uid = begin(worker)
    post_page(worker, uid, 1, PAGE_1)
    document = next_version("fast_forward", {"fid": "a7", "key": "lamp", "type": "text", "label": "路灯"})
    document["pages"][0]["items"][4]["max"] = 200  # the amount of 300 is too much now
    publish(cast, document)
    assert worker.get(f"/field/e/{uid}/2").location == f"/field/e/{uid}/forward"
    stuck = post_page_of_an_open_window(worker, uid)
    assert stuck == f"/field/e/{uid}/forward"
    assert carry(worker, uid) == f"/field/e/{uid}/0"
    page = worker.get(f"/field/e/{uid}/0").text
    assert re.findall(r'name="f_(a\d)"', page) == ["a5", "a6"]
    wrong = post_page(worker, uid, 0, {"a5": "300", "a6": "12号"})
    assert wrong.status_code == 422
    assert post_page(worker, uid, 0, {"a5": "150", "a6": "12号"}).location == f"/field/e/{uid}/3"
    assert [draft.version for draft in db.session.scalars(sa.select(Draft))] == [2]


def post_page_of_an_open_window(worker: JudgingClient, uid: str) -> str:
    """Send page 2 as a window does that was opened before the version came: what was typed is kept."""
    answer = worker.post(
        f"/field/e/{uid}/2", data={"asked": "b1", "f_b1": "李四", "base": "9", "tab": "x", "next": "1"}
    )
    return str(answer.location)


def test_an_older_submission_is_judged_by_the_newest_version_where_it_says_so(cast: Cast) -> None:
    publish(cast, DISPUTE)
    publish(cast, next_version("fast_forward"))
    form = db.session.query(Form).one()
    raw = {"a1": cast.units["余村村"], "a2": "leak", "a4": "2026-11-20", "b1": "张三", "c1": "楼上漏水"}
    who: dict[str, Any] = {"actor": cast.actor("grid.yucun"), "at": AT, "today": TODAY}
    with pytest.raises(AnswersRefused) as refused:
        create_record(form, version=1, raw=raw, uid=uuid.uuid4().hex, **who)
    assert [error.fid for error in refused.value.outcome.errors] == ["a6"]
    assert create_record(form, version=1, raw={**raw, "a6": "12号"}, uid=uuid.uuid4().hex, **who).version == 2


def register_versions() -> list[dict[str, Any]]:
    """Return three versions: plain; with a conditional question and rows; with one retired and one more in the rows."""
    first = copy.deepcopy(REGISTER)
    second = copy.deepcopy(first)
    talk = {"fid": "d1", "key": "said", "type": "text", "label": "说法", "required": True}
    second["pages"][1]["items"].append(
        {"fid": "d0", "key": "talks", "type": "repeat", "label": "谈话", "items": [talk]}
    )
    extra = {"fid": "e1", "key": "extra", "type": "text", "label": "漏水楼层", "show": {"eq": [{"var": "a2"}, "leak"]}}
    second["pages"][1]["items"].append(extra)
    third = copy.deepcopy(second)
    third["pages"][1]["items"][-1]["retired"] = True
    third["pages"][1]["items"][-2]["items"].append({"fid": "d2", "key": "when", "type": "date", "label": "谈话日期"})
    third["pages"][1]["items"].append(
        {"fid": "e2", "key": "must", "type": "text", "label": "必填的新题", "required": True}
    )
    return [first, second, third]


def test_lists_tell_never_asked_left_empty_and_hidden_apart_over_three_versions(cast: Cast) -> None:
    made = []
    answers: list[dict[str, Any]] = [{}, {"d0": [{"d1": "甲"}, {"d1": "乙"}]}, {"a2": "noise", "e2": "有", "d0": []}]
    for document, given in zip(register_versions(), answers, strict=True):
        form = publish_register(cast, document)
        made.append(enter(cast, form, **given))
        if document is not register_versions()[0] and len(made) == 2:
            made.append(enter(cast, form, a2="noise"))
    known, actor = shape(form.id), cast.actor("official.yucun")
    fids = [item.fid for item in columns(form, actor)]
    lines = table(made, fids, known=known, actor=actor, exported=True)
    told = [{cell.fid: cell for cell in line} for line in lines]
    states = [[line[fid].state for fid in ("d0", "e1", "e2")] for line in told]
    never, empty, behind, filled = CellState.NOT_ASKED, CellState.EMPTY, CellState.HIDDEN, CellState.FILLED
    assert states == [
        [never, never, never],
        [filled, empty, never],
        [empty, behind, never],
        [empty, never, filled],
    ]
    assert told[1]["d0"].text == "2 行"


def test_a_record_is_brought_to_the_newest_version_and_keeps_what_it_was(client: JudgingClient, cast: Cast) -> None:
    first, second, third = register_versions()
    publish_register(cast, first)
    form = publish_register(cast, second)
    record = enter(cast, form, e1="三楼", b3="13812342084", d0=[{"d1": "甲"}])
    publish_register(cast, third)
    ident, row = record.id, record.answers["d0"][0]["_id"]
    cast.sign_in(client, "official.yucun")
    address = f"/admin/f/quarrels/{ident}/upgrade/"
    assert address in client.get(f"/admin/f/quarrels/{ident}/").text
    page = client.get(address).text
    assert "必填的新题" in page
    assert "新版不再问：漏水楼层" in page
    assert 'name="f_e2"' in page
    assert 'name="f_a2"' not in page
    sent = {"row_version": hidden(page, "row_version"), "asked": "e2", "save": "1"}
    assert client.post(address, data={**sent, "f_e2": ""}).status_code == 422
    assert [one.version for one in records()] == [2]
    assert client.post(address, data={**sent, "row_version": "99", "f_e2": "有"}).status_code == 409
    answer = client.post(address, data={**sent, "f_e2": "有"})
    assert answer.status_code == 302, answer.text
    (record,) = records()
    assert (record.version, record.row_version, record.answers["e2"]) == (3, 2, "有")
    assert "e1" not in record.answers
    assert record.answers["d0"] == [{"_id": row, "d1": "甲"}]
    assert record.answers["b3"]["mask"] == "138****2084"
    kept = db.session.get_one(RecordRevision, (ident, 1))
    assert (kept.version, kept.answers["e1"]) == (2, "三楼")
    assert client.get(address).status_code == 302
    with pytest.raises(NewestAlready):
        upgrade_record(record, raw={}, row_version=2, actor=cast.actor("official.yucun"), at=AT, today=TODAY)
    with pytest.raises(Stale):
        upgrade_record(record, raw={}, row_version=1, actor=cast.actor("official.yucun"), at=AT, today=TODAY)
