"""Forms made from definitions: every kind has its control, the engine alone judges."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel
from werkzeug.datastructures import MultiDict
from wtforms import RadioField, SelectField

from engine.answers import AnswerError
from engine.definition import parse
from engine.kinds import KINDS
from forms.answers import raw_from_post, raw_from_stored
from forms.dynamic import ItemsForm, edit_filling, page_form, unbound_fields, whole_form
from forms.filling import Filling, deciding, say
from forms.makers import RowsField
from queries.answers import context_for
from tests.support.cast import TODAY, Cast
from tests.support.entry import DISPUTE

OPTIONS = [{"value": f"v{n}", "label": f"选项{n}"} for n in range(7)]
SETTINGS: dict[str, dict[str, Any]] = {
    "select_one": {"options": OPTIONS[:2]},
    "select_multiple": {"options": OPTIONS},
    "rank": {"options": OPTIONS},
    "org": {"level": "village"},
    "calculate": {"value": 5},
    "hidden": {"text": "固定"},
    "group": {"items": [{"fid": "g1", "key": "g1", "type": "text", "label": "组内"}]},
    "repeat": {"items": [{"fid": "r1", "key": "r1", "type": "text", "label": "行内"}]},
}


@pytest.fixture
def engine_name() -> str:
    """Forms are made of definitions; one engine for the look-ups of organisations is enough."""
    return "sqlite"


def form_of(*items: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema": "zhiye-form/1",
        "key": "f",
        "title": "表",
        "pages": [{"id": "p", "title": "页", "items": list(items)}],
    }


def item(fid: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"fid": fid, "key": fid, "type": kind, "label": f"题目{fid}", **SETTINGS.get(kind, {}), **more}


def build(
    app: Flask, cast: Cast, document: dict[str, Any], raw: dict[str, Any], username: str = "grid.yucun"
) -> ItemsForm:
    """Build the form of the first page as a request of this user would."""
    with app.test_request_context():
        definition, actor = parse(document), cast.actor(username)
        page = definition.pages[0]
        filling = Filling.of(definition, raw, actor=actor, context=context_for(actor, today=TODAY), page=page)
        return page_form(filling, page, errors=filling.outcome.errors)


def choices(form: ItemsForm, fid: str) -> list[str]:
    field = form.field_of(fid)
    assert isinstance(field, SelectField)
    return [str(option.label.text) for option in field]


def test_every_kind_of_the_engine_has_a_control(app: Flask, cast: Cast) -> None:
    document = form_of(*(item(f"k{n}", name) for n, name in enumerate(KINDS)))
    form = build(app, cast, document, {})
    answerable = {f"k{n}" for n, kind in enumerate(KINDS.values()) if kind.answerable and kind.entered}
    assert {row.at for row in form.every_row() if row.field} == {*answerable, "g1"}
    with app.test_request_context():
        assert all(str(field()) for field in form if not isinstance(field, RowsField))


def test_names_that_wtforms_uses_itself_are_harmless_as_fids(app: Flask, cast: Cast) -> None:
    names = ["data", "errors", "validate", "process", "meta", "populate", "rows"]
    form = build(app, cast, form_of(*(item(name, "text", key=f"k_{name}") for name in names)), {"data": "x"})
    assert form.field_of("data").data == "x"  # type: ignore[union-attr]
    assert [row.item.fid for row in form.rows if row.item] == names


def test_fields_are_made_once_for_equal_definitions() -> None:
    first, second = parse(copy.deepcopy(DISPUTE)), parse(copy.deepcopy(DISPUTE))
    assert unbound_fields(first, "zh_Hans_CN") is unbound_fields(second, "zh_Hans_CN")
    assert unbound_fields(first, "zh_Hans_CN") is not unbound_fields(first, "en")


@pytest.mark.parametrize(("count", "kind"), [(5, RadioField), (6, SelectField)])
def test_few_options_lie_open_and_many_are_a_menu(app: Flask, cast: Cast, count: int, kind: type) -> None:
    form = build(app, cast, form_of(item("a", "select_one", options=OPTIONS[:count])), {})
    assert type(form.field_of("a")) is kind


def test_a_retired_option_is_offered_only_where_it_is_the_answer(app: Flask, cast: Cast) -> None:
    options = [{"value": "old", "label": "旧", "retired": True}, {"value": "new", "label": "新"}]
    document = form_of(item("a", "select_one", options=options, required=True))
    assert choices(build(app, cast, document, {}), "a") == ["新"]
    assert choices(build(app, cast, document, {"a": "old"}), "a") == ["旧", "新"]


def test_options_are_offered_by_the_answer_they_are_filtered_by_in_rows_too(app: Flask, cast: Cast) -> None:
    towns = [{"value": "t1", "label": "天荒坪镇"}, {"value": "t2", "label": "梅溪镇"}]
    villages = [{"value": "v1", "label": "余村村", "tags": {"town": "t1"}},
                {"value": "v2", "label": "红庙村", "tags": {"town": "t2"}}]  # fmt: skip
    inner = item("c", "select_one", options=villages, filter={"town": "b"}, required=True)
    repeat = item("r", "repeat", items=[item("b", "select_one", options=towns), inner])
    outer = item("d", "select_one", options=villages, filter={"town": "a"}, required=True)
    document = form_of(item("a", "select_one", options=towns), outer, repeat)
    rows = [{"_id": "0" * 16, "b": "t1"}, {"_id": "1" * 16, "b": "t2"}]
    form = build(app, cast, document, {"a": "t2", "r": rows})
    assert choices(form, "d") == ["红庙村"]
    assert [choices(form, f"r/{row['_id']}/c") for row in rows] == [["余村村"], ["红庙村"]]
    assert choices(build(app, cast, document, {}), "d") == []
    assert deciding(parse(document)) == {"a", "b"}


def test_a_required_yes_or_no_can_be_answered_with_no(app: Flask, cast: Cast) -> None:
    document = form_of(item("a", "boolean", required=True), item("b", "boolean"))
    form = build(app, cast, document, {"a": False})
    assert choices(form, "a") == ["是", "否"]
    assert form.field_of("a").data == "false"  # type: ignore[union-attr]
    posted = MultiDict({"asked": "a b"})
    assert raw_from_post(parse(document), posted) == {"a": "", "b": "false"}


def test_only_villages_of_the_actor_are_offered(app: Flask, cast: Cast) -> None:
    document = form_of(item("a", "org", required=True))
    assert choices(build(app, cast, document, {}), "a") == ["余村村"]
    assert "红庙村" not in choices(build(app, cast, document, {}, "official.tianhuangping"), "a")
    assert "红庙村" in choices(build(app, cast, document, {}, "dispatcher.county"), "a")


def test_errors_stand_at_their_fields_and_those_of_the_whole_form_on_top(app: Flask, cast: Cast) -> None:
    form = build(app, cast, form_of(item("a", "integer", required=True), item("b", "integer", max=5)), {"b": "9"})
    assert form.field_of("a").errors == ["请填写“题目a”"]  # type: ignore[union-attr]
    assert form.field_of("b").errors == ["不能大于 5"]  # type: ignore[union-attr]
    assert form.field_of("b").data == "9"  # type: ignore[union-attr]


def test_only_items_that_stood_on_the_page_are_read() -> None:
    posted = MultiDict({"asked": "a5 c2", "f_a5": "1", "f_a2": "leak", "f_a8": "x" * 32, "f_zz": "1"})
    assert raw_from_post(parse(DISPUTE), posted) == {"a5": "1", "c2": []}


def test_the_deciding_answers_are_known() -> None:
    assert deciding(parse(DISPUTE)) == {"a2"}


def test_an_error_with_a_percent_sign_of_the_author_is_said_as_it_is() -> None:
    app = Flask("none")
    Babel(app)
    with app.test_request_context():
        assert say(AnswerError("a", "不能超过 100%(含)")) == "不能超过 100%(含)"


class TestEditing:
    STORED: dict[str, Any] = {
        "a2": "other",
        "a3": "噪声",
        "a5": "300",
        "b1": "张三",
        "b3": {"sealed": "sm4-gcm:k1:x", "mask": "138****2084"},
        "c2": ["pay"],
    }

    def edit(self, app: Flask, cast: Cast, posted: MultiDict[str, str] | None = None) -> ItemsForm:
        with app.test_request_context():
            actor = cast.actor("official.yucun")
            context = context_for(actor, today=TODAY, permission="record:edit")
            raw = raw_from_stored(parse(DISPUTE), self.STORED) | raw_from_post(parse(DISPUTE), posted or MultiDict())
            return whole_form(edit_filling(parse(DISPUTE), self.STORED, raw=raw, actor=actor, context=context))

    def test_sealed_answers_are_blank_with_a_hint_and_names_in_full(self, app: Flask, cast: Cast) -> None:
        form = self.edit(app, cast)
        phone, name = form.field_of("b3"), form.field_of("b1")
        assert phone is not None
        assert name is not None
        assert (phone.data, phone.description) == ("", "已登记 138****2084，不改请留空")
        assert name.data == "张三"

    def test_all_pages_stand_under_their_headings(self, app: Flask, cast: Cast) -> None:
        form = self.edit(app, cast)
        assert [row.text for row in form.rows if row.item is None] == ["基本情况", "当事人", "经过"]

    def test_what_was_typed_wins_over_what_is_stored(self, app: Flask, cast: Cast) -> None:
        form = self.edit(app, cast, MultiDict({"asked": "a2 a5", "f_a2": "leak", "f_a5": "5"}))
        assert form.field_of("a3") is None
        assert form.field_of("a5").data == "5"  # type: ignore[union-attr]

    def test_nothing_sealed_leaves_the_store(self) -> None:
        assert raw_from_stored(parse(DISPUTE), self.STORED)["b3"] == ""

    def test_a_whole_form_of_one_page_needs_no_heading(self, app: Flask, cast: Cast) -> None:
        with app.test_request_context():
            actor = cast.actor("grid.yucun")
            context = context_for(actor, today=TODAY)
            filling = Filling.of(parse(form_of(item("a", "text"))), {}, actor=actor, context=context)
            assert [row.text for row in whole_form(filling).rows] == ["题目a"]
