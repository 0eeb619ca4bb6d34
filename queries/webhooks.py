"""Webhooks as reads: who is told of what, and how the deliveries went."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor, Role
from models.accounts import Membership, User
from models.base import db, table_of
from models.prepared import Prepared
from models.webhooks import DeliveryState, Webhook, WebhookDelivery, WebhookEvent
from queries.scope import in_scope

PAGE = 50
EVENT_LABELS: Mapping[str, Any] = {
    WebhookEvent.RECORD_CREATED: _l("新增登记"),
    WebhookEvent.RECORD_CHANGED: _l("修改登记"),
    WebhookEvent.RECORD_VOIDED: _l("作废登记"),
    WebhookEvent.FORM_PUBLISHED: _l("发布表单"),
}
DELIVERY_LABELS: Mapping[str, Any] = {
    DeliveryState.WAITING: _l("等待发送"),
    DeliveryState.DELIVERED: _l("已送达"),
    DeliveryState.FAILED: _l("已放弃"),
}

REASONS: Mapping[str, Any] = {  # why nothing arrived, by the words of services/sending.py
    "forbidden": _l("不允许发往内部网络的地址"),
    "name": _l("没有查到这个域名"),
    "timeout": _l("对方没有及时应答"),
    "certificate": _l("对方的安全证书有问题"),
    "refused": _l("对方拒绝连接"),
    "broken": _l("连接中断"),
}


_webhook = table_of(Webhook)
_LISTENING = Prepared(
    sa.select(_webhook.c.id, _webhook.c.events, _webhook.c.forms).where(
        _webhook.c.county_id == sa.bindparam("county"), _webhook.c.active.is_(True)
    )
)


def listening(county_id: int) -> list[Any]:
    """Return id, events and forms of the webhooks of a county that are switched on. Every act on records asks it."""
    return _LISTENING.all(county=county_id)


def listened_to(county: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Return whether `listening` would find any, for a statement that has the county as a column."""
    return sa.exists().where(_webhook.c.county_id == county, _webhook.c.active.is_(True))


def due(at: datetime, most: int) -> list[tuple[int, int]]:
    """Return (id, webhook id) of the deliveries that should go out now, the longest waiting first."""
    query = (
        sa.select(WebhookDelivery.id, WebhookDelivery.webhook_id)
        .join(WebhookDelivery.webhook)
        .where(
            WebhookDelivery.state == DeliveryState.WAITING, WebhookDelivery.not_before <= at, Webhook.active.is_(True)
        )
    )
    rows = db.session.execute(query.order_by(WebhookDelivery.not_before, WebhookDelivery.id).limit(most))
    return [(ident, webhook_id) for ident, webhook_id in rows]


def deliveries(webhook_id: int, *, state: str = "", before: int | None = None) -> list[WebhookDelivery]:
    """Return a page of the deliveries to one webhook, newest first, and one more where there are more."""
    query = sa.select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    if state in set(DeliveryState):
        query = query.where(WebhookDelivery.state == state)
    if before is not None:
        query = query.where(WebhookDelivery.id < before)
    return list(db.session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(PAGE + 1)))


def delivery_in_scope(delivery_id: int, actor: Actor, permission: str) -> WebhookDelivery | None:
    """Return one delivery to a webhook of the actor's county, or None."""
    query = sa.select(WebhookDelivery).join(WebhookDelivery.webhook).where(WebhookDelivery.id == delivery_id)
    return db.session.scalar(query.where(in_scope(Webhook, actor, permission)))


def totals(webhook_id: int, since: datetime) -> dict[str, int]:
    """Count the deliveries to one webhook since an instant, by state."""
    query = sa.select(WebhookDelivery.state, sa.func.count()).where(
        WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.created_at >= since
    )
    return {state: n for state, n in db.session.execute(query.group_by(WebhookDelivery.state))}  # noqa: C416


def county_admins(county_id: int, at: datetime) -> list[int]:
    """Return the people who look after a county as a whole: its active administrators."""
    day = at.date()
    valid = sa.or_(Membership.valid_to.is_(None), Membership.valid_to > day)
    query = (
        sa.select(User.id)
        .join(Membership, Membership.user_id == User.id)
        .where(
            User.active.is_(True), User.service.is_(False), Membership.org_id == county_id,
            Membership.role == Role.ADMIN, Membership.valid_from <= day, valid,
        )
        .distinct()
    )  # fmt: skip
    return list(db.session.scalars(query.order_by(User.id)))
