"""Signing in with a password: the page, the lock, the token, and who is held back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from config import Settings
from models.accounts import SignIn, User
from models.audit import AuditEvent
from models.base import db
from queries.accounts import signed_in, token_hash
from services import passwords
from services.accounts import deactivate_user, end_role, reset_password
from services.demo import seed_accounts, seed_county
from services.demo_county import PASSWORD as DEMO_PASSWORD
from services.signins import Locked, WrongCredentials, check_password, forget_sign_ins, open_sign_in
from services.transaction import write_transaction
from shell.limits import limiter
from tests.pages import JudgingClient
from tests.support.cast import AT, PASSWORD, SYSTEM, TODAY, Cast
from tests.support.databases import make_app, settings_for

VILLAGE = "official.yucun"


def acts() -> list[str]:
    return list(db.session.scalars(sa.select(AuditEvent.act).order_by(AuditEvent.id)))


def wrong_times(count: int, *, username: str = VILLAGE, minutes: int = 0) -> None:
    for _ in range(count):
        with pytest.raises((WrongCredentials, Locked)):
            check_password(username, "wrong wrong wrong", origin="10.0.0.9", at=AT + timedelta(minutes=minutes))


def text(response: TestResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


def test_the_right_password_opens_the_house_and_leads_back(client: JudgingClient, cast: Cast) -> None:
    assert client.get("/me").location == "/login?next=/me"
    client.get("/login?next=/me")
    answer = client.post("/login", data={"username": f" {VILLAGE.upper()} ", "password": PASSWORD, "next": "/me"})
    assert (answer.status_code, answer.location) == (302, "/me")
    page = client.get("/me")
    assert page.status_code == 200
    assert "余村村" in text(page)
    assert client.get("/login?next=/me").location == "/me"
    assert acts() == ["user:sign_in"]


def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(client: JudgingClient, cast: Cast) -> None:
    answers = [client.sign_in("nobody.here", "x" * 12), client.sign_in(VILLAGE, "x" * 12)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert all("用户名或密码不正确" in text(answer) for answer in answers)
    assert client.get("/me").status_code == 302
    assert acts() == ["user:sign_in_failed"] * 2
    labels = set(db.session.scalars(sa.select(AuditEvent.label)))
    assert "nobody.here" not in labels  # people type passwords into the wrong field


def test_empty_fields_are_told_beside_the_fields(client: JudgingClient, cast: Cast) -> None:
    page = client.sign_in("", "")
    assert page.status_code == 422
    assert "请输入用户名。" in text(page)
    assert "请输入密码。" in text(page)


def test_the_fifth_failure_locks_for_one_minute_and_the_page_says_so(client: JudgingClient, cast: Cast) -> None:
    answers = [client.sign_in(VILLAGE, "wrong wrong wrong") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 429]
    page = client.sign_in(VILLAGE, PASSWORD)  # even the right one waits
    assert page.status_code == 429
    assert "请 1 分钟后再试" in text(page)
    assert acts() == ["user:sign_in_failed"] * 4 + ["user:locked"]


def test_the_lock_grows_to_an_hour_and_the_right_password_forgives(cast: Cast) -> None:
    wrong_times(5)
    minutes, left = 0, []
    for _ in range(8):
        user = cast.user(VILLAGE)
        assert user.locked_until is not None
        wait = round((user.locked_until - AT - timedelta(minutes=minutes)) / timedelta(minutes=1))
        left.append(wait)
        minutes += wait
        wrong_times(1, minutes=minutes)
    assert left == [1, 2, 4, 8, 16, 32, 60, 60]
    after = AT + timedelta(minutes=minutes + 60)
    passed = check_password(VILLAGE, PASSWORD, origin="10.0.0.9", at=after)
    open_sign_in(passed.user_id, origin="10.0.0.9", agent="", second_factor=False, hours=1, at=after)
    user = cast.user(VILLAGE)
    assert (user.failed_sign_ins, user.locked_until) == (0, None)


def test_a_locked_account_counts_no_further_failures(cast: Cast) -> None:
    wrong_times(9)
    assert cast.user(VILLAGE).failed_sign_ins == 5


def test_a_hash_of_old_parameters_is_renewed_at_the_next_sign_in(cast: Cast) -> None:
    old = cast.user(VILLAGE).password_hash
    passwords.install(2)
    try:
        check_password(VILLAGE, PASSWORD, origin="", at=AT)
        new = cast.user(VILLAGE).password_hash
        assert new != old
        assert "m=2048" in new
        assert passwords.matches(new, PASSWORD)
    finally:
        passwords.install(1)


def test_the_table_keeps_no_token_and_each_sign_in_has_its_own(client: JudgingClient, cast: Cast) -> None:
    with client.session_transaction() as before:
        before["left from before"] = "x"
    client.sign_in(VILLAGE, PASSWORD)
    with client.session_transaction() as session:
        token = session["token"]
        assert "left from before" not in session
    rows = db.session.scalars(sa.select(SignIn)).all()
    assert [row.token_hash for row in rows] == [token_hash(token)]
    assert token not in rows[0].token_hash
    assert cast.token(VILLAGE) != token


def test_a_token_ends_after_its_hours_and_is_forgotten_ninety_days_later(cast: Cast) -> None:
    token = open_sign_in(cast.users[VILLAGE], origin="", agent="", second_factor=False, hours=12, at=AT)

    def opens(hours: float) -> bool:
        return signed_in(token, origin="", at=AT + timedelta(hours=hours), today=TODAY) is not None

    assert opens(11.9)
    assert not opens(12)
    assert forget_sign_ins(at=AT + timedelta(days=90)) == 0
    assert forget_sign_ins(at=AT + timedelta(days=91)) == 1


def test_a_forged_or_stolen_signed_cookie_without_a_row_opens_nothing(client: JudgingClient, cast: Cast) -> None:
    with client.session_transaction() as session:
        session["token"] = "made up"
    assert client.get("/me").status_code == 302


def test_signing_out_ends_the_token_everywhere(client: JudgingClient, cast: Cast) -> None:
    client.sign_in(VILLAGE, PASSWORD)
    with client.session_transaction() as session:
        token = session["token"]
    client.get("/me")
    assert client.post("/logout").location == "/login"
    assert client.get("/me").status_code == 302
    with client.session_transaction() as session:
        session["token"] = token
    assert client.get("/me").status_code == 302
    assert acts() == ["user:sign_in", "user:sign_out"]


def test_signing_out_needs_a_token_of_the_page(client: JudgingClient, cast: Cast) -> None:
    cast.sign_in(client, VILLAGE)
    assert client.post("/logout", csrf=False).status_code == 400
    assert client.get("/me").status_code == 200


def test_a_deactivated_user_is_out_at_once_and_stays_out(client: JudgingClient, cast: Cast) -> None:
    cast.sign_in(client, VILLAGE)
    assert client.get("/me").status_code == 200
    deactivate_user(cast.user(VILLAGE), actor=cast.actor("admin"), at=AT)
    assert client.get("/me").status_code == 302
    assert client.sign_in(VILLAGE, PASSWORD).status_code == 422


def test_a_role_counts_from_its_first_day_until_its_last(cast: Cast) -> None:
    held = cast.user(VILLAGE).memberships[0]
    end_role(held, valid_to=date(2026, 12, 1), actor=cast.actor("admin"), at=AT)
    assert cast.actor(VILLAGE, today=date(2026, 11, 30)).can("record:create")
    assert not cast.actor(VILLAGE, today=date(2026, 12, 1)).can("record:create")
    assert not cast.actor(VILLAGE, today=date(2019, 12, 31)).can("record:create")


def test_the_widest_organisation_is_shown_beside_the_name(cast: Cast) -> None:
    from models.accounts import Membership

    with write_transaction():
        for org in ("天荒坪镇", "安吉县综治中心"):
            place = Membership(
                user_id=cast.users[VILLAGE], org_id=cast.units[org], role="auditor", valid_from=date(2026, 1, 1)
            )
            db.session.add(place)
    grants = cast.actor(VILLAGE).grants
    assert [grant.org_name for grant in grants] == ["安吉县综治中心", "天荒坪镇", "余村村"]


@pytest.mark.parametrize("engine_name", ["sqlite"])  # whose driver tells each statement that it runs
def test_a_page_costs_one_query_to_know_who_asks_and_a_style_sheet_none(
    engine_name: str, client: JudgingClient, cast: Cast
) -> None:
    cast.sign_in(client, VILLAGE)
    with write_transaction():
        db.session.execute(sa.update(SignIn).values(last_seen_at=sa.func.now()))
    asked: list[str] = []

    def listen(connection: Any, *_rest: object) -> None:
        connection.set_trace_callback(asked.append)

    db.session.remove()
    for engine in db.engines.values():
        sa.event.listen(engine, "checkout", listen)
    try:
        client.get("/static/zhiye.css").close()
        assert asked == []
        client.get("/login")  # leads home: nothing but the question who asks
        assert len([statement for statement in asked if not statement.startswith(("BEGIN", "ROLLBACK"))]) == 1
    finally:
        for engine in db.engines.values():
            sa.event.remove(engine, "checkout", listen)
            engine.dispose()


def test_last_seen_is_written_at_most_every_five_minutes(client: JudgingClient, cast: Cast) -> None:
    cast.sign_in(client, VILLAGE)  # seen last at AT, long ago
    client.get("/me")
    first = db.session.scalars(sa.select(SignIn.last_seen_at)).one()
    assert first > AT
    client.get("/me")
    assert db.session.scalars(sa.select(SignIn.last_seen_at)).one() == first


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_signing_in_never_leads_to_another_server(client: JudgingClient, cast: Cast, target: str) -> None:
    client.get("/login", query_string={"next": target})
    answer = client.post("/login", data={"username": VILLAGE, "password": PASSWORD, "next": target})
    assert answer.location == "/"
    assert client.get("/login", query_string={"next": target}).location == "/"
    client.get("/me")
    assert client.post("/language", data={"language": "en", "next": target}).location == "/"


def test_who_has_a_one_time_password_changes_it_before_anything_else(client: JudgingClient, cast: Cast) -> None:
    once = reset_password(cast.user(VILLAGE), actor=cast.actor("admin"), at=AT)
    assert client.sign_in(VILLAGE, PASSWORD).status_code == 422
    assert client.sign_in(VILLAGE, once).status_code == 302
    for path in ("/", "/me", "/healthz-not"):
        assert client.get(path, judge=False).location == "/me/password"
    with client.get("/static/zhiye.css") as style:
        assert style.status_code == 200
    page = client.get("/me/password")
    assert "一次性密码" in text(page)
    assert client.post("/me/sign-ins/end-others", judge=False).status_code == 403
    fields = {"current": once, "new": "river stone lamp 42", "again": "river stone lamp 42"}
    assert client.post("/me/password", data=fields).location == "/"
    assert client.get("/me").status_code == 200
    assert client.sign_in(VILLAGE, once).location == "/"  # still signed in: the page leads home


def test_the_language_stays_with_the_account(client: JudgingClient, cast: Cast) -> None:
    client.get("/login")
    client.post("/language", data={"language": "en", "next": "/login"})
    assert 'lang="en"' in client.get("/login").text
    client.post("/language", data={"language": "zh_Hans_CN", "next": "/login"})
    client.sign_in(VILLAGE, PASSWORD)
    client.get("/me")
    assert client.post("/language", data={"language": "en", "next": "/me"}).location == "/me"
    assert cast.user(VILLAGE).locale == "en"
    client.delete_cookie("zhiye_locale")
    assert 'lang="en"' in client.get("/me").text
    assert client.post("/language", data={"language": "xx", "next": "/me"}).location == "/me"
    assert cast.user(VILLAGE).locale == "en"


def test_the_demo_accounts_are_shown_only_while_there_are_any(client: JudgingClient, db_session: object) -> None:
    assert DEMO_PASSWORD not in client.get("/login").text
    seed_county(actor=SYSTEM, at=AT)
    seed_accounts(actor=SYSTEM, at=AT)
    page = client.get("/login")
    assert DEMO_PASSWORD in page.text
    assert "安吉县综治中心" in text(page)
    assert "official.yucun" in page.text
    with write_transaction():
        db.session.execute(sa.update(User).values(active=False))
    assert DEMO_PASSWORD not in client.get("/login").text


@pytest.fixture
def limited(settings: Settings, cast: Cast) -> Iterator[Flask]:
    """An application on the same database that counts how often an address tries."""
    database = str(db.engine.url.render_as_string(hide_password=False))
    plain = settings_for(settings.data_dir, "" if settings.uses_sqlite else database)
    from dataclasses import replace

    limited = make_app(replace(plain, rate_limits=True))
    yield limited
    limiter.enabled = False
    with limited.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def test_an_address_may_try_twenty_times_a_minute(limited: Flask) -> None:
    client = JudgingClient(limited, limited.response_class)
    answers = [client.sign_in(f"nobody.{number}", "x" * 12).status_code for number in range(21)]
    assert answers == [422] * 20 + [429]
    assert client.get("/login").status_code == 200
