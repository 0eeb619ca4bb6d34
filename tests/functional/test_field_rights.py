"""One question closed to a reader: it appears at no door, is found by no search, and cannot be changed or revealed."""

from __future__ import annotations

import copy
import zipfile
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from models.access import PERMISSIONS
from models.base import db
from models.forms import Form
from models.records import Record
from queries.conditions import Filter
from queries.forms import form_by_key, published_forms
from queries.rights import rights_on
from queries.scope import NEEDED
from services.records import AnswersRefused, ReasonMissing, change_record, reveal, void_record
from services.refusals import NotAllowed, NotFound
from services.reindexing import extend_index
from services.stages import NotReady, SameStage, move_stage
from services.transaction import write_transaction
from tests.support.cast import AT, TODAY, Cast
from tests.support.entry import begin
from tests.support.registers import PHONE, REGISTER, change, enter, listed, publish

SECRET, LABEL, ROWS, CHOICE = "玫瑰园暗号", "内部研判", "牡丹亭暗号", "杜鹃坡暗号"
READER, OWNER = "official.yucun", "official.tianhuangping"
ONLY = {"view": ["township_official"]}
WORDS = (LABEL, SECRET, ROWS, CHOICE)
STAGES = [
    {"value": "new", "label": "登记"},
    {"value": "handling", "label": "办理"},
    {"value": "closed", "label": "办结"},
]


def governed(**document: Any) -> dict[str, Any]:
    """Return the register with a story that only officials of the township may see, alone and in rows."""
    made = copy.deepcopy(REGISTER)
    items = made["pages"][1]["items"]
    items[3] |= {"label": LABEL, "roles": ONLY}
    items[2] |= {"roles": {"reveal": ["township_official"]}}
    rows = [{"fid": "d1", "key": "said", "type": "text", "label": f"{LABEL}之二", "search": True, "roles": ONLY},
            {"fid": "d2", "key": "plain", "type": "text", "label": "说法"}]  # fmt: skip
    choice = {"fid": "e1", "key": "grade", "type": "select_one", "label": f"{LABEL}之三", "index": True, "roles": ONLY}
    items.append({**choice, "options": [{"value": "x", "label": CHOICE}]})
    items.append({"fid": "d0", "key": "talks", "type": "repeat", "label": "谈话", "items": rows})
    return {**made, "list": [*made["list"], "story"], **document}


@pytest.fixture
def record(cast: Cast) -> Record:
    form = publish(cast, governed())
    made = enter(cast, form, OWNER, b1="张三", b3=PHONE, c1=SECRET, e1="x", d0=[{"d1": ROWS, "d2": "明话"}])
    return change(cast, made, OWNER, a5="12", b3="", c1=SECRET + "二")


DOORS = {
    "list": "/admin/f/quarrels/",
    "list narrowed by it": "/admin/f/quarrels/?f_c1=玫瑰",
    "list sorted by it": "/admin/f/quarrels/?sort=c1",
    "details": "/admin/f/quarrels/{id}/",
    "edit": "/admin/f/quarrels/{id}/edit",
    "history": "/admin/f/quarrels/{id}/revisions/1",
    "xlsx": "/admin/f/quarrels/export?type=xlsx",
    "csv": "/admin/f/quarrels/export?type=csv",
    "API list": "/api/v1/forms/quarrels/records",
    "API record": "/api/v1/forms/quarrels/records/{id}",
    "print of the list": "/admin/f/quarrels/print/",
    "statistics": "/admin/f/quarrels/statistics/?split=e1",
}


@pytest.mark.parametrize("door", DOORS)
def test_what_a_role_may_not_view_appears_at_no_door(
    client: FlaskClient, cast: Cast, record: Record, door: str
) -> None:
    path = DOORS[door].format(id=record.id)
    cast.sign_in(client, OWNER)
    said = _said(client, path)
    assert [word for word in WORDS if word in said]
    cast.sign_in(client, READER)
    said = _said(client, path)
    assert not [word for word in WORDS if word in said]


def _said(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    if not answer.data.startswith(b"PK"):
        return (
            answer.get_data(as_text=True).encode().decode("unicode_escape", "ignore") if answer.is_json else answer.text
        )
    with zipfile.ZipFile(BytesIO(answer.data)) as book:
        return "".join(book.read(name).decode(errors="ignore") for name in book.namelist())


def test_no_search_filter_or_order_asks_what_the_reader_may_not_view(cast: Cast, record: Record) -> None:
    form = db.session.get_one(Form, record.form_id)
    number = record.number
    for words in (SECRET, "玫瑰", ROWS, "牡丹"):
        assert listed(cast, form, OWNER, search=words) == [number]
        assert listed(cast, form, READER, search=words) == []
    assert listed(cast, form, READER, search="张三") == [number]
    asked = Filter("c1", "contains", ("没有的词",))
    assert listed(cast, form, OWNER, asked) == []
    assert listed(cast, form, READER, asked) == [number]  # as if the field were unknown: it narrows nothing


@pytest.mark.parametrize("asked", ["f.c1.contains=玫瑰", "f.e1=x", "sort=e1"])
def test_the_interface_refuses_to_ask_of_a_closed_field(
    client: FlaskClient, cast: Cast, record: Record, asked: str
) -> None:
    statuses = []
    for username in (OWNER, READER):
        cast.sign_in(client, username)
        statuses.append(client.get(f"/api/v1/forms/quarrels/records?{asked}").status_code)
    assert statuses == [200, 400]


def test_what_may_not_be_viewed_may_not_be_changed_or_emptied(cast: Cast, record: Record) -> None:
    row = record.answers["d0"][0]
    sent = {"c1": "换掉", "d0": [{"_id": row["_id"], "d1": "换掉", "d2": "新说法"}]}
    changed = change(cast, record, READER, **sent)
    assert changed.answers["c1"] == SECRET + "二"
    assert (changed.answers["d0"][0]["d1"], changed.answers["d0"][0]["d2"]) == (ROWS, "新说法")
    fresh = enter(cast, db.session.get_one(Form, record.form_id), READER, c1="偷偷写", d0=[{"d1": "偷偷写"}])
    assert "c1" not in fresh.answers
    assert [set(row) for row in fresh.answers.get("d0", [])] == [{"_id"}]


def test_revealing_is_for_the_roles_the_field_names(cast: Cast, record: Record) -> None:
    with pytest.raises(NotFound):
        reveal(record, "b3", reason="核对", actor=cast.actor(READER), at=AT)
    assert reveal(record, "b3", reason="核对", actor=cast.actor(OWNER), at=AT) == PHONE


def test_what_may_not_be_viewed_is_not_asked_of_who_enters(client: FlaskClient, cast: Cast, record: Record) -> None:
    cast.sign_in(client, READER)
    uid = begin(client, "quarrels")
    said = "".join(client.get(f"/field/e/{uid}/{page}").text for page in ("1", "2", "check"))
    assert "说法" in said
    assert not [word for word in WORDS if word in said]


def test_every_permission_on_records_asks_the_form() -> None:
    assert NEEDED.keys() == {name for name in PERMISSIONS if name.startswith("record:")}


def test_a_form_closed_to_a_role_is_nowhere_for_it(client: FlaskClient, cast: Cast) -> None:
    form = publish(cast, governed(access={"list": ["township_official"], "delete": []}))
    record = enter(cast, form, "grid.yucun")
    grid, owner = cast.actor("grid.yucun"), cast.actor(OWNER)
    assert published_forms(grid) == []
    assert [one.key for one in published_forms(grid, "record:create")] == ["quarrels"]
    assert form_by_key("quarrels", grid, "record:list") is None
    assert listed(cast, form, "grid.yucun") == []
    with pytest.raises((NotAllowed, NotFound)):
        change(cast, record, "grid.yucun", a5="1")
    assert change(cast, record, OWNER, a5="1").answers["a5"] == "1"
    with pytest.raises(NotAllowed):
        void_record(record, reason="试", actor=owner, at=AT)
    cast.sign_in(client, "grid.yucun")
    assert client.get(f"/admin/f/quarrels/{record.id}/").status_code == 404
    assert "/admin/f/quarrels/" not in client.get("/").text
    cast.sign_in(client, OWNER)
    listing = client.get("/admin/f/quarrels/").text
    assert ("作废勾选" in listing, "导出勾选" in listing) == (False, True)


def staged(**c1: Any) -> dict[str, Any]:
    made = governed(stages=STAGES)
    made["pages"][1]["items"][3] = {**REGISTER["pages"][1]["items"][3], "stage": c1}
    return made


def test_a_record_moves_along_its_stages_and_back_with_a_reason(cast: Cast) -> None:
    form = publish(cast, staged(required_from="handling", edit_until="handling"))
    record = enter(cast, form, READER)
    who: dict[str, Any] = {"actor": cast.actor(READER), "at": AT, "today": TODAY}
    assert record.stage == "new"
    with pytest.raises(NotReady):
        move_stage(form, [record.id], stage="handling", **who)
    record = change(cast, record, READER, c1="说清了")
    assert move_stage(form, [record.id], stage="handling", **who) == 1
    with pytest.raises(SameStage):
        move_stage(form, [record.id], stage="handling", **who)
    assert listed(cast, form, READER, Filter("_stage", "eq", ("handling",))) == [record.number]
    assert listed(cast, form, READER, Filter("_stage", "eq", ("new",))) == []
    move_stage(form, [record.id], stage="closed", **who)
    record = db.session.get_one(Record, record.id)
    assert "c1" not in rights_on(record, cast.actor(READER)).edit
    assert change(cast, record, READER, c1="改不动").answers["c1"] == "说清了"
    with pytest.raises(ReasonMissing):
        move_stage(form, [record.id], stage="new", **who)
    assert move_stage(form, [record.id], stage="new", reason="还要补充", **who) == 1


def test_a_question_of_a_later_stage_waits_for_it(cast: Cast) -> None:
    form = publish(cast, staged(view_from="handling", required_from="handling"))
    record = enter(cast, form, READER, c1="太早")
    actor = cast.actor(READER)
    assert "c1" not in record.answers
    with pytest.raises(NotReady):  # the stage in which it would have been answered cannot be left out
        move_stage(form, [record.id], stage="closed", actor=actor, at=AT, today=TODAY)
    move_stage(form, [record.id], stage="handling", actor=actor, at=AT, today=TODAY)
    record = db.session.get_one(Record, record.id)
    with pytest.raises(AnswersRefused):
        change(cast, record, READER, c1="")
    record = db.session.get_one(Record, record.id)
    assert change(cast, record, READER, c1="是时候了").answers["c1"] == "是时候了"
    assert listed(cast, form, READER, search="时候") == [record.number]
    move_stage(form, [record.id], stage="new", reason="退回", actor=actor, at=AT, today=TODAY)
    assert listed(cast, form, READER, search="时候") == []


def test_a_new_version_puts_old_records_into_the_first_stage(cast: Cast) -> None:
    form = publish(cast)
    record = enter(cast, form, READER)
    publish(cast, staged())
    with write_transaction():
        extend_index(form)
    assert listed(cast, form, READER, Filter("_stage", "eq", ("new",))) == [record.number]


def test_a_stale_page_cannot_smuggle_in_what_is_closed(cast: Cast, record: Record) -> None:
    raw = {"a1": cast.units["余村村"], "a2": "leak", "c1": ""}
    saved = change_record(
        record, raw=raw, row_version=record.row_version, emptied=("c1",), actor=cast.actor(READER), at=AT, today=TODAY
    )
    assert saved.answers["c1"] == SECRET + "二"
