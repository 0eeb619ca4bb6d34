"""Remarks on a record, and acts on ticked records, as pages do them."""

from __future__ import annotations

import copy
from io import BytesIO

import pytest
import sqlalchemy as sa

from models.access import Role
from models.base import db
from models.comments import Comment
from models.files import File
from models.forms import Form
from models.records import Record
from services.comments import AlreadyWithdrawn, NothingSaid, withdraw_comment, write_comment
from services.form_roles import full_check
from services.refusals import NotAllowed, NotFound
from tests.pages import JudgingClient
from tests.support.cast import AT, Cast
from tests.support.entry import picture
from tests.support.registers import REGISTER, enter, publish

STAGES = [{"value": "new", "label": "登记"}, {"value": "handling", "label": "办理"}]


@pytest.fixture
def form(cast: Cast) -> Form:
    return publish(cast, {**copy.deepcopy(REGISTER), "stages": STAGES})


def enter_as(client: JudgingClient, cast: Cast, username: str) -> None:
    """Sign in and open a page, which gives the token that posts carry."""
    cast.sign_in(client, username)
    client.get("/me")


def stages_of(*records: Record) -> list[str | None]:
    ids = [record.id for record in records]
    db.session.rollback()
    return [db.session.get_one(Record, ident).stage for ident in ids]


def test_a_remark_with_an_attachment_is_read_in_scope_and_withdrawn_only_by_its_author(
    client: JudgingClient, cast: Cast, form: Form
) -> None:
    record = enter(cast, form)
    address = f"/admin/f/quarrels/{record.id}"
    enter_as(client, cast, "official.yucun")
    sent = {"text": "已电话联系<b>双方</b>", "files": (BytesIO(picture()), "现场.jpg", "image/jpeg")}
    assert client.post(f"{address}/comments/new", data=sent, content_type="multipart/form-data").status_code == 302
    shown = client.get(f"{address}/").text
    assert "已电话联系&lt;b&gt;双方" in shown
    uid = db.session.scalars(sa.select(File.uid)).one()
    assert client.get(f"/files/{uid}").status_code == 200
    assert client.post(f"{address}/comments/new", data={"text": " "}).status_code == 422
    enter_as(client, cast, "official.wuhe")
    assert client.get(f"/files/{uid}").status_code == 404
    assert client.get(f"{address}/comments/").status_code == 404
    enter_as(client, cast, "official.tianhuangping")
    number = db.session.scalars(sa.select(Comment.id)).one()
    assert "已电话联系" in client.get(f"{address}/comments/").text
    assert client.get(f"{address}/comments/{number}/withdraw").status_code == 404
    enter_as(client, cast, "official.yucun")
    assert "撤回后" in client.get(f"{address}/comments/{number}/withdraw").text
    assert client.post(f"{address}/comments/{number}/withdraw").status_code == 302
    shown = client.get(f"{address}/").text
    assert "已电话联系" not in shown
    assert "写过一条备注，已在" in shown
    assert client.get(f"/files/{uid}").status_code == 404


def test_remarks_have_their_own_refusals(cast: Cast, form: Form) -> None:
    record = enter(cast, form)
    author, other = cast.actor("official.yucun"), cast.actor("official.tianhuangping")
    with pytest.raises(NothingSaid):
        write_comment(record, text="\n ", actor=author, at=AT)
    with pytest.raises(NotFound):
        write_comment(record, text="外村", actor=cast.actor("official.wuhe"), at=AT)
    with pytest.raises(NotAllowed):
        write_comment(record, text="只看", actor=cast.actor("auditor.county"), at=AT)
    comment = write_comment(record, text="一", actor=author, at=AT)
    with pytest.raises(NotAllowed):
        withdraw_comment(comment, actor=other, at=AT)
    withdraw_comment(comment, actor=author, at=AT)
    with pytest.raises(AlreadyWithdrawn):
        withdraw_comment(comment, actor=author, at=AT)


def test_ticked_records_move_together_or_not_at_all_and_are_taken_as_a_file(
    client: JudgingClient, cast: Cast, form: Form
) -> None:
    one, two, three = (enter(cast, form) for _ in range(3))
    elsewhere = enter(cast, form, "official.wuhe", village="五鹤村")
    enter_as(client, cast, "official.yucun")
    chosen = "/admin/f/quarrels/chosen/"
    assert "更改勾选的阶段" in client.get("/admin/f/quarrels/").text
    assert "登记时间" in client.get("/admin/f/quarrels/?f__stage=new").text
    rows = [str(one.id), str(two.id)]
    assert "（现在）" in client.post(chosen, data={"rowid": rows}).text
    assert client.post(chosen, data={"rowid": [*rows, str(elsewhere.id)], "stage": "handling"}).status_code == 302
    assert stages_of(one, two) == ["new", "new"]
    assert client.post(chosen, data={"rowid": rows, "stage": "handling"}).status_code == 302
    assert stages_of(one, two, three) == ["handling", "handling", "new"]
    back = client.post(chosen, data={"rowid": rows, "stage": "new"})
    assert back.status_code == 422
    assert "请写明原因" in back.text
    assert client.post(chosen, data={"rowid": rows, "stage": "nowhere"}).status_code == 422
    taken = client.post(f"{chosen}export", data={"rowid": rows, "type": "csv"}).get_data(as_text=True)
    assert (one.number in taken, three.number in taken) == (True, False)
    assert client.post(f"{chosen}export", data={"rowid": [str(elsewhere.id)]}).status_code == 302


def test_a_form_names_only_roles_that_exist() -> None:
    document = {**copy.deepcopy(REGISTER), "access": {"list": [str(Role.LEADER)], "edit": ["wizard"]}}
    document["pages"][0]["items"][1]["roles"] = {"view": ["witch"]}
    assert [(one.path, one.params["role"]) for one in full_check(document)] == [
        ("access", "wizard"), ("pages[0].items[1].roles", "witch"),
    ]  # fmt: skip
