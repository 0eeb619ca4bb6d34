"""Sign-in through OpenID Connect, against a small real provider on this machine."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from config import Settings
from models.base import db
from services import accounts
from services.oidc import SingleSignOnFailed, fetch
from services.transaction import write_transaction
from tests.pages import JudgingClient
from tests.support.cast import AT, Cast
from tests.support.databases import make_app, settings_for

CLIENT, SECRET = "zhiye", "a secret of the client"
VILLAGE = "official.yucun"


@dataclass
class OpenIdProvider:
    """A provider that knows one person; a test may spoil the claims, the keys or the signature."""

    server: ThreadingHTTPServer
    subject: str = "county-0042"
    spoil: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}))
    signer: RSAKey | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked_for_keys: int = 0

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def about(self) -> dict[str, str]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": self.issuer, **{name: f"{self.issuer}/{path}" for name, path in names.items()}}

    def keys(self) -> dict[str, Any]:
        self.asked_for_keys += 1
        return dict(KeySet([self.key]).as_dict(private=False))

    def authorize(self, asked: dict[str, str]) -> str:
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, asked: dict[str, str], authorization: str) -> dict[str, Any] | None:
        begun = self.codes.pop(asked["code"], None)
        pair = base64.b64encode(b"zhiye:a%20secret%20of%20the%20client").decode()
        digest = hashlib.sha256(asked["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if begun is None or authorization != f"Basic {pair}" or challenge != begun["code_challenge"]:
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 60,
            "nonce": begun["nonce"],
            **self.spoil,
        }
        signer = self.signer or self.key
        signed = jwt.encode({"alg": "RS256", "kid": signer.kid or ""}, claims, signer)
        return {"access_token": "x", "token_type": "Bearer", "id_token": signed}


def handler_of(provider: OpenIdProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorize(asked))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            pages = {"/.well-known/openid-configuration": provider.about, "/keys": provider.keys}
            self.answer(pages[parts.path]())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {name: values[0] for name, values in parse_qs(body).items()}
            self.answer(provider.token(asked, self.headers["Authorization"]))

        def answer(self, document: dict[str, Any] | None) -> None:
            body = json.dumps(document or {"error": "invalid_grant"}).encode()
            self.send_response(200 if document else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            return

    return Handler


@pytest.fixture
def provider() -> Iterator[OpenIdProvider]:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        made = OpenIdProvider(server)
        server.RequestHandlerClass = handler_of(made)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


@pytest.fixture
def house(settings: Settings, cast: Cast, provider: OpenIdProvider) -> Iterator[JudgingClient]:
    """A client of an application on the same database that has the provider set."""
    url = db.engine.url.render_as_string(hide_password=False)
    plain = settings_for(settings.data_dir, "" if settings.uses_sqlite else url)
    app: Flask = make_app(replace(plain, oidc_issuer=provider.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET))
    yield JudgingClient(app, app.response_class)
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def linked(cast: Cast, provider: OpenIdProvider) -> None:
    user = cast.user(VILLAGE)
    accounts.change_user(
        user,
        name=user.name,
        oidc_subject=provider.subject,
        row_version=user.row_version,
        actor=cast.actor("admin"),
        at=AT,
    )


def visit(address: str) -> str:
    """Open the provider's page as the browser would and return where it sends the browser."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.netloc)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        return str(connection.getresponse().headers["Location"])
    finally:
        connection.close()


def go(house: JudgingClient, onward: str = "/me") -> Any:
    """Begin on the sign-in page and come back from the provider."""
    started = house.get("/login/oidc", query_string={"next": onward})
    assert started.status_code == 302
    back = urlsplit(visit(str(started.location)))
    return house.get(f"{back.path}?{back.query}")


def refused(house: JudgingClient, answer: Any, words: str = "统一身份认证没有完成") -> bool:
    assert answer.location == "/login"
    return words in house.get("/login").text and house.get("/me").status_code == 302


def test_without_the_setting_there_is_no_button_and_no_page(client: JudgingClient, cast: Cast) -> None:
    assert "统一身份" not in client.get("/login").text
    assert client.get("/login/oidc").status_code == 404
    assert client.get("/login/oidc/callback?code=x&state=y").status_code == 404


@pytest.mark.usefixtures("linked")
def test_the_linked_person_comes_in_and_lands_where_they_wanted(house: JudgingClient, cast: Cast) -> None:
    assert "用统一身份登录" in house.get("/login").text
    assert go(house).location == "/me"
    assert "潘村干" in house.get("/me").text


@pytest.mark.usefixtures("linked")
def test_a_foreign_way_back_leads_home(house: JudgingClient) -> None:
    assert go(house, "https://evil.example/").location == "/"


@pytest.mark.usefixtures("linked")
def test_the_own_second_factor_is_asked_for_here_too(house: JudgingClient, cast: Cast) -> None:
    with write_transaction():
        cast.user(VILLAGE).totp_sealed = "sealed"
    assert go(house).location == "/login/code"


def test_an_unknown_person_is_told_whom_to_ask(house: JudgingClient) -> None:
    assert refused(house, go(house), "还没有为您开通枝叶账号")


@pytest.mark.usefixtures("linked")
def test_a_deactivated_person_stays_out(house: JudgingClient, cast: Cast) -> None:
    accounts.deactivate_user(cast.user(VILLAGE), actor=cast.actor("admin"), at=AT)
    assert refused(house, go(house), "还没有为您开通枝叶账号")


@pytest.mark.usefixtures("linked")
@pytest.mark.parametrize(
    "spoil",
    [
        {"iss": "https://other.example"},
        {"aud": "another client"},
        {"nonce": "of another sign-in"},
        {"exp": 1_000_000_000},
        {"aud": [CLIENT, "another"], "azp": "another"},
    ],
    ids=["issuer", "audience", "nonce", "expired", "party"],
)
def test_a_token_with_a_wrong_claim_opens_nothing(
    house: JudgingClient, provider: OpenIdProvider, spoil: dict[str, Any]
) -> None:
    provider.spoil = spoil
    assert refused(house, go(house))


@pytest.mark.usefixtures("linked")
def test_a_token_signed_by_somebody_else_opens_nothing(house: JudgingClient, provider: OpenIdProvider) -> None:
    provider.signer = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
    assert refused(house, go(house))


@pytest.mark.usefixtures("linked")
def test_keys_are_kept_and_asked_for_again_when_the_provider_changes_them(
    house: JudgingClient, provider: OpenIdProvider
) -> None:
    def once_more() -> None:
        assert go(house).location == "/me"
        house.get("/me")
        house.post("/logout")

    once_more()
    once_more()
    assert provider.asked_for_keys == 1
    provider.key = RSAKey.generate_key(2048, {"kid": "k2", "use": "sig"})
    once_more()
    assert provider.asked_for_keys == 2


@pytest.mark.usefixtures("linked")
def test_only_the_browser_that_began_can_finish_and_only_once(house: JudgingClient) -> None:
    started = house.get("/login/oidc")
    back = urlsplit(visit(str(started.location)))
    other = JudgingClient(house.application, house.application.response_class)
    assert refused(other, other.get(f"{back.path}?{back.query}"))
    assert refused(house, house.get(f"{back.path}?code=code-0&state=forged"))
    assert refused(house, house.get(f"{back.path}?{back.query}"))  # what was begun is used up


def test_a_provider_that_is_away_is_told_on_the_sign_in_page(house: JudgingClient, provider: OpenIdProvider) -> None:
    provider.server.shutdown()
    provider.server.server_close()
    assert refused(house, house.get("/login/oidc"))


@pytest.mark.parametrize("address", ["http://provider.example/keys", "file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_provider_is_asked_over_https_only(address: str) -> None:
    with pytest.raises(SingleSignOnFailed):
        fetch(address)
