"""Settings: typed values per county, with defaults, a lock and a trace."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from queries.settings import SETTINGS, county_title, public_face, setting
from services.refusals import NotAllowed, NotFound, Refusal, Stale
from services.settings import change_setting
from tests.pages import JudgingClient
from tests.support.cast import AT, SYSTEM, Cast
from tests.support.office import acts, fill, form_values, words

LIST = "/admin/settings/"
COUNTY = "安吉县综治中心"


@pytest.fixture
def office(client: JudgingClient, cast: Cast) -> JudgingClient:
    cast.sign_in(client, "admin")
    return client


def test_defaults_hold_until_something_is_set(office: JudgingClient, cast: Cast) -> None:
    county = cast.units[COUNTY]
    assert setting(county, "reveal_limit") == 50
    assert "50 默认" in words(office.get(LIST).text)
    assert fill(office, f"{LIST}edit/?key=reveal_limit", value="7").status_code == 302
    assert setting(county, "reveal_limit") == 7
    assert setting(cast.units["邻县综治中心"], "reveal_limit") == 50
    assert (acts("setting:change")[0].before, acts("setting:change")[0].after) == ({"value": 50}, {"value": 7})
    assert "修改了设置" in words(office.get(f"{LIST}edit/?key=reveal_limit").text)


def test_every_setting_has_a_page_that_takes_its_own_default(office: JudgingClient) -> None:
    for key in SETTINGS:
        assert fill(office, f"{LIST}edit/?key={key}").status_code == 302, key


def test_roles_are_ticked(office: JudgingClient, cast: Cast) -> None:
    assert fill(office, f"{LIST}edit/?key=totp_roles", value=["judge", "leader"]).status_code == 302
    assert setting(cast.units[COUNTY], "totp_roles") == ["judge", "leader"]
    assert "评审员" in words(office.get(LIST).text)


def test_whoever_saves_second_is_told_also_for_the_first_value(office: JudgingClient) -> None:
    address = f"{LIST}edit/?key=county_title"
    stale = form_values(office.get(address).text, "/edit/")
    assert fill(office, address, value="安吉县").status_code == 302
    answer = office.post(address, data={**stale, "value": "安吉"})
    assert "别人保存的是：安吉县" in words(answer.text)
    assert office.post(address, data=form_values(answer.text, "/edit/")).status_code == 302


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("reveal_limit", -1),
        ("reveal_limit", 10**9),
        ("reveal_limit", "7"),
        ("reveal_limit", True),
        ("county_title", "长" * 101),
        ("county_title", 7),
        ("totp_roles", ["nonsense"]),
        ("totp_roles", "judge"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(cast: Cast, key: str, value: Any) -> None:
    with pytest.raises(Refusal):
        change_setting(cast.units[COUNTY], key=key, value=value, row_version=0, actor=SYSTEM, at=AT)


def test_an_unknown_key_does_not_exist(office: JudgingClient, cast: Cast) -> None:
    assert office.get(f"{LIST}edit/?key=nonsense").status_code == 404
    with pytest.raises(NotFound):
        change_setting(cast.units[COUNTY], key="nonsense", value="", row_version=0, actor=SYSTEM, at=AT)
    with pytest.raises(Stale):
        change_setting(cast.units[COUNTY], key="county_title", value="", row_version=3, actor=SYSTEM, at=AT)


def test_another_county_is_out_of_reach_and_others_get_403(client: JudgingClient, cast: Cast) -> None:
    with pytest.raises(NotFound):
        change_setting(
            cast.units["邻县综治中心"], key="county_title", value="x", row_version=0, actor=cast.actor("admin"), at=AT
        )
    cast.sign_in(client, "auditor.county")
    assert "/edit/" not in client.get(LIST).text
    assert client.get(f"{LIST}edit/?key=county_title").status_code == 403
    cast.sign_in(client, "official.yucun")
    assert client.get(LIST).status_code == 403
    with pytest.raises(NotAllowed):
        change_setting(
            cast.units[COUNTY], key="county_title", value="x", row_version=0, actor=cast.actor("auditor.county"), at=AT
        )


def test_the_name_and_the_contact_of_a_county_stand_where_people_see_them(
    client: JudgingClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    county = cast.unit(COUNTY)
    ident, code = county.id, county.code
    assert public_face(code) == (COUNTY, "")
    title, contact = "安吉县社会治理中心大厅", "县行政中心一楼大厅，热线见门口"
    change_setting(ident, key="county_title", value=title, row_version=0, actor=SYSTEM, at=AT)
    change_setting(ident, key="public_contact", value=contact, row_version=0, actor=SYSTEM, at=AT)
    assert public_face(code) == (title, contact)
    assert county_title(ident) == title
    assert county_title(cast.units["邻县综治中心"]) == "邻县综治中心"
    assert public_face("000000") == ("", "")
    settings = client.application.config["ZHIYE"]
    monkeypatch.setitem(client.application.config, "ZHIYE", replace(settings, county_code=code))
    page = client.get("/login").text
    assert title in page
    assert contact in page
