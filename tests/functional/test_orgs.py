"""Organisations in the back office: the tree, names with dates, closing, and who sees which unit."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from models.base import db
from models.orgs import Level, OrgUnit
from queries.orgs import find_orgs, name_on, org_tree
from services.orgs import OrgRefused, change_org, close_org, create_org, delete_org, rename_org
from services.refusals import NotAllowed, NotFound
from tests.pages import JudgingClient
from tests.support.cast import AT, SINCE, SYSTEM, TODAY, Cast
from tests.support.office import acts, fill, form_values, id_in, read_csv, words

LIST = "/admin/orgs/"
COUNTY, TOWN, VILLAGE, OTHER = "安吉县综治中心", "天荒坪镇", "余村村", "红庙村"


@pytest.fixture
def office(client: JudgingClient, cast: Cast) -> JudgingClient:
    cast.sign_in(client, "admin")
    return client


def test_the_page_shows_the_tree_by_township(office: JudgingClient) -> None:
    text = words(office.get(LIST).text)
    assert (
        text.index("天荒坪镇")
        < text.index("余村村")
        < text.index("梅溪镇")
        < text.index("红庙村")
        < text.index("信访局")
    )
    assert "邻镇" not in text
    assert "12 条" not in text.replace("11 条", "")


def test_a_search_finds_old_names_initials_and_codes(office: JudgingClient, cast: Cast) -> None:
    rename_org(cast.unit(VILLAGE), name="余村新村", since=date(2026, 1, 1), actor=SYSTEM, at=AT)
    for text in ("余村村", "ycxc", "U005"):
        assert "余村新村" in words(office.get(LIST, query_string={"search": text}).text), text
    assert "红庙村" not in words(office.get(LIST, query_string={"search": "余村"}).text)


def test_an_administrator_creates_a_village_under_a_township(office: JudgingClient, cast: Cast) -> None:
    answer = fill(
        office, "/admin/orgs/new/", parent_id=str(cast.units[TOWN]), level="village", name="大溪村", code="U900",
        valid_from="2026-01-01",
    )  # fmt: skip
    assert answer.status_code == 302
    unit = db.session.get_one(OrgUnit, id_in(answer.location))
    assert (unit.county_id, unit.town_id, unit.village_id) == (cast.units[COUNTY], cast.units[TOWN], unit.id)
    assert unit.pinyin == "daxicun dxc"
    assert "新建了组织" in words(office.get(answer.location).text)


def test_a_level_that_does_not_belong_there_is_refused_on_the_form(office: JudgingClient, cast: Cast) -> None:
    answer = fill(
        office, "/admin/orgs/new/", parent_id=str(cast.units[COUNTY]), level="village", name="错村", code="U901"
    )
    assert "这一层级不能建在所选的上级下面" in words(answer.text)
    assert form_values(answer.text, "/new/")["name"] == "错村"
    with pytest.raises(OrgRefused):
        create_org(cast.unit(VILLAGE), level=Level.COUNTY, code="x", name="x", valid_from=TODAY, actor=SYSTEM, at=AT)


def test_a_taken_code_is_refused(office: JudgingClient, cast: Cast) -> None:
    answer = fill(office, f"/admin/orgs/edit/?id={cast.units[VILLAGE]}", code="U001")
    assert "这个编号已经有了" in words(answer.text)
    with pytest.raises(OrgRefused):
        change_org(cast.unit(VILLAGE), row_version=1, code="U001", note="", actor=SYSTEM, at=AT)


def test_a_renamed_unit_keeps_its_old_name_with_dates(office: JudgingClient, cast: Cast) -> None:
    answer = fill(office, f"/admin/orgs/rename/?id={cast.units[VILLAGE]}", name="余村新村", since="2026-06-01")
    assert answer.status_code == 302
    text = words(office.get(answer.location).text)
    assert "余村新村" in text
    assert "余村村 2020-01-01 至 2026-06-01" in text
    unit = cast.unit(VILLAGE)
    assert (name_on(unit, date(2026, 5, 31)), name_on(unit, date(2026, 6, 1))) == ("余村村", "余村新村")
    assert acts("org:rename")[0].before == {"name": "余村村"}


def test_names_follow_each_other_and_a_fresh_name_can_be_corrected(cast: Cast) -> None:
    unit = cast.unit(VILLAGE)
    rename_org(unit, name="第二个", since=date(2023, 1, 1), actor=SYSTEM, at=AT)
    with pytest.raises(OrgRefused):
        rename_org(unit, name="第三个", since=date(2022, 1, 1), actor=SYSTEM, at=AT)
    rename_org(unit, name="第二个名", since=date(2023, 1, 1), actor=SYSTEM, at=AT)
    assert [(past.name, past.valid_to) for past in unit.names] == [("余村村", date(2023, 1, 1))]
    with pytest.raises(OrgRefused):
        rename_org(unit, name="第二个名", since=TODAY, actor=SYSTEM, at=AT)


def test_a_unit_is_closed_only_after_those_below_it(office: JudgingClient, cast: Cast) -> None:
    answer = fill(office, f"/admin/orgs/close/?id={cast.units[TOWN]}", valid_to="2027-01-01")
    assert "请先停用它下面的组织：余村村、五鹤村" in words(answer.text)
    for name in (VILLAGE, "五鹤村", TOWN):
        close_org(cast.unit(name), valid_to=date(2027, 1, 1), actor=SYSTEM, at=AT)
    assert cast.unit(TOWN).valid_to == date(2027, 1, 1)
    assert VILLAGE not in [unit.name for unit in find_orgs(cast.actor("admin"), on=date(2027, 1, 1))]
    close_org(cast.unit(TOWN), valid_to=None, actor=SYSTEM, at=AT)
    assert cast.unit(TOWN).valid_to is None


def test_a_county_is_never_closed_nor_before_it_began(cast: Cast) -> None:
    with pytest.raises(OrgRefused):
        close_org(cast.unit(COUNTY), valid_to=TODAY, actor=SYSTEM, at=AT)
    with pytest.raises(OrgRefused):
        close_org(cast.unit(VILLAGE), valid_to=SINCE - timedelta(days=1), actor=SYSTEM, at=AT)


def test_a_unit_that_is_pointed_to_is_not_deleted_and_a_mistake_is(office: JudgingClient, cast: Cast) -> None:
    page = office.get(f"/admin/orgs/delete/confirm/?id={cast.units[VILLAGE]}")
    data = {**form_values(page.text, "/delete/"), "confirm_name": VILLAGE}
    assert "不能删除" in words(office.post("/admin/orgs/delete/", data=data).text)
    mistake = create_org(
        cast.unit(TOWN), level=Level.VILLAGE, code="U902", name="错村", valid_from=SINCE, actor=SYSTEM, at=AT
    )
    rename_org(mistake, name="错村二", since=TODAY, actor=SYSTEM, at=AT)
    ident = mistake.id
    delete_org(mistake, actor=cast.actor("admin"), at=AT)
    assert db.session.get(OrgUnit, ident) is None
    assert acts("org:delete")[0].before["code"] == "U902"  # type: ignore[index]


@pytest.mark.parametrize(
    ("username", "seen"),
    [
        ("admin", 11),
        ("official.tianhuangping", 3),
        ("official.yucun", 1),
        ("handler.xinfang", 1),
        ("auditor.county", 11),
    ],
)
def test_everybody_sees_the_units_of_their_own_place(cast: Cast, username: str, seen: int) -> None:
    assert len(org_tree(cast.actor(username))) == seen


def test_another_villages_unit_is_not_found_anywhere(client: JudgingClient, cast: Cast) -> None:
    cast.sign_in(client, "official.yucun")
    other = cast.units[OTHER]
    assert OTHER not in client.get(LIST).text
    assert OTHER not in client.get(f"{LIST}?search=红庙").text.replace('value="红庙"', "")
    assert client.get(f"{LIST}details/?id={other}").status_code == 404
    assert [row[0] for row in read_csv(client.get(f"{LIST}export/csv/").data)] == ["名称", VILLAGE]
    assert client.get("/api/v1/orgs?q=红庙").json == []
    assert client.get(f"{LIST}edit/?id={other}").status_code == 403
    with pytest.raises(NotAllowed):
        change_org(cast.unit(OTHER), row_version=1, code="x", note="", actor=cast.actor("official.yucun"), at=AT)


def test_another_countys_unit_is_not_found_by_an_administrator(office: JudgingClient, cast: Cast) -> None:
    other = cast.units["邻村"]
    for page in ("details", "edit", "rename", "close", "delete/confirm"):
        assert office.get(f"{LIST}{page}/?id={other}").status_code == 404, page
    with pytest.raises(NotFound):
        close_org(cast.unit("邻村"), valid_to=TODAY, actor=cast.actor("admin"), at=AT)
    form = form_values(office.get(f"{LIST}new/").text, "/new/")
    data = {**form, "parent_id": str(cast.units["邻镇"]), "level": "village", "name": "x", "code": "x"}
    assert "请从列表里选一项" in words(office.post(f"{LIST}new/", data=data).text)


def test_the_look_up_is_bounded_scoped_and_knows_levels(client: JudgingClient, cast: Cast) -> None:
    assert client.get("/api/v1/orgs").status_code == 401
    cast.sign_in(client, "admin")
    found = client.get("/api/v1/orgs?q=村&level=village").json or []
    assert [row["name"] for row in found] == ["五鹤村", "余村村", "红庙村", "横山坞村"]
    assert client.get("/api/v1/orgs?level=nonsense").json == []
    assert client.get("/api/v1/orgs", query_string={"q": "%\0" + "长" * 999}).json == []
