"""Stations: opened, renamed, closed, and settled with the township."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import flash, redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from admin.base import ZhiyeModelView
from admin.conditions import Condition
from admin.formatters import verbatim
from admin.guard import expose
from forms.stations import CloseStationForm, NewStationForm, SettleForm, StationForm
from models.orgs import OrgUnit
from models.stations import CoinStation
from queries.orgs import org_tree
from queries.scope import get_in_scope
from queries.stations import till_of
from queries.unit_journals import settlements
from services.coins import settle_station
from services.refusals import NotFound
from services.stations import LEVELS, change_station, close_station, create_station
from shell.access import actor
from shell.clock import now, today
from shell.uids import new_uid, sent_uid

MANAGE = "station:manage"


def _org(_view: Any, _context: Any, row: CoinStation, _name: str) -> str:
    return str(row.org.name)


def _in_use(value: str) -> sa.ColumnElement[bool]:
    return CoinStation.closed_on.is_(None) if value == "1" else CoinStation.closed_on.is_not(None)


class StationView(ZhiyeModelView):
    """Stations of the scope."""

    allows = {"list": "station:list", "create": MANAGE, "edit": MANAGE, "settle": "coin:settle"}
    methods = {"close_view": "edit", "settle_view": "settle"}
    timeline_of = "coin_station"
    details_template = "admin/stations/details.html"
    column_list = ("name", "code", "org", "opened_on", "closed_on")
    column_details_list = column_list
    column_labels = {
        "name": _l("名称"), "code": _l("编号"), "org": _l("设在哪里"), "opened_on": _l("启用日期"),
        "closed_on": _l("停用日期"),
    }  # fmt: skip
    column_formatters = {"name": verbatim, "code": verbatim, "org": _org}
    eager = (joinedload(CoinStation.org),)
    conditions = (Condition("open", _l("在用"), _in_use, options=lambda: [("1", _("是")), ("0", _("否"))]),)
    searchable = True
    search_hint = _l("名称或编号")

    def get_create_form(self) -> type[NewStationForm]:
        return NewStationForm

    def get_edit_form(self) -> type[StationForm]:
        return StationForm

    def find(self, query: Any, text: str) -> Any:
        return query.filter(CoinStation.name.contains(text, autoescape=True) | (CoinStation.code == text))

    def dress(self, form: Any, row: CoinStation | None) -> Any:
        if row is None:
            tree = [(depth, unit) for depth, unit in org_tree(actor(), MANAGE) if unit.valid_to is None]
            form.org_id.offer((str(unit.id), unit.name) for _depth, unit in tree if unit.level in LEVELS)
            form.opened_on.data = form.opened_on.data or today()
        return form

    def details_context(self, row: CoinStation) -> dict[str, Any]:
        may_settle = self.may("settle") and get_in_scope(CoinStation, row.id, actor(), "coin:settle") is not None
        return {
            **super().details_context(row), "till": till_of(row), "settlements": settlements(row),
            "may_settle": may_settle, "may_close": self.may("edit") and row.closed_on is None,
        }  # fmt: skip

    def create(self, form: Any) -> CoinStation:
        unit = get_in_scope(OrgUnit, form.org_id.data, actor(), MANAGE)
        if unit is None:
            raise NotFound
        return create_station(
            unit, code=form.code.data, name=form.name.data, opened_on=form.opened_on.data, actor=actor(), at=now()
        )

    def update(self, form: Any, row: CoinStation) -> CoinStation:
        return change_station(row, name=form.name.data, row_version=form.row_version.data, actor=actor(), at=now())

    @expose("/close/", methods=("GET", "POST"))
    def close_view(self) -> Any:
        row = self.one()
        form, ident = CloseStationForm(obj=row), row.id
        if not form.is_submitted():
            form.closed_on.data = today()

        def act() -> CoinStation:
            return close_station(
                row, closed_on=form.closed_on.data or today(), row_version=form.row_version.data, actor=actor(),
                at=now(), today=today(),
            )  # fmt: skip

        if form.validate_on_submit() and self.attempt(form, act, lambda: self.get_one(ident)) is not None:
            flash(_("站点已停用，账目和小票都留着。"), "success")
            return redirect(self.get_url(".details_view", id=ident))
        title = _("停用：%(name)s", name=self.one().name)
        return self.form_page("admin/stations/act.html", form, page_title=title, button=_("停用"))

    @expose("/settle/", methods=("GET", "POST"))
    def settle_view(self) -> Any:
        """Clear what the station took in after its goods were paid for. The uid makes a second click the same one."""
        row = self.one()
        form, ident = SettleForm(), row.id
        if not form.is_submitted():
            form.uid.data, form.amount.data = new_uid(), till_of(row) or None

        def act() -> Any:
            return settle_station(
                row, amount=form.amount.data, uid=sent_uid(),
                memo=form.memo.data or "", actor=actor(), at=now(), today=today(),
            )  # fmt: skip

        done = self.attempt(form, act) if form.validate_on_submit() else None
        if done is not None:
            flash(_("已结算 %(n)s 道德币，流水 %(id)s。", n=done.amount, id=done.journal_id), "success")
            return redirect(self.get_url(".details_view", id=ident))
        row = self.one()
        title = _("结算：%(name)s", name=row.name)
        return self.form_page("admin/stations/act.html", form, page_title=title, button=_("结算"), till=till_of(row))
