"""The form designer over HTTP, on both engines."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from engine.definition import check, parse
from models.audit import AuditEvent
from models.base import db
from models.forms import Form, FormState, FormVersion
from models.messages import Outbox
from tests.pages import JudgingClient
from tests.support.cast import Cast
from tests.support.designer import HOME, Designer, neighbour_dispute, row
from tests.support.office import words


@pytest.fixture
def designer(client: JudgingClient, cast: Cast) -> Designer:
    cast.sign_in(client, "admin")
    return Designer(client)


@pytest.fixture
def small(designer: Designer) -> Designer:
    """A form of two questions, not yet published."""
    designer.create("小台账", key="small", prefix="XTZ")
    designer.add("p1", "text", "地点")
    designer.add("p1", "select_one", "类别", new_options="甲\n乙")
    return designer


def items(form: Form) -> dict[str, dict[str, Any]]:
    return {item["key"]: item for page in form.draft["pages"] for item in page["items"]}


def test_a_question_may_start_with_the_last_answer_or_with_what_the_address_brings(small: Designer) -> None:
    (key, before), *_others = items(small.form()).items()
    for chosen, stored in (("earlier", {"earlier": True}), ("query", {"query": key}), ("", None)):
        small.change(before["label"], default=chosen)
        assert items(small.form())[key].get("default") == stored


def test_an_admin_designs_and_publishes_the_neighbour_dispute_form(designer: Designer, cast: Cast) -> None:
    neighbour_dispute(designer)
    form = designer.form()
    assert check(form.draft) == []
    found = items(form)
    definition = parse(form.draft)
    assert [page.title for page in definition.pages] == ["基本情况", "当事人", "经过"]
    assert list(found) == [
        "village", "kind", "kind_other", "happened_on", "amount", "grave", "photos", "name", "id_no", "phone", "story",
    ]  # fmt: skip
    fid = {key: item["fid"] for key, item in found.items()}
    assert found["village"]["default"] == {"user": "village"}
    assert found["village"]["level"] == "village"
    assert [(option["label"], option.get("retired", False)) for option in found["kind"]["options"]] == [
        ("相邻关系", False), ("漏水", False), ("噪声", False), ("旧选项", True), ("其他", False),
    ]  # fmt: skip
    other = found["kind"]["options"][4]["value"]
    assert found["kind_other"]["show"] == {"eq": [{"var": fid["kind"]}, other]}
    assert found["happened_on"]["rules"] == [
        {"if": {"gt": [{"var": fid["happened_on"]}, {"today": []}]}, "message": "发生日期不能晚于今天"}
    ]
    assert found["amount"]["min"] == 0
    assert found["grave"]["show"] == {"ge": [{"var": fid["amount"]}, 100000]}
    assert found["photos"]["multiple"] == 9
    assert definition.item(fid["story"]).search
    assert definition.item(fid["phone"]).mask == "middle"

    page = words(designer.client.get(f"{designer.address}/publish").text)
    assert "检查通过" in page
    assert "新增题目“纠纷类型”" in page
    designer.publish()
    form = designer.form()
    assert (form.state, form.current_version, form.title) == (FormState.PUBLISHED, 1, "邻里纠纷登记")
    version = db.session.get_one(FormVersion, (form.id, 1))
    assert version.sha256 == definition.sha256
    assert version.published_by == cast.users["admin"]
    told = {row.user_id for row in db.session.scalars(sa.select(Outbox))}
    assert told >= {cast.users["grid.yucun"], cast.users["official.hongmiao"]}
    assert not told & {cast.users["admin"], cast.users["leader.county"], cast.users["official.next"]}
    chain = sa.select(AuditEvent.act).where(AuditEvent.thing == "form").order_by(AuditEvent.id)
    acts = list(db.session.scalars(chain))
    assert acts[0] == "form:create"
    assert acts[-1] == "form:publish"


def test_all_pages_of_the_designer_open_and_are_well_made(designer: Designer) -> None:
    neighbour_dispute(designer)
    designer.publish()
    designer.add("p3", "select_multiple", "当事人的要求", new_options="修复\n赔偿")
    designer.publish()
    kind = designer.fid("纠纷类型")
    paths = [
        "/", "/settings", "/pages/new", "/pages/p1", "/pages/p1/add", f"/items/{kind}", f"/items/{kind}/retire",
        "/publish", "/retire", "/versions", "/versions/1", "/versions/compare?old=1&new=2", "/versions/1/restore",
        "/import", "/try", "/try?width=phone", "/definition.json", "/versions/2.json",
    ]  # fmt: skip
    for path in paths:
        assert designer.client.get(designer.address + path).status_code == 200, path
    for kind in ("text", "integer", "date", "boolean", "note", "org", "image", "cn_id", "select_multiple"):
        assert designer.client.get(f"{designer.address}/pages/p1/add/{kind}").status_code == 200, kind
    page = words(designer.client.get(f"{HOME}/").text)
    assert "邻里纠纷登记" in page
    assert "第 2 版" in page


def test_a_new_form_gets_key_and_prefix_from_pinyin(designer: Designer) -> None:
    designer.create("邻里纠纷登记")
    assert (designer.key, designer.form().prefix) == ("lin_li_jiu_fen_deng_ji", "LLJFDJ")
    designer.create("邻里纠纷登记")
    assert (designer.key, designer.form().prefix) == ("lin_li_jiu_fen_deng_ji_2", "LLJFDJ2")


def test_a_key_or_prefix_in_use_is_refused_on_its_field(small: Designer) -> None:
    answer = small.fill(f"{HOME}/new", title="又一张", key="small", prefix="YYZ", expect=422)
    assert "已经有一张用这个标识的表单" in answer.text
    answer = small.fill(f"{HOME}/new", title="又一张", key="another", prefix="XTZ", expect=422)
    assert "已经有一张用这个编号字头的表单" in answer.text
    answer = small.fill(f"{HOME}/new", title="又一张", key="new", prefix="AB", expect=422)
    assert "保留" in answer.text


def test_only_who_may_design_changes_a_form(client: JudgingClient, cast: Cast, small: Designer) -> None:
    row_version = small.form().row_version
    acts = ["/pages/p1/move", "/publish/now", "/settings", "/items/f1", "/items/f1/move", "/import", "/items/f1/retire"]
    for username, status in (("official.yucun", 403), ("grid.yucun", 403), ("leader.county", 403)):
        cast.sign_in(client, username)
        assert client.get(f"{HOME}/").status_code == status
        assert client.get(f"{small.address}/").status_code == status
        for act in acts:
            assert client.post(small.address + act, data={"row_version": row_version}).status_code == status, act
    cast.sign_in(client, "auditor.county")
    assert client.get(f"{HOME}/").status_code == 200
    page = client.get(f"{small.address}/")
    assert page.status_code == 200
    assert "添加题目" not in page.text
    for act in acts:
        assert client.post(small.address + act, data={"row_version": row_version}).status_code == 403, act
    cast.sign_in(client, "admin.next")
    assert "小台账" not in client.get(f"{HOME}/").text
    for path in ("/", "/items/f1", "/publish", "/versions", "/definition.json"):
        assert client.get(small.address + path).status_code == 404, path
    for act in acts:
        assert client.post(small.address + act, data={"row_version": row_version}).status_code == 404, act
    assert small.form().row_version == row_version


def test_nobody_designs_without_signing_in(app: Flask, small: Designer) -> None:
    stranger = JudgingClient(app, app.response_class)
    assert stranger.get(f"{small.address}/").status_code == 302
    assert stranger.get("/login").status_code == 200
    assert stranger.post(f"{small.address}/publish/now", data={"row_version": "1"}).status_code == 401


def test_what_is_not_there_is_not_found(small: Designer) -> None:
    for path in (
        "/items/f99", "/pages/p9", "/pages/p9/add", "/pages/p1/add/telepathy", "/versions/1", "/versions/0",
        "/versions/99999999999999999999", "/versions/compare?old=99999999999999999999", "/items/f99/retire",
    ):  # fmt: skip
        assert small.client.get(small.address + path).status_code == 404, path
    assert small.client.get(f"{HOME}/missing/").status_code == 404


def test_items_move_copy_and_go(small: Designer) -> None:
    place, kind = small.fid("地点"), small.fid("类别")
    small.press(f"{small.address}/items/{kind}/move", to="up")
    assert list(items(small.form())) == ["lei_bie", "di_dian"]
    small.fill(f"{small.address}/pages/new", title="第二页")
    small.press(f"{small.address}/items/{place}/move", to="p2")
    small.press(f"{small.address}/items/{kind}/copy")
    draft = small.form().draft
    assert [[item["key"] for item in page["items"]] for page in draft["pages"]] == [
        ["lei_bie", "lei_bie_2"],
        ["di_dian"],
    ]
    small.press(f"{small.address}/pages/p2/move", to="up")
    assert [page["id"] for page in small.form().draft["pages"]] == ["p2", "p1"]
    assert "还有题目" in small.client.get(small.press(f"{small.address}/pages/p2/remove").location).text
    assert "从没有发布过" in small.client.get(f"{small.address}/items/{place}/retire").text
    small.press(f"{small.address}/items/{place}/retire")
    small.press(f"{small.address}/pages/p2/remove")
    assert [page["id"] for page in small.form().draft["pages"]] == ["p1"]


def test_a_published_item_is_retired_and_can_come_back(small: Designer) -> None:
    small.publish()
    place = small.fid("地点")
    page = small.client.get(f"{small.address}/items/{place}/retire")
    assert "还没有登记答过这道题" in words(page.text)
    small.press(f"{small.address}/items/{place}/retire")
    assert items(small.form())["di_dian"]["retired"] is True
    assert "停用题目“地点”" in words(small.client.get(f"{small.address}/publish").text)
    small.press(f"{small.address}/items/{place}/reuse")
    assert "retired" not in items(small.form())["di_dian"]


def test_options_are_reordered_retired_and_only_unpublished_ones_deleted(small: Designer) -> None:
    small.publish()
    small.change("类别", new_options="丙\n丁")
    small.change("类别", **{"options-0-position": "9", "options-3-removed": "y", "options-0-removed": "y"})
    options = items(small.form())["lei_bie"]["options"]
    assert [option["label"] for option in options] == ["乙", "丙", "甲"]
    answer = small.fill(f"{small.address}/items/{small.fid('类别')}", new_options="乙", expect=422)
    assert "选项“乙”已经有了" in answer.text


def test_options_may_depend_on_another_answer(small: Designer) -> None:
    kind = small.fid("类别")
    address = f"{small.address}/pages/p1/add/select_one"
    page = small.fill(address, label="小类", c_filter=kind, redraw="1", expect=200)
    assert "新添加的选项属于" in page.text
    small.fill(address, label="小类", c_filter=kind, new_options="甲一\n甲二", new_tag="jia")
    small.change("小类", new_options="乙一", new_tag="yi", **{"options-1-tag": "yi"})
    item = items(small.form())["xiao_lei"]
    assert item["filter"] == {"lei_bie": kind}
    assert [option["tags"]["lei_bie"] for option in item["options"]] == ["jia", "yi", "yi"]
    small.change("小类")
    assert items(small.form())["xiao_lei"] == item


def test_the_condition_builder_says_what_is_wrong(small: Designer) -> None:
    address = f"{small.address}/pages/p1/add/text"
    kind = small.fid("类别")
    answer = small.fill(address, label="说明", **row("show", kind, "eq", "没有的"), expect=422)
    assert "没有选项“没有的”" in words(answer.text)
    answer = small.fill(address, label="说明", **row("show", kind, "eq"), expect=422)
    assert "请填写要比较的内容" in words(answer.text)
    answer = small.fill(address, label="说明", **row("show", kind, "gt", "甲"), expect=422)
    assert "这道题可以用" in words(answer.text)
    wrong = {"rules-0-when-mode": "text", "rules-0-when-text": "【地点】 = '甲' and【类别"}
    answer = small.fill(address, label="说明", **wrong, expect=422)
    assert "第 15 个字：看不懂“【”" in words(answer.text)
    answer = small.fill(address, label="", expect=422)
    assert "请填写题目" in words(answer.text)
    answer = small.fill(address, label="说明", c_min="9", c_max="3", expect=422)
    assert "最少字数不能大于最多字数" in words(answer.text)
    answer = small.fill(address, label="说明", key="Bad Key", expect=422)
    assert "标识只能用小写英文字母" in words(answer.text)
    assert list(items(small.form())) == ["di_dian", "lei_bie"]


def test_a_condition_survives_being_opened_and_saved(small: Designer) -> None:
    kind, place = small.fid("类别"), small.fid("地点")
    rows = row("show", kind, "ne", "甲") | row("show", place, "filled", n=1) | {"show-groups-0-joiner": "or"}
    rows |= row("rules-0-when", "@self", "lt", "2026-01-01") | {"rules-0-message": "太早了"}
    small.add("p1", "date", "日期", **rows)
    before = items(small.form())["ri_qi"]
    assert before["show"] == {"or": [{"ne": [{"var": kind}, "jia"]}, {"filled": [{"var": place}]}]}
    assert before["rules"] == [{"if": {"lt": [{"var": before["fid"]}, {"date": ["2026-01-01"]}]}, "message": "太早了"}]
    small.change("日期")
    assert items(small.form())["ri_qi"] == before
    assert "“类别”不是“甲”" in words(small.client.get(f"{small.address}/").text)


def test_groups_required_when_and_several_rules_are_built_by_choosing(small: Designer) -> None:
    kind, place = small.fid("类别"), small.fid("地点")
    rows = (
        row("need", kind, "eq", "甲")
        | row("need", kind, "eq", "乙", group=1)
        | row("need", place, "filled", n=1, group=1)
    )
    rows |= {"need-groups-1-joiner": "or", "required": "when"}
    rows |= row("rules-0-when", "@self", "gt", "9") | row("rules-1-when", "@self", "lt", "1")
    rows |= row("rules-1-when", kind, "eq", "甲", n=1) | {"rules-1-message": "甲类至少一户"}
    fid = small.add("p1", "integer", "户数", **rows)
    item = items(small.form())["hu_shu"]
    is_kind = {"eq": [{"var": kind}, "jia"]}
    assert item["required"] == {"and": [is_kind, {"or": [{"eq": [{"var": kind}, "yi"]}, {"filled": [{"var": place}]}]}]}
    assert item["rules"] == [
        {"if": {"gt": [{"var": fid}, 9]}, "message": "户数不能大于 9"},
        {"if": {"and": [{"lt": [{"var": fid}, 1]}, is_kind]}, "message": "甲类至少一户"},
    ]
    small.change("户数")
    assert items(small.form())["hu_shu"] == item
    assert "满足条件时必填" in words(small.client.get(f"{small.address}/").text)


def test_the_builder_redraws_itself_without_saving_and_turns_rows_into_a_formula(small: Designer) -> None:
    address = f"{small.address}/items/{small.fid('地点')}"
    kind, before = small.fid("类别"), small.form().row_version
    page = small.fill(address, more="show-groups", expect=200)
    assert 'name="show-groups-0-rows-0-fid"' in page.text
    chosen = row("show", kind, "eq", "jia")
    page = small.fill(address, **chosen, redraw="1", expect=200)
    assert '<option value="yi" data-raw>乙</option>' in page.text
    page = small.fill(address, **chosen, redraw="1", **{"show-mode": "text", "show-was": "rows"}, expect=200)
    assert "【类别】 = &#39;jia&#39;" in page.text
    page = small.fill(address, **chosen, less="show-groups-0-rows-0", expect=200)
    assert 'name="show-groups-0-rows-0-fid"' not in page.text
    assert small.form().row_version == before


def test_a_custom_condition_is_kept_unless_it_is_dropped(small: Designer) -> None:
    draft = small.form().draft
    place = small.fid("地点")
    custom = {"gt": [{"length": [{"var": place}]}, 3]}
    draft["pages"][0]["items"][1]["show"] = custom
    small.fill(f"{small.address}/import", document=json.dumps(draft))
    small.change("类别", hint="想好再选")
    assert items(small.form())["lei_bie"]["show"] == custom
    assert "公式：string-length(【地点】) &gt; 3" in small.client.get(f"{small.address}/").text
    small.change("类别", **{"show-text": ""})
    assert "show" not in items(small.form())["lei_bie"]


def test_settings_choose_columns_title_and_what_becomes_of_old_drafts(small: Designer) -> None:
    place = small.fid("地点")
    small.fill(f"{small.address}/settings", title="大台账", title_en="Big register", stale_policy="refuse_after",
               refuse_after="2027-01-01", **{"columns-0": small.fid("类别"), "columns-1": place})  # fmt: skip
    form = small.form()
    assert form.title == "大台账"
    assert form.draft["title"] == {"zh_Hans_CN": "大台账", "en": "Big register"}
    assert form.draft["stale_policy"] == {"refuse_after": "2027-01-01"}
    assert form.draft["list"] == [small.fid("类别"), place]
    answer = small.fill(f"{small.address}/settings", stale_policy="refuse_after", refuse_after="", expect=422)
    assert "请选一个日期" in answer.text
    small.change("地点", listed=None)
    assert small.form().draft["list"] == [small.fid("类别")]


def test_many_chosen_columns_survive_the_settings_page(small: Designer) -> None:
    for number in range(9):
        small.add("p1", "text", f"题{number}")
    draft = small.form().draft
    draft["list"] = [item["fid"] for item in items(small.form()).values()]
    small.fill(f"{small.address}/import", document=json.dumps(draft))
    small.fill(f"{small.address}/settings", title="又一个名称")
    assert small.form().draft["list"] == draft["list"]
    assert len(draft["list"]) == 11


def test_a_published_choice_of_one_may_become_a_choice_of_several_but_nothing_else(small: Designer) -> None:
    small.publish()
    small.change("地点", kind="integer")
    assert items(small.form())["di_dian"]["type"] == "text"
    small.change("类别", kind="select_multiple")
    assert items(small.form())["lei_bie"]["type"] == "select_multiple"
    assert "从单选改为多选" in words(small.client.get(f"{small.address}/publish").text)
    small.publish()
    assert small.form().current_version == 2


def test_the_second_of_two_admins_sees_what_changed_and_keeps_what_they_typed(small: Designer) -> None:
    address = f"{small.address}/items/{small.fid('地点')}"
    old = small.form().row_version
    small.change("地点", hint="写到门牌号")
    answer = small.client.post(address, data={"row_version": old, "label": "具体地点", "required": "no"})
    assert answer.status_code == 409
    page = words(answer.text)
    assert "别人改过这张表单" in page
    assert "陈管理 修改了题目“地点”" in page
    assert 'value="具体地点"' in answer.text
    assert items(small.form())["di_dian"]["label"] == "地点"
    again = small.client.post(address, data={"row_version": small.form().row_version, "label": "具体地点"})
    assert again.status_code == 302
    assert items(small.form())["di_dian"]["label"] == "具体地点"

    answer = small.client.post(f"{address}/move", data={"row_version": old, "to": "down"})
    assert answer.status_code == 409
    assert "移动题目" in words(answer.text)
    answer = small.client.post(
        f"{small.address}/settings", data={"row_version": old, "title": "新名称", "stale_policy": "finish_old"}
    )
    assert answer.status_code == 409
    assert 'value="新名称"' in answer.text
    answer = small.client.post(f"{small.address}/publish/now", data={"row_version": old})
    assert answer.status_code == 409
    assert small.form().state == FormState.DRAFT


def test_somebody_elses_deletion_does_not_lose_what_was_typed(small: Designer) -> None:
    place, old = small.fid("地点"), small.form().row_version
    small.press(f"{small.address}/items/{place}/retire")
    answer = small.client.post(
        f"{small.address}/items/{place}", data={"row_version": old, "label": "具体地点"}, judge=False
    )
    assert answer.status_code == 409
    assert "具体地点" in answer.text
    assert "删除了题目“地点”" in answer.text


def test_trying_out_shows_errors_and_stores_nothing(designer: Designer, cast: Cast) -> None:
    neighbour_dispute(designer)
    before = designer.form().row_version
    page = designer.client.get(f"{designer.address}/try")
    assert "纠纷类型" in page.text
    assert "属重大纠纷" not in re.sub("<template.*?</template>", "", page.text, flags=re.DOTALL)
    amount = designer.fid("涉及金额（元）")
    answer = designer.fill(f"{designer.address}/try", expect=422, **{f"f_{amount}": "200000"})
    shown = words(answer.text)
    assert "请填写“纠纷类型”" in shown
    assert "属重大纠纷" in shown
    fids = {key: item["fid"] for key, item in items(designer.form()).items()}
    village = cast.units["余村村"]
    whole = {
        "village": village, "kind": "lou_shui", "happened_on": "2020-01-01", "name": "王小明", "story": "楼上漏水",
    }  # fmt: skip
    answers: dict[str, Any] = {f"f_{fids[key]}": str(value) for key, value in whole.items()}
    answer = designer.fill(f"{designer.address}/try", expect=200, **answers)
    assert "试填通过" in words(answer.text)
    assert designer.form().row_version == before
    assert db.session.scalar(sa.text("select count(*) from record")) == 0


def test_a_wrong_definition_is_named_by_path_and_nothing_is_saved(small: Designer) -> None:
    before = small.form().row_version
    draft = small.form().draft
    draft["pages"][0]["items"][0]["type"] = "telepathy"
    draft["pages"][0]["items"][1]["options"] = []
    answer = small.fill(f"{small.address}/import", document=json.dumps(draft), expect=422, judge=False)
    assert "pages[0].items[0].type" in answer.text
    for text, message in (
        ('{"a": 1, "a": 2}', "写了两次"),
        ("{", "不是正确的 JSON"),
        ("[NaN]", "不能用 NaN"),
        ("[" * 100_000, "嵌套太深"),
        ("[1]", "要是一个对象"),
        (" " * 600_000, "文件太大"),
    ):
        answer = small.fill(f"{small.address}/import", document=text, expect=422, judge=False)
        assert message in answer.text, text[:20]
    assert small.form().row_version == before


def test_a_downloaded_definition_can_be_uploaded_again(small: Designer) -> None:
    download = small.client.get(f"{small.address}/definition.json")
    assert download.mimetype == "application/json"
    assert "attachment" in download.headers["Content-Disposition"]
    document = json.loads(download.text)
    document["title"] = "新名称"
    small.fill(f"{small.address}/import", document=json.dumps(document))
    assert small.form().title == "新名称"


def test_what_was_published_cannot_be_left_out_by_an_import(small: Designer) -> None:
    small.publish()
    draft = small.form().draft
    del draft["pages"][0]["items"][0]
    answer = small.fill(f"{small.address}/import", document=json.dumps(draft), expect=422)
    assert "发布过的题目不能删除" in answer.text
    other = {**small.form().draft, "key": "other"}
    answer = small.fill(f"{small.address}/import", document=json.dumps(other), expect=422, judge=False)
    assert "标识要和这张表单一样" in answer.text


def test_a_form_with_problems_is_not_published(small: Designer) -> None:
    small.add("p1", "text", "说明", **row("show", small.fid("类别"), "eq", "甲"))
    small.press(f"{small.address}/items/{small.fid('类别')}/retire")
    page = words(small.client.get(f"{small.address}/publish").text)
    assert "还不能发布" in page
    assert "不存在或已停用" in page
    answer = small.publish()
    assert "还不能发布" in small.client.get(answer.location, follow_redirects=True).text
    assert small.form().state == FormState.DRAFT


def test_the_same_draft_is_not_published_twice(small: Designer) -> None:
    small.publish()
    small.publish()
    assert small.form().current_version == 1
    assert "完全一样" in small.client.get(f"{small.address}/publish").text


def test_an_old_version_comes_back_as_a_draft_with_the_rest_retired(small: Designer) -> None:
    small.publish()
    small.add("p1", "text", "备注")
    small.change("类别", new_options="丙")
    small.publish()
    small.press(f"{small.address}/versions/1/restore")
    found = items(small.form())
    assert found["bei_zhu"]["retired"] is True
    assert [option.get("retired", False) for option in found["lei_bie"]["options"]] == [False, False, True]
    small.publish()
    assert small.form().current_version == 3


def test_a_form_is_retired_and_reopened(small: Designer) -> None:
    small.publish()
    small.press(f"{small.address}/retire")
    assert small.form().state == FormState.RETIRED
    assert "请先重新启用" in small.client.get(f"{small.address}/publish").text
    small.publish()
    assert small.form().current_version == 1
    small.press(f"{small.address}/reopen")
    assert small.form().state == FormState.PUBLISHED


def test_a_label_with_a_tag_shows_as_text_everywhere(small: Designer) -> None:
    evil = "<img src=x onerror=alert(1)>"
    fid = small.fid("地点")
    small.change("地点", label=evil, hint=evil, judge=False)
    small.fill(f"{small.address}/pages/p1", title=evil, judge=False)
    small.fill(f"{small.address}/settings", title=evil, judge=False)
    small.change("类别", new_options=evil, judge=False)
    small.publish()
    paths = ("/", f"/items/{fid}", f"/items/{fid}/retire", "/pages/p1", "/pages/p1/add", "/pages/p1/add/text",
             "/settings", "/publish", "/versions", "/versions/1", "/try", "/import", "/retire")  # fmt: skip
    for path in paths:
        page = small.client.get(small.address + path, judge=False)
        assert page.status_code == 200, path
        assert "<img src=x" not in page.text, path
    assert "<img src=x" not in small.client.get(f"{HOME}/", judge=False).text


def test_the_list_is_filtered_and_says_when_it_is_empty(designer: Designer) -> None:
    assert "还没有表单" in designer.client.get(f"{HOME}/").text
    designer.create("出租房", key="rental", prefix="CZ")
    designer.create("小台账", key="small", prefix="XTZ")
    assert "出租房" not in designer.client.get(f"{HOME}/?q=台账").text
    assert "没有符合条件的表单" in designer.client.get(f"{HOME}/?state=published").text
    assert "小台账" in designer.client.get(f"{HOME}/?state=nonsense").text
