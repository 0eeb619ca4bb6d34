"""Records from workbooks: mapped, tried out, entered whole or not at all, and taken back."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
import xlsxwriter
from python_calamine import load_workbook

from models.audit import AuditEvent
from models.base import db
from models.forms import Form
from models.imports import ImportedRecord, ImportRun, ImportState
from models.records import Record, RecordRevision, RecordState
from queries.index_check import check_index
from queries.records import Request, capped_count
from services import imports as acts
from tests.pages import JudgingClient
from tests.support.cast import TODAY, Cast
from tests.support.registers import ID_NO, PHONE, change, publish, with_tenants

ADDRESS = "/admin/f/quarrels/import/"
HEADS = (
    "序号",
    "所在村",
    "纠纷类型",
    "发生日期",
    "涉及金额",
    "是否重大",
    "要求",
    "姓名",
    "身份证号",
    "联系电话",
    "经过",
)
PROBLEM = re.compile(r'>(\w+) 第 (\d+) 行<.*?translate="no">([^<]+)</span>.*?<span>([^<]+)</span>', re.DOTALL)
ROWS = 200
OFFICIAL = "official.tianhuangping"


@pytest.fixture
def form(cast: Cast) -> Form:
    return publish(cast)


def workbook(rows: Sequence[Sequence[Any]], heads: Sequence[str] = HEADS, sheet: str = "登记") -> bytes:
    return sheets({sheet: [heads, *rows]})


def sheets(tables: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False}) as book:
        days = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in tables.items():
            paper = book.add_worksheet(name)
            for line, row in enumerate(rows):
                for column, value in enumerate(row):
                    if hasattr(value, "year"):
                        paper.write_datetime(line, column, value, days)
                    else:
                        paper.write(line, column, value)
    return out.getvalue()


def quarrels(number: int) -> list[list[Any]]:
    """Return rows as people write them: labels and codes, names and codes of units, days as days and as text."""
    return [
        [
            place, ("余村村", "U006", "天荒坪镇 五鹤村")[place % 3], ("漏水", "noise")[place % 2],
            (TODAY, "2026/11/2", "20261103")[place % 3], 12.5 * place, ("是", "否", None)[place % 3],
            ("停止影响、赔偿", "pay", None)[place % 3], "张三", ID_NO, (PHONE, int(PHONE))[place % 2],
            f"第 {place} 件",
        ]
        for place in range(1, number + 1)
    ]  # fmt: skip


def upload(client: JudgingClient, data: bytes, name: str = "纠纷.xlsx") -> str:
    """Upload a file and return where the browser is sent."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(ADDRESS).text)
    assert token
    answer = client.post(ADDRESS, data={"file": (io.BytesIO(data), name)})
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def checked(client: JudgingClient, run: str) -> str:
    """Try all rows out with the columns as guessed; return the page."""
    page = client.get(run).text
    chosen = dict(
        re.findall(r'<select class="form-select" id="(?:c-|sheet-)[^"]*" name="([^"]+)".*?()</select>', page, re.DOTALL)
    )
    for name in chosen:
        menu = page.split(f'name="{name}"', 1)[1].split("</select>", 1)[0]
        found = re.search(r'<option value="([^"]*)" selected>', menu)
        chosen[name] = found[1] if found else ""
    assert client.post(f"{run}check", data=chosen).status_code == 302
    return client.get(run).text


def standing(cast: Cast, form_id: int) -> int:
    return capped_count(db.session.get_one(Form, form_id), cast.actor(OFFICIAL), Request())


def test_three_bad_rows_of_two_hundred_import_none_and_are_named_then_all_come_and_go(
    cast: Cast, client: JudgingClient, form: Form
) -> None:
    form_id = form.id
    cast.sign_in(client, OFFICIAL)
    rows = quarrels(ROWS)
    wrong = [list(row) for row in rows]
    wrong[4][2], wrong[99][1], wrong[199][9] = "吵架", "红庙村", "12345"
    run = upload(client, workbook(wrong))
    page = checked(client, run)
    told = PROBLEM.findall(page)
    assert [(line, column) for _sheet, line, column, _why in told] == [
        ("6", "C 纠纷类型"),
        ("101", "B 所在村"),
        ("201", "J 联系电话"),
    ]
    assert "没有“吵架”这个选项" in told[0][3]
    assert "管辖范围内没有“红庙村”" in told[1][3]
    assert "11 位" in told[2][3]
    listed = client.get(f"{run}problems.csv")
    assert listed.data.decode("utf-8-sig").splitlines()[1].startswith("登记,6,C,纠纷类型,")
    client.post(f"{run}confirm")
    assert standing(cast, form_id) == 0

    run = upload(client, workbook(rows))
    assert "全部 200 条都没有问题" in checked(client, run)
    client.post(f"{run}confirm")
    assert "已导入 200 条" in client.get(run).text
    assert standing(cast, form_id) == ROWS
    assert not check_index(db.session.get_one(Form, form_id), sample=ROWS, seed=1).problems
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.act == "record:import")).one()
    assert event.after is not None
    assert (event.after["rows"], event.after["first"], event.after["last"]) == (ROWS, "QU-000001", "QU-000200")

    record_id = db.session.scalar(sa.select(sa.func.min(Record.id)))
    assert "导入了登记" in client.get(f"/admin/f/quarrels/{record_id}/").text

    client.post(f"{run}undo", data={"reason": "导错了年份"})
    assert "已全部作废。原因：导错了年份" in client.get(run).text
    assert standing(cast, form_id) == 0
    assert not check_index(db.session.get_one(Form, form_id), sample=ROWS, seed=1).problems
    states = db.session.scalars(sa.select(RecordRevision.state).where(RecordRevision.n == 2)).all()
    assert states == [RecordState.VOID] * ROWS


def imported(cast: Cast, client: JudgingClient, data: bytes) -> str:
    cast.sign_in(client, OFFICIAL)
    run = upload(client, data)
    checked(client, run)
    client.post(f"{run}confirm")
    return run


def test_cells_become_the_answers_that_a_page_would_store(cast: Cast, client: JudgingClient, form: Form) -> None:
    imported(cast, client, workbook(quarrels(3)))
    first, second, third = db.session.scalars(sa.select(Record).order_by(Record.id)).all()
    assert {fid: value for fid, value in first.answers.items() if fid not in {"b2", "b3"}} == {
        "a1": cast.units["五鹤村"], "a2": "noise", "a4": "2026-11-02", "a5": "12.5", "a6": False, "a7": ["pay"],
        "b1": "张三", "c1": "第 1 件",
    }  # fmt: skip
    assert first.answers["b3"]["mask"] == "138****2084"
    assert PHONE not in str(first.answers)
    assert (first.village_id, second.village_id) == (cast.units["五鹤村"], cast.units["五鹤村"])
    assert (third.answers["a4"], third.answers["a7"]) == ("2026-11-22", ["stop", "pay"])
    assert db.session.scalars(sa.select(ImportedRecord.line).order_by(ImportedRecord.line)).all() == [2, 3, 4]


def test_rows_of_repeats_come_from_their_own_sheets(cast: Cast, client: JudgingClient) -> None:
    publish(cast, with_tenants())
    cast.sign_in(client, OFFICIAL)
    tables: dict[str, list[list[Any]]] = {
        "登记": [["序号", "所在村", "纠纷类型"], [1, "余村村", "漏水"], [2, "五鹤村", "噪声"]],
        "租客": [
            ["序号", "行号", "称呼", "身份"],
            [1, 1, "小王", "务工"],
            [1, 2, "小李", "其它"],
            [3, 1, "小赵", "务工"],
        ],
        "车辆": [["序号", "上级行号", "行号", "车牌"], [1, 2, 1, "浙E1"]],
    }
    page = checked(client, upload(client, sheets(tables)))
    assert [found[:3] for found in PROBLEM.findall(page)] == [
        ("租客", "3", "D 身份"), ("租客", "4", "A 序号"),
    ]  # fmt: skip
    tables["租客"][2][3], tables["租客"][3][0] = "其他", 2
    run = upload(client, sheets(tables))
    assert "全部 2 条都没有问题" in checked(client, run)
    client.post(f"{run}confirm")
    first, second = db.session.scalars(sa.select(Record).order_by(Record.id)).all()
    assert [(row["d1"], row["d2"], [car["d5"] for car in row.get("d4", [])]) for row in first.answers["d0"]] == [
        ("小王", "worker", []), ("小李", "other", ["浙E1"]),
    ]  # fmt: skip
    assert [row["d1"] for row in second.answers["d0"]] == ["小赵"]


def test_the_same_file_again_names_the_earlier_import(cast: Cast, client: JudgingClient, form: Form) -> None:
    data = workbook(quarrels(2))
    run = imported(cast, client, data)
    number = db.session.scalar(sa.select(ImportRun.id))
    again = client.post(ADDRESS, data={"file": (io.BytesIO(data), "又一次.xlsx")})
    assert again.status_code == 409
    assert f"第 {number} 号导入，2 条" in again.text
    client.post(f"{run}undo", data={"reason": "重来"})
    assert upload(client, data)


def test_an_import_with_a_changed_record_is_not_undone(cast: Cast, client: JudgingClient, form: Form) -> None:
    run = imported(cast, client, workbook(quarrels(2)))
    record = db.session.scalars(sa.select(Record).order_by(Record.id)).all()[1]
    change(cast, record, OFFICIAL, c1="后来改了")
    client.post(f"{run}undo", data={"reason": "试试"})
    page = client.get(run).text
    assert "有 1 条被修改或作废过（QU-000002）" in page
    assert standing(cast, form.id) == 2


def test_columns_can_be_chosen_and_are_remembered(cast: Cast, client: JudgingClient, form: Form) -> None:
    cast.sign_in(client, OFFICIAL)
    heads = ("村名", "什么事", "备注")
    run = upload(client, workbook([["余村村", "漏水", "不要"]], heads))
    assert "还没有一列对应到题目" in client.post(f"{run}check", data={}, follow_redirects=True).text
    chosen = {"sheet": "登记", "c--1": "a1", "c--2": "a2"}
    client.post(f"{run}check", data=chosen)
    client.post(f"{run}confirm")
    assert standing(cast, form.id) == 1
    run = upload(client, workbook([["五鹤村", "噪声", "不要"]], heads))
    assert "全部 1 条都没有问题" in checked(client, run)


def test_the_template_is_filled_in_and_comes_back(cast: Cast, client: JudgingClient, form: Form) -> None:
    cast.sign_in(client, OFFICIAL)
    made = client.get(f"{ADDRESS}template.xlsx")
    book = load_workbook(io.BytesIO(made.data))
    assert book.sheet_names == ["邻里纠纷登记", "选项", "填写说明"]
    sheet = book.get_sheet_by_name("邻里纠纷登记").to_python()
    assert sheet[0][:3] == ["序号", "所在村*", "纠纷类型*"]
    assert sheet[1][0] == "说明"
    assert "余村村" in str(book.get_sheet_by_name("选项").to_python())
    assert "红庙村" not in str(book.get_sheet_by_name("选项").to_python())
    filled: list[list[Any]] = [[value or None for value in sheet[1]], [1, "余村村", "漏水"]]
    run = upload(client, workbook(filled, [str(head) for head in sheet[0]], "邻里纠纷登记"))
    assert "全部 1 条都没有问题" in checked(client, run)


def test_commas_and_the_old_chinese_encoding_are_read(cast: Cast, client: JudgingClient, form: Form) -> None:
    cast.sign_in(client, OFFICIAL)
    for encoding in ("gb18030", "utf-8", "utf-8-sig"):
        text = f"所在村,纠纷类型,经过\r\n余村村,漏水,{encoding}\r\n"
        run = upload(client, text.encode(encoding), "纠纷.csv")
        assert "全部 1 条都没有问题" in checked(client, run)
        client.post(f"{run}confirm")
    assert standing(cast, form.id) == 3


def test_who_may_not_import_meets_nothing_of_it(cast: Cast, client: JudgingClient, form: Form) -> None:
    run = imported(cast, client, workbook(quarrels(1)))
    for name, status in (("grid.yucun", 403), ("official.meixi", 404), ("official.next", 404)):
        cast.sign_in(client, name)
        assert client.get(run, judge=False).status_code == status
        assert client.post(f"{run}undo", data={"reason": "x"}).status_code == status
    assert standing(cast, form.id) == 1


def test_long_work_is_done_behind_the_page(
    cast: Cast, client: JudgingClient, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jobs.imports import work_on_import

    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(acts, "AT_ONCE", 5)
    monkeypatch.setattr("admin.hub_import.enqueue", lambda _name, **given: asked.append(given))
    cast.sign_in(client, OFFICIAL)
    run = upload(client, workbook(quarrels(8)))
    for step, after in (("check", ImportState.CHECKED), ("confirm", ImportState.DONE), ("undo", ImportState.UNDONE)):
        if step == "check":
            page = checked(client, run)
        else:
            client.post(f"{run}{step}", data={"reason": "试试"})
            page = client.get(run).text
        assert "data-progress" in page
        assert client.get(f"{run}state").json is not None
        work_on_import.work(**asked.pop())
        assert db.session.scalar(sa.select(ImportRun.state)) == after
    assert standing(cast, form.id) == 0
