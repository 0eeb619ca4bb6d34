"""The audit chain, read only: who did what, when, to which thing, and what it changed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.base import ReadOnlyModelView
from admin.conditions import Condition, one_of, since, until
from admin.formatters import verbatim
from models.accounts import User
from models.audit import AuditEvent
from queries import audit
from queries.labels import ORIGINS, THINGS
from queries.orgs import towns, unit_names
from queries.settings import SETTINGS
from shell.access import actor
from shell.clock import zone


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), zone())


def _after(day: date) -> datetime:
    return _midnight(day + timedelta(days=1))


def _by(who: str) -> sa.ColumnElement[bool]:
    return AuditEvent.actor_id.in_(sa.select(User.id).where((User.name == who) | (User.username == who)))


def _act(_view: Any, _context: Any, row: AuditEvent, _name: str) -> str:
    return audit.act_label(row.act)


def _thing(_view: Any, _context: Any, row: AuditEvent, _name: str) -> str:
    return str(THINGS.get(row.thing) or _("其他"))


def _place(_view: Any, _context: Any, row: AuditEvent, _name: str) -> str:
    """Return the innermost place of an event; the names of a page are read once."""
    ident = row.village_id or row.town_id or row.county_id
    if ident is None:
        return ""
    names: dict[int, str] = g.setdefault("unit_names", {})
    if ident not in names:
        names.update(unit_names([ident]))
    return names.get(ident, "")


def _label(view: Any, context: Any, row: AuditEvent, name: str) -> Any:
    if row.thing == "setting" and row.label in SETTINGS:
        return str(SETTINGS[row.label].label)
    return verbatim(view, context, row, name)


def _origin(view: Any, context: Any, row: AuditEvent, name: str) -> Any:
    """Return the address an act came from, or in words what it was when nobody came over the network."""
    return str(ORIGINS[row.origin]) if row.origin in ORIGINS else verbatim(view, context, row, name)


class AuditView(ReadOnlyModelView):
    """Events of the scope, newest first."""

    allows = {"list": "audit:list", "export": "audit:list"}
    details_template = "admin/audit/details.html"
    column_list = ("at", "actor_name", "act", "thing", "label", "place", "origin")
    column_details_list = ("at", "actor_name", "act", "thing", "label", "place", "origin", "id", "hash", "prev_hash")
    column_labels = {
        "at": _l("时间"), "actor_name": _l("谁"), "act": _l("做了什么"), "thing": _l("对象"), "label": _l("名称"),
        "place": _l("地点"), "origin": _l("来自"), "id": _l("序号"), "hash": _l("校验值"),
        "prev_hash": _l("前一条的校验值"),
    }  # fmt: skip
    column_formatters = {
        "act": _act, "thing": _thing, "place": _place, "label": _label, "origin": _origin, "hash": verbatim,
        "prev_hash": verbatim, "actor_name": verbatim,
    }  # fmt: skip
    conditions = (
        Condition("who", _l("谁（姓名或用户名）"), _by),
        one_of(AuditEvent.act, "act", _l("做了什么"), audit.ACT_LABELS.items),
        one_of(AuditEvent.thing, "thing", _l("对象"), THINGS.items),
        one_of(AuditEvent.town_id, "town", _l("乡镇（街道）"), lambda: [(str(u.id), u.name) for u in towns(actor())]),
        since(AuditEvent.at, "since", _l("从这一天起"), _midnight),
        until(AuditEvent.at, "until", _l("到这一天"), _after),
    )

    def scope(self) -> sa.ColumnElement[bool]:
        return audit.audit_scope(actor(), self.permission())

    def title_of(self, row: AuditEvent) -> str:
        return audit.act_label(row.act)

    def details_context(self, row: AuditEvent) -> dict[str, Any]:
        return {"told": audit.told([row], actor())[0], "wide_columns": ("hash", "prev_hash")}
