from __future__ import annotations

import copy
import pickle
from datetime import date

import pytest

from engine.definition import parse
from engine.texts import Text
from tests.unit.engine.helpers import definition, document, options, small


def test_a_form_knows_its_pages_items_and_titles() -> None:
    form = definition()
    assert (form.key, form.title(), form.title("en")) == ("neighbour_dispute", "邻里纠纷登记", "Neighbour disputes")
    assert [page.id for page in form.pages] == ["basics", "party", "story"]
    assert form.pages[0].text("en") == "Basics"
    assert form.item("a3").key == "kind_other"
    assert form.by_key("kind_other").fid == "a3"
    assert form.page_of("c1") == "story"


def test_what_does_not_exist_is_a_key_error() -> None:
    for ask in (definition().item, definition().by_key, definition().page_of):
        with pytest.raises(KeyError):
            ask("nobody")


def test_retired_items_are_kept_but_not_asked() -> None:
    form = definition()
    assert "c5" in {item.fid for item in form.items}
    assert "c5" not in {item.fid for item in form.live_items}
    assert "c5" not in {item.fid for item in form.pages[2].live_items}


def test_the_list_shows_the_chosen_columns_by_key_or_fid() -> None:
    assert definition().list_fids == ("a2", "a5", "a1", "a4")
    assert parse({**document(), "list": ["a2", "amount"]}).list_fids == ("a2", "a5")


def test_without_a_choice_the_list_shows_the_first_five_questions() -> None:
    items = [{"fid": f"f{n}", "type": "note" if n == 1 else "text"} for n in range(8)]
    assert parse(small(*items)).list_fids == ("f0", "f2", "f3", "f4", "f5")


def test_an_item_carries_its_own_settings_and_its_kind() -> None:
    item = definition().item("a2")
    assert item.kind.name == "select_one"
    assert item.config["style"] == "radio"
    assert [option.value for option in item.live_options] == ["boundary", "leak", "other"]
    assert item.options[0].text("en") == "Boundary"
    assert item.text("en") == "Kind of dispute"


def test_what_is_masked_or_sealed_is_known_by_the_item() -> None:
    form = definition()
    assert [item.fid for item in form.items if item.sealed] == ["b2", "b3", "b4"]
    assert [item.fid for item in form.items if item.masked] == ["b1", "b2", "b3", "b4"]


def test_stale_drafts_are_finished_unless_the_form_says_otherwise() -> None:
    text = {"fid": "f1", "type": "text"}
    assert parse(small(text)).stale_policy == "finish_old"
    until = parse(small(text, stale_policy={"refuse_after": "2026-12-31"}))
    assert (until.stale_policy, until.refuse_after) == ("refuse_after", date(2026, 12, 31))


def test_forms_that_say_the_same_are_equal() -> None:
    plain = small({"fid": "f1", "type": "text"})
    wordy = small({"type": "text", "fid": "f1", "required": False, "hint": "", "rules": [], "default": None}, rules=[])
    assert parse(plain) == parse(wordy)
    assert len({parse(plain), parse(wordy)}) == 1
    assert parse(plain) != parse(small({"fid": "f1", "type": "text", "required": True}))


def test_a_default_of_no_is_kept() -> None:
    assert parse(small({"fid": "f1", "type": "boolean", "default": False})).item("f1").default is False


def test_a_form_does_not_change_with_the_document_it_came_from() -> None:
    given = document()
    form = parse(given)
    given["pages"][0]["items"].clear()
    assert len(form.document["pages"][0]["items"]) == 8


def test_the_whole_form_parses_again_from_its_own_document() -> None:
    assert parse(definition().document).sha256 == definition().sha256


def test_a_text_falls_back_from_locale_to_language_to_chinese() -> None:
    text = Text({"zh_Hans_CN": " 纠纷 ", "en": "Dispute"})
    assert (text, text.to("en_GB"), text.to("fr"), text.to("zh_Hans_CN")) == ("纠纷", "Dispute", "纠纷", "纠纷")
    assert copy.deepcopy(text).locales == pickle.loads(pickle.dumps(text)).locales == text.locales


def test_options_belong_to_selects_only() -> None:
    form = parse(small({"fid": "f1", "type": "text"}, {"fid": "f2", "type": "select_one", "options": options("a")}))
    assert form.item("f1").options == ()
    assert len(form.item("f2").options) == 1
