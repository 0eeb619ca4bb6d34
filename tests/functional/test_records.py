"""Entering, changing and voiding register entries."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa

from models.audit import AuditEvent
from models.base import db
from models.forms import Form
from models.records import Record, RecordRevision, RecordState
from queries.conditions import Filter
from queries.records import Request, capped_count, get_record, page, revision
from services.records import (
    AlreadyVoid,
    AnswersRefused,
    ReasonMissing,
    UidTaken,
    change_record,
    create_record,
    reveal,
    void_record,
    void_records,
)
from services.refusals import NotAllowed, NotFound, Stale
from services.versions import FormNotInUse
from tests.support.cast import AT, TODAY, Cast
from tests.support.registers import ID_NO, PHONE, change, enter, listed, publish


@pytest.fixture
def form(cast: Cast) -> Form:
    return publish(cast)


def test_a_record_gets_a_number_a_place_and_its_first_revision(cast: Cast, form: Form) -> None:
    record = enter(cast, form, b1="张三")
    assert (record.number, record.serial, record.version) == ("QU-000001", 1, 1)
    assert (record.town_id, record.village_id) == (cast.units["天荒坪镇"], cast.units["余村村"])
    assert record.org_id == cast.units["余村村"]
    assert enter(cast, form).number == "QU-000002"
    first = revision(record, 1)
    assert first is not None
    assert first.answers == record.answers


def test_wrong_answers_leave_no_trace_and_use_no_number(cast: Cast, form: Form) -> None:
    with pytest.raises(AnswersRefused) as refused:
        enter(cast, form, a2="")
    assert [error.fid for error in refused.value.outcome.errors] == ["a2"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Record)) == 0
    assert enter(cast, form).serial == 1


def test_a_village_outside_the_scope_is_refused_as_an_answer(cast: Cast, form: Form) -> None:
    with pytest.raises(AnswersRefused) as refused:
        enter(cast, form, village="红庙村")
    assert [error.fid for error in refused.value.outcome.errors] == ["a1"]


def test_who_may_not_enter_is_refused(cast: Cast, form: Form) -> None:
    with pytest.raises(NotAllowed):
        enter(cast, form, "leader.county")
    with pytest.raises(NotFound):
        enter(cast, form, "official.next", village="邻村")


def test_the_same_uid_again_is_the_same_record_and_another_persons_is_refused(cast: Cast, form: Form) -> None:
    first = enter(cast, form)
    raw = {"a1": cast.units["余村村"], "a2": "noise"}
    again: dict[str, Any] = {"version": 1, "raw": raw, "uid": first.uid, "at": AT, "today": TODAY}
    assert create_record(form, actor=cast.actor("grid.yucun"), **again).id == first.id
    assert first.answers["a2"] == "leak"
    with pytest.raises(UidTaken):
        create_record(form, actor=cast.actor("official.yucun"), **again)


def test_a_version_that_does_not_exist_is_refused(cast: Cast, form: Form) -> None:
    raw = {"a1": cast.units["余村村"], "a2": "noise"}
    with pytest.raises(FormNotInUse):
        create_record(form, version=2, raw=raw, uid="u", actor=cast.actor("grid.yucun"), at=AT, today=TODAY)


def test_phones_and_id_numbers_lie_sealed_everywhere(cast: Cast, form: Form) -> None:
    record = enter(cast, form, b2=ID_NO, b3=PHONE, b1="张三丰")
    change(cast, record, b3="13900001111")
    assert record.answers["b2"]["mask"].startswith("3305")
    for table in ("record", "record_revision", "audit_event", "record_text", "record_search"):
        rows = json.dumps([list(map(str, row)) for row in db.session.execute(sa.text(f"SELECT * FROM {table}"))])
        assert PHONE not in rows, table
        assert ID_NO not in rows, table
    told = json.dumps([[e.before, e.after] for e in db.session.scalars(sa.select(AuditEvent))], ensure_ascii=False)
    assert "138****2084" in told
    assert "张三丰" not in told


def test_a_department_owns_what_it_enters_and_sees_it_again(cast: Cast, form: Form) -> None:
    document = {**form.draft, "key": "letters", "pages": [form.draft["pages"][1]], "list": ["story"]}
    letters = publish(cast, document)
    actor = cast.actor("handler.xinfang")
    record = create_record(letters, version=1, raw={"c1": "来信一封"}, uid="l1", actor=actor, at=AT, today=TODAY)
    assert record.org_id == cast.units["信访局"]
    assert [r.id for r in page(letters, actor, Request()).records] == [record.id]
    assert capped_count(letters, actor, Request()) == 1
    assert page(letters, cast.actor("official.yucun"), Request()).records == []


def test_an_edit_keeps_a_revision_and_refuses_a_stale_page(cast: Cast, form: Form) -> None:
    record = enter(cast, form, b3=PHONE)
    sealed = record.answers["b3"]
    change(cast, record, a2="noise", a5="300")
    assert record.row_version == 2
    assert record.answers["b3"] == sealed
    second = revision(record, 2)
    assert second is not None
    assert second.answers["a2"] == "noise"
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.act == "record:change")).one()
    assert (event.before, event.after) == ({"a2": "leak", "a5": None}, {"a2": "noise", "a5": "300"})
    with pytest.raises(Stale):
        change_record(record, raw=record.answers, row_version=1, actor=cast.actor("grid.yucun"), at=AT, today=TODAY)


def test_an_answer_that_a_condition_hides_is_dropped_and_remembered(cast: Cast, form: Form) -> None:
    record = enter(cast, form, a2="other", a3="占道")
    change(cast, record, a2="leak")
    assert "a3" not in record.answers
    second = revision(record, 2)
    assert second is not None
    assert second.hidden == {"a3": "占道"}


def test_a_corrected_village_moves_the_record(cast: Cast, form: Form) -> None:
    record = enter(cast, form, "official.tianhuangping")
    change(cast, record, "official.tianhuangping", a1=cast.units["五鹤村"])
    assert record.village_id == cast.units["五鹤村"]
    assert listed(cast, form, "official.yucun") == []
    assert listed(cast, form, "official.wuhe") == [record.number]
    with pytest.raises(AnswersRefused):
        change(cast, record, "official.wuhe", a1=cast.units["余村村"])


def test_a_void_record_leaves_lists_and_stays_readable_by_number_for_histories(cast: Cast, form: Form) -> None:
    record = enter(cast, form, c1="楼上漏水")
    with pytest.raises(ReasonMissing):
        void_record(record, reason=" ", actor=cast.actor("official.yucun"), at=AT)
    with pytest.raises(NotAllowed):
        void_record(record, reason="重复", actor=cast.actor("grid.yucun"), at=AT)
    with pytest.raises(NotFound):
        void_record(record, reason="重复", actor=cast.actor("official.hongmiao"), at=AT)
    void_record(record, reason="重复", actor=cast.actor("official.yucun"), at=AT)
    assert record.state == RecordState.VOID
    assert listed(cast, form, "official.yucun") == []
    assert listed(cast, form, "official.yucun", search="漏水") == []
    assert listed(cast, form, "official.yucun", search="qu-000001") == ["QU-000001"]
    assert get_record(form, record.id, cast.actor("official.yucun")) is not None
    assert get_record(form, record.id, cast.actor("grid.yucun")) is None
    with pytest.raises(AlreadyVoid):
        change(cast, record)


def test_voiding_several_is_all_or_none(cast: Cast, form: Form) -> None:
    mine = [enter(cast, form).id for _ in range(3)]
    other = enter(cast, form, "official.meixi", village="红庙村").id
    official = cast.actor("official.yucun")
    with pytest.raises(NotFound):
        void_records(form, [*mine, other], reason="误录", actor=official, at=AT)
    assert capped_count(form, official, Request()) == 3
    assert void_records(form, mine, reason="误录", actor=official, at=AT) == 3
    assert capped_count(form, official, Request()) == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(RecordRevision)) == 7


def test_revealing_asks_for_a_reason_and_is_audited_without_the_number(cast: Cast, form: Form) -> None:
    record = enter(cast, form, b3=PHONE)
    with pytest.raises(NotAllowed):
        reveal(record, "b3", reason="回访", actor=cast.actor("grid.yucun"), at=AT)
    with pytest.raises(ReasonMissing):
        reveal(record, "b3", reason="", actor=cast.actor("official.yucun"), at=AT)
    assert reveal(record, "b3", reason="回访", actor=cast.actor("official.yucun"), at=AT) == PHONE
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.act == "record:reveal")).one()
    assert event.after == {"fid": "b3", "reason": "回访"}


def test_filters_search_and_count_agree(cast: Cast, form: Form) -> None:
    for number in range(8):
        enter(cast, form, a2="leak" if number % 2 else "noise", a5=str(number), c1=f"第{number}户漏水", b3=PHONE)
    official = cast.actor("official.tianhuangping")
    for asked in (
        Request(filters=(Filter("a2", "eq", ("leak",)),)),
        Request(filters=(Filter("a5", "ge", ("4",)),)),
        Request(search="漏水", filters=(Filter("a2", "eq", ("leak",)),)),
        Request(search=PHONE, filters=(Filter("a2", "eq", ("leak",)),)),
    ):
        assert capped_count(form, official, asked) == 4
        assert len(page(form, official, asked).records) == 4
