"""Residents and households: sealed numbers, masks, search by exact number, and a reveal with a reason."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from models.base import db
from models.people import Household, Resident
from services.people import (
    NothingToReveal,
    PersonRefused,
    change_resident,
    create_household,
    create_resident,
    delete_household,
    delete_resident,
    reveal,
)
from services.refusals import NotAllowed, NotFound
from services.reveals import ReasonMissing, TooManyReveals
from services.settings import change_setting
from tests.pages import JudgingClient
from tests.support.cast import AT, SYSTEM, Cast
from tests.support.office import acts, fill, form_values, id_in, read_csv, words

LIST = "/admin/people/"
HOUSES = "/admin/households/"
ID_NO = "330523199003071234"
OTHER_ID_NO = "330523198512123421"
PHONE = "13812342084"
ADDRESS = "浙江省安吉县天荒坪镇余村村18号"
YUCUN, HONGMIAO = "余村村", "红庙村"


@pytest.fixture
def village(client: JudgingClient, cast: Cast) -> JudgingClient:
    cast.sign_in(client, "official.yucun")
    return client


def person(cast: Cast, village: str = YUCUN, **answers: Any) -> Resident:
    full = {"name": "张三丰", "id_no": ID_NO, "phone": PHONE, "address": ADDRESS, **answers}
    return create_resident(cast.units[village], answers=full, actor=SYSTEM, at=AT)


def house(cast: Cast, village: str = YUCUN, code: str = "YC-001") -> Household:
    answers = {"code": code, "head_name": "李四光", "address": ADDRESS}
    return create_household(cast.units[village], answers=answers, actor=SYSTEM, at=AT)


def everything_stored() -> str:
    rows = db.session.execute(sa.text("SELECT * FROM resident")).mappings().all()
    events = [(event.label, event.before, event.after) for event in acts()]
    return json.dumps([[dict(row) for row in rows], events], default=str, ensure_ascii=False)


def test_numbers_are_never_stored_nor_audited_in_the_clear(cast: Cast) -> None:
    row = person(cast)
    change_resident(
        row, village_id=cast.units[YUCUN], row_version=1, answers={"name": "张三", "phone": "13900001111"},
        actor=SYSTEM, at=AT,
    )  # fmt: skip
    stored = everything_stored()
    for secret in (ID_NO, PHONE, "13900001111", ADDRESS):
        assert secret not in stored
    assert "sm4-gcm:k1:" in stored
    after = acts("resident:create")[0].after
    assert after is not None
    assert (after["id_no"], after["phone"], after["name"]) == ("3305**********1234", "138****2084", "张**")


def test_birth_date_and_sex_come_from_the_id_number(cast: Cast) -> None:
    row = person(cast)
    assert (row.birth_date, row.sex) == (date(1990, 3, 7), "male")


def test_a_village_official_registers_a_resident(village: JudgingClient, cast: Cast) -> None:
    home = house(cast).id
    answer = fill(
        village, f"{LIST}new/", name="张三丰", village_id=str(cast.units[YUCUN]), household_code="YC-001",
        id_no="33052319900307123４", phone="+86 138-1234-2084", address=ADDRESS,
    )  # fmt: skip
    assert answer.status_code == 302
    text = words(village.get(answer.location).text)
    assert "张三丰" in text
    for mask in ("3305**********1234", "138****2084", "浙江省安吉县****"):
        assert mask in text
    assert PHONE not in text
    row = db.session.get_one(Resident, id_in(answer.location))
    assert (row.village_id, row.org_id, row.household_id) == (cast.units[YUCUN], cast.units[YUCUN], home)


def test_lists_and_files_show_masks_only(village: JudgingClient, cast: Cast) -> None:
    person(cast)
    page = village.get(LIST).text
    assert "张**" in page
    for secret in (ID_NO, PHONE, "张三丰"):
        assert secret not in page
    row = read_csv(village.get(f"{LIST}export/csv/").data)[1]
    assert row == ["张**", "男", "1990-03-07", "3305**********1234", "138****2084", YUCUN, ""]
    assert acts("table:export")[0].actor_name == "潘村干"


@pytest.mark.parametrize("text", ["三丰", "张三", "zsf", "zhangsanfeng", ID_NO, PHONE, " 138 1234 2084 "])
def test_a_resident_is_found_by_part_of_the_name_initials_or_a_whole_number(
    village: JudgingClient, cast: Cast, text: str
) -> None:
    person(cast)
    assert "张**" in words(village.get(LIST, query_string={"search": text}).text)


@pytest.mark.parametrize("text", ["李四", "hang", "1381234208", "33052319900307123X", "%", "_"])
def test_a_part_of_a_number_finds_nobody(village: JudgingClient, cast: Cast, text: str) -> None:
    person(cast)
    assert "没有符合条件的内容" in words(village.get(LIST, query_string={"search": text}).text)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"id_no": "330523199003071239"}, "校验位不对"),
        ({"id_no": "12345"}, "身份证号要有 18 位"),
        ({"phone": "12345"}, "手机号要有 11 位数字"),
        ({"household_code": "没有"}, "没有这个编号的家庭"),
        ({"name": ""}, "请填写这一项"),
        ({"village_id": "4711"}, "请从列表里选一项"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    village: JudgingClient, cast: Cast, answers: dict[str, str], said: str
) -> None:
    typed = {"name": "张三丰", "village_id": str(cast.units[YUCUN]), **answers}
    answer = fill(village, f"{LIST}new/", **typed)
    assert said in words(answer.text)
    typed.pop("village_id")
    assert form_values(answer.text, "/new/").items() >= typed.items()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Resident)) == 0


def test_a_second_entry_with_the_same_id_number_is_refused_naming_nobody(village: JudgingClient, cast: Cast) -> None:
    person(cast, HONGMIAO, name="王五")
    answer = fill(village, f"{LIST}new/", name="张三丰", village_id=str(cast.units[YUCUN]), id_no=ID_NO)
    text = words(answer.text)
    assert "这个身份证号在本县已经登记过" in text
    assert "王" not in text
    assert HONGMIAO not in text


def test_a_blank_number_keeps_what_is_stored_and_a_box_clears_it(village: JudgingClient, cast: Cast) -> None:
    row = person(cast)
    address = f"{LIST}edit/?id={row.id}"
    page = village.get(address).text
    assert "已保存 138****2084，留空表示不变" in words(page)
    assert PHONE not in page
    sealed = row.id_no_sealed
    assert fill(village, address, name="张三", clear="phone").status_code == 302
    fresh = db.session.get_one(Resident, row.id)
    assert (fresh.name, fresh.id_no_sealed, fresh.phone_sealed, fresh.phone_hash) == ("张三", sealed, None, None)


def test_whoever_saves_second_is_told(village: JudgingClient, cast: Cast) -> None:
    row = person(cast)
    address = f"{LIST}edit/?id={row.id}"
    stale = form_values(village.get(address).text, "/edit/")
    assert fill(village, address, name="张三").status_code == 302
    answer = village.post(address, data={**stale, "name": "张四"})
    assert "别人已经改过这条内容" in words(answer.text)
    assert village.post(address, data=form_values(answer.text, "/edit/")).status_code == 302
    assert db.session.get_one(Resident, row.id).name == "张四"


def test_a_reveal_needs_a_reason_and_is_written_down(village: JudgingClient, cast: Cast) -> None:
    row = person(cast)
    address = f"{LIST}reveal/?id={row.id}"
    assert "请写明查看的原因" in words(fill(village, address, which="phone", reason=" ").text)
    answer = fill(village, address, which="phone", reason="核实来电")
    assert PHONE in words(answer.text)
    assert answer.headers["Cache-Control"] == "no-store"
    event = acts("resident:reveal")[0]
    assert (event.after, event.actor_name) == ({"field": "phone", "reason": "核实来电"}, "潘村干")
    timeline = words(village.get(f"{LIST}details/?id={row.id}").text)
    assert "查看了居民的完整信息" in timeline
    assert "手机号" in timeline
    assert PHONE not in timeline


def test_reveals_are_counted_per_user_and_day(cast: Cast) -> None:
    row = person(cast)
    county = cast.units["安吉县综治中心"]
    change_setting(county, key="reveal_limit", value=2, row_version=0, actor=SYSTEM, at=AT)
    who, colleague = cast.actor("official.yucun"), cast.actor("official.tianhuangping")
    for _n in range(2):
        assert reveal(row, "phone", reason="核实", actor=who, at=AT) == PHONE
    with pytest.raises(TooManyReveals):
        reveal(row, "phone", reason="核实", actor=who, at=AT)
    assert reveal(row, "phone", reason="核实", actor=colleague, at=AT) == PHONE
    assert reveal(row, "phone", reason="核实", actor=who, at=AT + timedelta(days=1)) == PHONE


def test_a_reveal_is_refused_without_reason_value_right_or_scope(cast: Cast) -> None:
    row = person(cast, phone="", id_no="")
    official = cast.actor("official.yucun")
    with pytest.raises(ReasonMissing):
        reveal(row, "address", reason="", actor=official, at=AT)
    with pytest.raises(NothingToReveal):
        reveal(row, "phone", reason="核实", actor=official, at=AT)
    with pytest.raises(NotFound):
        reveal(row, "pinyin", reason="核实", actor=official, at=AT)
    with pytest.raises(NotAllowed):
        reveal(row, "address", reason="核实", actor=cast.actor("grid.yucun"), at=AT)
    with pytest.raises(NotFound):
        reveal(row, "address", reason="核实", actor=cast.actor("official.hongmiao"), at=AT)
    assert acts("resident:reveal") == []


def test_another_villages_resident_is_not_found_anywhere(village: JudgingClient, cast: Cast) -> None:
    other = person(cast, HONGMIAO, name="王五六")
    assert "王**" not in village.get(LIST).text
    assert "0 条" in words(village.get(LIST).text)
    for text in ("王五", PHONE, ID_NO):
        assert "没有符合条件的内容" in words(village.get(LIST, query_string={"search": text}).text)
    for page in ("details", "edit", "reveal", "delete/confirm"):
        assert village.get(f"{LIST}{page}/?id={other.id}").status_code == 404, page
    assert village.post(f"{LIST}edit/?id={other.id}", data={"name": "改"}).status_code == 404
    assert village.post(f"{LIST}delete/", data={"id": other.id, "confirm_name": "王五六"}).status_code == 404
    assert len(read_csv(village.get(f"{LIST}export/csv/").data)) == 1
    house(cast, HONGMIAO, "HM-001")
    assert village.get(f"{LIST}ajax/lookup/?name=household&query=HM-001").json == []
    assert village.get(f"{HOUSES}?search=HM-001").text.count("HM-001") == village.get(
        f"{HOUSES}?search=HM-002"
    ).text.count("HM-002")


def test_nobody_is_registered_in_a_village_outside_the_scope(cast: Cast) -> None:
    answers = {"name": "张三"}
    actor = cast.actor("official.yucun")
    with pytest.raises(PersonRefused):
        create_resident(cast.units[HONGMIAO], answers=answers, actor=actor, at=AT)
    row = person(cast)
    with pytest.raises(PersonRefused):
        change_resident(row, village_id=cast.units[HONGMIAO], row_version=1, answers=answers, actor=actor, at=AT)
    with pytest.raises(PersonRefused):
        create_resident(cast.units["天荒坪镇"], answers=answers, actor=cast.actor("official.tianhuangping"), at=AT)


def test_the_township_sees_its_villages_and_narrows_to_none_of_the_others(client: JudgingClient, cast: Cast) -> None:
    person(cast)
    person(cast, HONGMIAO, name="王五", id_no=OTHER_ID_NO)
    cast.sign_in(client, "official.tianhuangping")
    text = words(client.get(LIST).text)
    assert "张**" in text
    assert "王**" not in text
    assert "王**" not in client.get(LIST, query_string={"flt0_town": str(cast.units["梅溪镇"])}).text


@pytest.mark.parametrize("username", ["mediator.county", "leader.county", "auditor.county", "discipline.county"])
def test_who_has_no_business_with_residents_gets_403(client: JudgingClient, cast: Cast, username: str) -> None:
    row = person(cast)
    cast.sign_in(client, username)
    for page in ("", "new/", "export/csv/", f"details/?id={row.id}", f"edit/?id={row.id}", f"reveal/?id={row.id}"):
        assert client.get(LIST + page).status_code == 403, page
        assert client.get(HOUSES + page).status_code == 403, page


def test_a_grid_worker_enters_but_neither_reveals_deletes_nor_exports(client: JudgingClient, cast: Cast) -> None:
    row = person(cast)
    cast.sign_in(client, "grid.yucun")
    assert client.get(f"{LIST}edit/?id={row.id}").status_code == 200
    for page in (f"reveal/?id={row.id}", f"delete/confirm/?id={row.id}", "export/csv/"):
        assert client.get(LIST + page).status_code == 403, page


def test_a_mistaken_resident_is_deleted_by_name(village: JudgingClient, cast: Cast) -> None:
    row = person(cast)
    ident = row.id
    page = village.get(f"{LIST}delete/confirm/?id={ident}")
    assert "删除后不能恢复" in words(page.text)
    data = {**form_values(page.text, "/delete/"), "confirm_name": "张三丰"}
    assert village.post(f"{LIST}delete/", data=data).status_code == 302
    assert db.session.get(Resident, ident) is None
    with pytest.raises(NotFound):
        delete_resident(row, actor=SYSTEM, at=AT)


def test_a_household_code_is_unique_and_a_household_with_members_stays(village: JudgingClient, cast: Cast) -> None:
    row = house(cast)
    answer = fill(village, f"{HOUSES}new/", code="YC-001", head_name="王五", village_id=str(cast.units[YUCUN]))
    assert "这个户编号已经有了" in words(answer.text)
    member = person(cast, household_code="YC-001")
    text = words(village.get(f"{HOUSES}details/?id={row.id}").text)
    assert "张**" in text
    assert "李四光" in text
    with pytest.raises(PersonRefused):
        delete_household(row, actor=SYSTEM, at=AT)
    delete_resident(member, actor=SYSTEM, at=AT)
    delete_household(db.session.get_one(Household, row.id), actor=SYSTEM, at=AT)
    assert db.session.get(Household, row.id) is None


def test_a_household_of_another_village_is_no_household_of_this_resident(cast: Cast) -> None:
    house(cast, HONGMIAO, "HM-001")
    with pytest.raises(PersonRefused):
        person(cast, household_code="HM-001")


def test_a_households_address_is_masked_and_revealed(village: JudgingClient, cast: Cast) -> None:
    row = house(cast)
    page = village.get(f"{HOUSES}details/?id={row.id}").text
    assert ADDRESS not in page
    assert "浙江省安吉县****" in page
    answer = fill(village, f"{HOUSES}reveal/?id={row.id}", which="address", reason="送达文书")
    assert ADDRESS in words(answer.text)
    assert acts("household:reveal")[0].after == {"field": "address", "reason": "送达文书"}


def test_the_household_look_up_gives_codes_of_the_scope(village: JudgingClient, cast: Cast) -> None:
    house(cast)
    assert village.get(f"{LIST}ajax/lookup/?name=household&query=YC-").json == [["YC-001", "YC-001 李**"]]
    assert village.get(f"{LIST}ajax/lookup/?name=nonsense&query=x").status_code == 404


def test_pages_follow_each_other_without_gap_or_repeat(village: JudgingClient, cast: Cast) -> None:
    for number in range(120):
        create_household(
            cast.units[YUCUN], answers={"code": f"H{number:03d}", "head_name": "李四"}, actor=SYSTEM, at=AT
        )
    seen: list[str] = []
    address: str | None = HOUSES
    while address:
        page = village.get(address)
        rows = page.text.split('translate="no">H')[1:]
        seen += [row[:3] for row in rows]
        older = page.text.split('rel="next"')
        address = older[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&") if len(older) > 1 else None
    assert seen == [f"{number:03d}" for number in reversed(range(120))]


def test_a_file_has_its_cap_and_says_how_to_go_on(
    village: JudgingClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("admin.lists.EXPORT_CAP", 2)
    for number in range(3):
        person(cast, id_no="", name=f"张{'一二三'[number]}")
    answer = village.get(f"{LIST}export/csv/?search=张")
    assert answer.status_code == 302
    assert "一次最多导出 2 条" in words(village.get(answer.location).text)
    assert acts("table:export") == []
    assert len(read_csv(village.get(f"{LIST}export/csv/?search=张一").data)) == 2


def test_a_long_list_says_that_there_are_more_than_it_counts(
    village: JudgingClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("admin.lists", "admin.paging"):
        monkeypatch.setattr(f"{module}.COUNT_CAP", 2)
    for _n in range(3):
        person(cast, id_no="")
    assert "10 000+ 条" in words(village.get(LIST).text)
