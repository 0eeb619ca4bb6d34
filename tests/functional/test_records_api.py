"""Register entries over the interface: the same scope and masks as the pages."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from models.forms import Form
from tests.support.cast import Cast
from tests.support.registers import PHONE, enter, publish

RECORDS = "/api/v1/forms/quarrels/records"


@pytest.fixture
def form(cast: Cast) -> Form:
    return publish(cast)


def test_who_is_not_signed_in_gets_a_problem_document(client: FlaskClient, form: Form) -> None:
    answer = client.get(RECORDS)
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


def test_who_may_not_list_gets_403(client: FlaskClient, cast: Cast, form: Form) -> None:
    cast.sign_in(client, "judge.yincai")
    assert client.get(RECORDS).status_code == 403


def test_a_list_shows_the_own_scope_masked_and_leads_on(client: FlaskClient, cast: Cast, form: Form) -> None:
    for amount in ("1", "2", "3"):
        enter(cast, form, a5=amount, b3=PHONE, b1="张三")
    enter(cast, form, "official.hongmiao", village="红庙村")
    cast.sign_in(client, "official.yucun")
    answer = client.get(f"{RECORDS}?limit=2&sort=a5&f.a2=leak")
    found = answer.get_json()
    assert [one["answers"]["amount"]["value"] for one in found["items"]] == ["1", "2"]  # exact decimals
    assert found["count"] == 3
    assert found["items"][0]["answers"]["phone"] == {
        "state": "filled", "value": "138****2084", "text": "138****2084", "masked": True,
    }  # fmt: skip
    assert found["items"][0]["answers"]["name"]["value"] == "张**"
    assert PHONE not in answer.text
    rest = client.get(found["next"]).get_json()
    assert [one["number"] for one in rest["items"]] == ["QU-000003"]
    assert rest["next"] is None


def test_another_villages_record_is_not_found(client: FlaskClient, cast: Cast, form: Form) -> None:
    other = enter(cast, form, "official.hongmiao", village="红庙村").id
    cast.sign_in(client, "official.yucun")
    answer = client.get(f"{RECORDS}/{other}")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert client.get(f"{RECORDS}/99999999999999999999").status_code == 404
    cast.sign_in(client, "official.hongmiao")
    assert client.get(f"{RECORDS}/{other}").get_json()["number"] == "QU-000001"


def test_another_countys_form_is_not_found(client: FlaskClient, cast: Cast, form: Form) -> None:
    cast.sign_in(client, "admin.next")
    assert client.get(RECORDS).status_code == 404


@pytest.mark.parametrize(
    "question",
    ["sort=zz", "sort=story", "f.zz=1", "f.a2.like=x", "f.=1", "f.a5=abc", "after=xx", "limit=-1",
     "limit=201", "limit=99999999999999999999"],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused_and_not_left_out(
    client: FlaskClient, cast: Cast, form: Form, question: str
) -> None:
    enter(cast, form)
    cast.sign_in(client, "official.yucun")
    answer = client.get(f"{RECORDS}?{question}")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


def test_words_that_cannot_be_found_find_nothing(client: FlaskClient, cast: Cast, form: Form) -> None:
    enter(cast, form)
    cast.sign_in(client, "official.yucun")
    assert client.get(f"{RECORDS}?q=%00").get_json()["items"] == []
