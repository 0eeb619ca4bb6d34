"""The daily table of points, what is kept of it before it is saved, mistakes taken back, and what home tells of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from models.base import db
from models.coins import CoinJournal
from models.points_drafts import PointsDraft
from services import claims
from services.points_table import Row, RowsRefused, enter_rows
from services.stocktaking import remind_at
from tests.functional.test_claims import OFFICIAL, TOWN, WORKER, Village
from tests.pages import JudgingClient
from tests.support.cast import AT, Cast
from tests.support.coins import Purse, uid
from tests.support.points import item


@pytest.fixture
def village(app: Flask, cast: Cast) -> Village:
    return Village(cast)


def test_the_daily_table_posts_all_rows_or_none_and_names_the_bad_ones(village: Village, client: JudgingClient) -> None:
    first, second = (village.station.household(code) for code in ("H1", "H2"))
    said: dict[str, Any] = {
        "what": "分类好",
        "done_on": village.day,
        "actor": village.cast.actor(OFFICIAL),
        "at": AT,
        "today": village.day,
    }
    with pytest.raises(RowsRefused) as refused:
        enter_rows(item("daily"), [Row(first, 3), Row(second, 9)], uid=uid(), **said)
    assert list(refused.value.rows) == [village.station.households["H2"]]
    assert village.station.purse("H1").balance == 0
    page = uid()
    for _again in range(2):
        rows = [Row(village.station.household(code), 5) for code in ("H1", "H2")]
        assert enter_rows(item("daily"), rows, uid=page, **said) == 2
    assert (village.station.purse("H1").balance, village.station.purse("H2").balance) == (5, 5)
    village.cast.sign_in(client, OFFICIAL)
    shown = client.get(f"/claims/table?item={item('daily').id}")
    ident = village.station.households["H1"]
    assert f'name="p{ident}"' in shown.text
    form = {"uid": uid(), "item": item("daily").id, "done_on": village.day.isoformat(), "what": "", f"p{ident}": "4"}
    wrong = client.post("/claims/table", data=form)
    assert (wrong.status_code, "上限" in wrong.text) == (422, True)
    assert client.post("/claims/table", data=form | {f"p{ident}": "3"}).status_code == 303
    assert village.station.purse("H1").balance == 8


def test_the_daily_table_keeps_what_is_typed_until_it_is_saved(village: Village, client: JudgingClient) -> None:
    first, second = (village.station.household(code).id for code in ("H1", "H2"))
    table = f"/claims/table?item={item('daily').id}"
    page_uid = uid()
    form: dict[str, Any] = {"uid": page_uid, "item": item("daily").id, "done_on": village.day.isoformat()}
    form |= {"what": "分类好", f"p{first}": "4", f"n{second}": "下午再看"}
    village.cast.sign_in(client, OFFICIAL)
    assert "还没有保存的内容" not in client.get(table).text
    kept = client.post("/claims/table/autosave", data=form)
    assert re.fullmatch(r"\d\d:\d\d", kept.get_json()["saved_at"])
    assert village.station.purse("H1").balance == 0
    assert not db.session.execute(sa.text("SELECT * FROM points_draft WHERE sealed LIKE '%下午%'")).all()
    page = client.get(table).text
    assert f'name="p{first}" id="p{first}" value="4"' in page
    assert ("下午再看" in page, "还没有保存的内容" in page, page_uid in page) == (True, True, True)
    village.cast.sign_in(client, TOWN)
    assert "下午再看" not in client.get(f"{table}&village={village.cast.units['余村村']}").text
    village.cast.sign_in(client, OFFICIAL)
    assert client.post("/claims/table", data=form).status_code == 303
    assert client.post("/claims/table/autosave", data=form).status_code == 200  # it was under way already
    page = client.get(table).text
    assert ("下午再看" in page, page_uid in page, village.station.purse("H1").balance) == (False, False, 4)


def test_an_official_takes_back_a_wrong_award_once_and_with_a_reason(village: Village, client: JudgingClient) -> None:
    claim = village.approved("H1", 9)
    village.sweep(village.later)
    village.station.earn("H2", 4)
    fine = village.approved("H1", 3, what="fine")
    village.sweep(village.day + timedelta(days=6))
    village.cast.sign_in(client, OFFICIAL)
    listed_there = client.get("/coins/awards").text
    assert re.findall(r'class="num">([+-]\d+)<', listed_there) == ["-3", "+4", "+9"]
    address = re.search(r'href="(/coins/awards/\w+)"', client.get(f"/claims/{claim.uid}").text)
    assert address is not None
    assert client.post(f"{address[1]}/reverse", data={"uid": uid(), "reason": " "}).status_code == 422
    assert client.post(f"{address[1]}/reverse", data={"uid": uid(), "reason": "写错了户"}).status_code == 303
    assert village.station.purse("H1") == Purse(0, 0, -3)
    page = client.get(address[1]).text
    assert ("已冲正" in page, "写错了户" in page, "reverse" in page) == (True, True, False)
    assert client.post(f"{address[1]}/reverse", data={"uid": uid(), "reason": "再来"}).status_code == 422
    taken = db.session.get_one(CoinJournal, fine.journal_id)
    assert client.post(f"/coins/awards/{taken.uid}/reverse", data={"uid": uid(), "reason": "认错人"}).status_code == 303
    assert village.station.purse("H1") == Purse(0, 0, 0)


def test_awards_are_listed_and_taken_back_only_in_the_own_village(village: Village, client: JudgingClient) -> None:
    receipt = village.station.earn("H1", 5)
    for username, listing, one in (("official.wuhe", 200, 404), (WORKER, 403, 403), ("clerk.yucun", 403, 403)):
        village.cast.sign_in(client, username)
        shown = client.get("/coins/awards")
        assert (shown.status_code, receipt.uid in shown.text) == (listing, False), username
        assert client.get(f"/coins/awards/{receipt.uid}").status_code == one
        refused = client.post(f"/coins/awards/{receipt.uid}/reverse", data={"uid": uid(), "reason": "不对"})
        assert refused.status_code == one, username
    assert village.station.purse("H1").balance == 5


def test_home_tells_everybody_what_of_the_coins_waits_for_them(village: Village, client: JudgingClient) -> None:
    refused = village.do(claims.refuse, village.file("H1", 5), note="没有看到")
    village.do(claims.appeal, refused, note="有照片", by=WORKER)
    village.do(claims.object_to, village.approved("H2", 5), note="没有扫", today=village.day, by=WORKER)
    village.station.move_in("H1", "villager.yucun")
    village.station.earn("H1", 7)
    marks = dict.fromkeys(village.station.goods.values(), 3)
    remind_at(village.station.station, marks, actor=village.cast.actor(OFFICIAL), at=AT)
    village.cast.sign_in(client, OFFICIAL)
    client.get("/")
    form = {"uid": uid(), "item": item("daily").id, "what": "分类好"}
    assert client.post("/claims/table/autosave", data=form).status_code == 200
    lines = {
        "1 条申诉，乡镇可以直接裁定",
        "1 条申报等评议",
        "1 条异议等裁定",
        "有 2 样物品快用完",
        "填了还没有保存",
        "我家现在可用 7 道德币",
    }
    expected = {
        OFFICIAL: {"1 条申报等评议", "1 条异议等裁定", "有 2 样物品快用完", "填了还没有保存"},
        WORKER: {"1 条申报等评议"}, TOWN: {"1 条异议等裁定", "1 条申诉，乡镇可以直接裁定"},
        "clerk.yucun": {"有 2 样物品快用完"},
        "villager.yucun": {"我家现在可用 7 道德币"}, "official.wuhe": set(),
    }  # fmt: skip
    for username, told in expected.items():
        village.cast.sign_in(client, username)
        page = client.get("/").text
        assert {line for line in lines if line in page} == told, username


def test_a_table_is_kept_for_nobody_elses_village(village: Village, client: JudgingClient) -> None:
    form = {"uid": uid(), "item": item("daily").id, "what": "分类好", "village": village.cast.units["余村村"]}
    for username, status in (("official.wuhe", 404), ("clerk.yucun", 403), ("villager.yucun", 404)):
        village.cast.sign_in(client, username)
        client.get("/")
        assert client.post("/claims/table/autosave", data=form).status_code == status, username
    assert db.session.scalar(sa.select(sa.func.count()).select_from(PointsDraft)) == 0
