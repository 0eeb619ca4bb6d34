"""Lists, cells and exports of registers."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from models.access import Actor
from models.audit import AuditEvent
from models.base import db, snapshot
from models.forms import Form
from models.records import SEARCHED, Record
from queries import exports, listing_postgres, record_query
from queries.conditions import Filter
from queries.forms import definition
from queries.index_check import check_index
from queries.indexing import COUNTY_ZONE
from queries.records import Request, capped_count, page
from queries.registers import CellState, cells, columns
from queries.rights import rights_on
from queries.scope import in_scope
from services.exports import TooManyRows, export_records
from services.records import void_record
from services.refusals import NotAllowed
from services.reindexing import extend_index, reindex
from services.transaction import write_transaction
from tests.support.cast import AT, PEOPLE, SYSTEM, TODAY, Cast
from tests.support.registers import ID_NO, KINDS, PHONE, REGISTER, change, enter, listed, publish

VILLAGES = {
    "余村村": "grid.yucun",
    "五鹤村": "official.wuhe",
    "红庙村": "official.hongmiao",
    "横山坞村": "grid.hengshanwu",
}
STORIES = ("楼上漏水，厨房发霉。", "半夜噪声扰民", "占道停车", "漏水未修，水管老化")


@pytest.fixture
def form(cast: Cast) -> Form:
    return publish(cast)


def fill(cast: Cast, form: Form, seed: int, rows: int) -> list[Record]:
    """Enter records of all villages, with ties and gaps in every field."""
    pick = random.Random(seed)
    made = []
    for _ in range(rows):
        village = pick.choice(list(VILLAGES))
        answers: dict[str, Any] = {
            "a2": pick.choice(KINDS[:3]),
            "a4": pick.choice(("", "2026-01-05", "2026-03-01", "2026-11-01")),
            "a5": pick.choice(("", "0", "12.5", "300", "300", "100000")),
            "a6": pick.choice(("", "true", "false")),
            "a7": pick.choice(([], ["stop"], ["stop", "pay"])),
            "c1": pick.choice(STORIES),
            "b1": pick.choice(("张三", "李四", "")),
        }
        author = pick.choice((VILLAGES[village], "handler.xinfang"))
        made.append(enter(cast, form, author, village=village, **answers))
    return made


def holds(record: Record, one: Filter) -> bool:  # noqa: PLR0911 - one line an operator
    """Say in plain Python what a filter means."""
    stored = record.answers.get(one.fid)
    values = stored if isinstance(stored, list) else [stored]
    match one.operator:
        case "empty":
            return stored is None
        case "filled":
            return stored is not None
        case "ne":
            return not any(str(value).casefold() in one.values for value in values)
        case "between":
            low, high = map(_number, one.values)
            return stored is not None and low <= _number(stored) <= high
        case "eq" | "in":
            return any(str(value).casefold() in {str(v).casefold() for v in one.values} for value in values)
        case "contains":
            return stored is not None and one.values[0] in stored
        case "ge":
            return stored is not None and _number(stored) >= _number(one.values[0])
        case _:
            return stored is not None and _number(stored) <= _number(one.values[0])


def _number(value: object) -> Any:
    text = str(value)
    return text if "-" in text else Decimal(text)


FILTERS = (
    (),
    (Filter("a2", "eq", ("leak",)),),
    (Filter("a2", "in", ("leak", "noise")), Filter("a6", "eq", ("true",))),
    (Filter("a7", "in", ("stop", "pay")),),
    (Filter("a5", "ge", ("12.5",)),),
    (Filter("a5", "ge", ("1",)), Filter("a5", "le", ("300",)), Filter("a2", "eq", ("noise",))),
    (Filter("a4", "le", ("2026-03-01",)),),
    (Filter("a4", "empty"),),
    (Filter("a5", "empty"), Filter("a6", "empty")),
    (Filter("a2", "ne", ("leak",)),),
    (Filter("a7", "ne", ("pay",)), Filter("a5", "filled")),
    (Filter("a7", "filled"), Filter("a6", "ne", ("true",))),
    (Filter("a5", "ne", ("300",)), Filter("a4", "between", ("2026-01-05", "2026-03-01"))),
    (Filter("c1", "contains", ("漏水",)),),
    (Filter("c1", "contains", ("水未修",)), Filter("a2", "in", ("leak", "noise", "adjacent"))),
)


@pytest.mark.parametrize("sort", [None, "a4", "a5"])
def test_lists_are_what_plain_python_says_for_everybody(
    cast: Cast, form: Form, sort: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing_postgres, "NEAR", 0.2)  # two dozen records are looked through in steps like a million
    fill(cast, form, seed=7, rows=24)
    every = list(db.session.scalars(sa.select(Record).order_by(Record.id.desc())))
    names = ("leader.county", "official.tianhuangping", "official.yucun", "grid.hengshanwu", "handler.xinfang")
    for actor in (*map(cast.actor, names), both_in_one(cast)):
        seen = set(db.session.scalars(sa.select(Record.id).where(in_scope(Record, actor, "record:list"))))
        for filters in FILTERS[::2] if sort else FILTERS:
            expected = [r for r in every if r.id in seen and all(holds(r, one) for one in filters)]
            for descending in (True, False) if sort else (True,):
                asked = {"sort": sort, "descending": descending}
                found = listed(cast, form, actor, *filters, **asked)
                assert len(found) == len(set(found))
                assert sorted(found) == sorted(record.number for record in expected)
                if sort is None:
                    assert found == [record.number for record in expected]
                else:
                    assert _keys(every, found, sort) == sorted(_keys(every, found, sort), reverse=descending)
            assert capped_count(form, actor, Request(filters=filters)) == len(expected)


def both_in_one(cast: Cast) -> Actor:
    """Return somebody who sees a village, and what a department owns besides."""
    office, department = cast.actor("official.yucun"), cast.actor("handler.xinfang")
    return replace(office, grants=(*office.grants, *department.grants))


def test_what_a_department_owns_does_not_stand_before_newer_records_of_the_village(
    cast: Cast, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing_postgres, "NEAR", 0.2)
    owners = ["handler.xinfang"] * 3 + ["grid.yucun"] + ["handler.xinfang"] * 3
    made = [
        enter(cast, form, owner, village="余村村" if owner == "grid.yucun" else "红庙村", a5="300").number
        for owner in owners
    ]
    asked = Filter("a2", "eq", ("leak",)), Filter("a5", "filled")
    assert listed(cast, form, both_in_one(cast), *asked) == made[::-1]


def _keys(every: list[Record], numbers: list[str], fid: str) -> list[tuple[object, int]]:
    by_number = {record.number: record for record in every}
    empty: object = float("-inf") if fid == "a5" else ""
    read = float if fid == "a5" else str
    found = [by_number[number] for number in numbers]
    return [(read(record.answers.get(fid, empty)), record.id) for record in found]


def test_search_finds_words_phrases_numbers_and_whole_phone_numbers(cast: Cast, form: Form) -> None:
    leak = enter(cast, form, c1="楼上漏水未修", b1="张三", b3=PHONE, b2=ID_NO)
    enter(cast, form, c1="漏在上，水在下；未必修")
    seven = enter(cast, form, c1="7 栋楼道")
    enter(cast, form, "official.hongmiao", village="红庙村", c1="楼上漏水未修", b3=PHONE)
    assert listed(cast, form, "official.yucun", search="漏水") == [leak.number]
    assert listed(cast, form, "official.yucun", search="漏水未修 张三") == [leak.number]
    assert listed(cast, form, "official.yucun", search="漏水未必") == []
    assert listed(cast, form, "official.yucun", search="7") == [seven.number]
    assert listed(cast, form, "official.yucun", search=PHONE) == [leak.number]
    assert listed(cast, form, "official.yucun", search=ID_NO.lower()) == [leak.number]
    assert listed(cast, form, "official.yucun", search=PHONE[:7]) == []
    assert listed(cast, form, "official.yucun", search="QU-000004") == []
    assert listed(cast, form, "official.hongmiao", search="qu-4") == ["QU-000004"]
    assert listed(cast, form, "official.yucun", search=f"vv{cast.units['红庙村']}") == []
    assert listed(cast, form, "official.yucun", search='" OR 1+tt1 "') == []
    assert listed(cast, form, "official.yucun", search="，。") == []
    assert len(listed(cast, form, "leader.county", search="漏水")) == 2


@pytest.mark.parametrize("engine_name", ["postgresql"])  # whose word index has no order of its own
def test_words_are_found_newest_first_however_far_apart_records_stand(
    engine_name: str, cast: Cast, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for last_id in (0, 8_190, 65_530, 70_000, 524_280, 5_000_000):
        with write_transaction():
            db.session.execute(sa.text("SELECT setval(pg_get_serial_sequence('record', 'id'), :n)"), {"n": last_id + 1})
        made += [enter(cast, form, c1="楼上漏水").number for _ in range(3)]
        enter(cast, form, c1="路灯不亮")
    assert listed(cast, form, "leader.county", search="漏水") == made[::-1]
    assert listed(cast, form, "official.yucun", Filter("a2", "eq", ("leak",)), search="漏水") == made[::-1]
    leader, leaks = cast.actor("leader.county"), Request(search="漏水")
    assert capped_count(form, leader, leaks) == len(made)
    monkeypatch.setattr(record_query, "ENOUGH", 3)
    page_s, act_s = capped_count(form, leader, leaks), capped_count(form, leader, leaks, visits=100)
    assert (page_s, page_s.more, act_s, act_s.more) == (3, True, len(made), False)
    asked = SEARCHED.replace("::", "\\:\\:")
    with snapshot() as connection:
        connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        plan = connection.scalars(sa.text(f"EXPLAIN SELECT 1 FROM record_search WHERE {asked} @> ARRAY['1+漏水']"))
        assert "ix_record_search_grams" in "".join(plan)  # the migration's words are these


def test_a_township_stands_for_its_villages(cast: Cast, form: Form) -> None:
    here = [enter(cast, form).number, enter(cast, form, "official.wuhe", village="五鹤村").number]
    enter(cast, form, "official.hongmiao", village="红庙村")
    for unit in ("天荒坪镇", "余村村", "安吉县综治中心"):
        found = listed(cast, form, "leader.county", Filter("a1", "under", (str(cast.units[unit]),)))
        assert len(found) == {"天荒坪镇": 2, "余村村": 1, "安吉县综治中心": 3}[unit]
    under = Filter("a1", "under", (str(cast.units["安吉县综治中心"]),))
    assert sorted(listed(cast, form, "official.tianhuangping", under)) == sorted(here)


@pytest.mark.parametrize("cursor", ["x", "9" * 5000, "WzEsInkiXQ", "W10", "bnVsbA", "eyJhIjoxfQ", "W251bGwsIC0xXQ"])
def test_a_made_up_cursor_is_the_first_page(cast: Cast, form: Form, cursor: str) -> None:
    enter(cast, form)
    for sort in (None, "a2", "a5"):
        found = page(form, cast.actor("official.yucun"), Request(after=cursor, sort=sort))
        assert found.first
        assert len(found.records) == 1


def test_a_page_stays_where_it_was_while_others_enter(cast: Cast, form: Form) -> None:
    numbers = [enter(cast, form, a5="300").number for _ in range(6)]
    actor = cast.actor("official.yucun")
    for sort in (None, "a5"):
        first = page(form, actor, Request(limit=3, sort=sort))
        enter(cast, form, a5="300")
        assert first.next is not None
        second = page(form, actor, Request(limit=3, sort=sort, after=first.next))
        assert not {r.number for r in first.records} & {r.number for r in second.records}
    assert numbers


def test_cells_tell_apart_what_was_not_asked_left_empty_and_hidden(cast: Cast, form: Form) -> None:
    record = enter(cast, form, b1="张三丰", b3=PHONE, a5="12.50")
    fids = ["a1", "a2", "a3", "a4", "a5", "b1", "b3", "z9"]
    found = cells(record, fids, definition=definition(form.id, 1), rights=rights_on(record, SYSTEM))
    assert [(cell.text, cell.state) for cell in found] == [
        ("余村村", CellState.FILLED),
        ("漏水", CellState.FILLED),
        ("条件隐藏", CellState.HIDDEN),
        ("未填", CellState.EMPTY),
        ("12.5", CellState.FILLED),
        ("张**", CellState.FILLED),
        ("138****2084", CellState.FILLED),
        ("未询问", CellState.NOT_ASKED),
    ]
    assert [cell.masked for cell in found] == [False] * 5 + [True, True, False]


def test_a_new_version_indexes_old_records_too(cast: Cast, form: Form) -> None:
    old = enter(cast, form, a2="other", a3="占道")
    pages = [{**one, "items": [dict(item) for item in one["items"]]} for one in REGISTER["pages"]]
    pages[0]["items"][2]["index"] = True
    pages[0]["items"].append({"fid": "a9", "key": "source", "type": "select_one", "label": "来源", "index": True,
                              "options": [{"value": "hotline", "label": "热线"}]})  # fmt: skip
    publish(cast, {**REGISTER, "pages": pages})
    with write_transaction():
        assert extend_index(form) == 2
    new = enter(cast, form, a9="hotline")
    assert listed(cast, form, "official.yucun", Filter("a3", "eq", ("占道",))) == [old.number]
    assert listed(cast, form, "official.yucun", Filter("a9", "empty")) == [old.number]
    assert listed(cast, form, "official.yucun", sort="a9") == [new.number, old.number]
    assert [item.fid for item in columns(form, SYSTEM)][7] == "a9"
    assert check_index(form, sample=10, seed=1).problems == ()
    fresh = cells(old, ["a9"], definition=definition(form.id, old.version), rights=rights_on(old, SYSTEM))
    assert fresh[0].state == CellState.NOT_ASKED


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_any_acts_the_index_is_what_a_reindex_would_build(cast: Cast, form: Form, seed: int) -> None:
    pick = random.Random(seed)
    alive: list[Record] = []
    for _ in range(30):
        act = pick.choice(("enter", "enter", "change", "change", "void"))
        if act == "enter" or not alive:
            alive += fill(cast, form, pick.randrange(10**6), 1)
        elif act == "change":
            village = pick.choice(("余村村", "五鹤村"))
            answers = {"a2": pick.choice(KINDS), "a3": "别的", "a5": pick.choice(("", "7")),
                       "b3": pick.choice(("", PHONE)),
                       "a7": pick.choice(([], ["pay"])), "c1": pick.choice(STORIES)}  # fmt: skip
            record = pick.choice(alive)
            who = "dispatcher.county"
            change(cast, record, who, a1=cast.units[village], **answers)
        else:
            record = alive.pop(pick.randrange(len(alive)))
            void_record(record, reason="误录", actor=cast.actor("dispatcher.county"), at=AT)
    before = _derived_tables()
    assert check_index(form, sample=1000, seed=1).problems == ()
    assert reindex(form, actor=SYSTEM, at=AT) == 0
    assert _derived_tables() == before


def test_a_reindex_mends_what_a_check_finds(cast: Cast, form: Form) -> None:
    fill(cast, form, seed=3, rows=5)
    whole = _derived_tables()
    with write_transaction():
        db.session.execute(sa.text("DELETE FROM record_text WHERE fid = 'a2'"))
        db.session.execute(sa.text("UPDATE record_count SET n = n + 1"))
        db.session.execute(sa.text("UPDATE field_count SET n = 0 WHERE fid = 'a6'"))
        words = "record_fts" if db.engine.dialect.name == "sqlite" else "record_search"
        db.session.execute(sa.text(f"DELETE FROM {words}"))
    problems = check_index(form, sample=100, seed=1).problems
    assert any("side index" in problem for problem in problems)
    assert any("word index" in problem for problem in problems)
    assert any("record_count" in problem for problem in problems)
    assert reindex(form, actor=SYSTEM, at=AT) == 5
    assert _derived_tables() == whole
    assert check_index(form, sample=100, seed=1).problems == ()


def _derived_tables() -> dict[str, list[tuple[object, ...]]]:
    words = "rowid, grams FROM record_fts" if db.engine.dialect.name == "sqlite" else "* FROM record_search"
    queries = {
        "text": "* FROM record_text",
        "number": "* FROM record_number",
        "counts": "* FROM record_count WHERE n > 0",
        "values": "* FROM field_count WHERE n > 0",
        "words": words,
    }
    return {
        name: sorted(tuple(map(str, row)) for row in db.session.execute(sa.text(f"SELECT {query}")))
        for name, query in queries.items()
    }


def test_an_export_has_the_right_cells_and_no_formula(cast: Cast, form: Form) -> None:
    enter(cast, form, a4="2026-11-20", a5="-0" if False else "12.5", a2="other", a3="=1+1", b3=PHONE, c1="@经过")
    enter(cast, form, "official.hongmiao", village="红庙村")
    made = export_records(form, Request(), kind="xlsx", actor=cast.actor("official.tianhuangping"), at=AT, today=TODAY)
    assert made.filename == "邻里纠纷登记-2026-11-22.xlsx"
    rows = CalamineWorkbook.from_filelike(io.BytesIO(made.content)).get_sheet_by_index(0).to_python()
    with zipfile.ZipFile(io.BytesIO(made.content)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
    assert len(rows) == 2
    line = dict(zip(rows[0], rows[1], strict=True))
    assert line["编号"] == "QU-000001"
    assert line["录入时间"] == AT.astimezone(COUNTY_ZONE).replace(tzinfo=None)
    assert (line["村（社区）"], line["发生日期"], line["涉及金额"]) == ("余村村", date(2026, 11, 20), 12.5)
    assert (line["其他类型说明"], line["经过"]) == ("'=1+1", "'@经过")
    assert (line["联系电话"], line["姓名"]) == ("138****2084", "")
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.act == "record:export")).one()
    assert event.after == {"rows": 1, "format": "xlsx", "filters": [], "searched": False}


def test_a_csv_opens_as_chinese(cast: Cast, form: Form) -> None:
    enter(cast, form, a5="12.5")
    actor = cast.actor("official.yucun")
    made = export_records(form, Request(), kind="csv", actor=actor, at=AT, today=TODAY)
    assert made.content.startswith("\ufeff编号".encode())
    rows = list(csv.DictReader(io.StringIO(made.content.decode("utf-8-sig"))))
    assert (rows[0]["纠纷类型"], rows[0]["涉及金额"], rows[0]["其他类型说明"]) == ("漏水", "12.5", "条件隐藏")


def test_too_many_rows_are_refused_with_advice(cast: Cast, form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "EXPORT_MOST", 3)
    for _ in range(4):
        enter(cast, form)
    with pytest.raises(TooManyRows) as refused:
        export_records(form, Request(), kind="csv", actor=cast.actor("official.yucun"), at=AT, today=TODAY)
    assert "后台生成" in str(refused.value)
    with pytest.raises(NotAllowed):
        export_records(form, Request(), kind="csv", actor=cast.actor("grid.yucun"), at=AT, today=TODAY)


def test_counts_by_place_and_month_follow_the_records(cast: Cast, form: Form) -> None:
    enter(cast, form, at=AT)
    enter(cast, form, at=AT - timedelta(days=40))
    enter(cast, form, "official.hongmiao", village="红庙村")
    totals = {name: int(capped_count(form, cast.actor(name), Request())) for name, *_ in PEOPLE
              if cast.actor(name).can("record:list")}  # fmt: skip
    assert totals["leader.county"] == 3
    assert totals["official.tianhuangping"] == 2
    assert totals["official.hongmiao"] == 1
    assert totals["official.wuhe"] == totals["handler.xinfang"] == 0
