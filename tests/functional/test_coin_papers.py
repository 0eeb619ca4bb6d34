"""Papers of the coin ledger: a household's statement, a village's month in public, the public notice."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from pypdf import PdfReader

from models.audit import AuditEvent
from models.base import db
from models.coins import CoinAccount, CoinLine
from models.orgs import OrgUnit
from models.people import Household
from queries.ledger_head import agrees, head_now, proved_hash
from queries.month_sheets import MonthSheet, month_sheet
from queries.statements import Statement, statement_of
from services import coins
from services.claim_filing import Asked, file_claim
from services.claims import agree, approve
from services.settings import change_setting
from services.transaction import write_transaction
from shell import clock
from tests.pages import JudgingClient
from tests.support.cast import AT, SYSTEM, TODAY, Cast
from tests.support.coins import RICE, SOAP, Station, uid, without_triggers
from tests.support.points import item, publish_rules

OFFICIAL, OTHER, CLERK, VILLAGER = "official.yucun", "official.wuhe", "clerk.yucun", "villager.yucun"
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
COUNTY = "安吉县综治中心"


@pytest.fixture
def station(app: Flask, cast: Cast) -> Station:
    return Station(cast)


def day(month: int, number: int) -> date:
    return date(2026, month, number)


def told(station: Station, code: str, first: date = OCTOBER, last: date = TODAY) -> Statement:
    return statement_of(station.household(code), first, last)


def sheet(station: Station, ym: str = "2026-11") -> MonthSheet:
    return month_sheet(db.session.get_one(OrgUnit, station.village_id), ym)


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def lived(station: Station) -> None:
    """Let two households live through a quarter: earnings, sales, a voucher, a reversal that makes a debt, expiry."""
    publish_rules(station.cast)
    clean = item("clean").id
    station.earn("H1", 50, effective_on=day(10, 5), expires_on=day(10, 31), rule_item_id=clean, memo="扫了村道")
    station.redeem("H1", {RICE: 1}, today=day(10, 20))
    for code in ("H1", "H2"):
        coins.expire_household(station.household(code), day(10, 31), actor=SYSTEM, at=AT, today=TODAY)
    wrong = station.earn("H2", 30, effective_on=day(10, 8))
    station.redeem("H2", {SOAP: 3}, today=day(10, 9))
    station.reverse(wrong)
    station.earn("H1", 40, effective_on=day(11, 3), rule_item_id=clean)
    station.earn("H1", 60, effective_on=day(11, 4), expires_on=None)
    station.deduct("H1", 8, effective_on=day(11, 6), rule_item_id=item("fine").id)
    station.hold("H1", {RICE: 1})
    station.earn("H2", 40, effective_on=day(11, 10))


# ---------- the statement ----------


def test_a_statement_says_what_the_ledger_says(station: Station) -> None:
    lived(station)
    found, purse = told(station, "H1"), station.purse("H1")
    assert [(move.came, move.went, move.balance) for move in found.moves] == [
        (50, 0, 50), (0, 30, 20), (0, 20, 0), (40, 0, 40), (60, 0, 100), (0, 8, 92),
    ]  # fmt: skip
    stated = {row.journal_id: row for row in db.session.scalars(sa.select(CoinLine))}
    ours = db.session.scalar(sa.select(CoinAccount.id).where(CoinAccount.code.like("household%H1")))
    for move in found.moves:
        line = stated[move.number]
        assert move.balance == (line.to_after if line.to_id == ours else line.from_after)
    assert (found.opening, found.closing, found.held, found.owed) == (0, purse.balance, purse.held, purse.debt)
    assert sum(left for _day, left in found.lots) == found.available == 62
    assert found.lots == [(date(2026, 12, 31), 2), (None, 60)]
    assert (found.moves[0].item, found.moves[0].memo) == ("庭院整洁", "扫了村道")
    assert found.head == head_now()


def test_a_statement_of_part_of_the_time_begins_where_the_part_before_ended(station: Station) -> None:
    lived(station)
    before, after = told(station, "H1", OCTOBER, day(10, 31)), told(station, "H1", NOVEMBER)
    assert (before.closing, before.available, before.lots) == (after.opening, 0, [])
    assert (before.came + after.came, before.went + after.went) == (150, 58)
    halfway = told(station, "H1", OCTOBER, day(10, 10))
    assert (halfway.closing, halfway.lots, list(halfway.holds)) == (50, [(date(2026, 10, 31), 50)], [])


def test_a_debt_stands_on_the_statement_until_it_is_paid(station: Station) -> None:
    lived(station)
    found = told(station, "H2", OCTOBER)
    assert [(move.on, move.came, move.went, move.owed) for move in found.moves] == [
        (day(10, 8), 30, 0, 0), (day(10, 9), 0, 21, 0), (day(11, 10), 19, 0, -21), (TODAY, 0, 9, 0),
    ]  # fmt: skip
    assert (found.closing, found.owed, station.purse("H2").balance, station.purse("H2").debt) == (19, 0, 19, 0)


def test_a_voucher_that_was_fetched_or_lapsed_is_no_longer_set_aside(station: Station) -> None:
    station.earn("H1", 90)
    first, second = (station.hold("H1", {RICE: 1}, at=AT, today=day(11, 20)) for _n in range(2))
    assert told(station, "H1").held == 60
    station.hand_over(first, today=day(11, 21))
    station.give_back(second)
    found, earlier = told(station, "H1"), told(station, "H1", OCTOBER, day(11, 21))
    assert (found.held, found.closing, found.available) == (0, 60, 60)
    assert (earlier.held, [hold.code for hold in earlier.holds]) == (30, [second.code])


def test_a_household_that_never_had_coins_has_an_empty_statement(station: Station, client: JudgingClient) -> None:
    found = told(station, "H9")
    assert (found.opening, found.closing, found.moves, found.lots, list(found.holds)) == (0, 0, [], [], [])
    station.cast.sign_in(client, OFFICIAL)
    assert "这段时间没有进出" in client.get(address(station, "H9")).text


def address(station: Station, code: str = "H1", ending: str = "", months: str = "") -> str:
    return f"/coins/households/{station.household(code).id}/statement{ending}{months}"


def test_the_statement_is_for_the_officials_of_the_place_and_for_the_household_itself(
    station: Station, client: JudgingClient
) -> None:
    station.earn("H1", 10, effective_on=day(11, 2))
    answers = {}
    for username in (OFFICIAL, "official.tianhuangping", "auditor.county", OTHER, "official.next", CLERK, "grid.yucun",
                     VILLAGER):  # fmt: skip
        station.cast.sign_in(client, username)
        answers[username] = [client.get(address(station, "H1", ending)).status_code for ending in ("", ".pdf")]
    assert answers == {
        OFFICIAL: [200, 200], "official.tianhuangping": [200, 200], "auditor.county": [200, 200],
        OTHER: [404, 404], "official.next": [404, 404],
        CLERK: [403, 403], "grid.yucun": [403, 403], VILLAGER: [403, 403],
    }  # fmt: skip
    station.cast.sign_in(client, "auditor.county")
    assert "张三" not in client.get(address(station)).text


def test_points_on_a_statement_lead_to_where_they_are_taken_back_for_those_who_may(
    station: Station, client: JudgingClient
) -> None:
    earned = station.earn("H1", 40, effective_on=day(11, 2))
    taken = station.deduct("H1", 3, effective_on=day(11, 3))
    station.redeem("H1", {SOAP: 1})
    expected = {f"/coins/awards/{receipt.uid}" for receipt in (earned, taken)}
    for username, links in ((OFFICIAL, expected), ("official.tianhuangping", expected), ("auditor.county", set())):
        station.cast.sign_in(client, username)
        page = client.get(address(station, months="?from=2026-11&to=2026-11")).text
        assert set(re.findall(r'href="(/coins/awards/\w+)"', page)) == links, username
        assert [client.get(link).status_code for link in links] == [200] * len(links)
    station.move_in("H1", VILLAGER)
    station.cast.sign_in(client, VILLAGER)
    assert "/coins/awards/" not in client.get("/own/coins/statement?from=2026-11&to=2026-11").text


def test_a_villager_takes_the_own_statement_home(station: Station, client: JudgingClient) -> None:
    station.cast.sign_in(client, VILLAGER)
    assert "还没有关联到家庭" in client.get("/own/coins/statement").text
    assert client.get("/own/coins/statement.pdf").status_code == 404
    station.move_in("H1", VILLAGER)
    station.earn("H1", 10, today=clock.today(), expires_on=None)
    station.earn("H2", 7, today=clock.today(), expires_on=None, memo="别人家的事")
    assert "/own/coins/statement" in client.get("/own/coins").text
    page = client.get("/own/coins/statement").text
    assert ("张三" in page, "别人家" in page) == (True, False)
    assert "张三" in text_of(client.get("/own/coins/statement.pdf").data)
    assert downloads() == []  # what is one's own leaves no trace


def test_a_statement_as_a_file_has_names_pages_and_the_head_of_the_chain_and_is_audited(
    station: Station, client: JudgingClient
) -> None:
    name("张小三", station)
    for number in range(60):
        station.earn("H1", 1, effective_on=day(11, 1 + number % 20), memo=f"好事{number:03d}号")
    station.cast.sign_in(client, OFFICIAL)
    sent = client.get(address(station, "H1", ".pdf", "?from=2026-11&to=2026-11"))
    assert (sent.mimetype, sent.headers["Cache-Control"]) == ("application/pdf", "private, no-store")
    pages = PdfReader(io.BytesIO(sent.data)).pages
    assert len(pages) >= 2
    first, last = pages[0].extract_text(), pages[-1].extract_text()
    assert "张小三" in first
    assert all(one in last for one in (head_now().hash, "村（社区）盖章", f"第 {len(pages)} 页，共 {len(pages)} 页"))
    assert all(round(float(page.mediabox.width)) == 595 for page in pages)  # A4
    assert "059" in text_of(sent.data)
    (done,) = downloads()
    assert done.thing_id == str(station.household("H1").id)
    assert (done.after or {})["count"] == 60


def test_months_that_make_no_sense_are_refused_with_the_reason(station: Station, client: JudgingClient) -> None:
    station.cast.sign_in(client, OFFICIAL)
    for months, why in (
        ("?from=2026-10&to=2026-09", "结束的月份不能早于"), ("?from=2099-01", "还没有开始"),
        ("?from=2000-01&to=2026-10", "一次最多看 36 个月"), ("?from=2026-13", "月份不对"), ("?to=9999-12", "月份不对"),
    ):  # fmt: skip
        page = client.get(address(station, "H1", "", months))
        assert (months, page.status_code, why in page.text) == (months, 422, True)
        assert client.get(address(station, "H1", ".pdf", months)).status_code == 404


# ---------- the month in public ----------


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


# ---------- the public notice ----------


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


# ---------- what they share ----------


def paper_of(client: JudgingClient) -> str:
    return text_of(client.get("/coins/month-sheet.pdf?month=2026-10").data)


def name(head: str, station: Station, code: str = "H1") -> None:
    ident = station.household(code).id
    with write_transaction():
        db.session.get_one(Household, ident).head_name = head


def downloads() -> list[AuditEvent]:
    return list(db.session.scalars(sa.select(AuditEvent).where(AuditEvent.act == "coin:statement")))
