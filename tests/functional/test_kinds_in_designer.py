"""Every kind in the designer: its card, its property page, its place in the preview; formulas as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from admin.form_outline import KIND_CARDS
from engine.definition import check
from engine.kinds import KINDS
from engine.schema import build_item
from forms.formulas import formula_text, read_formula
from tests.pages import JudgingClient
from tests.support.cast import Cast
from tests.support.designer import Designer
from tests.support.kinds import ROWS, Row
from tests.support.office import words


@pytest.fixture
def designer(client: JudgingClient, cast: Cast) -> Designer:
    cast.sign_in(client, "admin")
    made = Designer(client)
    made.create("各种题型", key="kinds", prefix="GZT")
    return made


APART = {"options", "required", "items", "value"}  # settings that are typed in a way of their own


def typed(row: Row) -> dict[str, Any]:
    """Return what is typed on the property page for the settings of a row."""
    plain = {f"c_{name}": str(value) for name, value in row.settings.items() if name not in APART}
    if "options" in row.settings:
        plain["new_options"] = "\n".join(option["label"] for option in row.settings["options"])
    return plain | ({"c_value": "【整数题】 × 2"} if row.kind == "calculate" else {})


def test_every_kind_is_added_with_its_settings_and_tried_out(designer: Designer) -> None:
    cards = designer.client.get(f"{designer.address}/pages/p1/add").text
    for row in ROWS:
        assert str(KIND_CARDS[row.kind][1]) in cards
        fid = designer.add("p1", row.kind, row.label, **typed(row))
        for inner in row.settings.get("items", ()):
            designer.fill(f"{designer.address}/pages/p1/add/text?inside={fid}", label=inner["label"])
        assert designer.client.get(f"{designer.address}/items/{fid}").status_code == 200
    draft = designer.form().draft
    assert check(draft) == []
    made = {item["type"]: item for page in draft["pages"] for item in page["items"]}
    assert list(made) == list(KINDS)
    for row in ROWS:
        for name in row.settings.keys() - APART:
            assert str(made[row.kind][name]) == str(row.settings[name]), row.kind
    assert made["calculate"]["value"] == {"mul": [{"var": made["integer"]["fid"]}, 2]}
    preview = designer.client.get(f"{designer.address}/try").text
    hidden = [row.label for row in ROWS if row.kind == "hidden"]
    assert [row.label for row in ROWS if row.label not in preview] == hidden
    assert "填好有关的题目后算出" in preview


def test_a_formula_that_cannot_be_read_is_told_at_its_place(designer: Designer) -> None:
    designer.add("p1", "integer", "户数")
    address = f"{designer.address}/pages/p1/add/calculate"
    for formula, why in (("【人数】+1", "没有题目【人数】"), ("【户数】+", "第"), ("", "请写计算公式")):
        answer = designer.fill(address, label="合计", c_value=formula, expect=422)
        assert why in words(answer.text)
    designer.add("p1", "calculate", "合计", c_value="【户数】＋1")
    assert "【户数】 + 1" in designer.client.get(f"{designer.address}/items/{designer.fid('合计')}").text
    designer.change("合计", c_value="if（【户数】≥100，“大村”，“小村”）", c_result="text")
    made = designer.form().draft["pages"][0]["items"][1]
    fid = designer.fid("户数")
    assert made["value"] == {"if": [{"ge": [{"var": fid}, 100]}, "大村", "小村"]}


def test_a_formula_is_read_as_it_is_written() -> None:
    items = {
        fid: build_item({"fid": fid, "key": f"k_{fid}", "type": "decimal", "label": label})
        for fid, label in (("a1", "单价"), ("a2", "数量"), ("a3", "数量"))
    }
    for tree, text in (
        ({"mul": [{"var": "a1"}, 2]}, "【单价】 * 2"),
        ({"mul": [{"var": "a1"}, {"var": "a3"}]}, "【单价】 * ${k_a3}"),
        ({"concat": ["（甲，乙）", "【单价】"]}, "concat('（甲，乙）', '【单价】')"),
    ):
        assert formula_text(tree, items) == text
        assert read_formula(text, items) == tree
