from __future__ import annotations

import copy
import io
from datetime import date
from typing import Any

import pytest
from openpyxl import load_workbook

from engine.answers import Context, clean
from engine.definition import parse
from engine.schema import normalised
from engine.xlsform import workbook as books
from engine.xlsform.findings import Reading
from engine.xlsform.odk import refusals
from engine.xlsform.reading import read
from services.demo_forms import HAZARD, NEIGHBOUR_DISPUTE, RENTAL
from services.pinyin import slug
from tests.support.kinds import EVERY
from tests.support.xlsforms import SAMPLES, Rows, workbook, xform_of

TODAY = Context(today=date(2026, 11, 22), org_allowed=lambda _org, _level: True)


def reading(content: bytes) -> Reading:
    return read(books.read_book(content), slug=slug)


def findings(content: bytes) -> list[str]:
    return [str(finding) for finding in reading(content).problems]


def again(content: bytes, change: Any) -> bytes:
    """Read a workbook, change the definition, and write it back."""
    found = reading(content)
    document = copy.deepcopy(found.document)
    change(document)
    return books.rewritten(content, document, found.names, slug=slug)


def item(document: dict[str, Any], key: str) -> dict[str, Any]:
    return next(one for page in document["pages"] for one in page["items"] if one["key"] == key)


def survey(content: bytes) -> Any:
    return load_workbook(io.BytesIO(content))["survey"]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_workbook_imports_and_goes_back_as_the_same_xform(name: str) -> None:
    content = SAMPLES[name]()
    found = reading(content)
    assert (found.problems, found.marks, refusals(books.read_book(content), found)) == ([], [], [])
    assert parse(found.document).sha256
    back = books.rewritten(content, found.document, found.names, slug=slug)
    assert xform_of(back) == xform_of(content)
    assert reading(books.fresh(found.document)).document == found.document


@pytest.mark.parametrize("document", [NEIGHBOUR_DISPUTE, RENTAL, HAZARD, EVERY], ids=lambda one: str(one["key"]))
def test_a_form_written_as_a_workbook_is_read_as_the_same_form(document: dict[str, Any]) -> None:
    content = books.fresh(document)
    found = reading(content)
    assert [str(problem) for problem in found.problems] == []
    assert normalised(found.document) == normalised(document)
    assert xform_of(content)


def test_one_changed_label_is_one_changed_cell_and_colours_notes_and_own_columns_stay() -> None:
    content = SAMPLES["chinese_labels"]()

    def relabel(document: dict[str, Any]) -> None:
        item(document, "people")["label"] = "受影响人数"

    before, after = survey(content), survey(again(content, relabel))
    changed = [
        (one.coordinate, other.value)
        for row, others in zip(before.iter_rows(), after.iter_rows(max_row=before.max_row), strict=True)
        for one, other in zip(row, others, strict=False)
        if one.value != other.value
    ]
    assert changed == [("C4", "受影响人数")]
    assert after["C3"].fill.fgColor.rgb == "00FFF2CC"
    assert after["C3"].comment.text == "镇里要求必填"
    assert after["H6"].value == "平安办"
    assert after.row_dimensions[3].height == 33


def test_a_new_question_stands_behind_the_one_it_follows_and_a_retired_one_says_so() -> None:
    content = SAMPLES["chinese_labels"]()

    def add(document: dict[str, Any]) -> None:
        items = document["pages"][0]["items"]
        items.insert(1, {"fid": "f99", "key": "floor", "type": "integer", "label": "楼层"})
        item(document, "story")["retired"] = True

    written = again(content, add)
    names = [cell.value for cell in survey(written)["B"]]
    assert names == ["name", "place", "floor", "kind", "people", "found_on", "story", "photo", "thanks"]
    assert load_workbook(io.BytesIO(written))["备注"]["A1"].value == "这张表由平安办保管"
    assert item(reading(written).document, "story")["retired"] is True


def test_options_are_offered_by_the_answer_that_their_column_names() -> None:
    form = parse(reading(SAMPLES["choice_filters"]()).document)
    town, village = form.by_key("town").fid, form.by_key("village").fid
    assert clean(form, {town: "tianhuangping", village: "yucun"}, TODAY).ok
    refused = clean(form, {town: "dipu", village: "yucun"}, TODAY)
    assert [(error.fid, str(error)) for error in refused.errors] == [(village, "“余村村”和前面选的不相符，请重新选择")]


def test_rows_are_summed_and_counted_from_outside() -> None:
    form = parse(reading(SAMPLES["repeats"]()).document)
    fid = {one.key: one.fid for one in form.every_item}
    rows = [
        {fid["tenant"]: "甲", fid["months"]: "3", fid["rent"]: "800"},
        {fid["tenant"]: "乙", fid["months"]: "0", fid["rent"]: "900"},
    ]
    keys = [{fid["holder"]: "甲"}, {fid["holder"]: "乙"}]
    outcome = clean(
        form, {fid["address"]: "余村 1 号", fid["let"]: "true", fid["tenants"]: rows, fid["keys"]: keys}, TODAY
    )
    assert [str(error) for error in outcome.errors] == []
    assert (outcome.values[fid["rents"]], outcome.values[fid["how_many"]]) == (800, 2)


def test_a_constraint_refuses_what_is_filled_and_only_that() -> None:
    form = parse(reading(SAMPLES["conditions"]()).document)
    fid = {one.key: one.fid for one in form.items}
    assert clean(form, {fid["kind"]: "leak"}, TODAY).ok
    errors = clean(form, {fid["kind"]: "other", fid["amount"]: "-1", fid["people"]: "0"}, TODAY).errors_by_address()
    assert {key for key in fid if fid[key] in errors} == {"other", "amount", "people"}
    assert str(errors[fid["amount"]][0]) == "金额要在 0 到 100 万之间"


HEAD = ("type", "name", "label", "relevant", "constraint", "appearance")


@pytest.mark.parametrize(
    ("rows", "cell", "said"),
    [
        ([("text", "a", "甲", "pulldata('x', 'y')", "", "")], "survey!D2", "不支持函数“pulldata”"),
        ([("integer", "a", "甲", "", "regex(., '[0-9]+')", "")], "survey!E2", "不支持函数“regex”"),
        ([("text", "a", "甲", "${b} = 1", "", "")], "survey!D2", "没有标识是“b”的题目"),
        ([("text", "a", "甲", "", "", ""), ("geoshape", "s", "地块", "", "", "")], "survey!A3", "没有这种题型"),
    ],
)
def test_what_has_no_counterpart_is_kept_and_named_with_its_cell(rows: Rows, cell: str, said: str) -> None:
    content = workbook([HEAD, *rows])
    found = reading(content)
    assert found.problems == []
    (mark,) = found.marks
    assert (mark.cell, mark.blocking) == (cell, True)
    assert said in str(mark.message)
    back = books.rewritten(content, found.document, found.names, slug=slug)
    assert survey(back)[cell.partition("!")[2]].value == mark.text


@pytest.mark.parametrize(
    ("survey_rows", "choices", "said"),
    [
        ([("select_one kinds", "a", "甲", "", "", "")], [], "survey!A2: 选项表里没有清单“kinds”"),
        ([("begin group", "g", "组", "", "", "")], [], "survey!A2: 这里开始的分组或重复没有结束"),
        ([("end repeat", "", "", "", "", "")], [], "survey!A2: 这里结束的分组或重复没有对应的开始"),
        (
            [("integer", "a", "甲", "${b} > 1", "", ""), ("integer", "b", "乙", "${a} > 1", "", "")],
            [],
            "显示条件或计算公式绕成了圈：甲 → 乙 → 甲",
        ),
        ([("integer", "a", "甲", "${a} > 1", "", "")], [], "survey!D2: 显示条件不能用到这道题自己"),
        (
            [("select_one k", "a", "甲", "", "", "")],
            [("k", "x", "一"), ("k", "x", "二")],
            "choices!B3: 清单“k”里的选项值重复或者没有写",
        ),
    ],
)
def test_a_mistake_is_told_with_its_cell(survey_rows: Rows, choices: Rows, said: str) -> None:
    content = workbook([HEAD, *survey_rows], [("list_name", "name", "label"), *choices] if choices else ())
    assert any(said in finding for finding in findings(content)), findings(content)


def test_a_choice_written_twice_in_the_questions_own_cell_is_told_there() -> None:
    rows = [("题型", "题目", "选项"), ("单选", "纠纷类型", "漏水、噪声、漏水")]
    assert findings(workbook(rows)) == ["survey!C2: 清单“jiu_fen_lei_xing”里的选项值重复或者没有写"]


def test_a_formula_of_the_spreadsheet_is_no_text_of_a_form() -> None:
    with pytest.raises(books.Unreadable, match="是一个表格公式"):
        books.read_book(workbook([HEAD, ("text", "a", "=1+1")]))


def test_names_in_chinese_become_keys_and_are_written_back_in_chinese() -> None:
    content = workbook(
        [("题型", "名称", "题目", "必填", "选项", "显示条件"),
         ("单选", "类型", "纠纷类型", "是", "漏水、噪声、其他", ""),
         ("单行文字", "", "说明", "是", "", "【纠纷类型】 = '其他'"),
         ("身份证号", "证号", "身份证号", "", "", "")],
    )  # fmt: skip
    made = load_workbook(io.BytesIO(content))
    made["survey"].title = "题目"
    target = io.BytesIO()
    made.save(target)
    found = reading(target.getvalue())
    assert found.problems == []
    first, second, third = found.document["pages"][0]["items"]
    assert [option["label"] for option in first["options"]] == ["漏水", "噪声", "其他"]
    assert (first["key"], third["type"]) == ("lei_xing", "cn_id")
    assert second["show"] == {"eq": [{"var": first["fid"]}, first["options"][2]["value"]]}
    assert refusals(books.read_book(target.getvalue()), found) == []
    back = load_workbook(io.BytesIO(books.rewritten(target.getvalue(), found.document, found.names, slug=slug)))
    rows = [[cell.value for cell in row] for row in back["题目"].iter_rows(max_col=6)]
    assert rows == [[cell.value for cell in row] for row in made["题目"].iter_rows(max_col=6)]
    assert "choices" not in back.sheetnames
