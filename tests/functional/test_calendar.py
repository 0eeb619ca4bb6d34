"""The working calendar: official and projected years, a day by hand, and a year's notice all or none."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from models.base import db
from models.calendar import CalendarDay, DayStatus
from queries.calendar import has_notice, is_projected, is_work, missing_notice, month_weeks, year_days
from services.calendar import NoticeRefused, change_day, import_notice, plan_notice, seed_years
from services.refusals import NotAllowed, Stale
from tests.pages import JudgingClient
from tests.support.cast import AT, SYSTEM, TODAY, Cast
from tests.support.office import acts, fill, form_values, read_csv, words

LIST = "/admin/calendar/"
NOTICE = "1月1日至1月2日 休息 元旦\n2027-01-03，上班，元旦调休\n"


@pytest.fixture
def seeded(cast: Cast) -> Cast:
    """Give an official year and a projected one: all four take a third of a second, before each test."""
    seed_years(actor=SYSTEM, at=AT, years=(2026, 2027))
    return cast


@pytest.fixture
def office(client: JudgingClient, seeded: Cast) -> JudgingClient:
    seeded.sign_in(client, "admin")
    return client


@pytest.mark.parametrize(
    ("day", "worked", "name"),
    [
        (date(2026, 9, 25), False, "中秋"),
        (date(2026, 9, 20), True, "国庆节调休"),
        (date(2026, 10, 10), True, "国庆节调休"),
        (date(2026, 10, 5), False, "国庆节"),
        (date(2026, 11, 22), False, ""),
        (date(2026, 11, 23), True, ""),
    ],
)
def test_official_years_know_holidays_and_made_up_working_days(
    seeded: Cast, day: date, *, worked: bool, name: str
) -> None:
    assert is_work(day) is worked
    row = db.session.get_one(CalendarDay, day)
    assert (row.name, row.status) == (name, DayStatus.OFFICIAL)


def test_a_year_without_a_notice_is_projected_and_asked_for_from_november(seeded: Cast) -> None:
    assert is_projected(date(2027, 2, 6))
    assert (is_work(date(2027, 2, 5)), is_work(date(2027, 2, 11))) == (False, True)
    assert not is_projected(date(2026, 12, 31))
    assert (has_notice(2026), has_notice(2027)) == (True, False)
    assert missing_notice(date(2026, 10, 31)) is None
    assert missing_notice(date(2026, 11, 1)) == 2027
    assert missing_notice(date(2027, 1, 1)) == 2027


def test_a_day_the_calendar_does_not_know_follows_the_week(cast: Cast) -> None:
    assert (is_work(date(2026, 11, 22)), is_work(date(2026, 11, 23))) == (False, True)
    assert is_projected(TODAY)


def test_seeding_twice_adds_nothing(cast: Cast) -> None:
    assert seed_years(actor=SYSTEM, at=AT) == 366 + 365 * 3
    assert seed_years(actor=SYSTEM, at=AT) == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CalendarDay)) == 366 + 365 * 3
    assert [event.label for event in acts("calendar:seed")] == ["2024", "2025", "2026", "2027"]


def test_the_year_page_shows_twelve_months_and_asks_for_the_missing_notice(office: JudgingClient) -> None:
    page = office.get(f"{LIST}?year=2026")
    assert page.text.count("<caption>") == 12
    assert "2027 年的放假通知还没有导入" in words(page.text)
    assert "暂定" in words(office.get(f"{LIST}?year=2027").text)
    assert "日历里还没有这一年" in words(office.get(f"{LIST}?year=2035").text)


@pytest.mark.parametrize("year", ["", "x", "-5", "99999999999999999999", "0"])
def test_a_year_that_makes_no_sense_is_no_error(office: JudgingClient, year: str) -> None:
    assert office.get(f"{LIST}?year={year}").status_code == 200


def test_a_month_is_whole_weeks(cast: Cast) -> None:
    weeks = month_weeks(2026, 11, {})
    assert [weeks[0][0][0], weeks[-1][-1][0]] == [date(2026, 10, 26), date(2026, 12, 6)]
    assert {len(week) for week in weeks} == {7}
    assert len(month_weeks(2026, 2, {})) == 5


def test_a_day_is_changed_by_hand_under_the_lock(office: JudgingClient) -> None:
    address = f"{LIST}edit/?id=2026-11-23"
    stale = form_values(office.get(address).text, "/edit/")
    assert stale["is_work"] == "True"
    assert fill(office, address, is_work="False", name="临时放假").status_code == 302
    assert not is_work(date(2026, 11, 23))
    assert "别人已经改过这条内容" in words(office.post(address, data=stale).text)
    event = acts("calendar:change")[0]
    assert event.after is not None
    assert (event.thing_id, event.after["is_work"], event.after["name"]) == ("2026-11-23", False, "临时放假")
    assert "修改了日历" in words(office.get(f"{LIST}details/?id=2026-11-23").text)
    row = db.session.get_one(CalendarDay, date(2026, 11, 23))
    with pytest.raises(Stale):
        change_day(row, is_work=True, name="", status=DayStatus.OFFICIAL, row_version=1, actor=SYSTEM, at=AT)


@pytest.mark.parametrize("ident", ["2026-13-01", "x", "2099-01-01", ""])
def test_a_day_that_does_not_exist_is_404(office: JudgingClient, ident: str) -> None:
    assert office.get(f"{LIST}edit/?id={ident}").status_code == 404


def test_a_notice_is_shown_before_it_is_imported(office: JudgingClient) -> None:
    shown = fill(office, f"{LIST}import/", year="2027", text=NOTICE)
    assert "导入后会这样改" in words(shown.text)
    assert "2027-01-03" in words(shown.text)
    assert is_projected(date(2027, 1, 3))
    sent = {**form_values(shown.text, "/import/")}
    assert sent["confirmed"] == "1"
    assert office.post(f"{LIST}import/", data=sent).status_code == 302
    assert is_work(date(2027, 1, 3))
    assert not is_work(date(2027, 1, 2))
    assert has_notice(2027)
    assert missing_notice(date(2026, 12, 1)) is None
    after = acts("calendar:import")[0].after
    assert after is not None
    assert "2027-01-03 上班 元旦调休" in after["days"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("1月1日 休息 元旦\n乱写", 2, "请写成"),
        ("2月30日 休息 春节", 1, "没有这一天"),
        ("2026-01-01 休息 元旦", 1, "日期不在 2027 年"),
        ("1月5日至1月3日 休息 元旦", 1, "结束日期早于开始日期"),
        ("1月1日 休息 元旦\n\n1月1日 上班 元旦", 3, "前面已经写过"),
        ("1月1日 休息 " + "长" * 65, 1, "最多 64 个字"),
    ],
)
def test_a_notice_with_one_bad_line_changes_nothing(office: JudgingClient, text: str, line: int, said: str) -> None:
    answer = fill(office, f"{LIST}import/", year="2027", text=text, confirmed="1")
    assert f"第 {line} 行" in words(answer.text)
    assert said in words(answer.text)
    assert not has_notice(2027)
    assert acts("calendar:import") == []
    with pytest.raises(NoticeRefused):
        import_notice(2027, text=text, actor=SYSTEM, at=AT)


def test_a_blank_notice_is_refused(seeded: Cast) -> None:
    with pytest.raises(NoticeRefused):
        plan_notice(2027, " \n")


def test_a_notice_makes_a_year_the_calendar_did_not_know(cast: Cast) -> None:
    assert import_notice(2028, text="1月1日 休息 元旦", actor=SYSTEM, at=AT) == 366
    assert len(year_days(2028)) == 366
    assert has_notice(2028)


def test_the_year_is_exported(office: JudgingClient) -> None:
    rows = read_csv(office.get(f"{LIST}export/csv/?flt0_since=2026-01-01&flt1_until=2027-01-01").data)
    assert len(rows) == 366
    assert rows[1] == ["2026-01-01", "否", "元旦", "正式", "国务院办公厅节假日安排的通知"]


def test_readers_read_and_others_get_403(client: JudgingClient, seeded: Cast) -> None:
    seeded.sign_in(client, "dispatcher.county")
    assert client.get(LIST).status_code == 200
    for page in ("import/", "edit/?id=2026-11-23"):
        assert client.get(LIST + page).status_code == 403
    seeded.sign_in(client, "official.yucun")
    for page in ("", "import/", "export/csv/", "details/?id=2026-11-23", "edit/?id=2026-11-23"):
        assert client.get(LIST + page).status_code == 403
    for act in (seed_years,):
        with pytest.raises(NotAllowed):
            act(actor=seeded.actor("dispatcher.county"), at=AT)
