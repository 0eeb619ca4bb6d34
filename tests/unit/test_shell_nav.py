"""The navigation shows the places a person may use, and no others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from models.access import PERMISSIONS, Actor, Grant, Role
from models.orgs import Level
from shell.nav import PROFILE, SEARCH, SETUP, WORK, navigation, phone_places
from tests.support.kit import Register, kit_app

DISPUTES = Register("dispute", "邻里纠纷登记")


@pytest.fixture(scope="module")
def kit() -> Flask:
    return kit_app()


@pytest.fixture
def page(kit: Flask) -> Iterator[Flask]:
    with kit.test_request_context("/admin/f/dispute/edit/"):
        yield kit


def actor(role: Role) -> Actor:
    return Actor(1, "somebody", "某人", (Grant(role, 3, "余村", Level.VILLAGE, 1, 2, 3),))


def labels(who: Actor | None) -> dict[str, list[str]]:
    return {str(s.label): [str(entry.label) for entry in s.entries] for s in navigation(who, [DISPUTES])}


@pytest.mark.usefixtures("page")
def test_an_admin_sees_all_places_of_configuration() -> None:
    admin = Actor(1, "somebody", "某人", (Grant(Role.ADMIN, 1, "安吉县", Level.COUNTY, 1, None, None),))
    assert labels(admin)["统计与配置"] == [str(entry.label) for entry in SETUP.entries]


@pytest.mark.usefixtures("page")
def test_a_grid_worker_sees_entry_registers_and_people_but_no_configuration() -> None:
    assert labels(actor(Role.GRID_WORKER)) == {
        "": ["今日", "录入"],
        "台账": ["邻里纠纷登记"],
        "统计与配置": ["组织", "居民", "家庭"],
    }


@pytest.mark.usefixtures("page")
def test_nobody_signed_in_sees_no_places() -> None:
    assert navigation(None, [DISPUTES]) == []
    assert phone_places(None) == []


def test_a_place_that_is_not_installed_is_left_out(kit: Flask) -> None:
    bare = Flask("bare")
    bare.add_url_rule("/", "desk.home", lambda: "")
    with bare.test_request_context("/"):
        assert [section.label for section in navigation(actor(Role.ADMIN))] == [""]


@pytest.mark.usefixtures("page")
def test_the_place_of_the_page_shown_is_marked_below_its_prefix_too() -> None:
    marked = [e.label for s in navigation(actor(Role.ADMIN), [DISPUTES]) for e in s.entries if e.current]
    assert marked == ["邻里纠纷登记"]


@pytest.mark.usefixtures("page")
def test_a_phone_has_at_most_four_places_beside_the_one_for_everything() -> None:
    assert [str(e.short or e.label) for e in phone_places(actor(Role.GRID_WORKER))] == ["今日", "录入", "搜索", "我的"]


def test_every_permission_of_the_navigation_is_in_the_map() -> None:
    places = (*WORK.entries, *SETUP.entries, SEARCH, PROFILE)
    assert {p.permission for p in places if p.permission} <= set(PERMISSIONS)
