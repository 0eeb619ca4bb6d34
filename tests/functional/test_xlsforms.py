from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook

from engine.xlsform import workbook as books
from engine.xlsform.reading import read
from models.base import db
from models.records import Record
from queries.forms import form_of_county
from queries.xlsforms import open_marks
from services.pinyin import slug
from services.records import create_record
from services.xlsforms import template_workbook
from tests.pages import JudgingClient
from tests.support.cast import AT, TODAY, Cast
from tests.support.xlsforms import SAMPLES, saved, workbook, xform_of

HEAD = ("type", "name", "label", "relevant")
TWICE = [("form_id", "form_title"), ("twice", "两次")]


def upload(content: bytes, name: str = "表.xlsx") -> dict[str, Any]:
    return {"upload": (io.BytesIO(content), name)}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_imported_published_filled_and_exported_as_the_same_xform(
    app: Flask, cast: Cast, tmp_path: Path, name: str
) -> None:
    source, target = tmp_path / f"{name}.xlsx", tmp_path / "out.xlsx"
    source.write_bytes(SAMPLES[name]())
    run = app.test_cli_runner().invoke
    code = cast.unit("安吉县综治中心").code
    assert run(args=["forms", "check", str(source)]).exit_code == 0
    made = run(args=["forms", "import", str(source), "--county", code, "--publish"])
    assert made.exit_code == 0, made.output
    key = made.output.rpartition("标识 ")[2].partition("。")[0]
    form = form_of_county(cast.unit("安吉县综治中心").id, key)
    assert form is not None
    assert form.current_version == 1
    record = create_record(
        form, version=1, raw=_answers(name, form.draft), uid=name.ljust(32, "0"), actor=cast.actor("official.yucun"),
        at=AT, today=TODAY,
    )  # fmt: skip
    assert db.session.get_one(Record, record.id).answers
    assert run(args=["forms", "export", key, "--xlsx", str(target), "--county", code]).exit_code == 0
    assert xform_of(target.read_bytes()) == xform_of(source.read_bytes())


def _answers(name: str, draft: dict[str, Any]) -> dict[str, Any]:
    fids = {item["key"]: item["fid"] for page in draft["pages"] for item in _every(page)}
    given: dict[str, dict[str, Any]] = {
        "chinese_labels": {"place": "余村 1 号", "kind": "road", "found_on": "2026-11-20"},
        "choice_filters": {"town": "tianhuangping", "village": "yucun", "wishes": ["light"]},
        "repeats": {"address": "余村 1 号", "let": "true",
                    "tenants": [{fids.get("tenant", ""): "甲", fids.get("months", ""): 3}],
                    "keys": [{fids.get("holder", ""): "甲"}, {fids.get("holder", ""): "乙"}]},
        "conditions": {"kind": "other", "other": "渗水", "amount": "200000", "people": 3},
        "languages": {"code": "6901", "mark": "8", "order": ["road", "light", "water"], "first": "road"},
    }  # fmt: skip
    return {fids[key]: value for key, value in given[name].items()}


def _every(holder: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for item in holder.get("items", ()) for one in (item, *_every(item))]


def test_a_broken_workbook_names_its_cells_and_leaves_nothing_behind(app: Flask, cast: Cast, tmp_path: Path) -> None:
    bad = tmp_path / "坏表.xlsx"
    bad.write_bytes(workbook([HEAD, ("select_one none", "a", "甲", ""), ("integer", "a1", "乙", "${a1} > 1")]))
    checked = app.test_cli_runner().invoke(args=["forms", "check", str(bad)])
    assert checked.exit_code == 1
    assert "survey!A2：选项表里没有清单“none”" in checked.output
    code = cast.unit("安吉县综治中心").code
    made = app.test_cli_runner().invoke(args=["forms", "import", str(bad), "--county", code, "--key", "bad_form"])
    assert made.exit_code == 1
    assert form_of_county(cast.unit("安吉县综治中心").id, "bad_form") is None


def test_an_admin_fills_in_the_template_uploads_it_and_settles_what_it_leaves_open(
    app: Flask, cast: Cast, client: JudgingClient
) -> None:
    cast.sign_in(client, "admin")
    assert client.get("/admin/forms/workbooks/new").status_code == 200
    book = load_workbook(io.BytesIO(client.get("/admin/forms/workbooks/template.xlsx").data))
    assert book.sheetnames == ["题目", "选项", "设置", "题型清单", "填写说明"]
    book["题目"]["F3"] = "pulldata('x', 'y')"
    answer = client.post("/admin/forms/workbooks/new", data={**upload(saved(book)), "key": "from_template"})
    assert answer.status_code == 302, answer.text
    county = cast.unit("安吉县综治中心").id
    page = client.get("/admin/forms/from_template/workbook")
    assert "题目!F3" in page.text
    assert "没有采用" in page.text
    refused = client.get("/admin/forms/from_template/publish").text
    assert "工作簿 题目!F3" in refused
    form = form_of_county(county, "from_template")
    assert form is not None
    pressed = client.post(
        "/admin/forms/from_template/workbook/settle", data={"cell": "题目!F3", "row_version": form.row_version}
    )
    assert pressed.status_code == 302
    db.session.rollback()
    assert open_marks(form.id) == []
    assert "工作簿 题目!F3" not in client.get("/admin/forms/from_template/publish").text


def test_a_second_upload_becomes_the_draft_and_what_was_published_is_retired_not_lost(
    app: Flask, cast: Cast, client: JudgingClient
) -> None:
    county = cast.unit("安吉县综治中心")
    cast.sign_in(client, "admin")
    client.get("/admin/forms/workbooks/new")
    first = workbook([HEAD, ("text", "a", "甲", ""), ("text", "b", "乙", "")], (), TWICE)
    client.post("/admin/forms/workbooks/new", data=upload(first))
    form = form_of_county(county.id, "twice")
    assert form is not None
    client.post("/admin/forms/twice/publish/now", data={"row_version": form.row_version})
    db.session.rollback()
    fids = {item["key"]: item["fid"] for item in form.draft["pages"][0]["items"]}
    second = workbook([HEAD, ("text", "c", "丙", ""), ("text", "a", "甲（改）", "")], (), TWICE)
    stale = client.post("/admin/forms/twice/workbook", data={**upload(second), "row_version": 1})
    assert stale.status_code == 409
    sent = client.post("/admin/forms/twice/workbook", data={**upload(second), "row_version": form.row_version})
    assert sent.status_code == 302, sent.text
    db.session.rollback()
    items = {item["key"]: item for item in form.draft["pages"][0]["items"]}
    assert {key: item["fid"] for key, item in items.items() if key in fids} == fids
    assert items["b"]["retired"] is True
    assert items["a"]["label"] == "甲（改）"


@pytest.mark.parametrize("content", [b"", b"type,name\n", b"PK\x03\x04broken", workbook([("a", "b"), ("1", "2")])])
def test_a_file_that_is_no_form_is_refused_in_words(cast: Cast, client: JudgingClient, content: bytes) -> None:
    cast.sign_in(client, "admin")
    client.get("/admin/forms/workbooks/new")
    answer = client.post("/admin/forms/workbooks/new", data=upload(content))
    assert answer.status_code == 422
    assert "什么都没有导入" in answer.text


def test_the_template_is_a_form() -> None:
    found = read(books.read_book(template_workbook()), slug=slug)
    assert (found.problems, found.marks) == ([], [])
