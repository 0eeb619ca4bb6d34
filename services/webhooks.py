"""Webhooks: addresses set up by administrators, and the events that acts put down for them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db
from models.forms import Form
from models.records import Record
from models.webhooks import DeliveryState, Webhook, WebhookDelivery, WebhookEvent
from queries.tokens import offered_forms
from queries.webhooks import listening
from services.access import require
from services.audit import changes, record_audit
from services.form_holds import AnyForm
from services.locking import advance, lock
from services.refusals import Refusal
from services.sending import LONGEST_URL, literal_refused, parts_of
from services.transaction import transaction
from services.vault import vault

MANAGE = "webhook:manage"
SECRET_CONTEXT = "webhook.secret"  # noqa: S105 - what the vault seals it for
NAME_LENGTH = 64
POSTED = "webhooks"  # in session.info: an act of this session has something to be delivered


class BadWebhookName(Refusal):
    field = "name"
    message = _l("请填写名称，最多 64 个字。")


class BadUrl(Refusal):
    field = "url"
    message = _l("地址要以 http:// 或 https:// 开头，不带用户名和密码，最多 %(n)s 个字符。", n=LONGEST_URL)


class PrivateUrl(Refusal):
    field = "url"
    message = _l("这是内部网络的地址。要推送到内部网络，请运维人员先打开相应的系统设置。")


class NoEvents(Refusal):
    field = "events"
    message = _l("请至少选一种事件。")


class UnknownForms(Refusal):
    field = "forms"
    message = _l("选中的表单里，有的已经不能用了。请重新选择。")


@dataclass(frozen=True)
class Wanted:
    """What a webhook is to be. `private` is the installation's setting: whether local networks may be called."""

    name: str
    url: str
    events: Sequence[str]
    forms: Sequence[int]
    private: bool = False


# ---------- set up ----------


@transaction
def create_webhook(county_id: int, wanted: Wanted, *, actor: Actor, at: datetime) -> tuple[int, str]:
    """Register an address; return its id and the secret that signs what it gets, shown this once."""
    secret = f"zhws_{secrets.token_urlsafe(32)}"
    row = Webhook(
        county_id=county_id, secret_sealed=vault().seal(secret, context=SECRET_CONTEXT), created_at=at,
        created_by=actor.user_id, active=True, row_version=1, **_checked(wanted, actor),
    )  # fmt: skip
    require(actor, MANAGE, row)
    db.session.add(row)
    after = {"name": row.name, "url": row.url, "events": row.events, "forms": len(row.forms)}
    record_audit("webhook:create", row, actor=actor, at=at, after=after)
    return row.id, secret


@transaction
def change_webhook(row: Webhook, wanted: Wanted, *, row_version: int, actor: Actor, at: datetime) -> Webhook:
    """Change the name, the address, the events and forms. Raises Stale."""
    require(actor, MANAGE, lock(row))
    for name, value in _checked(wanted, actor, kept=row.forms).items():
        setattr(row, name, value)
    before, after = ({**told, **_counted(told)} for told in changes(row))
    advance(row, row_version)
    if after:
        record_audit("webhook:change", row, actor=actor, at=at, before=before, after=after)
    return row


@transaction
def switch_webhook(row: Webhook, *, active: bool, actor: Actor, at: datetime) -> None:
    """Switch a webhook on or off. What happens while it is off is never told; what waited goes out afterwards."""
    require(actor, MANAGE, lock(row))
    if row.active == active:
        return
    advance(row).active = active
    row.failing_since = None
    act = "webhook:enable" if active else "webhook:disable"
    record_audit(act, row, actor=actor, at=at, before={"active": not active}, after={"active": active})


@transaction
def delete_webhook(row: Webhook, *, actor: Actor, at: datetime) -> None:
    """Forget an address with its deliveries."""
    require(actor, MANAGE, lock(row))
    record_audit("webhook:delete", row, actor=actor, at=at, before={"name": row.name, "url": row.url})
    db.session.execute(sa.delete(WebhookDelivery).where(WebhookDelivery.webhook_id == row.id))
    db.session.delete(row)


def _counted(told: Mapping[str, Any]) -> dict[str, int]:
    """Say of the forms how many they are: their ids tell nobody anything."""
    return {"forms": len(told["forms"] or ())} if "forms" in told else {}


def _checked(wanted: Wanted, actor: Actor, kept: Sequence[int] = ()) -> dict[str, Any]:
    name, url = wanted.name.strip(), wanted.url.strip()
    events, forms = sorted(set(wanted.events) & set(WebhookEvent)), sorted(set(wanted.forms))
    if not name or len(name) > NAME_LENGTH:
        raise BadWebhookName
    try:
        parts_of(url)
    except ValueError as error:
        raise BadUrl from error
    if literal_refused(url, private=wanted.private):
        raise PrivateUrl
    if not events:
        raise NoEvents
    if not set(forms) <= {*kept, *(ident for ident, _title in offered_forms(actor))}:
        raise UnknownForms
    return {"name": name, "url": url, "events": events, "forms": forms}


# ---------- events ----------


def announce(event: WebhookEvent, form: AnyForm, records: Iterable[tuple[int, Record]], *, at: datetime) -> None:
    """Tell of records, given with their ids, that an act has written. Belongs inside that act."""
    if not (hooks := _listening(event, form)):
        return
    for ident, record in records:
        told = {"id": ident, "number": record.number, "row_version": record.row_version}
        _put(hooks, event, {"form": {"key": form.key, "version": record.version}, "record": told}, at)


def announce_form(event: WebhookEvent, form: Form, *, at: datetime) -> None:
    """Tell of a form. Belongs inside the act that changes it."""
    _put(_listening(event, form), event, {"form": {"key": form.key, "version": form.current_version}}, at)


def has_posted() -> bool:
    """Tell whether acts of this session have put deliveries down since the last question."""
    return bool(db.session.info.pop(POSTED, False))


def _listening(event: WebhookEvent, form: AnyForm) -> list[int]:
    """Return the ids of the webhooks that want to know of an event of a form."""
    hooks = listening(form.county_id) if isinstance(form, Form) or form.heard else ()
    return [hook.id for hook in hooks if event in hook.events and (not hook.forms or form.id in hook.forms)]


def _put(hooks: Iterable[int], event: WebhookEvent, told: dict[str, Any], at: datetime) -> None:
    """Put down a delivery for each webhook; they stay only if the act around it commits."""
    body = {"id": uuid4().hex, "event": event, "at": at.isoformat(timespec="seconds"), **told}
    for hook_id in hooks:
        delivery = WebhookDelivery(
            webhook_id=hook_id, uid=uuid4().hex, event=event, body=body, state=DeliveryState.WAITING,
            created_at=at, not_before=at, attempts=0, last_error="",
        )  # fmt: skip
        db.session.add(delivery)
        db.session.info[POSTED] = True
