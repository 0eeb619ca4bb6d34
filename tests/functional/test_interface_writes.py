"""Entering and changing over the interface: once only, against a version, with every error in its place."""

from __future__ import annotations

from typing import Any

import pytest

from models.base import db
from models.forms import Form
from models.records import Record
from services.sealing import is_sealed, unseal
from tests.pages import JudgingClient
from tests.support.cast import Cast
from tests.support.interface import Program, register, token_of
from tests.support.registers import PHONE, publish

RECORDS = "/api/v1/forms/quarrels/records"


@pytest.fixture
def form(cast: Cast) -> Form:
    return publish(cast)


@pytest.fixture
def program(client: JudgingClient, cast: Cast, form: Form) -> Program:
    return Program(client, token_of(cast, "official.yucun"))


@pytest.fixture
def answers(cast: Cast) -> dict[str, Any]:
    return {"village": cast.units["余村村"], "kind": "leak", "amount": 300.5, "phone": PHONE, "name": "张三"}


def test_the_same_request_again_is_the_same_record_and_another_one_a_conflict(
    program: Program, answers: dict[str, Any]
) -> None:
    first = program.enter(RECORDS, answers, "k1")
    again = program.enter(RECORDS, answers, "k1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.get_json() == first.get_json()
    assert first.headers["Location"] == f"{RECORDS}/{first.get_json()['id']}"
    assert first.get_json()["answers"]["amount"]["value"] == "300.5"
    other = program.enter(RECORDS, {**answers, "amount": 301}, "k1")
    assert (other.status_code, other.mimetype) == (409, "application/problem+json")
    assert db.session.query(Record).count() == 1
    assert program.enter(RECORDS, {**answers, "amount": "x"}, "k2").status_code == 422
    assert program.enter(RECORDS, answers, "k2").status_code == 201  # a refused entry leaves its key free


def test_every_error_says_where_and_why_in_the_asked_language(program: Program, answers: dict[str, Any]) -> None:
    refused = program.enter(RECORDS, {**answers, "kind": "other", "amount": "x", "phone": "1"})
    assert refused.status_code == 422
    told = refused.get_json()
    assert told["title"] == "没有办成"
    assert {one["pointer"] for one in told["errors"]} == {"/answers/kind_other", "/answers/amount", "/answers/phone"}
    assert "请填写“其他类型说明”" in {one["message"] for one in told["errors"]}
    unknown = program.enter(RECORDS, {**answers, "a5": 1, "no/such": 1}).get_json()
    assert [one["pointer"] for one in unknown["errors"]] == ["/answers/a5", "/answers/no~1such"]
    sent = {"Idempotency-Key": "k", "Accept-Language": "en-GB,en;q=0.9"}
    english = program("POST", RECORDS, {"answers": {**answers, "amount": "x"}}, sent).get_json()
    assert english["title"].isascii()
    assert english["errors"][0]["message"].isascii()


def test_a_change_needs_the_version_it_was_made_against(program: Program, answers: dict[str, Any]) -> None:
    one = program.enter(RECORDS, answers).headers["Location"]
    assert program("GET", one).headers["ETag"] == '"1"'
    assert program("PATCH", one, {"answers": {"kind": "noise"}}).status_code == 428
    assert program("PATCH", one, {"answers": {"kind": "noise"}}, {"If-Match": '"7"'}).status_code == 412
    changed = program("PATCH", one, {"answers": {"kind": "noise"}, "reason": "核对"}, {"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert changed.get_json()["answers"]["kind"]["value"] == "noise"
    assert program("PATCH", one, {"answers": {"kind": "leak"}}, {"If-Match": '"1"'}).status_code == 412


def test_masks_that_come_back_change_nothing_and_null_empties(program: Program, answers: dict[str, Any]) -> None:
    entered = program.enter(RECORDS, answers).get_json()
    ident, shown = entered["id"], {key: cell["value"] for key, cell in entered["answers"].items()}
    one = f"{RECORDS}/{ident}"
    assert (shown["phone"], shown["name"]) == ("138****2084", "张**")
    put = {key: value for key, value in shown.items() if value is not None}
    assert program("PUT", one, {"answers": put}, {"If-Match": '"1"'}).status_code == 200
    kept = db.session.get_one(Record, ident).answers
    assert is_sealed(kept["b3"])
    assert (unseal("b3", kept["b3"]), kept["b1"]) == (PHONE, "张三")
    assert program("PATCH", one, {"answers": {"phone": None}}, {"If-Match": '"2"'}).status_code == 200
    emptied = db.session.get_one(Record, ident).answers
    assert ("b3" in emptied, emptied["b1"], emptied["a5"]) == (False, "张三", "300.5")
    fewer = {key: answers[key] for key in ("village", "kind")}
    assert program("PUT", one, {"answers": fewer}, {"If-Match": '"3"'}).status_code == 200
    assert sorted(db.session.get_one(Record, ident).answers) == ["a1", "a2"]


def test_a_record_is_voided_with_a_reason(program: Program, answers: dict[str, Any]) -> None:
    one = program.enter(RECORDS, answers).headers["Location"]
    assert program("POST", f"{one}/void", {}).status_code == 422
    voided = program("POST", f"{one}/void", {"reason": "重复"})
    assert (voided.status_code, voided.get_json()["state"]) == (200, "void")
    assert program("PATCH", one, {"answers": {}}, {"If-Match": '"2"'}).status_code == 409
    assert program("POST", f"{one}/void", {"reason": "重复"}).status_code == 409


BODIES: dict[str, tuple[dict[str, Any], int]] = {
    "no json": ({"data": "a=b", "content_type": "application/x-www-form-urlencoded"}, 415),
    "half": ({"data": '{"answers":', "content_type": "application/json"}, 400),
    "a list": ({"data": "[]", "content_type": "application/json"}, 400),
    "deep": ({"data": '{"answers":' + "[" * 50_000, "content_type": "application/json"}, 400),
    "nan": ({"data": '{"answers":{"amount":NaN}}', "content_type": "application/json"}, 400),
    "nul": ({"data": '{"answers":{"story":"\\u0000"}}', "content_type": "application/json"}, 400),
    "half a letter": ({"data": '{"answers":{"story":"\\ud800"}}', "content_type": "application/json"}, 400),
    "endless": ({"data": '{"answers":{"amount":1e999999}}', "content_type": "application/json"}, 422),
    "too large": ({"data": b" " * 1_100_000, "content_type": "application/json"}, 413),
    "more": ({"data": '{"answers":{},"admin":true}', "content_type": "application/json"}, 422),
    "no answers": ({"data": "{}", "content_type": "application/json"}, 422),
    "no version": ({"data": '{"answers":{},"version":"1"}', "content_type": "application/json"}, 422),
}


def test_what_is_no_entry_is_refused_with_its_own_status(program: Program) -> None:
    found = {
        name: program("POST", RECORDS, headers={"Idempotency-Key": "k"}, **sent).status_code
        for name, (sent, _status) in BODIES.items()
    }
    assert found == {name: status for name, (_sent, status) in BODIES.items()}
    assert program("POST", RECORDS, {"answers": {}}).status_code == 400  # no key
    wrong = program("DELETE", f"{RECORDS}/1")
    assert (wrong.status_code, wrong.mimetype) == (405, "application/problem+json")
    assert {"GET", "PATCH", "PUT"} <= set(wrong.headers["Allow"].split(", "))
    assert program("OPTIONS", RECORDS).status_code == 200
    assert program("HEAD", RECORDS).data == b""


def test_filters_and_sorting_go_by_key(program: Program, answers: dict[str, Any]) -> None:
    for amount in ("5", "100", "20"):
        program.enter(RECORDS, {**answers, "amount": amount})

    def amounts(question: str) -> list[str]:
        found = program("GET", f"{RECORDS}?{question}").get_json()["items"]
        return [one["answers"]["amount"]["value"] for one in found]

    assert amounts("f.amount.ge=20&sort=amount") == ["20", "100"]
    assert amounts("f.kind=leak&sort=-amount&limit=1") == ["100"]
    assert amounts("f.kind=noise") == []


def test_rows_are_read_masked_and_changed_by_their_ids(client: JudgingClient, cast: Cast) -> None:
    publish(cast, register())
    program = Program(client, token_of(cast, "official.yucun"))
    plain = {"village": cast.units["余村村"], "kind": "leak"}
    tenants = [{"tenant": "李四", "tenant_phone": PHONE}, {"tenant": "王五", "tenant_phone": PHONE}]
    entered = program.enter(RECORDS, {**plain, "tenants": tenants})
    assert PHONE not in entered.text
    one, rows = entered.headers["Location"], entered.get_json()["answers"]["tenants"]["value"]
    assert [row["tenant_phone"]["value"] for row in rows] == ["138****2084"] * 2
    wrong = program.enter(RECORDS, {**plain, "tenants": [tenants[0], {"tenant": "", "age": 3}]}).get_json()
    assert [error["pointer"] for error in wrong["errors"]] == ["/answers/tenants/1/age"]
    missing = program.enter(RECORDS, {**plain, "tenants": [tenants[0], {"tenant_phone": PHONE}]}).get_json()
    assert [error["pointer"] for error in missing["errors"]] == ["/answers/tenants/1/tenant"]

    first, second = (
        {key: row[key]["value"] for key in ("tenant", "tenant_phone")} | {"_id": row["_id"]} for row in rows
    )
    changed = [{"tenant": "赵六"}, {**second, "tenant_phone": None}, first]  # in another order, with masks sent back
    answer = program("PATCH", one, {"answers": {"tenants": changed}}, {"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    stored = db.session.get_one(Record, entered.get_json()["id"]).answers["t0"]
    assert [row["t1"] for row in stored] == ["赵六", "王五", "李四"]
    assert [row["_id"] for row in stored[1:]] == [second["_id"], first["_id"]]
    assert ["t2" in row for row in stored] == [False, False, True]
    assert unseal("t2", stored[2]["t2"]) == PHONE
    assert program("PATCH", one, {"answers": {"kind": "noise"}}, {"If-Match": '"2"'}).status_code == 200
    assert db.session.get_one(Record, entered.get_json()["id"]).answers["t0"] == stored
