"""Points records come from a workbook: all or none, each bad row named, each file once."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
import xlsxwriter

from models.base import db
from models.claims import ClaimState, CoinClaim
from models.coins import CoinJournal
from models.people import Household
from queries.ledger_audit import audit_ledger
from services.point_imports import RowsRefused, import_points
from services.point_sheets import SheetRefused, read_points
from services.posting import BudgetShort, head
from services.transaction import write_transaction
from services.workbooks import open_table
from shell import clock
from tests.pages import JudgingClient
from tests.support.cast import AT, SYSTEM, TODAY, Cast
from tests.support.coins import Purse, Station
from tests.support.points import ITEMS, OFFICIALS, item, publish_rules

HEADS = ("户编号", "姓名", "事项编号", "分值", "日期", "备注")
PAGE = "/coins/import/"
MIB = 1024 * 1024
Row = tuple[Any, ...]


def workbook(rows: list[Row], heads: tuple[str, ...] = HEADS) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        paper = book.add_worksheet()
        for number, row in enumerate([heads, *rows]):
            paper.write_row(number, 0, row)
    return out.getvalue()


def homes(station: Station, count: int) -> list[str]:
    """Register that many households at once; return their codes."""
    station.household("H0")
    first = db.session.get_one(Household, station.households["H0"])
    kept = {name: getattr(first, name) for name in ("county_id", "town_id", "village_id", "org_id", "created_at")}
    codes = [f"{first.code}-{number}" for number in range(count)]
    with write_transaction():
        rows = [{"code": code, "head_name": "张三", "updated_at": AT, "pinyin": "", **kept} for code in codes]
        db.session.execute(sa.insert(Household), rows)
    return codes


def put(data: bytes, actor: Any = SYSTEM) -> tuple[int, int]:
    done = import_points(read_points(data, most_bytes=MIB), actor=actor, at=AT, today=TODAY)
    return done.posted, done.known


def test_one_bad_row_of_500_posts_nothing_and_the_corrected_file_is_posted_once(cast: Cast) -> None:
    station = Station(cast, budget=100_000)
    codes = homes(station, 250)
    rows: list[Row] = [(codes[number % 250], "", "", 20, "2026-11-20", "修桥") for number in range(500)]
    bad = list(rows)
    bad[316] = (codes[3], "", "", "二十", "2026-11-20", "")
    before = head()
    with pytest.raises(RowsRefused) as refused:
        put(workbook(bad), cast.actor("official.yucun"))
    assert [(one.row, str(one.why)) for one in refused.value.rows] == [(318, "分值不是1–50的整数")]
    assert head() == before
    good = workbook(rows)
    assert put(good, cast.actor("official.yucun")) == (500, 0)
    newest = head()
    assert put(good, cast.actor("official.tianhuangping")) == (0, 500)
    assert (head(), newest[0]) == (newest, before[0] + 500)
    assert station.balance("budget") == 100_000 - 500 * 20
    assert audit_ledger().breaches == []


def test_every_bad_row_is_named_with_its_reason(cast: Cast) -> None:
    station = Station(cast)
    other = Station(cast, village="五鹤村", budget=0)
    publish_rules(cast)
    code, foreign = station.household("H1").code, other.household("H1").code
    rows: list[Row] = [
        (code, "", "daily", 5, date(2026, 11, 20).isoformat(), ""),
        (foreign, "", "daily", 5, "2026-11-20", ""),
        ("", "", "daily", 5, "2026-11-20", ""),
        (code, "李四", "daily", 5, "2026-11-20", ""),
        (code, "", "none", 5, "2026-11-20", ""),
        (code, "", "fine", 5, "2026-11-20", ""),
        (code, "", "daily", 6, "2026-11-20", ""),
        (code, "", "daily", 0, "2026/11/20", ""),
        (code, "", "daily", 5, "昨天", ""),
        (code, "", "daily", 5, "2026-11-23", ""),
        (code, "", "daily", 4, "2026-11-21", ""),
        (code, "", "", 5, "2026-11-20", "没有事项"),
    ]
    with pytest.raises(RowsRefused) as refused:
        put(workbook(rows), cast.actor("official.yucun"))
    assert {one.row: str(one.why) for one in refused.value.rows} == {
        3: f"您管的村里没有户编号“{foreign}”",
        4: "没有填户编号",
        5: "这一户没有“李四”",
        6: "那一天的规则里没有事项“none”",
        7: "扣分要先告知本人，不能用表格导入",
        8: "分值不是1–5的整数",
        9: "分值不是1–5的整数",
        10: "日期要写成 2026-01-31 这样",
        11: "日期在今天以后",
        12: "这一户这个月的“垃圾分类”最多 8 分，超了 1 分",
        13: "没有填事项编号或事项名称",
    }
    with pytest.raises(SheetRefused):
        put(workbook([], HEADS))
    with pytest.raises(SheetRefused):
        put(workbook([("x",)], ("户编号",)))


def test_a_debt_is_paid_first_and_the_budget_holds_for_the_whole_file(cast: Cast) -> None:
    station = Station(cast, budget=60)
    earned = station.earn("H1", 30)
    station.deduct("H1", 30)
    station.reverse(earned)
    code = station.household("H1").code
    with pytest.raises(BudgetShort):
        put(workbook([(code, "", "", 50, "2026-11-20", ""), (code, "", "", 50, "2026-11-20", "")]))
    assert put(workbook([(code, "", "", 20, "2026-11-20", ""), (code, "", "", 5, "2026-11-20", "")])) == (2, 0)
    assert station.purse("H1") == Purse(0, 0, -5)
    assert put(workbook([(code, "", "", 12, "2026-11-20", "")])) == (1, 0)
    assert station.purse("H1") == Purse(7, 0, 0)
    assert audit_ledger().breaches == []


def test_what_the_rules_do_not_let_post_at_once_becomes_claims_and_all_or_none_holds(cast: Cast) -> None:
    station = Station(cast)
    proved = {"name": "救灾", "points_min": 1, "points_max": 9, "review": False, "claimants": OFFICIALS}
    more = {
        "photo": proved | {"evidence": "photo"},
        "text": proved | {"evidence": "text"},
        "each": proved | {"cap_person_month": 9},
        "theirs": proved | {"approvers": {"roles": ["township_official"]}},
    }
    publish_rules(cast, items=ITEMS | more)
    code, official = station.household("H1").code, cast.actor("official.yucun")
    rows: list[Row] = [(code, "", "daily", 5, "2026-11-20", ""), (code, "", "clean", 6, "2026-11-20", "扫雪")]
    wrong: list[Row] = [
        (code, "", "clean", 6, "2026-01-20", ""),
        *((code, "", one, 5, "2026-11-20", "") for one in more),
    ]
    with pytest.raises(RowsRefused) as refused:
        put(workbook([*rows, *wrong[1:4]]), official)
    assert {one.row: str(one.why) for one in refused.value.rows} == {
        4: "“救灾”要有照片，请用申报",
        5: "“救灾”要在备注里写明证明",
        6: "“救灾”按人计算上限，要填登记过的家里人的姓名",
    }
    with pytest.raises(RowsRefused) as refused:
        put(workbook([*rows, wrong[0]]), official)
    assert [one.row for one in refused.value.rows] == [4]
    assert (station.purse("H1").balance, db.session.scalars(sa.select(CoinClaim)).all()) == (0, [])
    good = read_points(workbook([rows[1], rows[0], wrong[4]]), most_bytes=MIB)
    done = import_points(good, actor=official, at=AT, today=TODAY)
    assert (done.posted, done.coins, done.filed) == (1, 5, 2)
    filed = db.session.scalars(sa.select(CoinClaim).order_by(CoinClaim.id)).all()
    assert [(one.item.code, one.points, one.what, one.state) for one in filed] == [
        ("clean", 6, "扫雪", ClaimState.FILED), ("theirs", 5, "救灾", ClaimState.FILED),
    ]  # fmt: skip
    posted = db.session.scalars(sa.select(CoinJournal.rule_item_id).where(CoinJournal.rule_item_id.is_not(None)))
    assert list(posted) == [item("daily").id]
    assert import_points(good, actor=official, at=AT, today=TODAY).known == 3
    assert len(db.session.scalars(sa.select(CoinClaim)).all()) == 2


def test_an_official_uploads_the_template_filled_in_and_exports_what_was_posted(
    cast: Cast, client: JudgingClient
) -> None:
    station = Station(cast)
    code, day = station.household("H1").code, clock.today().isoformat()
    cast.sign_in(client, "official.yucun")
    assert "导入积分记录" in client.get(PAGE).text
    template = open_table(client.get(f"{PAGE}template.xlsx").data, most_bytes=MIB)
    heads = tuple(str(head).rstrip("*") for head in template.rows(template.names[0])[0])
    filled = workbook([(code, "", "", "", 9, day, "扫雪")], heads)
    wrong = client.post(PAGE, data={"file": (io.BytesIO(workbook([(code, "", "", "", 99, day, "")], heads)), "a.xlsx")})
    assert (wrong.status_code, "分值不是1–50的整数" in wrong.text) == (422, True)
    done = client.post(PAGE, data={"file": (io.BytesIO(filled), "a.xlsx")})
    assert done.status_code == 302
    assert "已记入 1 条，共 9 道德币" in client.get(done.location).text
    again = client.post(PAGE, data={"file": (io.BytesIO(filled), "a.xlsx")})
    assert "以前已经导入过" in client.get(again.location).text
    book = open_table(client.get("/coins/journals.xlsx").data, most_bytes=MIB)
    rows = book.rows(book.names[0])
    assert [row[1] for row in rows[1:]] == ["发放额度", "加分"]
    assert "扫雪" in rows[2]


def test_another_village_and_other_roles_neither_import_nor_export(cast: Cast, client: JudgingClient) -> None:
    Station(cast).earn("H1", 5)
    cast.sign_in(client, "grid.yucun")
    assert (client.get(PAGE).status_code, client.get("/coins/journals.xlsx").status_code) == (403, 403)
    cast.sign_in(client, "official.wuhe")
    book = open_table(client.get("/coins/journals.xlsx").data, most_bytes=MIB)
    assert len(book.rows(book.names[0])) == 1
