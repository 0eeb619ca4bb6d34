"""What the tests of the interface share: a token for one of the cast, and requests that carry it."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.test import TestResponse

from services.tokens import Asked, create_personal
from tests.pages import JudgingClient
from tests.support.cast import PASSWORD, Cast
from tests.support.registers import REGISTER

ALL = ("read", "create", "change")


TENANTS = {
    "fid": "t0", "key": "tenants", "type": "repeat", "label": "租客", "max": 3,
    "items": [
        {"fid": "t1", "key": "tenant", "type": "person_name", "label": "租客姓名", "required": True},
        {"fid": "t2", "key": "tenant_phone", "type": "cn_mobile", "label": "租客电话"},
    ],
}  # fmt: skip


def register() -> dict[str, Any]:
    """Return the quarrels with a repeat of tenants."""
    document = copy.deepcopy(REGISTER)
    document["pages"][1]["items"].append(TENANTS)
    return document


def token_of(
    cast: Cast, username: str, scopes: Sequence[str] = ALL, forms: Sequence[int] = (), *, days: int = 30
) -> str:
    """Give one of the cast a token, now by the real clock: requests are answered by it."""
    at = datetime.now(UTC)
    asked = Asked("测试", scopes, forms, at + timedelta(days=days))
    user = cast.user(username)
    return create_personal(user, asked, current=PASSWORD, actor=cast.actor(username), at=at)[1]


class Program:
    """A program with a token: no cookie, no page's token."""

    def __init__(self, client: JudgingClient, token: str) -> None:
        self.client = client
        self.authorization = {"Authorization": f"Bearer {token}"}

    def __call__(
        self, method: str, path: str, json: Any = None, headers: dict[str, str] | None = None, **kwargs: Any
    ) -> TestResponse:
        sent = {**self.authorization, **(headers or {})}
        if json is not None:
            kwargs["json"] = json
        return self.client.open(path, method=method, headers=sent, csrf=False, **kwargs)

    def enter(self, path: str, answers: dict[str, Any], key: str = "", **more: Any) -> TestResponse:
        return self("POST", path, {"answers": answers, **more}, {"Idempotency-Key": key or uuid.uuid4().hex})
