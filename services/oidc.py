"""The county's single sign-on: OpenID Connect, authorization code flow with PKCE (RFC 7636) and a nonce."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.error import URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

from authlib.common.security import generate_token
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from flask_babel import lazy_gettext as _l
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.refusals import Refusal

TIMEOUT_SECONDS = 10
LEEWAY_SECONDS = 60
LARGEST_ANSWER = 1_000_000
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")  # never "none", never our own secret as a key
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


class SingleSignOnFailed(Refusal):
    """The provider did not answer, or its answer cannot be trusted; the log knows more."""

    status = 502
    message = _l("统一身份认证没有完成。请再试一次，或改用用户名和密码登录。")


@dataclass(frozen=True)
class Round:
    """What the browser carries to the provider and back: only its owner can finish what they began."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def begin(cls) -> Round:
        return cls(generate_token(32), generate_token(32), generate_token(64))


@dataclass
class Provider:
    """One OpenID provider. Its addresses and keys are asked for once and kept."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    _about: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    _keys: KeySet | None = field(default=None, init=False, repr=False)

    def authorization_url(self, trip: Round, *, redirect_uri: str) -> str:
        """Return where to send the browser. Raises SingleSignOnFailed when the provider does not answer."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid",
            "state": trip.state,
            "nonce": trip.nonce,
            "code_challenge": create_s256_code_challenge(trip.verifier),
            "code_challenge_method": "S256",
        }
        address = self._address("authorization_endpoint")
        return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"

    def subject(self, code: str, trip: Round, *, redirect_uri: str, at: datetime) -> str:
        """Exchange the code and return the `sub` of a verified ID token. Raises SingleSignOnFailed."""
        answer = self._exchange(code, trip, redirect_uri)
        try:
            token = self._verified(str(answer["id_token"]))
            params = {"nonce": trip.nonce, "client_id": self.client_id, "access_token": answer.get("access_token")}
            options = {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self.client_id},
            }
            claims = CodeIDToken(token.claims, token.header, options=options, params=params)
            claims.validate(now=int(at.timestamp()), leeway=LEEWAY_SECONDS)
            return str(claims["sub"])
        except (JoseError, KeyError, ValueError) as error:
            raise SingleSignOnFailed from error

    def _exchange(self, code: str, trip: Round, redirect_uri: str) -> dict[str, Any]:
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": trip.verifier,
        }
        pair = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"  # RFC 6749, 2.3.1
        basic = base64.b64encode(pair.encode()).decode()
        answer: dict[str, Any] = fetch(
            self._address("token_endpoint"), form=body, headers={"Authorization": f"Basic {basic}"}
        )
        return answer

    def _verified(self, id_token: str) -> jwt.Token:
        """Check the signature; with keys asked for anew once, because providers change them."""
        if self._keys is not None:
            try:
                return jwt.decode(id_token, self._keys, algorithms=ALGORITHMS)
            except (JoseError, ValueError):
                self._keys = None
        keys = KeySet.import_key_set(fetch(self._address("jwks_uri")))
        token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
        self._keys = keys
        return token

    def _address(self, name: str) -> str:
        if not self._about:
            about = fetch(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            if about.get("issuer") != self.issuer:
                raise SingleSignOnFailed
            self._about = about
        try:
            return str(self._about[name])
        except KeyError as error:
            raise SingleSignOnFailed from error


def fetch(address: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Any:
    """Return the JSON object at an address. Raises SingleSignOnFailed; plain HTTP passes only on this machine."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL):
        raise SingleSignOnFailed
    body = urlencode(form).encode() if form is not None else None
    request = Request(address, body, {"Accept": "application/json", **(headers or {})})  # noqa: S310 - checked above
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
            document = json.loads(response.read(LARGEST_ANSWER))
    except (URLError, OSError, ValueError) as error:
        raise SingleSignOnFailed from error
    if not isinstance(document, dict):
        raise SingleSignOnFailed
    return document
