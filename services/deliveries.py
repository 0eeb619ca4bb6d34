"""Deliveries of webhooks: sent after the commit, tried again for a day, given up at last."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from models.access import Actor, system_actor
from models.base import db
from models.webhooks import DeliveryState, Webhook, WebhookDelivery
from queries.webhooks import county_admins, due
from services.access import require
from services.audit import record_audit
from services.messages import put_notice
from services.sending import post, reason_of
from services.transaction import transaction
from services.vault import vault
from services.webhooks import MANAGE, POSTED, SECRET_CONTEXT

BATCH = 50
LEASE = timedelta(minutes=2)  # how long one worker has a delivery to itself; longer than any request may take
# What is waited after each failed attempt; eight attempts take 23 hours.
PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 420, 700))
MOST_ATTEMPTS = len(PAUSES) + 1
DISABLED_AFTER = timedelta(days=5)
KEEP = timedelta(days=30)
OK_STATUS = range(200, 300)
ADMIN_PATH = "/admin/api/webhooks/details/?id="
DISABLED = "推送“{name}”连续 {days} 天没有送达，已自动停用。请检查对方系统，再到“数据接口”里重新启用。"

Sender = Callable[[str, bytes, Mapping[str, str]], int]


@transaction
def redeliver(delivery: WebhookDelivery, *, actor: Actor, at: datetime) -> None:
    """Send a delivery once more from the start, under the same id."""
    db.session.refresh(delivery, with_for_update=True)
    require(actor, MANAGE, delivery.webhook)
    delivery.state, delivery.attempts, delivery.not_before = DeliveryState.WAITING, 0, at
    db.session.info[POSTED] = True
    record_audit("webhook:redeliver", delivery.webhook, actor=actor, at=at, after={"delivery": delivery.uid})


@dataclass(frozen=True)
class Parcel:
    """A delivery in the hands of one worker."""

    delivery_id: int
    uid: str
    event: str
    url: str
    secret: str
    body: bytes


def deliver_due(*, at: datetime, clock: Callable[[], datetime], private: bool) -> dict[str, int]:
    """Send what is due, at most 50; return {"delivered": n, "failed": n}. No transaction is open while one is sent."""

    def send(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        return post(url, body, headers, private=private)

    told = {"delivered": 0, "failed": 0}
    silent: set[int] = set()  # a machine that does not answer is waited for once a run
    for delivery_id, webhook_id in due(at, BATCH):
        parcel = None if webhook_id in silent else claim(delivery_id, at=clock())
        if parcel is None:
            continue
        status = _send(parcel, send, clock)
        if status is None:
            silent.add(webhook_id)
        told["delivered" if status in OK_STATUS else "failed"] += 1
    return told


@transaction
def claim(delivery_id: int, *, at: datetime) -> Parcel | None:
    """Take a delivery for this worker and count the attempt; None where another has it, or it is off."""
    query = sa.select(WebhookDelivery).where(
        WebhookDelivery.id == delivery_id,
        WebhookDelivery.state == DeliveryState.WAITING,
        WebhookDelivery.not_before <= at,
    )
    row = db.session.scalar(query.with_for_update(skip_locked=True).execution_options(populate_existing=True))
    if row is None or not row.webhook.active:
        return None
    row.attempts += 1
    row.last_attempt_at = at
    row.not_before = at + LEASE
    secret = vault().unseal(row.webhook.secret_sealed, context=SECRET_CONTEXT)
    return Parcel(row.id, row.uid, row.event, row.webhook.url, secret, body_of(row.body))


def _send(parcel: Parcel, send: Sender, clock: Callable[[], datetime]) -> int | None:
    """Send once and write down what came of it; return the status, None where nobody answered."""
    status, error = None, ""
    try:
        status = send(parcel.url, parcel.body, headers_of(parcel, at=clock()))
    except (OSError, ValueError, http.client.HTTPException) as failure:
        error = reason_of(failure)
    note_attempt(parcel.delivery_id, status=status, error=error, at=clock())
    return status


@transaction
def note_attempt(delivery_id: int, *, status: int | None, error: str, at: datetime) -> None:
    """Write down what came of an attempt: done, or when to try again, or that it was the last one."""
    query = sa.select(WebhookDelivery).where(WebhookDelivery.id == delivery_id).with_for_update()
    row = db.session.scalar(query.execution_options(populate_existing=True))
    if row is None:  # deleted with its webhook meanwhile
        return
    row.last_status, row.last_error = status, error
    if status in OK_STATUS:
        row.state, row.webhook.failing_since = DeliveryState.DELIVERED, None
        return
    if row.attempts >= MOST_ATTEMPTS:
        row.state = DeliveryState.FAILED
    else:
        row.not_before = at + PAUSES[row.attempts - 1]
    _note_failure(row.webhook, at)


def _note_failure(hook: Webhook, at: datetime) -> None:
    """Count how long nothing has arrived; after five days switch the webhook off and tell who looks after it."""
    hook.failing_since = hook.failing_since or at
    if not hook.active or at - hook.failing_since < DISABLED_AFTER:
        return
    hook.active = False
    hook.row_version += 1
    before, after = {"active": True}, {"active": False}
    record_audit("webhook:disable", hook, actor=system_actor("webhooks"), at=at, before=before, after=after)
    text = DISABLED.format(name=hook.name, days=DISABLED_AFTER.days)
    for user_id in county_admins(hook.county_id, at):
        put_notice(user_id, text=text, path=f"{ADMIN_PATH}{hook.id}", at=at)


def body_of(told: Mapping[str, Any]) -> bytes:
    """Spell a body, the same bytes each time."""
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def headers_of(parcel: Parcel, *, at: datetime) -> dict[str, str]:
    """Return the headers of one attempt, signed for this moment."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "Zhiye",
        "Zhiye-Event": parcel.event,
        "Zhiye-Delivery": parcel.uid,
        "Zhiye-Signature": signature(parcel.secret, parcel.body, at=at),
    }


def signature(secret: str, body: bytes, *, at: datetime) -> str:
    """Sign a body: HMAC-SHA256 over the time in seconds, a dot, and the bytes."""
    stamp = str(int(at.timestamp()))
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return f"t={stamp},v1={mac.hexdigest()}"


@transaction
def forget_deliveries(*, at: datetime) -> int:
    """Delete deliveries that came to their end more than 30 days ago; return how many."""
    old = (WebhookDelivery.state != DeliveryState.WAITING, WebhookDelivery.created_at < at - KEEP)
    return len(db.session.execute(sa.delete(WebhookDelivery).where(*old).returning(WebhookDelivery.id)).all())
