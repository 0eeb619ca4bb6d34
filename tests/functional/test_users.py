"""Users in the back office: roles with dates, one-time passwords, acts asked for first, and who looks after whom."""

from __future__ import annotations

import pytest

from models.accounts import SignIn, User
from models.base import db
from queries.accounts import open_sign_ins, user_by_username
from tests.pages import JudgingClient
from tests.support.cast import AT, PASSWORD, Cast
from tests.support.office import acts, fill, form_values, read_csv, words

LIST = "/admin/users/"


@pytest.fixture
def office(client: JudgingClient, cast: Cast) -> JudgingClient:
    cast.sign_in(client, "admin")
    return client


def test_the_list_shows_roles_and_finds_people(office: JudgingClient) -> None:
    text = words(office.get(LIST).text)
    assert "村干部 · 余村村" in text
    assert "邻管理" not in text
    found = words(office.get(f"{LIST}?search=潘村").text)
    assert "潘村干" in found
    assert "许村干" not in found
    assert "潘村干" in words(office.get(f"{LIST}?flt0_role=village_official").text)
    assert "俞网格" not in words(office.get(f"{LIST}?flt0_role=village_official").text)
    assert "没有符合条件" in words(office.get(f"{LIST}?flt0_active=0").text)


def test_a_list_is_sorted_by_user_name_both_ways(office: JudgingClient) -> None:
    for query, first in (("sort=1", "admin"), ("sort=1&desc=1", "official.yucun")):
        rows = office.get(f"{LIST}?{query}").text.split("data-rows", 1)[1]
        assert rows.index(f">{first}<") < rows.index(">judge.yincai<")


def test_a_new_account_comes_with_a_role_and_a_password_shown_once(office: JudgingClient, cast: Cast) -> None:
    answer = fill(
        office, f"{LIST}new/", username="Grid.Wuhe", name="新网格", org_id=str(cast.units["五鹤村"]),
        role="grid_worker", valid_from="2026-01-01",
    )  # fmt: skip
    assert answer.status_code == 200
    user = user_by_username("grid.wuhe")
    assert user is not None
    assert (user.must_change_password, [held.role for held in user.memberships]) == (True, ["grid_worker"])
    password = answer.text.split("<code>")[2].split("</code>")[0]
    assert len(password) == 15
    assert password not in str([(event.before, event.after) for event in acts()])
    text = words(office.get(f"{LIST}details/?id={user.id}").text)
    assert "网格员 · 五鹤村 2026-01-01 至 今" in text
    assert password not in text


@pytest.mark.parametrize(
    ("answers", "said"),
    [({"username": "admin"}, "用户名"), ({"username": "有空 格"}, "用户名"), ({"org_id": "4711"}, "请从列表里选一项")],
)
def test_a_refused_account_keeps_what_was_typed(
    office: JudgingClient, cast: Cast, answers: dict[str, str], said: str
) -> None:
    typed = {"username": "neu", "name": "新人", "org_id": str(cast.units["五鹤村"]), "role": "judge", **answers}
    answer = fill(office, f"{LIST}new/", **typed)
    assert said in words(answer.text)
    assert form_values(answer.text, "/new/")["name"] == "新人"
    assert acts("user:create") == []


def test_roles_are_granted_and_ended_with_dates(office: JudgingClient, cast: Cast) -> None:
    ident = cast.users["grid.yucun"]
    answer = fill(
        office,
        f"{LIST}grant/?id={ident}",
        org_id=str(cast.units["五鹤村"]),
        role="grid_worker",
        valid_from="2026-02-01",
    )
    assert answer.status_code == 302
    held = next(held for held in cast.user("grid.yucun").memberships if held.org_id == cast.units["五鹤村"])
    page = f"{LIST}end-role/?id={ident}&role={held.id}"
    assert "结束角色：网格员 · 五鹤村" in words(office.get(page).text)
    assert fill(office, page, valid_to="2026-03-01").status_code == 302
    text = words(office.get(f"{LIST}details/?id={ident}").text)
    assert "网格员 · 五鹤村 2026-02-01 至 2026-03-01 已结束" in text
    again = fill(office, f"{LIST}grant/?id={ident}", org_id=str(cast.units["余村村"]), role="grid_worker")
    assert again.status_code == 200
    assert office.get(f"{LIST}end-role/?id={ident}&role=4711").status_code == 404


def test_acts_are_asked_for_first(office: JudgingClient, cast: Cast) -> None:
    ident = cast.users["grid.yucun"]
    token = cast.token("grid.yucun")
    page = office.get(f"{LIST}act/?id={ident}&act=deactivate")
    assert "停用账号：俞网格" in words(page.text)
    assert cast.user("grid.yucun").active
    assert office.post(f"{LIST}act/", data=form_values(page.text, "/act/")).status_code == 302
    assert not cast.user("grid.yucun").active
    assert open_sign_ins(ident, AT) == []
    assert token
    assert fill(office, f"{LIST}act/?id={ident}&act=activate").status_code == 302
    assert cast.user("grid.yucun").active


def test_a_reset_password_is_shown_once_and_works_once(office: JudgingClient, cast: Cast) -> None:
    ident = cast.users["grid.yucun"]
    answer = fill(office, f"{LIST}act/?id={ident}&act=reset_password")
    assert answer.status_code == 200
    assert len(answer.text.split("<code>")[2].split("</code>")[0]) == 15
    assert cast.user("grid.yucun").must_change_password
    assert "Set-Cookie" not in answer.headers or "密码" not in answer.headers["Set-Cookie"]


def test_a_sign_in_is_ended_from_the_users_page(office: JudgingClient, cast: Cast) -> None:
    cast.token("grid.yucun")
    row = open_sign_ins(cast.users["grid.yucun"], AT)[0]
    ident = row.id
    address = f"{LIST}act/?id={cast.users['grid.yucun']}&act=revoke_sign_in&which={ident}"
    assert fill(office, address).status_code == 302
    assert db.session.get_one(SignIn, ident).revoked_at is not None
    foreign = f"{LIST}act/?id={cast.users['grid.hengshanwu']}&act=revoke_sign_in&which={ident}"
    assert "没有找到" in words(fill(office, foreign).text)
    for which in ("x", "99999999999999999999", ""):
        assert "没有找到" in words(fill(office, foreign.replace(f"which={ident}", f"which={which}")).text)


def test_nobody_closes_or_resets_the_own_account(office: JudgingClient, cast: Cast) -> None:
    answer = fill(office, f"{LIST}act/?id={cast.users['admin']}&act=deactivate")
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text
    assert cast.user("admin").active


def test_a_user_is_changed_under_the_lock(office: JudgingClient, cast: Cast) -> None:
    address = f"{LIST}edit/?id={cast.users['grid.yucun']}"
    stale = form_values(office.get(address).text, "/edit/")
    assert fill(office, address, name="俞新名").status_code == 302
    answer = office.post(address, data={**stale, "name": "俞旧名"})
    assert "别人已经改过这条内容" in words(answer.text)
    assert cast.user("grid.yucun").name == "俞新名"
    assert "修改了用户" in words(office.get(f"{LIST}details/?id={cast.users['grid.yucun']}").text)


def test_another_countys_user_is_not_found_anywhere(office: JudgingClient, cast: Cast) -> None:
    ident = cast.users["official.next"]
    for page in ("details/", "edit/", "grant/", "act/?act=deactivate&", "end-role/?role=1&"):
        joint = "" if page.endswith("&") else "?"
        assert office.get(f"{LIST}{page}{joint}id={ident}").status_code == 404, page
    assert office.post(f"{LIST}act/", data={"id": ident, "act": "deactivate"}).status_code == 404
    assert "邻村干" not in str(read_csv(office.get(f"{LIST}export/csv/").data))
    form = form_values(office.get(f"{LIST}new/").text, "/new/")
    assert str(cast.units["邻村"]) not in form["org_id"]


@pytest.mark.parametrize("username", ["official.yucun", "dispatcher.county", "leader.county"])
def test_who_does_not_look_after_users_gets_403(client: JudgingClient, cast: Cast, username: str) -> None:
    cast.sign_in(client, username)
    ident = cast.users["grid.yucun"]
    for page in (
        "",
        "new/",
        f"details/?id={ident}",
        f"grant/?id={ident}",
        f"act/?id={ident}&act=deactivate",
        "export/csv/",
    ):
        assert client.get(LIST + page).status_code == 403, page


def test_an_auditor_reads_users_and_is_offered_no_act(client: JudgingClient, cast: Cast) -> None:
    cast.sign_in(client, "auditor.county")
    page = client.get(f"{LIST}details/?id={cast.users['grid.yucun']}").text
    assert "/act/" not in page
    assert "/grant/" not in page
    assert client.post(f"{LIST}act/", data={"id": cast.users["grid.yucun"], "act": "deactivate"}).status_code == 403


def test_no_secret_of_an_account_is_on_its_pages_or_in_its_file(office: JudgingClient, cast: Cast) -> None:
    user: User = cast.user("grid.yucun")
    secret = user.password_hash
    for page in (f"details/?id={user.id}", f"edit/?id={user.id}", "export/csv/"):
        data = office.get(LIST + page, judge=False).text
        assert secret not in data
        assert PASSWORD not in data
