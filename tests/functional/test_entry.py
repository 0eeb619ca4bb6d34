"""Entry of a configured form on the phone: page by page, with drafts that lose nothing."""

from __future__ import annotations

import copy
import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa

from models.base import db
from models.drafts import Draft
from models.records import Record
from queries.drafts import own_draft
from services.drafts import contents, save_draft
from services.refusals import NotFound, Stale
from services.transaction import write_transaction
from shell.clock import now
from tests.pages import JudgingClient
from tests.support.cast import AT, Cast
from tests.support.entry import (
    DISPUTE,
    HOSTILE,
    PAGE_1,
    PAGE_2,
    PAGE_3,
    begin,
    fill_in,
    hidden,
    picture,
    post_page,
    publish,
)


@pytest.fixture
def worker(cast: Cast, client: JudgingClient) -> JudgingClient:
    """The grid worker of 余村村, signed in, with the dispute form published."""
    publish(cast, DISPUTE)
    cast.sign_in(client, "grid.yucun")
    return client


def answers(uid: str) -> dict[str, Any]:
    return contents(db.session.scalars(sa.select(Draft).where(Draft.uid == uid)).one()).answers


def records() -> list[Record]:
    return list(db.session.scalars(sa.select(Record)))


def changed(**changes: Any) -> dict[str, Any]:
    """Return the form as its next version, with other properties or further items on the first page."""
    document = copy.deepcopy(DISPUTE)
    document["pages"][0]["items"] += changes.pop("items", [])
    return document | changes


class TestTheWayThrough:
    def test_a_grid_worker_enters_a_form_and_gets_its_number(self, worker: JudgingClient) -> None:
        uid = begin(worker)
        fill_in(worker, uid)
        check = worker.get(f"/field/e/{uid}/check")
        for told in ("余村村", "漏水", "13812342084", "赔偿", "2026-11-20"):
            assert told in check.text
        answer = worker.post(f"/field/e/{uid}/check")
        assert answer.location == f"/field/done/{uid}"
        (record,) = records()
        assert record.number in worker.get(answer.location).text
        assert record.answers["a2"] == "leak"
        assert record.answers["c3"] is False
        assert "13812342084" not in str(record.answers)
        assert db.session.scalar(sa.select(Draft.id)) is None
        assert record.number in worker.get("/field/").text

    def test_the_home_page_leads_to_every_published_form(self, worker: JudgingClient) -> None:
        html = worker.get("/field/").text
        assert "邻里纠纷登记" in html
        assert "/field/f/dispute/new" in html
        assert "没有没填完的草稿" in html

    def test_without_a_form_the_home_page_says_so(self, cast: Cast, client: JudgingClient) -> None:
        cast.sign_in(client, "grid.yucun")
        assert "还没有可以录入的表单" in client.get("/field/").text

    def test_the_village_of_the_worker_is_chosen_already(self, worker: JudgingClient, cast: Cast) -> None:
        html = worker.get(f"/field/e/{begin(worker)}/1").text
        assert f'value="{cast.units["余村村"]}"' in html
        assert "五鹤村" not in html

    def test_a_county_dispatcher_chooses_among_villages_by_township(self, worker: JudgingClient, cast: Cast) -> None:
        cast.sign_in(worker, "dispatcher.county")
        html = worker.get(f"/field/e/{begin(worker)}/1").text
        assert '<optgroup label="天荒坪镇">' in html
        assert "五鹤村" in html
        assert "邻村" not in html

    def test_opening_twice_is_two_entries_and_neither_is_listed_until_something_is_typed(
        self, worker: JudgingClient
    ) -> None:
        assert begin(worker) != begin(worker)
        assert "删除草稿" not in worker.get("/field/").text

    def test_an_entry_never_touched_is_forgotten_a_day_later(self, worker: JudgingClient) -> None:
        old = begin(worker)
        with write_transaction():
            db.session.execute(sa.update(Draft).values(created_at=now() - timedelta(days=2)))
        begin(worker)
        assert db.session.scalars(sa.select(Draft.uid).where(Draft.uid == old)).all() == []

    def test_handing_in_twice_is_one_record(self, worker: JudgingClient) -> None:
        uid = begin(worker)
        fill_in(worker, uid)
        first = worker.post(f"/field/e/{uid}/check")
        second = worker.post(f"/field/e/{uid}/check")
        assert (first.location, second.location) == (f"/field/done/{uid}",) * 2
        assert len(records()) == 1

    def test_going_back_keeps_what_was_typed(self, worker: JudgingClient) -> None:
        uid = begin(worker)
        post_page(worker, uid, 1, PAGE_1)
        answer = post_page(worker, uid, 2, PAGE_2, act="back")
        assert answer.location == f"/field/e/{uid}/1"
        assert answers(uid)["b1"] == "张三"

    def test_a_worker_in_english_sees_the_pages_too(self, worker: JudgingClient) -> None:
        worker.set_cookie("zhiye_locale", "en")
        assert worker.get(f"/field/e/{begin(worker)}/1").status_code == 200


class TestAnswers:
    def test_a_wrong_answer_is_told_on_top_and_at_the_field_and_kept(self, worker: JudgingClient) -> None:
        uid = begin(worker)
        answer = post_page(worker, uid, 1, PAGE_1 | {"a4": "2099-01-01", "a5": "三百"})
        assert answer.status_code == 422
        assert "有 2 处需要改正" in answer.text
        assert answer.text.count("发生日期不能晚于今天") == 2
        assert 'href="#f_a4"' in answer.text
        assert 'value="三百"' in answer.text
        assert answers(uid)["a5"] == "三百"

    def test_a_question_that_an_answer_brings_up_is_asked_before_it_is_demanded(self, worker: JudgingClient) -> None:
        uid = begin(worker)
        answer = post_page(worker, uid, 1, PAGE_1 | {"a2": "other"})
        assert answer.status_code == 422
        assert "多了几个问题" in answer.text
        assert "f_a3" in answer.text
        assert "请填写“其他类型说明”" not in answer.text

    def test_the_refresh_button_shows_it_too(self, worker: JudgingClient) -> None:
        uid = begin(worker)
        assert 'data-aside="a3"' in worker.get(f"/field/e/{uid}/1").text
        answer = post_page(worker, uid, 1, {"a2": "other"}, act="refresh")
        assert answer.status_code == 200
        assert 'data-aside="a3"' not in answer.text

    def test_a_hidden_answer_stays_in_the_draft_and_is_dropped_at_hand_in(self, worker: JudgingClient) -> None:
        uid = begin(worker)
        post_page(worker, uid, 1, {"a2": "other"}, act="refresh")
        post_page(worker, uid, 1, PAGE_1 | {"a2": "other", "a3": "噪声"})
        post_page(worker, uid, 1, PAGE_1 | {"a3": "噪声"})
        assert answers(uid)["a3"] == "噪声"
        post_page(worker, uid, 2, PAGE_2)
        post_page(worker, uid, 3, PAGE_3)
        worker.post(f"/field/e/{uid}/check")
        (record,) = records()
        assert "a3" not in record.answers

    def test_skipping_to_the_check_page_tells_what_is_missing(self, worker: JudgingClient) -> None:
        uid = begin(worker)
        html = worker.get(f"/field/e/{uid}/check").text
        assert "还有" in html
        assert f"/field/e/{uid}/2#f_b1" in html
        assert worker.post(f"/field/e/{uid}/check").status_code == 422
        assert not records()
        assert own_draft_exists(uid)

    def test_another_village_cannot_be_smuggled_in(self, worker: JudgingClient, cast: Cast) -> None:
        uid = begin(worker)
        answer = post_page(worker, uid, 1, PAGE_1 | {"a1": str(cast.units["红庙村"])})
        assert answer.status_code == 422
        assert "不能选这个单位" in answer.text
        assert "红庙村" not in answer.text

    def test_items_of_other_pages_cannot_be_posted_here(self, worker: JudgingClient) -> None:
        uid = begin(worker)
        data = {"asked": "a2 b1 x9", "f_a2": "leak", "f_b1": "李四", "f_x9": "?", "next": "1"}
        worker.post(f"/field/e/{uid}/1", data=data)
        assert "b1" not in answers(uid)
        assert "x9" not in answers(uid)

    def test_an_optional_choice_can_be_taken_back(self, worker: JudgingClient, cast: Cast) -> None:
        kind = {"fid": "a9", "key": "extra", "type": "select_one", "label": "来源",
                "options": [{"value": "x", "label": "来访"}]}  # fmt: skip
        publish(cast, changed(key="optional", items=[kind]))
        uid = begin(worker, "optional")
        assert "不填" in worker.get(f"/field/e/{uid}/1").text
        post_page(worker, uid, 1, PAGE_1 | {"a9": "x"})
        post_page(worker, uid, 1, PAGE_1 | {"a9": ""})
        assert answers(uid)["a9"] == ""

    def test_a_label_with_markup_is_only_text_everywhere(self, worker: JudgingClient, cast: Cast) -> None:
        bad = {"label": HOSTILE, "hint": HOSTILE}
        items = [
            {"fid": "h1", "key": "h1", "type": "text", **bad},
            {"fid": "h2", "key": "h2", "type": "select_one", "options": [{"value": "x", "label": HOSTILE}], **bad},
            {"fid": "h3", "key": "h3", "type": "select_multiple", "options": [{"value": "x", "label": HOSTILE}], **bad},
            {"fid": "h4", "key": "h4", "type": "boolean", **bad},
            {"fid": "h5", "key": "h5", "type": "image", **bad},
            {"fid": "h6", "key": "h6", "type": "note", "label": HOSTILE},
            {"fid": "h7", "key": "h7", "type": "org", "level": "village", "required": True, **bad},
            {"fid": "h8", "key": "h8", "type": "select_one", "style": "menu",
             "options": [{"value": "x", "label": HOSTILE}], **bad},
        ]  # fmt: skip
        document = changed(key="hostile", title=HOSTILE)
        document["pages"][0] |= {"title": HOSTILE, "items": items}
        publish(cast, document)
        uid = begin(worker, "hostile")
        pages = [
            worker.get(f"/field/e/{uid}/1", judge=False).text,
            post_page_unjudged(worker, uid).text,
            worker.get(f"/field/e/{uid}/check", judge=False).text,
            worker.get("/field/", judge=False).text,
            worker.get(f"/field/e/{uid}/discard", judge=False).text,
        ]
        for html in pages:
            assert "<img src=x" not in html
            assert "&lt;img src=x" in html


def post_page_unjudged(client: JudgingClient, uid: str) -> Any:
    data = {"asked": "h1 h2 h3 h4 h5 h7", "f_h1": HOSTILE, "f_h7": "999999", "next": "1"}
    return client.post(f"/field/e/{uid}/1", data=data, judge=False)


def own_draft_exists(uid: str) -> bool:
    return db.session.scalar(sa.select(Draft.id).where(Draft.uid == uid)) is not None


class TestDrafts:
    def test_what_is_typed_is_saved_by_itself(self, worker: JudgingClient) -> None:
        uid = begin(worker)
        html = worker.get(f"/field/e/{uid}/1").text
        data = {name: hidden(html, name) for name in ("base", "tab", "asked")} | {"f_a5": "12"}
        for amount in ("12", "120"):  # the same window saves again and again
            answer = worker.post(f"/field/e/{uid}/1/autosave", data=data | {"f_a5": amount})
            assert answer.status_code == 200
            assert re.fullmatch(r"\d\d:\d\d", answer.get_json()["saved_at"])
        assert answers(uid)["a5"] == "120"

    def test_the_draft_lies_sealed_in_the_database(self, worker: JudgingClient) -> None:
        uid = begin(worker)
        post_page(worker, uid, 2, PAGE_2)
        sealed = db.session.scalars(sa.select(Draft.sealed_answers)).one()
        assert sealed.startswith("sm4-gcm:")
        assert "138" not in sealed[:20]

    def test_save_and_come_back(self, worker: JudgingClient) -> None:
        uid = begin(worker)
        assert post_page(worker, uid, 1, PAGE_1 | {"a4": ""}, act="save").location == "/field/"
        html = worker.get("/field/").text
        assert "草稿已保存" in html
        assert f"/field/e/{uid}/1" in html
        assert 'value="300"' in worker.get(f"/field/e/{uid}/1").text

    def test_a_second_window_does_not_overwrite_silently(self, worker: JudgingClient) -> None:
        uid = begin(worker)
        old = worker.get(f"/field/e/{uid}/3").text
        post_page(worker, uid, 3, {"c1": "另一个窗口写的"}, act="refresh")
        data = {name: hidden(old, name) for name in ("base", "tab", "asked")} | {"f_c1": "这个窗口写的", "next": "1"}
        answer = worker.post(f"/field/e/{uid}/3", data=data)
        assert answer.status_code == 409
        assert "另一个窗口写的" in answer.text
        assert "这个窗口写的" in answer.text
        assert answers(uid)["c1"] == "另一个窗口写的"
        again = {name: hidden(answer.text, name) for name in ("base", "tab", "asked")}
        assert worker.post(f"/field/e/{uid}/3", data=data | again).status_code == 302
        assert answers(uid)["c1"] == "这个窗口写的"

    def test_a_second_window_on_another_page_is_no_conflict(self, worker: JudgingClient) -> None:
        uid = begin(worker)
        old = worker.get(f"/field/e/{uid}/3").text
        post_page(worker, uid, 2, PAGE_2)
        data = {name: hidden(old, name) for name in ("base", "tab", "asked")} | {"f_c1": "经过", "next": "1"}
        assert worker.post(f"/field/e/{uid}/3", data=data).status_code == 302

    def test_an_autosave_of_an_old_window_is_refused(self, worker: JudgingClient) -> None:
        uid = begin(worker)
        old = worker.get(f"/field/e/{uid}/3").text
        post_page(worker, uid, 3, {"c1": "新"}, act="refresh")
        data = {name: hidden(old, name) for name in ("base", "tab", "asked")} | {"f_c1": "旧"}
        answer = worker.post(f"/field/e/{uid}/3/autosave", data=data, headers={"Accept": "application/json"})
        assert answer.status_code == 409
        assert answers(uid)["c1"] == "新"

    def test_discarding_asks_first(self, worker: JudgingClient) -> None:
        uid = begin(worker)
        post_page(worker, uid, 1, PAGE_1, act="save")
        assert "找不回来" in worker.get(f"/field/e/{uid}/discard").text
        assert own_draft_exists(uid)
        assert worker.post(f"/field/e/{uid}/discard").location == "/field/"
        assert not own_draft_exists(uid)
        assert "已删除" in worker.get("/field/").text

    def test_a_new_version_lets_the_draft_finish(self, worker: JudgingClient, cast: Cast) -> None:
        uid = begin(worker)
        more = {"fid": "a6", "key": "door", "type": "text", "label": "门牌", "required": True}
        publish(cast, changed(items=[more]))
        assert "改过版" in worker.get(f"/field/e/{uid}/1").text
        assert "门牌" not in worker.get(f"/field/e/{uid}/1").text
        fill_in(worker, uid)
        worker.post(f"/field/e/{uid}/check")
        (record,) = records()
        assert record.version == 1
        assert "门牌" in worker.get(f"/field/e/{begin(worker)}/1").text

    def test_a_new_version_that_refuses_older_drafts_keeps_them(self, worker: JudgingClient, cast: Cast) -> None:
        uid = begin(worker)
        fill_in(worker, uid)
        publish(cast, changed(stale_policy={"refuse_after": "2020-01-01"}))
        assert worker.get(f"/field/e/{uid}/check").location == f"/field/e/{uid}/forward"
        assert "不再接收" in worker.get(f"/field/e/{uid}/forward").text
        answer = worker.post(f"/field/e/{uid}/check")
        assert answer.status_code == 422
        assert "不再接收" in answer.text
        assert own_draft_exists(uid)
        assert not records()

    def test_a_retired_form_says_so_and_keeps_the_draft(self, worker: JudgingClient, cast: Cast) -> None:
        uid = begin(worker)
        fill_in(worker, uid)
        with write_transaction():
            db.session.execute(sa.text("UPDATE form SET state = 'retired'"))
        assert "不接收录入" in worker.post(f"/field/e/{uid}/check").text
        assert own_draft_exists(uid)
        assert worker.get("/field/f/dispute/new").status_code == 422


class TestWhoMayNot:
    PAGES = ("/field/e/{uid}/1", "/field/e/{uid}/check", "/field/e/{uid}/discard", "/field/done/{uid}")

    @pytest.mark.parametrize("path", ["/field/", "/field/f/dispute/new", *PAGES])
    def test_the_signed_out_go_to_the_sign_in_page(self, cast: Cast, client: JudgingClient, path: str) -> None:
        answer = client.get(path.format(uid="0" * 32))
        assert answer.status_code == 302
        assert answer.location.startswith("/login")

    @pytest.mark.parametrize("path", ["/field/", "/field/f/dispute/new", *PAGES])
    def test_who_only_reads_is_refused(self, cast: Cast, client: JudgingClient, path: str) -> None:
        publish(cast, DISPUTE)
        cast.sign_in(client, "auditor.county")
        assert client.get(path.format(uid="0" * 32)).status_code == 403

    @pytest.mark.parametrize("path", PAGES)
    @pytest.mark.parametrize("other", ["official.yucun", "official.hongmiao", "dispatcher.county"])
    def test_another_persons_draft_is_not_found(self, worker: JudgingClient, cast: Cast, path: str, other: str) -> None:
        uid = begin(worker)
        post_page(worker, uid, 1, PAGE_1)
        cast.sign_in(worker, other)
        worker.get("/field/")
        assert worker.get(path.format(uid=uid)).status_code == 404

    @pytest.mark.parametrize("path", ["/field/e/{uid}/1", "/field/e/{uid}/1/autosave", "/field/e/{uid}/check",
                                      "/field/e/{uid}/discard"])  # fmt: skip
    def test_another_persons_draft_cannot_be_changed(self, worker: JudgingClient, cast: Cast, path: str) -> None:
        uid = begin(worker)
        cast.sign_in(worker, "official.yucun")
        worker.get("/field/")
        assert worker.post(path.format(uid=uid), data={"asked": "a5", "f_a5": "1"}).status_code == 404
        assert "a5" not in answers(uid)

    @pytest.mark.parametrize("number", ["0", "4", "99999999999999999999"])
    def test_a_page_that_the_form_does_not_have_is_not_found(self, worker: JudgingClient, number: str) -> None:
        assert worker.get(f"/field/e/{begin(worker)}/{number}").status_code == 404

    def test_another_countys_form_is_not_found(self, worker: JudgingClient, cast: Cast) -> None:
        publish(cast, changed(key="foreign"), county="邻县综治中心")
        assert worker.get("/field/f/foreign/new").status_code == 404
        assert worker.get("/field/f/missing/new").status_code == 404

    def test_the_service_refuses_another_person_too(self, worker: JudgingClient, cast: Cast) -> None:
        uid = begin(worker)
        draft = own_draft(uid, cast.actor("grid.yucun"))
        assert draft is not None
        with pytest.raises(NotFound):
            save_draft(draft, page_id="p1", answers={}, base=1, tab="x", actor=cast.actor("official.yucun"), at=AT)

    def test_the_service_refuses_to_save_over_a_newer_page(self, worker: JudgingClient, cast: Cast) -> None:
        uid, who = begin(worker), cast.actor("grid.yucun")
        for tab in ("one", "two"):
            draft = own_draft(uid, who)
            assert draft is not None
            if tab == "one":
                save_draft(draft, page_id="p1", answers={"a5": "1"}, base=1, tab=tab, actor=who, at=AT)
            else:
                with pytest.raises(Stale):
                    save_draft(
                        draft, page_id="p1", answers={"a5": "2"}, base=1, tab=tab, actor=who, at=AT + timedelta(hours=1)
                    )
        assert answers(uid)["a5"] == "1"


def test_photographs_of_a_discarded_draft_are_forgotten(worker: JudgingClient) -> None:
    uid = begin(worker)
    post_page(worker, uid, 1, {"a8": (BytesIO(picture()), "a.jpg")}, act="refresh")
    worker.post(f"/field/e/{uid}/discard")
    assert db.session.scalar(sa.text("SELECT count(*) FROM file")) == 0


def test_what_another_window_changed_after_the_check_is_shown_before_it_is_handed_in(worker: JudgingClient) -> None:
    uid = begin(worker)
    fill_in(worker, uid)
    shown = worker.get(f"/field/e/{uid}/check").text
    post_page(worker, uid, 2, {**PAGE_2, "b1": "李四"})
    answer = worker.post(f"/field/e/{uid}/check", data={"base": hidden(shown, "base")})
    assert answer.status_code == 409
    assert "又在另一个窗口里改过" in answer.text
    assert records() == []
    again = worker.post(f"/field/e/{uid}/check", data={"base": hidden(answer.text, "base")})
    assert again.location == f"/field/done/{uid}"
    assert [record.answers["b1"] for record in records()] == ["李四"]
