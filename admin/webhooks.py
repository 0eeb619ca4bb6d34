"""Webhooks in the back office: addresses that are told of events, and how each delivery went."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import abort, current_app, flash, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.base import ZhiyeModelView
from admin.conditions import number
from admin.formatters import told_at, verbatim
from admin.guard import expose
from forms.tokens import chosen_forms, offer_forms
from forms.webhooks import WebhookEditForm, WebhookForm
from models.webhooks import Webhook
from queries.orgs import county_of
from queries.tokens import form_titles, offered_forms
from queries.webhooks import DELIVERY_LABELS, EVENT_LABELS, PAGE, REASONS, deliveries, delivery_in_scope, totals
from services.deliveries import MOST_ATTEMPTS, redeliver
from services.webhooks import Wanted, change_webhook, create_webhook, delete_webhook, switch_webhook
from shell.access import actor
from shell.clock import now
from shell.paging import before_asked

MANAGE = "webhook:manage"
LATELY = timedelta(days=7)


def _events(_view: Any, _context: Any, row: Webhook, _name: str) -> str:
    return "、".join(str(label) for event, label in EVENT_LABELS.items() if event in row.events)


def _forms(_view: Any, _context: Any, row: Webhook, _name: str) -> str:
    return "、".join(form_titles(row.forms).values()) if row.forms else _("全部表单")


def _failing(_view: Any, _context: Any, row: Webhook, _name: str) -> str:
    return told_at(row.failing_since) if row.failing_since else _("没有")


class WebhooksView(ZhiyeModelView):
    """The webhooks of the county."""

    allows = {"list": "webhook:list", "create": MANAGE, "edit": MANAGE, "delete": MANAGE}
    methods = {"switch_view": "edit", "redeliver_view": "edit"}
    timeline_of = "webhook"
    list_template = "admin/webhooks/list.html"
    create_template = "admin/webhooks/create.html"
    details_template = "admin/webhooks/details.html"
    column_list = ("name", "url", "events", "active", "failing_since")
    column_details_list = ("url", "events", "forms", "active", "failing_since", "created_at")
    column_labels = {
        "name": _l("名称"), "url": _l("接收地址"), "events": _l("推送哪些事"), "forms": _l("限于哪些表单"),
        "active": _l("启用"), "failing_since": _l("从何时起没有送达"), "created_at": _l("建立时间"),
    }  # fmt: skip
    column_formatters = {
        "name": verbatim, "url": verbatim, "events": _events, "forms": _forms, "failing_since": _failing,
    }  # fmt: skip

    def get_create_form(self) -> type[WebhookForm]:
        return WebhookForm

    def get_edit_form(self) -> type[WebhookEditForm]:
        return WebhookEditForm

    def dress(self, form: Any, row: Webhook | None) -> Any:
        chosen = form_titles(row.forms) if row else {}
        offer_forms(form, sorted({**chosen, **dict(offered_forms(actor()))}.items()))
        return form

    def details_context(self, row: Webhook) -> dict[str, Any]:
        state, before = request.args.get("state", ""), before_asked()
        found = deliveries(row.id, state=state, before=before)
        return {
            **super().details_context(row), "wide_columns": ("url",), "deliveries": found[:PAGE],
            "older": found[PAGE - 1].id if len(found) > PAGE else None, "before": before, "state": state,
            "labels": DELIVERY_LABELS, "reasons": REASONS, "event_labels": EVENT_LABELS, "most": MOST_ATTEMPTS,
            "totals": totals(row.id, now() - LATELY), "may_switch": self.may("edit"),
        }  # fmt: skip

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> Any:
        form = self.create_form()
        county = county_of(actor(), MANAGE)

        def create() -> tuple[int, str]:
            return create_webhook(county, _wanted(form), actor=actor(), at=now())

        made = self.attempt(form, create) if self.validate_form(form) else None
        if made is None:
            return self.form_page(self.create_template, form)
        # The secret goes into this one answer: a flashed message would lie in the cookie.
        ident, secret = made
        back = self.get_url(".details_view", id=ident)
        return self.render("admin/webhooks/secret.html", secret=secret, return_url=back)

    def update(self, form: Any, row: Webhook) -> Webhook:
        return change_webhook(row, _wanted(form), row_version=form.row_version.data, actor=actor(), at=now())

    def delete(self, row: Webhook) -> None:
        delete_webhook(row, actor=actor(), at=now())

    def lost(self, row: Webhook) -> list[str]:
        return [_("推送“%(name)s”的设置和密钥", name=row.name), _("它的全部推送记录")]

    @expose("/switch/", methods=("POST",))
    def switch_view(self) -> Any:
        row = self.one()
        ident, active = row.id, request.form.get("active") == "1"
        switch_webhook(row, active=active, actor=actor(), at=now())
        flash(_("已启用。") if active else _("已停用，停用期间发生的事不会再推送。"), "success")
        return redirect(self.get_url(".details_view", id=ident))

    @expose("/redeliver/", methods=("POST",))
    def redeliver_view(self) -> Any:
        delivery = delivery_in_scope(request.form.get("delivery", 0, type=number), actor(), MANAGE)
        if delivery is None:
            abort(404)
        hook = delivery.webhook_id
        redeliver(delivery, actor=actor(), at=now())
        flash(_("马上重新推送。"), "success")
        return redirect(self.get_url(".details_view", id=hook))


def _wanted(form: Any) -> Wanted:
    private = current_app.config["ZHIYE"].webhook_private
    return Wanted(form.name.data or "", form.url.data or "", form.events.data or (), chosen_forms(form), private)
