"""The second factor: set up by its owner, demanded by administrators, each code used once."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa

from models.accounts import SignIn
from models.audit import AuditEvent
from models.base import db
from models.settings import Setting
from queries.accounts import TOTP_ROLES
from services import accounts
from services.signins import STEP_SECONDS, TOTP_CONTEXT, Locked, WrongCode, check_code
from services.transaction import write_transaction
from services.vault import vault
from shell import clock
from tests.pages import JudgingClient
from tests.support.cast import AT, PASSWORD, Cast

VILLAGE = "official.yucun"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_at(seconds: float = 0) -> str:
    return str(pyotp.TOTP(SECRET).at(AT + timedelta(seconds=seconds)))


def give_code(cast: Cast, username: str = VILLAGE) -> None:
    """Set up the secret as its owner would have done before."""
    with write_transaction():
        cast.user(username).totp_sealed = vault().seal(SECRET, context=TOTP_CONTEXT)


def check(cast: Cast, code: str, seconds: float = 0) -> None:
    check_code(cast.users[VILLAGE], code, origin="", at=AT + timedelta(seconds=seconds))


def set_up(client: JudgingClient) -> str:
    """Set up a second factor through the page and return its secret."""
    page = client.get("/me/code")
    assert page.status_code == 200
    assert 'src="data:image/svg+xml' in page.text
    found = re.search(r"<code>([A-Z2-7 ]{39})</code>", page.text)
    assert found is not None
    secret = found.group(1).replace(" ", "")
    answer = client.post("/me/code", data={"code": pyotp.TOTP(secret).at(clock.now())})
    assert answer.status_code == 302
    return secret


def test_a_code_opens_once_and_only_about_now(cast: Cast) -> None:
    give_code(cast)
    for wrong in ("", code_at(-90), code_at(90), "１２３４５６"):
        with pytest.raises(WrongCode):
            check(cast, wrong)
    with write_transaction():
        cast.user(VILLAGE).failed_sign_ins = 0
    check(cast, f" {code_at()[:3]} {code_at()[3:]} ")
    with pytest.raises(WrongCode):
        check(cast, code_at())
    with pytest.raises(WrongCode):
        check(cast, code_at(-STEP_SECONDS))  # an older one neither
    check(cast, code_at(STEP_SECONDS), STEP_SECONDS)


def test_wrong_codes_lock_like_wrong_passwords_and_a_right_password_forgives_none(
    client: JudgingClient, cast: Cast
) -> None:
    give_code(cast)
    client.sign_in(VILLAGE, PASSWORD)
    client.get("/login/code")
    for _ in range(4):
        assert client.post("/login/code", data={"code": "000000"}).status_code == 422
    client.sign_in(VILLAGE, PASSWORD)
    client.get("/login/code")
    answer = client.post("/login/code", data={"code": "000000"})
    assert answer.status_code == 429
    assert "请 1 分钟后再试" in answer.text
    assert client.sign_in(VILLAGE, PASSWORD).status_code == 429
    with pytest.raises(Locked):
        check_code(cast.users[VILLAGE], "000000", origin="", at=clock.now())


def test_signing_in_asks_for_the_code_after_the_password(client: JudgingClient, cast: Cast) -> None:
    give_code(cast)
    assert client.get("/login/code").location == "/login"  # nobody begins in the middle
    client.get("/login?next=/me")
    answer = client.post("/login", data={"username": VILLAGE, "password": PASSWORD, "next": "/me"})
    assert answer.location == "/login/code"
    assert client.get("/me").status_code == 302
    client.get("/login/code")
    code = pyotp.TOTP(SECRET).at(clock.now())
    assert client.post("/login/code", data={"code": code}).location == "/me"
    assert client.get("/me").status_code == 200
    assert db.session.scalars(sa.select(SignIn.second_factor)).one()


def test_the_password_is_forgotten_after_five_minutes(client: JudgingClient, cast: Cast) -> None:
    give_code(cast)
    client.sign_in(VILLAGE, PASSWORD)
    with client.session_transaction() as session:
        session["pending"] = {**session["pending"], "at": session["pending"]["at"] - 301}
    assert client.get("/login/code").location == "/login"


def test_the_owner_sets_it_up_and_the_secret_is_sealed(client: JudgingClient, cast: Cast) -> None:
    cast.sign_in(client, VILLAGE)
    cast.token(VILLAGE)
    client.get("/me/code")
    assert client.post("/me/code", data={"code": "000000"}).status_code == 422
    secret = set_up(client)
    user = cast.user(VILLAGE)
    assert user.totp_sealed is not None
    assert secret not in user.totp_sealed
    assert vault().unseal(user.totp_sealed, context=TOTP_CONTEXT) == secret
    still_open = db.session.scalars(sa.select(SignIn).where(SignIn.revoked_at.is_(None))).all()
    assert [row.second_factor for row in still_open] == [True]
    assert "已开启" in client.get("/me").text
    assert client.get("/me/code").location == "/me"
    assert secret not in str([event.after for event in db.session.scalars(sa.select(AuditEvent))])


def test_the_owner_turns_it_off_with_the_password(client: JudgingClient, cast: Cast) -> None:
    give_code(cast)
    cast.sign_in(client, VILLAGE)
    client.get("/me/code/off")
    assert client.post("/me/code/off", data={"current": "wrong wrong"}).status_code == 422
    assert cast.user(VILLAGE).totp_sealed
    assert client.post("/me/code/off", data={"current": PASSWORD}).location == "/me"
    assert cast.user(VILLAGE).totp_sealed is None


def test_who_must_have_one_sets_it_up_before_anything_else(client: JudgingClient, cast: Cast) -> None:
    cast.sign_in(client, VILLAGE)
    accounts.require_totp(cast.user(VILLAGE), required=True, actor=cast.actor("admin"), at=AT)
    assert client.get("/me").location == "/me/code"
    assert "管理员要求您使用两步验证" in client.get("/me/code").text
    set_up(client)
    page = client.get("/me")
    assert page.status_code == 200
    assert "不能关闭" in page.text
    client.get("/me/code/off")
    assert client.post("/me/code/off", data={"current": PASSWORD}).status_code == 422
    assert cast.user(VILLAGE).totp_sealed


def test_a_county_demands_it_of_a_role(client: JudgingClient, cast: Cast) -> None:
    with write_transaction():
        county = cast.units["安吉县综治中心"]
        db.session.add(Setting(county_id=county, key=TOTP_ROLES, value=["village_official"], updated_at=AT))
    cast.sign_in(client, VILLAGE)
    assert client.get("/me").location == "/me/code"
    assert not cast.actor(VILLAGE).grants
    assert cast.actor("grid.yucun").grants
    assert cast.actor("official.next").grants  # another county, another setting
    set_up(client)
    assert "不能关闭" in client.get("/me").text


def test_a_lost_phone_is_reset_by_an_administrator_and_everybody_can_read_it_in_the_audit(cast: Cast) -> None:
    give_code(cast)
    cast.token(VILLAGE)
    accounts.reset_totp(cast.user(VILLAGE), actor=cast.actor("admin"), at=AT)
    user = cast.user(VILLAGE)
    assert user.totp_sealed is None
    assert (
        db.session.scalar(sa.select(sa.func.count()).where(SignIn.user_id == user.id, SignIn.revoked_at.is_(None))) == 0
    )
    event = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert (event.act, event.actor_name, event.after) == ("user:reset_totp", "陈管理", {"ended_sign_ins": 1})
