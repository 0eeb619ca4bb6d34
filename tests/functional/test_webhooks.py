"""Webhooks: a real server is told after the commit, signed, again until it answers, and switched off at last."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import sqlalchemy as sa

from models.base import db
from models.forms import Form
from models.messages import Outbox
from models.webhooks import DeliveryState, Webhook, WebhookDelivery
from services.deliveries import DISABLED_AFTER, MOST_ATTEMPTS, deliver_due
from services.records import void_record
from services.refusals import Refusal
from services.sending import Forbidden, post
from services.webhooks import PrivateUrl, Wanted, create_webhook
from tests.pages import JudgingClient
from tests.support.cast import AT, Cast
from tests.support.registers import PHONE, REGISTER, change, enter, publish

EVENTS = ("form.published", "record.created", "record.changed", "record.voided")
SIGNED = re.compile(r"t=(\d+),v1=([0-9a-f]{64})")


@dataclass
class Receiver:
    """A server that keeps what it gets; it answers the statuses in `answers` first, 200 from then on."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def verified(self, secret: str) -> list[dict[str, Any]]:
        """Return the bodies, each checked against its signature as a receiver would."""
        bodies = []
        for headers, body in self.got:
            stamp, mac = SIGNED.fullmatch(headers["Zhiye-Signature"]).groups()  # type: ignore[union-attr]
            expected = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
            assert hmac.compare_digest(mac, expected)
            bodies.append(json.loads(body))
        return bodies


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append((dict(self.headers), body))
            self.send_response(found.answers.pop(0) if found.answers else 200)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}/in?from=zhiye"
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def form(cast: Cast) -> Form:
    return publish(cast)


def listen(cast: Cast, url: str, events: tuple[str, ...] = EVENTS, forms: tuple[int, ...] = ()) -> tuple[int, str]:
    wanted = Wanted("平台", url, events, forms, private=True)
    return create_webhook(cast.units["安吉县综治中心"], wanted, actor=cast.actor("admin"), at=AT)


def deliver(at: datetime) -> dict[str, int]:
    return deliver_due(at=at, clock=lambda: at, private=True)


def states() -> list[str]:
    return list(db.session.scalars(sa.select(WebhookDelivery.state).order_by(WebhookDelivery.id)))


def test_what_happened_is_told_signed_and_without_personal_data(cast: Cast, receiver: Receiver, form: Form) -> None:
    _ident, secret = listen(cast, receiver.url)
    listen(cast, receiver.url, ("record.created",), (publish(cast, {**REGISTER, "key": "others"}).id,))
    record = change(cast, enter(cast, form, b1="张三", b3=PHONE), a5="2")
    void_record(record, reason="重复", actor=cast.actor("official.yucun"), at=AT)
    with pytest.raises(Refusal):
        enter(cast, form, a5="no number")  # what is not saved is not told
    assert deliver(AT) == {"delivered": 3, "failed": 0}
    told = receiver.verified(secret)
    assert [one["event"] for one in told] == ["record.created", "record.changed", "record.voided"]
    assert told[1]["record"] == {"id": record.id, "number": record.number, "row_version": 2}
    assert told[0]["form"] == {"key": "quarrels", "version": 1}
    assert {header for headers, _body in receiver.got for header in headers} >= {"Zhiye-Event", "Zhiye-Delivery"}
    whole = b"".join(body for _headers, body in receiver.got).decode()
    assert "张" not in whole
    assert PHONE not in whole
    assert deliver(AT + timedelta(days=1)) == {"delivered": 0, "failed": 0}


def test_a_failed_delivery_is_tried_again_under_the_same_id(cast: Cast, receiver: Receiver, form: Form) -> None:
    listen(cast, receiver.url)
    receiver.answers = [500, 302]
    enter(cast, form)
    assert deliver(AT) == {"delivered": 0, "failed": 1}
    assert deliver(AT + timedelta(seconds=30)) == {"delivered": 0, "failed": 0}  # it waits a minute
    deliver(AT + timedelta(minutes=2))
    assert deliver(AT + timedelta(minutes=10)) == {"delivered": 1, "failed": 0}
    assert len({headers["Zhiye-Delivery"] for headers, _body in receiver.got}) == 1
    assert len({body for _headers, body in receiver.got}) == 1
    assert len(receiver.got) == 3  # the redirect was not followed
    assert states() == ["delivered"]


def test_after_eight_attempts_it_is_given_up_and_after_five_days_switched_off(cast: Cast, form: Form) -> None:
    hook_id, _secret = listen(cast, "http://127.0.0.1:1/nobody")
    enter(cast, form)
    at = AT
    for _attempt in range(MOST_ATTEMPTS):
        assert deliver(at)["failed"] == 1
        at = max(at, db.session.scalars(sa.select(WebhookDelivery.not_before)).one())
    assert states() == [DeliveryState.FAILED]
    assert at - AT < timedelta(days=1)
    delivery = db.session.scalars(sa.select(WebhookDelivery)).one()
    assert (delivery.last_status, delivery.last_error) == (None, "refused")
    assert db.session.get_one(Webhook, hook_id).active
    later = AT + DISABLED_AFTER + timedelta(hours=1)
    enter(cast, form, at=later)
    deliver(later)
    assert not db.session.get_one(Webhook, hook_id).active
    notice = db.session.scalars(sa.select(Outbox).where(Outbox.user_id == cast.users["admin"])).all()[-1]
    assert "已自动停用" in notice.body["text"]
    enter(cast, form, at=later)
    assert len(states()) == 2  # nothing is put down for one that is off


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_local_networks_are_called_only_where_the_installation_allows_it(cast: Cast, receiver: Receiver) -> None:
    actor, county = cast.actor("admin"), cast.units["安吉县综治中心"]
    for url in (receiver.url, "http://10.1.2.3/", "https://[::1]/", "http://[::ffff:192.168.0.1]/"):
        with pytest.raises(PrivateUrl):
            create_webhook(county, Wanted("平台", url, EVENTS, ()), actor=actor, at=AT)
        with pytest.raises(Forbidden):
            post(url, b"{}", {}, private=False)
    for url in ("http://169.254.169.254/latest", "http://0.0.0.0/", "http://224.0.0.1/"):
        with pytest.raises(Forbidden):
            post(url, b"{}", {}, private=True)
    for url in (
        "ftp://example.org/",
        "http://user:word@example.org/",
        "http:///",
        "//x",
        "http://a b/",
        "http://x:99999/",
    ):
        with pytest.raises(Refusal):
            create_webhook(county, Wanted("平台", url, EVENTS, ()), actor=actor, at=AT)
    assert receiver.got == []


def test_an_administrator_sets_one_up_sees_its_deliveries_and_sends_again(
    client: JudgingClient, cast: Cast, receiver: Receiver, form: Form
) -> None:
    cast.sign_in(client, "admin")
    client.get("/admin/api/webhooks/new/")
    asked = {"name": "一网统管", "url": "https://receiver.invalid/in", "events": ["record.created"]}
    refused = client.post("/admin/api/webhooks/new/", data={**asked, "url": "http://192.168.1.1/"})
    assert "内部网络" in refused.text
    made = client.post("/admin/api/webhooks/new/", data=asked)
    secret = re.search(r"zhws_[\w-]{40,}", made.text)
    assert secret
    hook = db.session.scalars(sa.select(Webhook)).one()
    assert secret[0] not in hook.secret_sealed
    details = f"/admin/api/webhooks/details/?id={hook.id}"
    db.session.execute(sa.text("SELECT 1"))
    edited = {**asked, "url": "https://receiver.invalid/new", "row_version": hook.row_version}
    assert client.post(f"/admin/api/webhooks/edit/?id={hook.id}", data=edited).status_code == 302
    number = enter(cast, form).number
    now = datetime.now(UTC)
    deliver_due(at=now, clock=lambda: now, private=False)
    page = client.get(details)
    assert number in page.text
    assert secret[0] not in page.text
    delivery = db.session.scalars(sa.select(WebhookDelivery)).one()
    cast.sign_in(client, "auditor.county")
    assert client.get(details).status_code == 200
    assert client.post("/admin/api/webhooks/redeliver/", data={"delivery": delivery.id}).status_code == 403
    cast.sign_in(client, "admin.next")
    assert client.get(details).status_code == 404
    assert client.post("/admin/api/webhooks/redeliver/", data={"delivery": delivery.id}).status_code == 404
    cast.sign_in(client, "admin")
    assert client.post("/admin/api/webhooks/redeliver/", data={"delivery": delivery.id}).status_code == 302
    assert client.post("/admin/api/webhooks/switch/", data={"id": hook.id, "active": 0}).status_code == 302
    assert "已停用" in client.get(details).text
    gone = client.post("/admin/api/webhooks/delete/", data={"id": hook.id, "confirm_name": "一网统管"})
    assert gone.status_code == 302
    assert states() == []
