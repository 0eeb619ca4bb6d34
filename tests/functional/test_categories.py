"""Category lists in the back office: the ladder of a view, the tree, and what may be deleted."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from models.base import db
from models.categories import Category, CategoryKind
from queries.categories import category_choices, category_tree
from services.categories import CategoryRefused, change_category, create_category, delete_category, seed_categories
from services.refusals import NotAllowed, NotFound, Stale
from tests.pages import JudgingClient
from tests.support.cast import AT, SINCE, SYSTEM, TODAY, Cast
from tests.support.office import acts, fill, form_values, id_in, read_csv, read_xlsx, words

LIST = "/admin/categories/"
COUNTY = "安吉县综治中心"


@pytest.fixture
def office(client: JudgingClient, cast: Cast) -> JudgingClient:
    cast.sign_in(client, "admin")
    return client


def make(cast: Cast, name: str = "邻里纠纷", code: str = "neighbour", county: str = COUNTY, **rest: Any) -> Category:
    fixed = {"kind": CategoryKind.DISPUTE, "valid_from": SINCE, "at": AT}
    return create_category(cast.units[county], code=code, name=name, **{"actor": SYSTEM, **fixed, **rest})


def test_an_administrator_creates_a_category_and_reads_what_happened(office: JudgingClient, cast: Cast) -> None:
    answer = fill(office, "/admin/categories/new/", name="漏水", code="leak", kind="dispute", position="5")
    assert answer.status_code == 302
    page = office.get(answer.location)
    assert "漏水" in words(page.text)
    assert "新建了类别" in words(page.text)
    row = db.session.get_one(Category, id_in(answer.location))
    assert (row.county_id, row.code, row.position) == (cast.units[COUNTY], "leak", 5)
    assert [event.after["code"] for event in acts("category:create") if event.after] == ["leak"]


def test_the_list_shows_each_entry_below_its_parent(office: JudgingClient, cast: Cast) -> None:
    parent = make(cast)
    make(cast, "漏水", "leak", parent_id=parent.id, position=1)
    make(cast, "物业纠纷", "property", position=2)
    text = words(office.get(LIST).text)
    assert text.index("邻里纠纷") < text.index("— 漏水") < text.index("物业纠纷")


def test_a_list_is_searched_and_narrowed(office: JudgingClient, cast: Cast) -> None:
    make(cast)
    fill(office, "/admin/categories/new/", name="窗口来访", code="window", kind="channel")
    assert "邻里纠纷" not in words(office.get(LIST, query_string={"flt0_kind": "channel"}).text)
    assert "窗口来访" in words(office.get(LIST, query_string={"flt0_kind": "channel"}).text)
    assert "没有符合条件的内容" in words(office.get(LIST, query_string={"search": "100%"}).text)
    assert "邻里纠纷" in words(office.get(LIST, query_string={"search": "邻里"}).text)


def test_a_taken_code_is_refused_on_its_field_and_nothing_typed_is_lost(office: JudgingClient, cast: Cast) -> None:
    make(cast)
    answer = fill(office, "/admin/categories/new/", name="又一个", code="neighbour", kind="dispute")
    assert answer.status_code == 200
    assert "这个编号已经有了" in words(answer.text)
    assert form_values(answer.text, "/new/")["name"] == "又一个"
    assert acts("category:create")[-1].label == "邻里纠纷"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "请填写这一项"),
        ("name", "长" * 65, "最多 64 个字"),
        ("code", "含中文", "编号只能用字母"),
        ("position", "很多", "请填写整数"),
        ("position", "99999999999999999999", "请填写 0 到 100000 之间的数"),
        ("valid_from", "昨天", "日期不对"),
        ("valid_to", "1999-01-01", "停用日期要晚于启用日期"),
        ("kind", "nonsense", "请从列表里选一项"),
        ("parent_id", "4711", "请从列表里选一项"),
    ],
)
def test_what_makes_no_sense_is_said_beside_the_field(office: JudgingClient, field: str, value: str, said: str) -> None:
    answer = fill(office, "/admin/categories/new/", **{"name": "漏水", "code": "leak", "kind": "dispute", field: value})
    assert answer.status_code == 200
    assert said in words(answer.text)


def test_whoever_saves_second_sees_what_the_first_one_saved(office: JudgingClient, cast: Cast) -> None:
    row = make(cast)
    address = f"/admin/categories/edit/?id={row.id}"
    stale = form_values(office.get(address).text, "/edit/")
    assert fill(office, address, name="邻里矛盾").status_code == 302
    answer = office.post(address, data={**stale, "name": "邻里之争"})
    assert "别人已经改过这条内容" in words(answer.text)
    assert "别人保存的是：邻里矛盾" in words(answer.text)
    again = form_values(answer.text, "/edit/")
    assert again["name"] == "邻里之争"
    assert office.post(address, data=again).status_code == 302
    assert db.session.get_one(Category, row.id).name == "邻里之争"
    changed = acts("category:change")[-1]
    assert (changed.before, changed.after) == (
        {"name": "邻里矛盾", "row_version": 2},
        {"name": "邻里之争", "row_version": 3},
    )


def test_deleting_asks_for_the_name(office: JudgingClient, cast: Cast) -> None:
    row = make(cast)
    page = office.get(f"/admin/categories/delete/confirm/?id={row.id}")
    assert "请输入名称“邻里纠纷”" in words(page.text)
    other = {**form_values(page.text, "/delete/"), "confirm_name": "别的"}
    wrong = office.post("/admin/categories/delete/", data=other)
    assert "名称不一致" in words(wrong.text)
    assert db.session.get(Category, row.id) is not None
    right = {**form_values(wrong.text, "/delete/"), "confirm_name": "邻里纠纷"}
    assert office.post("/admin/categories/delete/", data=right).status_code == 302
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Category)) == 0
    assert acts("category:delete")[0].label == "邻里纠纷"


def test_an_entry_with_others_below_it_is_ended_not_deleted(office: JudgingClient, cast: Cast) -> None:
    parent = make(cast)
    make(cast, "漏水", "leak", parent_id=parent.id)
    page = office.get(f"/admin/categories/delete/confirm/?id={parent.id}")
    data = {**form_values(page.text, "/delete/"), "confirm_name": "邻里纠纷"}
    answer = office.post("/admin/categories/delete/", data=data)
    assert "不能删除。请改填停用日期" in words(answer.text)
    assert db.session.get(Category, parent.id) is not None


def test_an_entry_is_never_its_own_ancestor(cast: Cast) -> None:
    top = make(cast)
    leaf = make(cast, "漏水", "leak", parent_id=top.id)
    for parent in (top.id, leaf.id):
        with pytest.raises(CategoryRefused) as refused:
            change_category(
                top, row_version=top.row_version, code="neighbour", name="邻里纠纷", valid_from=SINCE,
                parent_id=parent, actor=SYSTEM, at=AT,
            )  # fmt: skip
        assert refused.value.field == "parent_id"


def test_a_parent_is_of_the_same_kind_and_county(cast: Cast) -> None:
    foreign = make(cast, county="邻县综治中心")
    with pytest.raises(CategoryRefused):
        make(cast, "漏水", "leak", parent_id=foreign.id)


def test_another_countys_entry_is_not_found_anywhere(office: JudgingClient, cast: Cast) -> None:
    foreign = make(cast, "邻县的类别", "foreign", county="邻县综治中心")
    assert "邻县的类别" not in office.get(LIST).text
    for address in ("details/", "edit/", "delete/confirm/"):
        assert office.get(f"{LIST}{address}?id={foreign.id}").status_code == 404
    assert office.post(f"{LIST}edit/?id={foreign.id}", data={"name": "改"}).status_code == 404
    assert office.post(f"{LIST}delete/", data={"id": foreign.id, "confirm_name": "邻县的类别"}).status_code == 404
    assert b"foreign" not in office.get(f"{LIST}export/csv/").data
    actor = cast.actor("admin")
    with pytest.raises(NotFound):
        delete_category(foreign, actor=actor, at=AT)
    with pytest.raises(NotFound):
        make(cast, county="邻县综治中心", actor=actor)


@pytest.mark.parametrize("username", ["official.yucun", "grid.yucun", "leader.county", "discipline.county"])
def test_who_has_no_business_with_categories_gets_403(client: JudgingClient, cast: Cast, username: str) -> None:
    row = make(cast)
    cast.sign_in(client, username)
    pages = [f"{page}/?id={row.id}" for page in ("details", "edit", "delete/confirm")]
    for address in ("", "new/", "export/csv/", *pages):
        assert client.get(LIST + address).status_code == 403, address


def test_an_auditor_reads_and_changes_nothing(client: JudgingClient, cast: Cast) -> None:
    row = make(cast)
    cast.sign_in(client, "auditor.county")
    page = client.get(LIST)
    assert page.status_code == 200
    assert "/new/" not in page.text
    assert client.get(f"{LIST}details/?id={row.id}").status_code == 200
    assert client.get(f"{LIST}edit/?id={row.id}").status_code == 403
    assert client.post(f"{LIST}edit/?id={row.id}", data={"name": "改"}).status_code == 403
    assert client.post(f"{LIST}delete/", data={"id": row.id, "confirm_name": "邻里纠纷"}).status_code == 403
    with pytest.raises(NotAllowed):
        delete_category(row, actor=cast.actor("auditor.county"), at=AT)


def test_who_is_not_signed_in_is_sent_to_the_sign_in_page(client: JudgingClient, cast: Cast) -> None:
    answer = client.get(f"{LIST}?search=x")
    assert answer.status_code == 302
    assert answer.location.startswith("/login?next=")
    assert client.post(f"{LIST}new/", data={}, csrf=False).status_code in {400, 401}


@pytest.mark.parametrize("ident", ["", "0", "-1", "abc", "99999999999999999999", "1 or 1=1", "４"])
def test_an_id_that_no_row_has_is_404(office: JudgingClient, ident: str) -> None:
    for address in ("details/", "edit/", "delete/confirm/"):
        assert office.get(LIST + address, query_string={"id": ident}).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "page=99999999999999999999", "page=-1", "after=nonsense", "after=WzFd", "sort=99", "sort=x", "desc=7",
        "page_size=99999999", "flt0_kind=nonsense", "flt9_none=1", "export_type=x", "endpoint=x", "_scheme=x",
        "_external=1", "search=%00", "search=" + "长" * 900, "flt0_kind=%00",
    ],
)  # fmt: skip
def test_nonsense_in_the_address_of_a_list_is_no_error(office: JudgingClient, cast: Cast, query: str) -> None:
    make(cast)
    assert office.get(f"{LIST}?{query}").status_code == 200


def test_an_export_is_safe_named_in_chinese_and_audited(office: JudgingClient, cast: Cast) -> None:
    make(cast, "=1+1", "formula")
    answer = office.get(f"{LIST}export/csv/")
    header, row = read_csv(answer.data)
    assert header[:3] == ["名称", "种类", "编号"]
    assert row[:3] == ["'=1+1", "纠纷类型", "formula"]
    assert "filename*=UTF-8''%E7%B1%BB%E5%88%AB-" in answer.headers["Content-Disposition"]
    assert read_xlsx(office.get(f"{LIST}export/xlsx/").data)[1][:2] == ["'=1+1", "纠纷类型"]
    assert office.get(f"{LIST}export/json/").status_code == 404
    assert [event.after for event in acts("table:export")] == [
        {"count": 1, "format": "csv"},
        {"count": 1, "format": "xlsx"},
    ]


def test_markup_in_a_name_is_text_everywhere(office: JudgingClient, cast: Cast) -> None:
    row = make(cast, "<img src=x onerror=alert(1)>")
    for address in ("", f"details/?id={row.id}", f"edit/?id={row.id}", f"delete/confirm/?id={row.id}"):
        page = office.get(LIST + address, judge=False).text
        assert "<img src=x" not in page
        assert "onerror" in page


def test_editing_a_row_in_the_list_has_no_address(office: JudgingClient) -> None:
    assert office.post(f"{LIST}ajax/update/", data={"list_form_pk": "1", "name": "x"}).status_code == 404


def test_a_county_begins_with_the_fifteen_classes_of_disputes(cast: Cast) -> None:
    county = cast.units[COUNTY]
    assert len(seed_categories(county, valid_from=SINCE, actor=SYSTEM, at=AT)) == 15
    assert seed_categories(county, valid_from=SINCE, actor=SYSTEM, at=AT) == []
    assert [row.name for _depth, row in category_tree(cast.actor("admin"))][:2] == ["婚姻家庭纠纷", "邻里纠纷"]


def test_an_ended_entry_can_no_longer_be_chosen(cast: Cast) -> None:
    make(cast)
    make(cast, "旧类别", "old", valid_to=date(2026, 1, 1))
    chosen = category_choices(cast.actor("admin"), CategoryKind.DISPUTE, on=TODAY)
    assert [row.name for row in chosen] == ["邻里纠纷"]


def test_a_stale_version_is_refused_by_the_act_itself(cast: Cast) -> None:
    row = make(cast)
    with pytest.raises(Stale):
        change_category(row, row_version=7, code="neighbour", name="x", valid_from=SINCE, actor=SYSTEM, at=AT)
