"""Weird and hostile requests are refused in words: never an error page, never more than one may see."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import date
from io import BytesIO
from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image
from sqlalchemy.exc import NoResultFound, SQLAlchemyError

from models.access import Role
from models.accounts import Membership, User
from models.base import db
from models.orgs import OrgUnit
from models.records import Record
from queries.records import Request, page
from services.accounts import change_user, create_user, end_role, grant_role
from services.calendar import import_notice
from services.forms import create_form
from services.orgs import close_org
from services.pictures import redraw
from services.placing import NoPlace
from services.records import AnswersRefused, change_record, create_record, reveal
from services.refusals import NotAllowed, NotFound, Refusal, Stale
from services.reveals import TooManyReveals
from services.settings import change_setting
from tests.pages import JudgingClient
from tests.support.cast import AT, SINCE, SYSTEM, TODAY, Cast
from tests.support.entry import DISPUTE, begin, located_picture
from tests.support.registers import enter, publish

HUGE = "9" * 30
HALF = "\ud800"  # half a character, which no encoding takes


def cursor(value: Any, ident: int = 1) -> str:
    return base64.urlsafe_b64encode(json.dumps([value, ident]).encode()).decode().rstrip("=")


@pytest.fixture
def record(cast: Cast) -> Record:
    return enter(cast, publish(cast), a2="leak", b1="张三", b3="13812342084", c1="楼上漏水")


@pytest.fixture
def official(cast: Cast, record: Record, client: JudgingClient) -> JudgingClient:
    cast.sign_in(client, "official.tianhuangping")
    client.get(f"/admin/f/quarrels/{record.id}/edit")  # whose token the posts carry
    return client


@pytest.mark.parametrize(
    "address",
    [
        "/admin/f/%00/",
        "/api/v1/forms/%00/records",
        "/files/%00",
        "/field/e/%00/1",
        "/field/done/%00",
        "/field/f/%00/new",
    ],
)
def test_an_address_with_an_empty_letter_leads_nowhere(address: str, cast: Cast, client: JudgingClient) -> None:
    cast.sign_in(client, "grid.yucun")
    assert client.get(address, judge=False).status_code == 404


def test_a_form_with_an_empty_letter_is_refused_in_words(official: JudgingClient, record: Record) -> None:
    answers = {"row_version": "1", "reason": "更\0正", "asked": "a5", "f_a5": "5"}
    for address, data in (
        (f"/admin/f/quarrels/{record.id}/edit", answers),
        (f"/admin/f/quarrels/{record.id}/reveal/b3", {"reason": "回\0访"}),
        (f"/admin/f/quarrels/{record.id}/void", {"reason": "重\0复"}),
        ("/login", {"username": "admin\0", "password": "x"}),
    ):
        answer = official.post(address, data=data)
        assert (answer.status_code, "看不见的空字符" in answer.text) == (400, True), address
    assert db.session.get_one(Record, record.id).row_version == 1


@pytest.mark.parametrize(
    "question",
    [
        f"sort=a4&after={cursor(HALF)}",
        f"sort=a5&after={cursor(10**40)}",
        f"sort=a5&after={cursor(float('-inf'))}",
        "f.a2=leak&f.a2.in=other",
        "f.a1=1&f.a1.in=2",
    ],
)
def test_a_made_up_question_to_a_register_is_no_failure(question: str, official: JudgingClient) -> None:
    assert official.get(f"/api/v1/forms/quarrels/records?{question}").status_code in {200, 400}
    assert official.get(f"/admin/f/quarrels/?{question}").status_code == 200


def test_two_conditions_on_one_field_find_what_meets_both(official: JudgingClient) -> None:
    address = "/api/v1/forms/quarrels/records?f.a2=leak&f.a2.in="
    assert official.get(address + "other").get_json()["count"] == 0
    assert official.get(address + "leak").get_json()["count"] == 1


def test_numbers_that_no_row_has_are_not_found(official: JudgingClient, record: Record) -> None:
    assert official.get(f"/admin/f/quarrels/{record.id}/revisions/{HUGE}").status_code == 404
    assert official.post(f"/notices/{HUGE}/read").status_code == 404


def test_an_organisation_that_cannot_be_is_refused_beside_its_question(cast: Cast, client: JudgingClient) -> None:
    publish(cast, DISPUTE)
    cast.sign_in(client, "grid.yucun")
    uid = begin(client)
    client.get(f"/field/e/{uid}/1")
    answer = client.post(f"/field/e/{uid}/1", data={"asked": "a1", "f_a1": "999999999999999", "next": "1"})
    assert (answer.status_code, "不能选这个单位" in answer.text) == (422, True)
    assert client.get(f"/field/e/{uid}/check").status_code == 200


def test_errors_of_the_database_do_not_tell_what_was_typed(app: Flask) -> None:
    for engine in db.engines.values():
        with pytest.raises(SQLAlchemyError) as failure, engine.connect() as connection:
            connection.execute(sa.text("SELECT :phone FROM nowhere"), {"phone": "13812342084"})
        assert "13812342084" not in str(failure.value)


def test_a_photograph_with_odd_exif_is_kept_and_stands_upright() -> None:
    sent = located_picture(orientation=6)
    odd = sent.replace(b"\x10\x01\x02\x00", b"\x09\x01\x02\x00").replace(b"\x01\x10\x00\x02", b"\x01\x09\x00\x02")
    assert odd != sent  # the phone's name stands under a tag that holds a number
    with Image.open(BytesIO(redraw(BytesIO(odd)).data)) as kept:
        assert kept.size == (480, 640)


def test_what_is_made_twice_at_once_is_made_once_and_refused_once(app: Flask, cast: Cast) -> None:
    admin, county = cast.actor("admin"), cast.units["安吉县综治中心"]

    def account() -> Any:
        org = db.session.get_one(OrgUnit, county)
        return create_user(org, username="twice", name="新人", password="a long enough word", actor=admin, at=AT)

    outcomes = at_once(app, [account] * 4)
    assert sum(not isinstance(one, Exception) for one in outcomes) == 1
    assert all(isinstance(one, Refusal) for one in outcomes if isinstance(one, Exception)), outcomes


def test_two_changes_of_one_account_at_once_do_not_lose_one_another(app: Flask, cast: Cast) -> None:
    admin, changed = cast.actor("admin"), cast.users["official.yucun"]

    def rename(name: str) -> Callable[[], Any]:
        return lambda: change_user(db.session.get_one(User, changed), name=name, row_version=1, actor=admin, at=AT)

    outcomes = at_once(app, [rename(name) for name in ("甲甲", "乙乙", "丙丙", "丁丁")])
    assert sum(isinstance(one, Stale) for one in outcomes) == 3, outcomes


def test_a_role_ended_twice_at_once_is_gone_for_the_second(app: Flask, cast: Cast) -> None:
    admin = cast.actor("admin")
    future: dict[str, Any] = {"valid_from": date(2030, 1, 1), "actor": admin, "at": AT}
    held = grant_role(cast.user("official.yucun"), org=cast.unit("余村村"), role=Role.MEDIATOR, **future).id

    def end() -> None:
        end_role(db.session.get_one(Membership, held), valid_to=TODAY, actor=admin, at=AT)

    outcomes = at_once(app, [end] * 3)
    assert [one for one in outcomes if one is not None and not isinstance(one, NotFound | NoResultFound)] == []
    assert outcomes.count(None) == 1


def test_looks_at_records_count_towards_the_limit_of_the_day(cast: Cast, record: Record) -> None:
    settle: dict[str, Any] = {"key": "reveal_limit", "value": 1, "row_version": 0}
    change_setting(cast.units["安吉县综治中心"], **settle, actor=cast.actor("admin"), at=AT)
    look: dict[str, Any] = {"reason": "回访", "actor": cast.actor("official.yucun"), "at": AT}
    assert reveal(record, "b3", **look) == "13812342084"
    with pytest.raises(TooManyReveals):
        reveal(record, "b3", **look)


def test_a_record_does_not_move_to_another_county(cast: Cast, record: Record) -> None:
    both: dict[str, Any] = {
        "org": cast.unit("邻村"),
        "role": Role.VILLAGE_OFFICIAL,
        "valid_from": TODAY,
        "actor": SYSTEM,
        "at": AT,
    }
    grant_role(cast.user("official.yucun"), **both)
    actor = cast.actor("official.yucun")
    raw = {"a1": cast.units["邻村"], "a2": "leak"}
    with pytest.raises(NoPlace):
        change_record(record, raw=raw, row_version=1, actor=actor, at=AT, today=TODAY)
    with pytest.raises(NoPlace):
        create_record(record.form, version=1, raw=raw, uid="ab" * 16, actor=actor, at=AT, today=TODAY)


def test_an_administrator_of_a_township_decides_nothing_for_the_county(cast: Cast) -> None:
    lower: dict[str, Any] = {"org": cast.unit("梅溪镇"), "role": Role.ADMIN, "valid_from": SINCE}
    grant_role(cast.user("official.hongmiao"), **lower, actor=cast.actor("admin"), at=AT)
    county, who = cast.units["安吉县综治中心"], cast.actor("official.hongmiao")
    assert who.can("user:manage")
    with pytest.raises(NotAllowed):
        create_form(county, key="mine", title="我的表单", prefix="WD", actor=who, at=AT)
    with pytest.raises(NotAllowed):
        change_setting(county, key="reveal_limit", value=1000, row_version=0, actor=who, at=AT)
    with pytest.raises(NotAllowed):
        import_notice(2026, text="1月2日 上班 调休", actor=who, at=AT)


def test_people_of_a_department_enter_what_happened_in_any_village_of_its_county(cast: Cast) -> None:
    form, handler = publish(cast), cast.actor("handler.xinfang")
    entered = enter(cast, form, "handler.xinfang", village="红庙村", a2="leak")
    assert (entered.village_id, entered.org_id) == (cast.units["红庙村"], cast.units["信访局"])
    for who in (handler, cast.actor("official.hongmiao")):
        assert [record.id for record in page(form, who, Request()).records] == [entered.id]
    assert page(form, cast.actor("official.yucun"), Request()).records == []
    with pytest.raises(AnswersRefused):
        enter(cast, form, "handler.xinfang", village="邻村", a2="leak")


def test_nothing_is_entered_for_a_village_that_was_closed(cast: Cast) -> None:
    form = publish(cast)
    close_org(cast.unit("红庙村"), valid_to=TODAY, actor=SYSTEM, at=AT)
    with pytest.raises(AnswersRefused):
        enter(cast, form, "official.hongmiao", village="红庙村", a2="leak")


def at_once(app: Flask, acts: list[Callable[[], Any]]) -> list[Any]:
    """Do acts in threads that begin together; return what each returned or raised."""
    outcomes: list[Any] = [None] * len(acts)
    ready = Barrier(len(acts))

    def run(place: int) -> None:
        with app.app_context():
            ready.wait()
            try:
                outcomes[place] = acts[place]()
            except (Refusal, SQLAlchemyError) as error:
                outcomes[place] = error

    threads = [Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    return outcomes
