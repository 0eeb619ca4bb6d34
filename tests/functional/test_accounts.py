"""Accounts: what administrators may do with whose, and what everybody may do with their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from models.access import PERMISSIONS, Role
from models.accounts import Membership, SignIn, User
from models.audit import AuditEvent
from models.base import db
from queries.accounts import ROLE_LABELS, memberships_of, open_sign_ins, user_in_scope, users_in_scope
from services import accounts, own_account
from services.passwords import matches
from services.refusals import NotAllowed, NotFound, Refusal, Stale
from tests.pages import JudgingClient
from tests.support.cast import AT, PASSWORD, SYSTEM, TODAY, Cast

VILLAGE = "official.yucun"
COUNTY = "安吉县综治中心"
TOWN = "天荒坪镇"
NEW = "river stone lamp 42"


def text(response: TestResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


def last_event() -> AuditEvent:
    return db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()


def create(cast: Cast, username: str = "new.person", *, by: str = "admin", org: str = COUNTY, **more: Any) -> User:
    told = {"name": "新来的", "password": NEW, **more}
    return accounts.create_user(cast.unit(org), username=username, actor=cast.actor(by), at=AT, **told)


def grant(cast: Cast, username: str, role: Role, org: str, *, by: str = "admin", **more: Any) -> Membership:
    dates = {"valid_from": date(2026, 1, 1), **more}
    user = cast.user(username)
    return accounts.grant_role(user, org=cast.unit(org), role=role, actor=cast.actor(by), at=AT, **dates)


def test_an_administrator_creates_an_account_that_may_nothing_until_it_has_a_role(cast: Cast) -> None:
    user = create(cast, " New.Person ", must_change_password=True)
    cast.users["new.person"] = user.id
    assert (user.username, user.county_id, user.must_change_password) == ("new.person", cast.units[COUNTY], True)
    assert matches(user.password_hash, NEW)
    event = last_event()
    assert (event.act, event.thing, event.county_id) == ("user:create", "user", cast.units[COUNTY])
    assert "password" not in str(event.after)
    grant(cast, "new.person", Role.GRID_WORKER, "余村村")
    assert last_event().after == {
        "role": "grid_worker", "org": "余村村", "org_id": cast.units["余村村"],
        "valid_from": "2026-01-01", "valid_to": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("told", "refusal"),
    [
        ({"username": "有汉字"}, accounts.BadUsername),
        ({"username": "a b"}, accounts.BadUsername),
        ({"username": "x"}, accounts.BadUsername),
        ({"username": VILLAGE}, accounts.UsernameTaken),
        ({"name": "  "}, accounts.BadName),
        ({"name": "长" * 65}, accounts.BadName),
        ({"password": "1234567890"}, Refusal),
    ],
)
def test_an_account_that_breaks_a_rule_is_refused(cast: Cast, told: dict[str, Any], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        create(cast, **told)


@pytest.mark.parametrize("username", ["leader.county", VILLAGE, "auditor.county"])
def test_who_is_no_administrator_creates_nobody(cast: Cast, username: str) -> None:
    with pytest.raises(NotAllowed):
        create(cast, by=username)


ACTS: dict[str, Callable[[User, dict[str, Any]], object]] = {
    "change": lambda user, by: accounts.change_user(user, name="别名", row_version=user.row_version, **by),
    "deactivate": lambda user, by: accounts.deactivate_user(user, **by),
    "activate": lambda user, by: accounts.activate_user(user, **by),
    "reset the password": lambda user, by: accounts.reset_password(user, **by),
    "unlock": lambda user, by: accounts.unlock_user(user, **by),
    "demand a code": lambda user, by: accounts.require_totp(user, required=True, **by),
    "reset the code": lambda user, by: accounts.reset_totp(user, **by),
    "end a role": lambda user, by: accounts.end_role(user.memberships[0], valid_to=TODAY, **by),
}


@pytest.mark.parametrize("act", ACTS)
def test_the_next_countys_administrator_gets_404_for_every_act(cast: Cast, act: str) -> None:
    with pytest.raises(NotFound):
        ACTS[act](cast.user(VILLAGE), {"actor": cast.actor("admin.next"), "at": AT})
    ACTS[act](cast.user(VILLAGE), {"actor": cast.actor("admin"), "at": AT})


@pytest.mark.parametrize("act", ACTS)
def test_an_administrator_of_a_village_cannot_touch_the_countys(cast: Cast, act: str) -> None:
    grant(cast, "official.wuhe", Role.ADMIN, "五鹤村")
    with pytest.raises(NotFound):
        ACTS[act](cast.user("admin"), {"actor": cast.actor("official.wuhe"), "at": AT})


def test_an_administrator_of_a_village_looks_after_its_people_and_grants_nothing_elsewhere(cast: Cast) -> None:
    grant(cast, "official.yucun", Role.ADMIN, "余村村")
    accounts.reset_password(cast.user("grid.yucun"), actor=cast.actor(VILLAGE), at=AT)
    grant(cast, "grid.yucun", Role.VILLAGE_OFFICIAL, "余村村", by=VILLAGE)
    with pytest.raises(NotFound):
        grant(cast, "grid.yucun", Role.ADMIN, COUNTY, by=VILLAGE)
    with pytest.raises(NotFound):
        grant(cast, VILLAGE, Role.LEADER, TOWN, by=VILLAGE)


def test_somebody_with_a_role_in_two_counties_is_touched_by_neither_alone(cast: Cast) -> None:
    accounts.grant_role(
        cast.user(VILLAGE), org=cast.unit("邻村"), role=Role.AUDITOR, valid_from=TODAY, actor=SYSTEM, at=AT
    )
    for administrator in ("admin", "admin.next"):
        with pytest.raises(NotFound):
            accounts.reset_password(cast.user(VILLAGE), actor=cast.actor(administrator), at=AT)
    held = next(held for held in cast.user(VILLAGE).memberships if held.org_id == cast.units["邻村"])
    accounts.end_role(held, valid_to=TODAY, actor=cast.actor("admin.next"), at=AT)
    accounts.reset_password(cast.user(VILLAGE), actor=cast.actor("admin"), at=AT)


def test_nobody_locks_themselves_out(cast: Cast) -> None:
    me: dict[str, Any] = {"actor": cast.actor("admin"), "at": AT}
    for act in (accounts.deactivate_user, accounts.reset_password, accounts.reset_totp):
        with pytest.raises(accounts.OwnAccount):
            act(cast.user("admin"), **me)
    with pytest.raises(accounts.OwnAccount):
        accounts.end_role(cast.user("admin").memberships[0], valid_to=TODAY, **me)


def test_a_stale_edit_is_refused_and_nothing_is_lost(cast: Cast) -> None:
    admin = cast.actor("admin")
    version = cast.user(VILLAGE).row_version
    accounts.change_user(cast.user(VILLAGE), name="潘书记", row_version=version, actor=admin, at=AT)
    with pytest.raises(Stale):
        accounts.change_user(cast.user(VILLAGE), name="潘主任", row_version=version, actor=admin, at=AT)
    assert cast.user(VILLAGE).name == "潘书记"
    assert (last_event().before, last_event().after) == ({"name": "潘村干"}, {"name": "潘书记"})


def test_one_identity_of_the_single_sign_on_belongs_to_one_account(cast: Cast) -> None:
    admin = cast.actor("admin")
    accounts.change_user(cast.user(VILLAGE), name="潘村干", oidc_subject="s-1", row_version=1, actor=admin, at=AT)
    with pytest.raises(accounts.SubjectTaken):
        accounts.change_user(
            cast.user("grid.yucun"), name="俞网格", oidc_subject="s-1", row_version=1, actor=admin, at=AT
        )
    accounts.change_user(cast.user(VILLAGE), name="潘村干", oidc_subject="", row_version=2, actor=admin, at=AT)
    assert cast.user(VILLAGE).oidc_subject is None


def test_a_role_is_held_once_at_a_time(cast: Cast) -> None:
    grant(cast, VILLAGE, Role.MEDIATOR, TOWN, valid_to=date(2026, 3, 1))
    with pytest.raises(accounts.RoleHeld):
        grant(cast, VILLAGE, Role.MEDIATOR, TOWN, valid_from=date(2026, 2, 1))
    with pytest.raises(accounts.BadDates):
        grant(cast, VILLAGE, Role.MEDIATOR, TOWN, valid_from=date(2026, 5, 1), valid_to=date(2026, 5, 1))
    grant(cast, VILLAGE, Role.MEDIATOR, TOWN, valid_from=date(2026, 3, 1))
    held = memberships_of(cast.users[VILLAGE], TODAY)
    assert [(one.org.name, one.role) for one in held] == [(TOWN, "mediator"), ("余村村", "village_official")]


def test_a_role_that_never_began_is_removed(cast: Cast) -> None:
    held = grant(cast, VILLAGE, Role.MEDIATOR, TOWN, valid_from=TODAY + timedelta(days=9))
    accounts.end_role(held, valid_to=TODAY, actor=cast.actor("admin"), at=AT)
    assert [one.role for one in memberships_of(cast.users[VILLAGE], TODAY)] == ["village_official"]
    assert last_event().act == "user:end_role"


def test_a_reset_password_works_once_and_ends_every_sign_in(cast: Cast) -> None:
    cast.token(VILLAGE)
    once = accounts.reset_password(cast.user(VILLAGE), actor=cast.actor("admin"), at=AT)
    user = cast.user(VILLAGE)
    assert matches(user.password_hash, once)
    assert user.must_change_password
    assert open_sign_ins(user.id, AT) == []
    assert once not in str(last_event().after)


def test_a_closed_account_can_be_opened_again(cast: Cast) -> None:
    admin = cast.actor("admin")
    accounts.deactivate_user(cast.user(VILLAGE), actor=admin, at=AT)
    accounts.activate_user(cast.user(VILLAGE), actor=admin, at=AT)
    assert cast.user(VILLAGE).active
    assert last_event().act == "user:activate"


def test_everybody_sees_only_the_accounts_of_their_place(cast: Cast) -> None:
    def seen(username: str) -> set[str]:
        query = sa.select(User.username).where(users_in_scope(cast.actor(username), "user:list"))
        return set(db.session.scalars(query))

    everybody = set(cast.users)
    assert seen("admin") == everybody - {"admin.next", "official.next"}
    assert seen("admin.next") == {"admin.next", "official.next"}
    assert seen(VILLAGE) == set()
    grant(cast, "official.wuhe", Role.ADMIN, TOWN)
    people = {"official.tianhuangping", VILLAGE, "official.wuhe", "grid.yucun", "clerk.yucun", "villager.yucun"}
    assert seen("official.wuhe") == people
    assert user_in_scope(cast.users["admin"], cast.actor("official.wuhe"), "user:list") is None
    assert user_in_scope(cast.users[VILLAGE], cast.actor("official.wuhe"), "user:list") is not None


def test_the_own_page_shows_roles_and_devices(client: JudgingClient, cast: Cast) -> None:
    cast.sign_in(client, VILLAGE)
    page = text(client.get("/me"))
    for words in ("潘村干", VILLAGE, "余村村 · 村干部", "未开启", "本机", "127.0.0.1"):
        assert words in page
    assert "退出其他设备" not in page


def test_a_device_can_be_put_out_but_only_ones_own(client: JudgingClient, cast: Cast) -> None:
    cast.sign_in(client, VILLAGE)
    cast.token(VILLAGE)
    cast.token("grid.yucun")
    mine, others = cast.users[VILLAGE], cast.users["grid.yucun"]
    page = client.get("/me")
    assert "退出其他设备" in page.text
    old = min(row.id for row in open_sign_ins(mine, AT))
    [foreign] = [row.id for row in open_sign_ins(others, AT)]
    new = max(row.id for row in open_sign_ins(mine, AT))
    assert client.post(f"/me/sign-ins/{foreign}/end").status_code == 404
    assert client.post(f"/me/sign-ins/{new}/end").location == "/me"
    assert [row.id for row in open_sign_ins(mine, AT)] == [old]
    cast.token(VILLAGE)
    client.get("/me")
    client.post("/me/sign-ins/end-others")
    assert [row.id for row in open_sign_ins(mine, AT)] == [old]
    assert len(open_sign_ins(others, AT)) == 1
    assert "已退出其他 1 处登录" in text(client.get("/me"))


def test_an_administrator_puts_out_the_devices_of_their_people_only(cast: Cast) -> None:
    cast.token(VILLAGE)
    [row] = open_sign_ins(cast.users[VILLAGE], AT)
    for other in ("admin.next", "leader.county"):
        with pytest.raises((NotFound, NotAllowed)):
            accounts.revoke_sign_in(row, actor=cast.actor(other), at=AT)
    accounts.revoke_sign_in(row, actor=cast.actor("admin"), at=AT)
    assert db.session.get_one(SignIn, row.id).revoked_at == AT


def test_changing_the_password_asks_for_the_old_one_and_puts_out_the_other_devices(
    client: JudgingClient, cast: Cast
) -> None:
    cast.sign_in(client, VILLAGE)
    cast.token(VILLAGE)
    client.get("/me/password")

    def change(current: str, new: str, again: str | None = None) -> str:
        return text(client.post("/me/password", data={"current": current, "new": new, "again": again or new}))

    assert "现在的密码不正确" in change("wrong wrong", NEW)
    assert "两次输入的新密码不一样" in change(PASSWORD, NEW, "something else 1")
    assert "至少要 10 个字符" in change(PASSWORD, "short")
    assert "不能和原来的一样" in change(PASSWORD, PASSWORD)
    assert len(open_sign_ins(cast.users[VILLAGE], AT)) == 2
    change(PASSWORD, NEW)
    assert client.get("/me").status_code == 200
    assert len(open_sign_ins(cast.users[VILLAGE], AT)) == 1
    assert matches(cast.user(VILLAGE).password_hash, NEW)


def test_nobody_acts_on_anothers_account_as_if_it_were_their_own(cast: Cast) -> None:
    foreign: dict[str, Any] = {"actor": cast.actor("grid.yucun"), "at": AT}
    with pytest.raises(NotAllowed):
        own_account.set_locale(cast.user(VILLAGE), locale="en", **foreign)
    with pytest.raises(NotAllowed):
        own_account.change_password(cast.user(VILLAGE), current=PASSWORD, new=NEW, keep=1, **foreign)
    with pytest.raises(NotAllowed):
        own_account.revoke_other_sign_ins(cast.user(VILLAGE), keep=1, **foreign)


def test_every_role_has_a_name_for_people() -> None:
    assert set(ROLE_LABELS) == set(Role)
    assert set().union(*PERMISSIONS.values()) <= set(ROLE_LABELS)
