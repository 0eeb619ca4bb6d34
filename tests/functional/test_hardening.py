"""Weird and hostile requests are refused in words: never an error page, never more than one may see."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image
from sqlalchemy.exc import SQLAlchemyError

from models.base import db
from models.records import Record
from services.pictures import redraw
from tests.pages import JudgingClient
from tests.support.cast import Cast
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
    assert official.get(f"/api/v1/forms/quarrels/records?{question}").status_code == 200
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
