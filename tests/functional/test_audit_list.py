"""The audit list: who sees which events, filters, words instead of codes, and no way to change anything."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from models.audit import AuditEvent
from models.base import db
from queries.audit import audit_scope
from services.calendar import seed_years
from services.orgs import rename_org
from services.people import create_resident
from tests.pages import JudgingClient
from tests.support.cast import AT, SYSTEM, Cast
from tests.support.office import acts, read_csv, words

LIST = "/admin/audit/"


@pytest.fixture
def busy(client: JudgingClient, cast: Cast) -> JudgingClient:
    """A county where somebody did something in two villages, signed in as its auditor."""
    actor = cast.actor("official.yucun")
    cast.token("admin.next")
    create_resident(cast.units["余村村"], answers={"name": "张三", "phone": "13812342084"}, actor=actor, at=AT)
    create_resident(cast.units["红庙村"], answers={"name": "王五"}, actor=SYSTEM, at=AT)
    rename_org(cast.unit("余村村"), name="余村新村", since=date(2026, 1, 1), actor=cast.actor("admin"), at=AT)
    cast.sign_in(client, "auditor.county")
    return client


def test_events_read_as_sentences(busy: JudgingClient) -> None:
    text = words(busy.get(LIST).text)
    for said in ("登记了居民", "更改了组织名称", "潘村干", "张**", "余村新村"):
        assert said in text
    for code in ("resident:create", "org_unit", "张三", "13812342084"):
        assert code not in text


@pytest.mark.parametrize(
    ("query", "found", "lost"),
    [
        ("flt0_who=潘村干", "张**", "王**"),
        ("flt0_who=official.yucun", "张**", "王**"),
        ("flt0_act=org:rename", "余村新村", "张**"),
        ("flt0_thing=resident", "张**", "陈管理"),
        ("flt0_since=2026-11-22&flt1_until=2026-11-22", "张**", "没有符合条件"),
        ("flt0_until=2026-11-21", "没有符合条件", "张**"),
    ],
)
def test_events_are_narrowed(busy: JudgingClient, query: str, found: str, lost: str) -> None:
    text = words(busy.get(f"{LIST}?{query}").text)
    assert found in text
    assert lost not in text.split("搜索", maxsplit=1)[0].split("添加条件", maxsplit=1)[-1].split("应用", maxsplit=1)[-1]


def test_the_township_condition_offers_the_townships_of_the_scope(busy: JudgingClient, cast: Cast) -> None:
    page = busy.get(LIST)
    assert "梅溪镇" in page.text
    assert "邻镇" not in page.text
    text = words(busy.get(f"{LIST}?flt0_town={cast.units['梅溪镇']}").text)
    assert "王**" in text
    assert "张**" not in text


def test_one_event_shows_each_field_before_and_after(busy: JudgingClient) -> None:
    event = acts("org:rename")[0]
    text = words(busy.get(f"{LIST}details/?id={event.id}").text)
    for said in ("名称 余村村 余村新村", "启用日期 （空） 2026-01-01", event.hash):
        assert said in text


def test_the_county_before_an_audit_event_of_a_township(cast: Cast, busy: JudgingClient) -> None:
    seed_years(actor=SYSTEM, at=AT, years=(2026,))

    def seen(username: str) -> set[str]:
        query = sa.select(AuditEvent.act).where(audit_scope(cast.actor(username)))
        return set(db.session.scalars(query))

    assert seen("auditor.county") == {"resident:create", "org:rename", "calendar:seed", "user:sign_in"}
    assert seen("admin.next") == {"calendar:seed", "user:sign_in"}
    assert seen("official.yucun") == set()


def test_another_countys_event_is_not_found(client: JudgingClient, cast: Cast, busy: JudgingClient) -> None:
    event = acts("org:rename")[0]
    cast.sign_in(client, "admin.next")
    assert "余村新村" not in client.get(LIST).text
    assert client.get(f"{LIST}details/?id={event.id}").status_code == 404
    assert "余村新村" not in str(read_csv(client.get(f"{LIST}export/csv/").data))


@pytest.mark.parametrize("page", ["new/", "edit/?id=1", "delete/confirm/?id=1", "delete/", "action/", "ajax/update/"])
def test_no_address_changes_an_event(busy: JudgingClient, page: str) -> None:
    assert busy.get(LIST + page).status_code == 404
    assert busy.post(LIST + page, data={"id": "1"}).status_code == 404


@pytest.mark.parametrize("username", ["official.yucun", "dispatcher.county", "leader.county"])
def test_who_may_not_read_the_chain_gets_403(client: JudgingClient, cast: Cast, username: str) -> None:
    cast.sign_in(client, username)
    for page in ("", "details/?id=1", "export/xlsx/"):
        assert client.get(LIST + page).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "flt0_since=yesterday", "flt0_until=9999-12-31", "flt0_since=0001-01-01", "flt0_act=nonsense", "flt0_town=x",
        "flt0_who=%00", "after=W10", "after=WyJ4Il0",
    ],
)  # fmt: skip
def test_conditions_that_make_no_sense_are_no_error(busy: JudgingClient, query: str) -> None:
    assert busy.get(f"{LIST}?{query}").status_code == 200


def test_a_long_list_is_paged_by_the_chains_own_numbers(busy: JudgingClient, cast: Cast) -> None:
    for number in range(60):
        create_resident(cast.units["余村村"], answers={"name": f"张{number}"}, actor=SYSTEM, at=AT)
    first = busy.get(LIST)
    assert "64 条" in words(first.text)
    older = first.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = busy.get(older)
    assert "本页 14 条" in words(second.text)
    assert "回到最新" in words(second.text)
