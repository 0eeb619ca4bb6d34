"""Tokens: a program acts as its user, narrowed, and only as long as the user may."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from models.audit import AuditEvent
from models.base import db
from models.forms import Form
from models.tokens import ApiToken
from services.signins import WrongCredentials, check_password
from services.transaction import write_transaction
from tests.pages import JudgingClient
from tests.support.cast import PASSWORD, Cast
from tests.support.interface import Program, token_of
from tests.support.registers import REGISTER, enter, publish

RECORDS = "/api/v1/forms/quarrels/records"
SHOWN = re.compile(r"<code>(zhy_[\w-]{40,})</code>")


@pytest.fixture
def form(cast: Cast) -> Form:
    return publish(cast)


def shown_token(page: str) -> str:
    found = SHOWN.search(page)
    assert found, page
    return found[1]


def test_somebody_makes_a_token_uses_it_sees_its_use_and_ends_it(
    client: JudgingClient, app: Flask, cast: Cast, form: Form
) -> None:
    cast.sign_in(client, "grid.yucun")
    client.get("/me/tokens/new")
    until = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
    asked = {"name": "公开屏", "scopes": ["read", "create"], "expires_on": until, "current": "wrong"}
    refused = client.post("/me/tokens/new", data=asked)
    assert (refused.status_code, "现在的密码不正确" in refused.text) == (422, True)
    made = client.post("/me/tokens/new", data={**asked, "current": PASSWORD})
    token = shown_token(made.text)
    assert token not in client.get("/me/tokens").text
    assert db.session.scalars(sa.select(ApiToken.token_hash)).one() != token

    program = Program(JudgingClient(app, app.response_class), token)
    entered = program.enter(RECORDS, {"village": cast.units["余村村"], "kind": "leak"})
    assert entered.status_code == 201
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.act == "record:create")).one()
    ident = db.session.scalars(sa.select(ApiToken.id)).one()
    assert (event.actor_id, event.origin) == (cast.users["grid.yucun"], f"令牌{ident} 127.0.0.1")
    assert "127.0.0.1" in client.get("/me/tokens").text

    assert client.post(f"/me/tokens/{ident}/revoke").status_code == 302
    assert program("GET", RECORDS).status_code == 401
    acts = db.session.scalars(sa.select(AuditEvent.act).where(AuditEvent.thing == "api_token").order_by(AuditEvent.id))
    assert list(acts) == ["token:create", "token:revoke"]


def test_a_token_does_no_more_than_its_scopes_and_forms_say(client: JudgingClient, cast: Cast, form: Form) -> None:
    other = publish(cast, {**REGISTER, "key": "others"})
    record = enter(cast, form).id
    answers = {"village": cast.units["余村村"], "kind": "leak"}
    reads = Program(client, token_of(cast, "grid.yucun", ["read"]))
    assert reads("GET", RECORDS).status_code == 200
    assert reads.enter(RECORDS, answers).status_code == 403
    assert reads("PATCH", f"{RECORDS}/{record}", {"answers": {}}, {"If-Match": '"1"'}).status_code == 403
    creates = Program(client, token_of(cast, "grid.yucun", ["create"], [other.id]))
    assert creates("GET", RECORDS).status_code == 403
    assert creates.enter(RECORDS, answers).status_code == 404
    entered = creates.enter("/api/v1/forms/others/records", answers)
    assert entered.status_code == 201
    assert "answers" not in entered.get_json()  # it may enter, not read
    assert [one["key"] for one in creates("GET", "/api/v1/forms").get_json()["items"]] == ["others"]
    leader = Program(client, token_of(cast, "leader.county"))
    assert leader.enter(RECORDS, answers).status_code == 403  # a token gives nobody a right


@pytest.mark.parametrize("why", ["expired", "revoked", "locked", "inactive", "must change", "made up"])
def test_a_token_opens_nothing_when(client: JudgingClient, cast: Cast, form: Form, why: str) -> None:
    program = Program(client, token_of(cast, "grid.yucun"))
    assert program("GET", RECORDS).status_code == 200
    now = datetime.now(UTC)
    with write_transaction():
        token, user = db.session.scalars(sa.select(ApiToken)).one(), cast.user("grid.yucun")
        token.expires_at = now if why == "expired" else token.expires_at
        token.revoked_at = now if why == "revoked" else None
        user.locked_until = now + timedelta(minutes=5) if why == "locked" else None
        user.active, user.must_change_password = why != "inactive", why == "must change"
    program = Program(client, "zhy_made_up") if why == "made up" else program
    answer = program("GET", RECORDS)
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_means_nothing_outside_the_interface_and_a_cookie_needs_the_pages_token(
    client: JudgingClient, cast: Cast, form: Form
) -> None:
    program = Program(client, token_of(cast, "grid.yucun"))
    assert program("GET", "/me").status_code == 302
    assert program("POST", "/me/tokens/1/revoke").status_code == 400  # CSRF
    cast.sign_in(client, "grid.yucun")
    sent = {"json": {"answers": {"village": cast.units["余村村"], "kind": "leak"}}, "judge": False}
    assert client.post(RECORDS, headers={"Idempotency-Key": "1"}, csrf=False, **sent).status_code == 400
    client.get("/me")
    assert client.post(RECORDS, headers={"Idempotency-Key": "1"}, **sent).status_code == 201
    wrong = Program(client, "zhy_made_up")  # the cookie beside it does not count
    assert wrong("GET", RECORDS).status_code == 401


def test_an_administrator_connects_another_system(client: JudgingClient, app: Flask, cast: Cast, form: Form) -> None:
    cast.sign_in(client, "admin")
    client.get("/admin/api/tokens/new/")
    until = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
    asked = {"name": "一网统管", "org_id": cast.units["余村村"], "role": "village_official", "expires_on": until,
             "scopes": ["read", "create", "change"]}  # fmt: skip
    program = Program(
        JudgingClient(app, app.response_class), shown_token(client.post("/admin/api/tokens/new/", data=asked).text)
    )
    assert program.enter(RECORDS, {"village": cast.units["余村村"], "kind": "leak"}).status_code == 201
    refused = program.enter(RECORDS, {"village": cast.units["红庙村"], "kind": "leak"})
    assert [one["pointer"] for one in refused.get_json()["errors"]] == ["/answers/village"]
    first = db.session.scalars(sa.select(ApiToken.id)).one()
    account = db.session.get_one(ApiToken, first).user
    assert account.service
    with pytest.raises(WrongCredentials):
        check_password(account.username, "", origin="", at=datetime.now(UTC))
    details = client.get(f"/admin/api/tokens/details/?id={first}")
    assert "一网统管" in details.text
    assert SHOWN.search(details.text) is None
    renewed = shown_token(client.post(f"/admin/api/tokens/renew/?id={first}", data={"expires_on": until}).text)
    assert client.post("/admin/api/tokens/revoke/", data={"id": first}).status_code == 302
    assert program("GET", RECORDS).status_code == 401
    assert Program(JudgingClient(app, app.response_class), renewed)("GET", RECORDS).status_code == 200
    cast.sign_in(client, "admin.next")
    assert client.get(f"/admin/api/tokens/details/?id={first + 1}").status_code == 404
    assert client.post("/admin/api/tokens/revoke/", data={"id": first + 1}).status_code == 404
    cast.sign_in(client, "official.yucun")
    assert client.get("/admin/api/tokens/").status_code == 403
