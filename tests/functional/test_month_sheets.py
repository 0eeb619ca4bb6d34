"""A village in public: the sheet of a month and the notice show additions alone, named as the county says."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from models.base import db
from models.coins import CoinAccount, CoinLine
from models.orgs import OrgUnit
from queries.ledger_head import agrees, head_now, proved_hash
from queries.month_sheets import MonthSheet, month_sheet
from services import coins
from services.claim_filing import Asked, file_claim
from services.claims import agree, approve
from services.settings import change_setting
from shell import clock
from tests.pages import JudgingClient
from tests.support.cast import AT, SYSTEM, TODAY, Cast
from tests.support.coins import Station, uid, without_triggers
from tests.support.papers import day, lived, name, text_of
from tests.support.points import item, publish_rules

OFFICIAL, OTHER, CLERK, VILLAGER = "official.yucun", "official.wuhe", "clerk.yucun", "villager.yucun"
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
COUNTY = "安吉县综治中心"


@pytest.fixture
def station(app: Flask, cast: Cast) -> Station:
    return Station(cast)


def sheet(station: Station, ym: str = "2026-11") -> MonthSheet:
    return month_sheet(db.session.get_one(OrgUnit, station.village_id), ym)


def test_the_sums_of_a_month_lead_from_what_there_was_to_what_the_ledger_has(station: Station) -> None:
    lived(station)
    october, november = sheet(station, "2026-10"), sheet(station)
    assert (october.opening, october.issued, october.redeemed, october.expired, october.closing) == (0, 80, 51, 20, 9)
    assert (november.opening, november.issued, november.deducted, november.corrected) == (9, 140, 8, -30)
    mine = sa.select(sa.func.sum(CoinAccount.balance)).where(
        CoinAccount.village_id == station.village_id, CoinAccount.household_id.is_not(None)
    )
    assert november.closing == db.session.scalar(mine) == 111
    assert [one.points for one in november.additions] == [40, 60, 40]


def test_what_was_taken_back_in_the_same_month_is_not_published(station: Station) -> None:
    station.reverse(station.earn("H1", 30, effective_on=day(11, 2)))
    found = sheet(station)
    assert (list(found.additions), found.issued, found.corrected, found.closing) == ([], 0, 0, 0)


def test_only_additions_are_published_and_names_as_the_county_says(station: Station, client: JudgingClient) -> None:
    name("张小三", station)
    station.earn("H1", 40, effective_on=day(11, 3), memo="不公开的说明")
    name("李四光", station, "H2")
    station.earn("H2", 9, effective_on=day(10, 3))
    station.deduct("H2", 8, effective_on=day(11, 6), memo="乱倒垃圾")
    code = station.household("H1").code
    seen: dict[str, list[str]] = {}
    for number, style in enumerate(("family", "ends", "code", "full")):
        change_setting(
            station.cast.units[COUNTY], key="public_names", value=style, row_version=number, actor=SYSTEM, at=AT
        )
        for username in (OFFICIAL, VILLAGER):
            station.cast.sign_in(client, username)
            page = client.get("/coins/month-sheet?month=2026-11").text
            paper = text_of(client.get("/coins/month-sheet.pdf?month=2026-11").data)
            for text in (page, paper):
                assert not any(word in text for word in ("李", "光", "乱倒垃圾", "不公开的说明"))
                shown = [one for one in ("张小三", "张*三", "张**", code) if one in text]
                assert seen.setdefault(style, shown) == shown
    assert seen == {"family": ["张**"], "ends": ["张*三"], "code": [code], "full": ["张小三"]}


def test_a_closed_month_carries_its_hash_and_paper_can_be_compared_with_the_ledger(
    app: Flask, station: Station, client: JudgingClient
) -> None:
    station.earn("H1", 40, effective_on=day(10, 3))
    station.cast.sign_in(client, VILLAGER)
    page = "/coins/month-sheet?month=2026-10"
    assert all("尚未结账" in text for text in (client.get(page).text, paper_of(client)))
    coins.close_month(station.cast.unit(COUNTY), "2026-10", actor=SYSTEM, at=AT, today=TODAY)
    head = head_now()
    station.earn("H1", 5)  # the next month goes on, the closed one stays
    assert "尚未结账" not in client.get(page).text
    assert all(head.hash in text for text in (client.get(page).text, paper_of(client)))
    spelled = " ".join(head.hash[place : place + 8] for place in range(0, 64, 8)).upper()
    assert "核对一致" in client.get(f"{page}&hash={spelled}").text
    assert "核对不一致" in client.get(f"{page}&hash={'0' * 64}").text
    run = app.test_cli_runner().invoke
    assert run(args=["ledger", "check", str(head.number), head.hash]).exit_code == 0
    assert run(args=["ledger", "check", str(head.number + 1), head.hash]).exit_code == 1
    assert run(args=["ledger", "check", "999", head.hash]).exit_code == 1


def test_a_journal_that_was_changed_no_longer_proves_a_paper(station: Station) -> None:
    station.earn("H1", 40)
    head = head_now()
    assert agrees(head, head.hash)
    with db.engine.begin() as connection:
        connection.execute(sa.text(without_triggers()))
        connection.execute(sa.update(CoinLine).values(amount=CoinLine.amount + 1))
    db.session.rollback()
    assert (proved_hash(head.number), agrees(head, head.hash)) == (None, False)


def test_a_month_closed_together_with_a_later_one_carries_the_hash_of_that(
    station: Station, client: JudgingClient
) -> None:
    station.earn("H1", 40, effective_on=day(9, 3))
    coins.close_month(station.cast.unit(COUNTY), "2026-10", actor=SYSTEM, at=AT, today=TODAY)
    station.cast.sign_in(client, OFFICIAL)
    page = client.get("/coins/month-sheet?month=2026-09").text
    assert "和 2026-10 一起结账" in page
    assert head_now().hash in page


def test_the_sheet_is_for_those_who_work_with_coins_or_live_in_the_village(
    station: Station, client: JudgingClient
) -> None:
    village = f"?village={station.village_id}"
    answers = {}
    for username in (OFFICIAL, CLERK, VILLAGER, "leader.county", OTHER, "official.next", "judge.yincai"):
        station.cast.sign_in(client, username)
        answers[username] = client.get(f"/coins/month-sheet{village}").status_code
        assert client.get(f"/coins/month-sheet.pdf{village}").status_code == answers[username]
    assert answers == {
        OFFICIAL: 200, CLERK: 200, VILLAGER: 200, "leader.county": 200, OTHER: 404, "official.next": 404,
        "judge.yincai": 404,
    }  # fmt: skip
    assert "没有可以看的村" in client.get("/coins/month-sheet").text
    station.cast.sign_in(client, OFFICIAL)
    assert (client.get("/coins/month-sheet?month=2099-01").status_code, client.get("/coins/month-sheet.pdf?month=x")
            .status_code) == (422, 404)  # fmt: skip
    client.get("/login")
    with client.session_transaction() as session:
        session.clear()
    assert client.get("/coins/month-sheet").status_code == 302


def test_the_public_notice_shows_additions_alone_and_hides_names_also_in_what_people_wrote(
    station: Station, client: JudgingClient, cast: Cast
) -> None:
    publish_rules(cast)
    name("张小三", station)
    name("李四光", station, "H2")
    today = clock.today()
    for code, what, points, said in (("H1", "clean", 5, "张小三扫了村道"), ("H2", "fine", 3, "往河里倒垃圾")):
        asked = Asked(item=item(what), points=points, done_on=today, what=said, evidence="有照片")
        by: dict[str, Any] = {"at": AT, "today": today}
        claim = file_claim(station.household(code), asked, uid=uid(), actor=cast.actor("grid.yucun"), **by)
        if what == "clean":
            agree(claim, actor=cast.actor(OFFICIAL), at=AT)
        approve(claim, actor=cast.actor(OFFICIAL), **by)
    code = station.household("H1").code
    seen = {}
    for number, style in enumerate(("family", "ends", "code", "full")):
        change_setting(cast.units[COUNTY], key="public_names", value=style, row_version=number, actor=SYSTEM, at=AT)
        cast.sign_in(client, VILLAGER)
        page = client.get("/coins/notice").text
        assert not any(word in page for word in ("李", "倒垃圾"))
        seen[style] = [one for one in ("张小三", "张*三", "张**", code) if one in page]
    assert seen == {"family": ["张**"], "ends": ["张*三"], "code": [code], "full": ["张小三"]}


def paper_of(client: JudgingClient) -> str:
    return text_of(client.get("/coins/month-sheet.pdf?month=2026-10").data)
