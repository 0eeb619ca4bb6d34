"""A household's statement: it says what the ledger says, to those whom it concerns, on the page and as PDF."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask
from pypdf import PdfReader

from models.audit import AuditEvent
from models.base import db
from models.coins import CoinAccount, CoinLine
from queries.ledger_head import head_now
from queries.purses import HISTORY, history_of, history_statement
from queries.statements import Statement, statement_of
from shell import clock
from tests.pages import JudgingClient
from tests.support.cast import AT, TODAY, Cast
from tests.support.coins import RICE, SOAP, Station
from tests.support.papers import day, lived, name, text_of

OFFICIAL, OTHER, CLERK, VILLAGER = "official.yucun", "official.wuhe", "clerk.yucun", "villager.yucun"
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
COUNTY = "安吉县综治中心"


@pytest.fixture
def station(app: Flask, cast: Cast) -> Station:
    return Station(cast)


def told(station: Station, code: str, first: date = OCTOBER, last: date = TODAY) -> Statement:
    return statement_of(station.household(code), first, last)


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
        (day(10, 8), 30, 0, 0), (day(10, 9), 0, 21, 0), (TODAY, 0, 9, 21), (day(11, 10), 19, 0, 0),
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


def test_the_newest_moves_stand_first_and_not_all_lines_of_an_account_are_read_for_them(station: Station) -> None:
    station.earn("H1", 40)
    for points in range(1, HISTORY):
        station.earn("H1", points)
    spent = station.redeem("H1", {SOAP: 1})
    found = history_of(station.household("H1"))
    assert [row.gained for row in found] == [-7, *range(HISTORY - 1, 0, -1)]
    assert found[0].id == spent.journal_id
    if db.engine.dialect.name == "sqlite":
        asked = str(history_statement().params(purse=1).compile(db.engine, compile_kwargs={"literal_binds": True}))
        plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}")
        assert "INDEX OR" not in str(plan.all())  # which reads all lines of both sides


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
    assert (sent.mimetype, sent.headers["Cache-Control"]) == ("application/pdf", "no-store, private")
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


def downloads() -> list[AuditEvent]:
    return list(db.session.scalars(sa.select(AuditEvent).where(AuditEvent.act == "coin:statement")))
