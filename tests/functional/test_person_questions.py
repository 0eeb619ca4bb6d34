"""Residents and households are looked up inside the scope; their details are carried over, secret ones unseen."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from models.base import db
from models.drafts import Draft
from models.people import Resident
from models.records import Record
from services.drafts import contents
from services.people import create_household, create_resident, delete_resident
from tests.pages import JudgingClient
from tests.support.cast import AT, Cast
from tests.support.designer import Designer
from tests.support.entry import begin, post_page
from tests.support.registers import publish

PHONE, ID_NO, ADDRESS = "13812342084", "330523199001011238", "天荒坪镇余村村大余路 66 号"
FORM: dict[str, Any] = {
    "schema": "zhiye-form/1", "key": "visits", "title": "走访登记", "list": ["who"],
    "pages": [
        {"id": "p1", "title": "走访", "items": [
            {"fid": "f0", "key": "place", "type": "org", "label": "村", "level": "village",
             "default": {"user": "village"}},
            {"fid": "f1", "key": "who", "type": "person", "label": "走访对象", "required": True, "index": True,
             "search": True, "fill": {"f2": "name", "f3": "phone", "f4": "id_no", "f5": "address", "f6": "birthday",
                                      "f7": "household_code"}},
            {"fid": "f2", "key": "name", "type": "person_name", "label": "姓名"},
            {"fid": "f3", "key": "phone", "type": "cn_mobile", "label": "电话"},
            {"fid": "f6", "key": "born", "type": "date", "label": "出生日期"},
            {"fid": "f7", "key": "house", "type": "text", "label": "户编号"}]},
        {"id": "p2", "title": "更多", "items": [
            {"fid": "f4", "key": "id_no", "type": "cn_id", "label": "身份证号"},
            {"fid": "f5", "key": "address", "type": "text", "label": "住址", "mask": "middle"},
            {"fid": "b0", "key": "members", "type": "repeat", "label": "同住的人", "min": 1, "items": [
                {"fid": "b1", "key": "member", "type": "person", "label": "同住人", "fill": {"b2": "phone"}},
                {"fid": "b2", "key": "member_phone", "type": "cn_mobile", "label": "同住人电话"}]},
            {"fid": "f8", "key": "family", "type": "person", "label": "家庭", "of": "household"}]},
    ],
}  # fmt: skip


@pytest.fixture
def people(cast: Cast) -> dict[str, int]:
    """Two residents and a household of 余村村, a namesake in 五鹤村."""
    official = cast.actor("official.yucun")
    house = {"code": "0523-003", "head_name": "张建国"}
    ids = {"house": create_household(cast.units["余村村"], answers=house, actor=official, at=AT).id}
    first = {"name": "张建国", "household_code": "0523-003", "id_no": ID_NO, "phone": PHONE, "address": ADDRESS}
    ids["zhang"] = create_resident(cast.units["余村村"], answers=first, actor=official, at=AT).id
    second = {"name": "张小妹", "phone": "13912342084"}
    ids["sister"] = create_resident(cast.units["余村村"], answers=second, actor=official, at=AT).id
    other, there = cast.actor("official.wuhe"), {"name": "张建国", "phone": "13712342084"}
    ids["stranger"] = create_resident(cast.units["五鹤村"], answers=there, actor=other, at=AT).id
    return ids


@pytest.fixture
def worker(cast: Cast, client: JudgingClient, people: dict[str, int]) -> JudgingClient:
    publish(cast, FORM)
    cast.sign_in(client, "grid.yucun")
    return client


def answers(uid: str) -> dict[str, Any]:
    return contents(db.session.scalars(sa.select(Draft).where(Draft.uid == uid)).one()).answers


def offered(html: str, at: str) -> list[str]:
    return re.findall(rf'name="f_{at}" type="radio" value="([0-9]+)"', html)


def enter(client: JudgingClient, uid: str, person: int) -> None:
    """Fill in both pages and hand in."""
    post_page(client, uid, 1, {"f0": None, "f1": str(person), "f2": "张小妹"})
    post_page(client, uid, 2, {}, rows=f"b0/{answers(uid)['b0'][0]['_id']}")
    assert client.post(f"/field/e/{uid}/check").status_code == 302


def look(client: JudgingClient, uid: str, asked: str) -> str:
    return post_page(client, uid, 1, {}, act="save_no", refresh="f_f1", q_f1=asked).text


def test_a_person_is_found_by_name_initials_or_number_but_only_at_home(
    worker: JudgingClient, people: dict[str, int]
) -> None:
    uid = begin(worker, "visits")
    for asked in ("张建", "zjg", "zhangjian", PHONE, ID_NO):
        html = look(worker, uid, asked)
        assert offered(html, "f1") == [str(people["zhang"])], asked
        assert "张建国（1990 年生，余村村，户编号 0523-003）" in html
    assert "没有找到“13712342084”" in look(worker, uid, "13712342084")
    assert len(offered(look(worker, uid, "张"), "f1")) == 2


def test_a_person_of_another_village_is_refused_however_it_is_sent(
    worker: JudgingClient, people: dict[str, int]
) -> None:
    uid = begin(worker, "visits")
    for sent in (str(people["stranger"]), f"{people['stranger']} 张建国", "999999"):
        answer = post_page(worker, uid, 1, {"f0": None, "f1": sent})
        assert answer.status_code == 422
        assert "没有找到这个人" in answer.text
        assert not answers(uid).get("f3")


def test_details_are_carried_over_and_the_secret_ones_never_reach_the_browser(
    worker: JudgingClient, people: dict[str, int], cast: Cast
) -> None:
    uid = begin(worker, "visits")
    page = post_page(worker, uid, 1, {"f0": None, "f1": str(people["zhang"]), "f7": "自己写的"}, act="refresh").text
    assert 'value="张建国"' in page
    assert 'value="1990-01-01"' in page
    assert 'value="自己写的"' in page  # what was answered by hand stays
    assert "已登记 138****2084" in page
    secrets = (PHONE, ID_NO, "大余路")
    pages = [
        page,
        post_page(worker, uid, 1, {"f0": None, "f1": str(people["zhang"]), "f2": "张建国"}, act="refresh").text,
    ]
    row = answers(uid)["b0"][0]["_id"]
    given = {f"b0/{row}/b1": str(people["sister"]), "f8": str(people["house"])}
    second = post_page(worker, uid, 2, given, act="refresh", rows=f"b0/{row}")
    pages += [second.text, worker.get(f"/field/e/{uid}/check").text]
    assert "139****2084" in second.text
    assert "3305**********1238" in pages[-1]
    for secret in (*secrets, "13912342084"):
        assert [secret in html for html in pages] == [False] * len(pages), secret
    assert worker.post(f"/field/e/{uid}/check").status_code == 302
    record = db.session.scalars(sa.select(Record)).one()
    assert record.answers["f1"] == f"{people['zhang']} 张建国"
    assert record.answers["f3"]["mask"] == "138****2084"
    assert record.answers["b0"][0]["b2"]["mask"] == "139****2084"
    assert record.answers["f8"] == f"{people['house']} 0523-003 张建国"
    cast.sign_in(worker, "official.yucun")
    for where in (f"/admin/f/visits/{record.id}/", "/admin/f/visits/", "/admin/f/visits/export?type=csv"):
        html = worker.get(where).data.decode("utf-8-sig")
        assert "张**" in html, where
        assert "张建国" not in html, where
    assert record.number in worker.get("/admin/f/visits/?q=张建国").text
    assert record.number in worker.get(f"/admin/f/visits/?f_f1={people['zhang']}").text
    assert record.number in worker.get("/admin/f/visits/?f_f1=张建国").text
    assert record.number not in worker.get(f"/admin/f/visits/?f_f1={people['sister']}").text
    assert record.number not in worker.get("/admin/f/visits/?f_f1=李四").text


def test_another_choice_replaces_what_the_first_one_brought(worker: JudgingClient, people: dict[str, int]) -> None:
    uid = begin(worker, "visits")
    post_page(worker, uid, 1, {"f0": None, "f1": str(people["zhang"])}, act="refresh")
    given = {"f0": None, "f1": str(people["sister"]), "f2": "张建国", "f3": "", "f6": "1990-01-01", "f7": "0523-003"}
    page = post_page(worker, uid, 1, given, act="refresh").text
    assert 'value="张小妹"' in page
    assert "已登记 139****2084" in page
    assert answers(uid)["f4"] == ""  # the number of the first one is gone
    post_page(worker, uid, 1, {**given, "f1": "", "f2": "张小妹"}, act="refresh")
    assert (answers(uid)["f2"], answers(uid)["f3"]) == ("张小妹", "")


def test_a_record_of_a_deleted_resident_still_says_the_name_and_can_be_saved(
    worker: JudgingClient, people: dict[str, int], cast: Cast
) -> None:
    uid = begin(worker, "visits")
    enter(worker, uid, people["sister"])
    record = db.session.scalars(sa.select(Record)).one()
    gone = db.session.get_one(Resident, people["sister"])
    delete_resident(gone, actor=cast.actor("official.yucun"), at=AT)
    cast.sign_in(worker, "official.yucun")
    edit = worker.get(f"/admin/f/visits/{record.id}/edit").text
    assert "张**（已登记，现在查不到）" in edit
    data = {"asked": "f1 f2", "f_f1": str(people["sister"]), "f_f2": "张小妹", "row_version": "1", "save": "1"}
    assert worker.post(f"/admin/f/visits/{record.id}/edit", data=data).status_code == 302
    db.session.expire_all()
    assert db.session.get_one(Record, record.id).answers["f1"] == f"{people['sister']} 张小妹"


def test_an_edit_carries_details_over_too(worker: JudgingClient, people: dict[str, int], cast: Cast) -> None:
    uid = begin(worker, "visits")
    enter(worker, uid, people["sister"])
    record = db.session.scalars(sa.select(Record)).one()
    cast.sign_in(worker, "official.yucun")
    data = {"asked": "f1 f2 f3", "f_f1": str(people["zhang"]), "f_f2": "张小妹", "f_f3": "", "row_version": "1"}
    page = worker.post(f"/admin/f/visits/{record.id}/edit", data={**data, "refresh": "f_f1"}).text
    assert 'value="张建国"' in page
    assert "138****2084" in page
    assert PHONE not in page
    saved = worker.post(f"/admin/f/visits/{record.id}/edit", data={**data, "f_f2": "张建国", "save": "1"})
    assert saved.status_code == 302
    db.session.expire_all()
    assert db.session.get_one(Record, record.id).answers["f3"]["mask"] == "138****2084"


def test_the_designer_offers_only_questions_that_keep_a_secret(cast: Cast, client: JudgingClient) -> None:
    cast.sign_in(client, "admin")
    design = Designer(client)
    design.create("走访", key="calls", prefix="ZF")
    for kind, label in (("cn_mobile", "电话"), ("text", "随便写"), ("text", "秘密住址")):
        design.add("p1", kind, label, **({"mask": "all"} if label == "秘密住址" else {}))
    design.add("p1", "person", "走访对象")
    page = client.get(f"{design.address}/items/{design.fid('走访对象')}").text
    menus = dict(re.findall(r'id="c_fill-([a-z_]+)".*?>(.*?)</select>', page, re.DOTALL))
    assert ("秘密住址" in menus["address"], "随便写" in menus["address"]) == (True, False)
    assert "电话" in menus["phone"]
    phone, address = design.fid("电话"), design.fid("秘密住址")
    design.change("走访对象", c_fill=[f"phone:{phone}", f"address:{address}", ""])
    person = next(one for one in design.form().draft["pages"][0]["items"] if one["type"] == "person")
    assert person["fill"] == {phone: "phone", address: "address"}
