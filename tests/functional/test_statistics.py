"""Statistics of a register: counters that follow every act, figures in the reader's scope, the page and its files."""

from __future__ import annotations

import copy
import json
import random
import re
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
import sqlalchemy as sa

from cli.prepare import count_anew
from models.base import db
from models.forms import Form
from models.records import Record, RecordState
from queries.index_check import check_index
from queries.indexing import month_of
from queries.statistics import Question, Statistics
from queries.tallies import uncounted_forms
from services.records import void_record
from services.reindexing import extend_index, reindex
from services.transaction import write_transaction
from tests.pages import JudgingClient
from tests.support.cast import AT, SYSTEM, Cast
from tests.support.registers import REGISTER, change, enter, publish

VILLAGES = {"余村村": "grid.yucun", "五鹤村": "official.wuhe", "红庙村": "official.hongmiao"}


@pytest.fixture
def form(cast: Cast) -> Form:
    return publish(cast)


def figures(cast: Cast, form: Form, username: str, **asked: object) -> Statistics:
    question = Question(**{"first": "2026-01", "last": "2026-12", **asked})  # type: ignore[arg-type]
    return Statistics(form, cast.actor(username), question, "zh_Hans_CN")


def test_figures_are_what_plain_python_says_after_entering_changing_moving_and_voiding(cast: Cast, form: Form) -> None:
    pick = random.Random(3)
    made = []
    for number in range(18):
        village = pick.choice(list(VILLAGES))
        amount = pick.choice(("", "0.1", "0.2", "-7", "999999999999999.999999"))
        at = AT - timedelta(days=35 * (number % 3))
        made.append(enter(cast, form, VILLAGES[village], village=village, at=at, a5=amount, a7=["stop", "pay"]))
    for record in made[:6]:
        change(cast, record, "dispatcher.county", a2="noise", a5="12.345678", a7=["pay"])
    change(cast, made[7], "dispatcher.county", a1=cast.units["横山坞村"])
    for record in made[8:11]:
        void_record(record, reason="重复", actor=cast.actor("dispatcher.county"), at=AT)
    assert check_index(form, sample=100, seed=1).problems == ()
    active = list(db.session.scalars(sa.select(Record).where(Record.state == RecordState.ACTIVE)))
    amounts = [Decimal(one.answers["a5"]) for one in active if "a5" in one.answers]
    found = figures(cast, form, "leader.county", of="a5")
    assert found.records == len(active) == 15
    (money,) = found.sums
    assert (money.amount.n, money.amount.total) == (len(amounts), sum(amounts))
    kinds = {value: n for one in found.counts if one.item.fid == "a2" for value, _words, n in one.values}
    assert {value: n for value, n in kinds.items() if n} == Counter(one.answers["a2"] for one in active)
    by_town = Counter((one.town_id, month_of(one.created_at)) for one in active if "a5" in one.answers)
    table = found.crosstab
    assert {(line.place_id, month): cell.n for line in table.lines
            for month, cell in zip(table.heads, line.cells, strict=True) if cell.n} == by_town  # fmt: skip
    split = figures(cast, form, "official.tianhuangping", split="a7", rows="month").crosstab
    mine = [one for one in active if one.town_id == cast.units["天荒坪镇"]]
    chosen = Counter(value for one in mine for value in one.answers["a7"])
    heads = {"停止影响": "stop", "赔偿": "pay"}
    assert {heads[head]: amount.n for head, amount in zip(split.heads, split.sums, strict=True)} == chosen


def test_lost_counters_are_told_and_written_anew(cast: Cast, form: Form) -> None:
    for amount in ("12.5", "0.000001", ""):
        enter(cast, form, a5=amount)
    with write_transaction():
        db.session.execute(sa.text("UPDATE field_month SET whole = whole + 1 WHERE fid = 'a5'"))
        db.session.execute(sa.text("DELETE FROM field_month WHERE fid IN ('', 'a2')"))
    told = " ".join(check_index(form, sample=10, seed=1).problems)
    assert "number of records" in told
    assert "sums of a5" in told
    assert "differs in a2" in told
    reindex(form, actor=SYSTEM, at=AT)
    assert check_index(form, sample=10, seed=1).problems == ()
    assert figures(cast, form, "official.yucun").sums[0].amount.total == Decimal("12.500001")


def test_records_from_before_the_counters_are_counted_when_the_county_upgrades(cast: Cast, form: Form) -> None:
    enter(cast, form, a5="40")
    assert uncounted_forms() == []
    with write_transaction():
        db.session.execute(sa.text("DELETE FROM field_month WHERE fid <> ''"))
    assert [one.id for one in uncounted_forms()] == [form.id]
    count_anew()
    assert check_index(form, sample=10, seed=1).problems == ()


def test_a_field_that_a_later_version_counts_is_counted_for_earlier_records(cast: Cast) -> None:
    plain = copy.deepcopy(REGISTER)
    items = {item["fid"]: item for page in plain["pages"] for item in page["items"]}
    for fid in ("a5", "a6"):
        items[fid].pop("index")
    plain["list"] = ["village"]
    form = publish(cast, plain)
    enter(cast, form, a5="40", a6="true")
    later = copy.deepcopy(REGISTER)
    later["pages"][0]["items"].append({"fid": "a9", "key": "again", "type": "boolean", "label": "再次", "index": True})
    form = publish(cast, later)
    assert extend_index(form) == 4
    assert check_index(form, sample=10, seed=1).problems == ()
    found = figures(cast, form, "official.yucun")
    assert found.sums[0].amount.total == 40
    assert [[n for _value, _words, n in one.values] for one in found.counts if one.item.fid == "a9"] == [[0, 0, 1]]


def test_the_page_draws_and_tells_only_what_lies_in_the_readers_scope(
    cast: Cast, form: Form, client: JudgingClient
) -> None:
    enter(cast, form, a5="100")
    enter(cast, form, "official.hongmiao", village="红庙村", a5="7", a2="noise")
    cast.sign_in(client, "official.yucun")
    asked = {"span": "own", "from": "2026-11", "to": "2026-11", "split": "a2", "place": cast.units["梅溪镇"]}
    page = client.get("/admin/f/quarrels/statistics/", query_string=asked).text
    assert "红庙村" not in page
    drawn = json.loads(unescape(re.search(r'data-chart="([^"]*)"', page)[1]))  # type: ignore[index]
    assert (drawn["labels"], drawn["stacked"]) == (["余村村"], True)
    assert {one["label"]: one["data"] for one in drawn["series"]}["漏水"] == [1]
    book = client.get("/admin/f/quarrels/statistics/export", query_string={**asked, "type": "csv"}, judge=False)
    assert book.data.decode("utf-8-sig").splitlines()[1] == "余村村,0,1,0,0,1"
    cast.sign_in(client, "grid.yucun")
    assert client.get("/admin/f/quarrels/statistics/export", judge=False).status_code == 403
    cast.sign_in(client, "handler.xinfang")
    assert "没有您可以看的地区统计" in client.get("/admin/f/quarrels/statistics/").text
