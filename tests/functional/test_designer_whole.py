"""The designer's acts on a form as a whole, over HTTP: nesting, steps, templates, tests, rules, rights, counts."""

from __future__ import annotations

import re
from typing import Any

import pytest

from admin.form_templates import TEMPLATES
from engine.definition import check
from services.records import create_record
from tests.pages import JudgingClient
from tests.support.cast import AT, TODAY, Cast
from tests.support.designer import Designer, row
from tests.support.office import words


@pytest.fixture
def small(client: JudgingClient, cast: Cast) -> Designer:
    """A form with a choice and a repeat of people, not yet published."""
    cast.sign_in(client, "admin")
    designer = Designer(client)
    designer.create("出租房", key="rental", prefix="CZF")
    designer.add("p1", "select_one", "状态", key="use", index="y", new_options="在租\n空置")
    designer.add("p1", "text", "地址", key="place")
    designer.add("p1", "repeat", "租客", key="tenants", c_max="5")
    return designer


def outline(designer: Designer) -> list[Any]:
    """Return the keys of the items, those in others in lists behind them."""

    def keys(items: list[dict[str, Any]]) -> list[Any]:
        return [part for item in items for part in (item["key"], *([keys(item["items"])] if "items" in item else []))]

    return [keys(page["items"]) for page in designer.form().draft["pages"]]


def test_items_go_into_groups_and_repeats_and_out_again_and_the_page_says_where(small: Designer) -> None:
    tenants = small.fid("租客")
    small.fill(f"{small.address}/pages/p1/add/person_name?inside={tenants}", label="姓名", key="name")
    rent = small.add("p1", "integer", "租金", key="rent")
    told = small.press(f"{small.address}/items/{rent}/move", to="in")
    assert "“租金”现在是“租客”里的第 2 题" in small.client.get(told.location).text
    assert outline(small) == [["use", "place", "tenants", ["name", "rent"]]]
    small.press(f"{small.address}/items/{rent}/move", to="up")
    small.press(f"{small.address}/items/{small.fid('地址')}/move", to=f"before:{small.fid('姓名')}")
    assert outline(small) == [["use", "tenants", ["rent", "place", "name"]]]
    small.press(f"{small.address}/items/{rent}/move", to="out")
    small.press(f"{small.address}/items/{small.fid('地址')}/move", to=f"after:{small.fid('状态')}")
    assert outline(small) == [["use", "place", "tenants", ["name"], "rent"]]
    small.press(f"{small.address}/items/{tenants}/move", to=f"inside:{tenants}")
    assert outline(small) == [["use", "place", "tenants", ["name"], "rent"]]
    small.change("租客", label="全部租客")
    assert outline(small) == [["use", "place", "tenants", ["name"], "rent"]]
    small.press(f"{small.address}/items/{tenants}/copy")
    assert check(small.form().draft) == []
    small.publish()
    small.press(f"{small.address}/items/{rent}/move", to=f"inside:{tenants}")
    page = small.client.get(f"{small.address}/publish").text
    assert f'href="{small.address}/items/{rent}"' in page
    assert "不能移进、移出重复填写的一组" in words(page)


def test_changes_are_undone_and_redone_and_a_conflict_is_said(small: Designer) -> None:
    page = words(small.client.get(f"{small.address}/").text)
    assert "上一步：添加了题目“租客”" in page
    old = small.form().row_version
    told = small.press(f"{small.address}/undo")
    assert "已撤销：添加了题目“租客”" in small.client.get(told.location).text
    assert outline(small) == [["use", "place"]]
    small.press(f"{small.address}/redo")
    assert outline(small) == [["use", "place", "tenants"]]
    answer = small.client.post(f"{small.address}/undo", data={"row_version": old})
    assert answer.status_code == 409
    assert "陈管理 重做了一步“租客”" in words(answer.text)


def test_every_template_is_added_with_one_click_also_into_a_group(small: Designer) -> None:
    for template in TEMPLATES:
        small.press(f"{small.address}/pages/p1/common/{template.name}")
    small.press(f"{small.address}/pages/p1/common/person?inside={small.fid('租客')}")
    assert check(small.form().draft) == []
    how = next(item for item in small.form().draft["pages"][0]["items"] if item["key"] == "handled_how")
    assert how["show"] == {"eq": [{"var": small.fid("是否已处理")}, True]}
    assert outline(small)[0][3] == ["name_2", "phone_2", "id_no_2"]
    small.publish()
    assert small.form().current_version == 1


def test_what_was_tried_is_kept_as_a_test_and_stops_publishing_when_it_no_longer_holds(small: Designer) -> None:
    small.press(f"{small.address}/items/{small.fid('租客')}/retire")
    state, address = small.fid("状态"), f"{small.address}/try"
    small.change("地址", **row("show", state, "eq", "zai_zu"), required="yes")
    posted: dict[str, Any] = {
        "asked": f"{state} {small.fid('地址')}",
        f"f_{state}": "zai_zu",
        "test_title": "在租没写地址",
    }
    kept = small.press(f"{small.address}/tests/record", **posted)
    (test,) = small.form().draft["tests"]
    assert (test["in"], test["errors"], test["title"]) == ({state: "zai_zu"}, [small.fid("地址")], "在租没写地址")
    page = small.client.get(kept.location)
    assert "在租没写地址" in words(page.text)
    assert re.search(r'checked[^>]*value="zai_zu"', page.text)
    assert "1 个都通过" in words(small.client.get(f"{small.address}/publish").text)
    small.change("地址", required="no")
    listed = small.client.get(f"{small.address}/publish").text
    assert f'href="{address}#test-0"' in listed
    assert "应当报错，却没有" in words(listed)
    small.publish()
    assert small.form().current_version is None
    small.press(f"{small.address}/tests/0/again")
    assert "errors" not in small.form().draft["tests"][0]
    small.press(f"{small.address}/items/{small.fid('地址')}/retire")
    small.press(f"{small.address}/tests/0/remove")
    assert "tests" not in small.form().draft
    small.press(f"{small.address}/tests/7/remove", expect=404)


def test_the_preview_may_stand_in_our_own_frame_and_in_no_other(small: Designer) -> None:
    page = small.client.get(f"{small.address}/preview")
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "iframe" in small.client.get(f"{small.address}/?preview=desktop").text
    assert "iframe" not in small.client.get(f"{small.address}/?preview=off").text
    assert "iframe" not in small.client.get(f"{small.address}/").text


def test_rules_of_the_whole_form_count_rows_and_are_said_beside_a_question(small: Designer) -> None:
    state, tenants = small.fid("状态"), small.fid("租客")
    small.fill(f"{small.address}/pages/p1/add/person_name?inside={tenants}", label="姓名")
    address = f"{small.address}/rules"
    assert 'name="rules-0-when-groups-0-rows-0-fid"' in small.fill(address, more="rules", expect=200).text
    rule = row("rules-0-when", state, "eq", "zai_zu") | row("rules-0-when", f"#{tenants}", "lt", "1", n=1)
    assert "请写提示" in small.fill(address, **rule, expect=422).text
    small.fill(address, **rule, **{"rules-0-message": "在租的要填租客", "rules-0-at": tenants})
    assert small.form().draft["rules"] == [
        {"if": {"and": [{"eq": [{"var": state}, "zai_zu"]}, {"lt": [{"count": [tenants]}, 1]}]},
         "message": "在租的要填租客", "at": tenants}
    ]  # fmt: skip
    assert check(small.form().draft) == []
    small.fill(address)
    assert len(small.form().draft["rules"]) == 1
    answer = small.fill(f"{small.address}/try", expect=422, **{f"f_{state}": "zai_zu"})
    assert "在租的要填租客" in words(answer.text)


def test_rights_stages_and_duplicates_are_ticked(small: Designer) -> None:
    state, old = small.fid("状态"), small.form().row_version
    values = {"row_version": old, "act_export": ["dispatcher", "leader"], "new_stages": "登记\n核查\n办结",
              "match": [state], "window_days": "30"}  # fmt: skip
    for act, roles in {"list": "admin dispatcher township_official village_official grid_worker department_handler"
                       " mediator leader auditor", "create": "grid_worker"}.items():  # fmt: skip
        values[f"act_{act}"] = roles.split()
    assert small.client.post(f"{small.address}/access", data=values).status_code == 302
    draft = small.form().draft
    assert draft["access"]["create"] == ["grid_worker"]
    assert draft["access"]["export"] == ["dispatcher", "leader"]
    assert "list" not in draft["access"]
    assert [stage["label"] for stage in draft["stages"]] == ["登记", "核查", "办结"]
    assert draft["duplicate"] == {"match": [state], "window_days": 30}
    answer = small.client.post(f"{small.address}/access", data={**values, "new_stages": "再来"})
    assert answer.status_code == 409
    assert "再来" in answer.text
    second = draft["stages"][1]["value"]
    small.change("地址", roles_edit="grid_worker", stage_required_from=second)
    item = next(item for item in small.form().draft["pages"][0]["items"] if item["key"] == "place")
    assert item["roles"]["edit"] == ["grid_worker"]
    assert item["stage"] == {"required_from": second}
    assert "有限制" in small.client.get(f"{small.address}/items/{item['fid']}").text


def test_changes_say_from_what_to_what_and_how_many_answers_they_touch(small: Designer, cast: Cast) -> None:
    small.press(f"{small.address}/items/{small.fid('租客')}/retire")
    small.add("p1", "textarea", "经过", key="story")
    small.add("p1", "cn_mobile", "电话", key="phone")
    small.add("p1", "org", "村", key="village", c_level="village")
    small.fill(f"{small.address}/settings", **{"columns-0": small.fid("状态")})
    small.publish()
    state, story, phone, village = (small.fid(label) for label in ("状态", "经过", "电话", "村"))
    actor, form = cast.actor("grid.yucun"), small.form()
    for n, given in enumerate(({state: "zai_zu", phone: "13812340000"}, {state: "kong_zhi", story: "无"}, {})):
        raw = {**given, village: str(cast.units["余村村"])}
        create_record(form, version=1, raw=raw, uid=f"{n:032x}", actor=actor, at=AT, today=TODAY)
    small.change("状态", required="yes", **{"options-0-retired": "y"})
    small.press(f"{small.address}/items/{story}/retire")
    small.press(f"{small.address}/items/{phone}/retire")
    page = words(small.client.get(f"{small.address}/publish").text)
    assert "必填：可以不填 → 必填 2 条登记答过这道题" in page
    assert "停用选项“在租” 1 条登记选了它" in page
    assert "停用题目“经过”，已有的答案仍然保留 至多 3 条登记答过这道题" in page
    assert "停用题目“电话”，已有的答案仍然保留 1 条登记答过这道题" in page
    page = words(small.client.get(f"{small.address}/versions/compare?old=1&new=0").text)
    assert "停用题目“经过”" in page
    assert "把第 1 版恢复成草稿" in page
