"""Conditions on any field of a register: choose the question, then how it is asked. One small form an operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import jsonify, request
from flask_babel import lazy_gettext as _l

from admin.guard import ZhiyeView, expose
from admin.hub_asking import NO_VALUE, WORDS, Asked, operators_of, options_of, periods, towns_of
from admin.hub_door import form_at
from admin.hub_list import ListRequest
from engine.definition import Item
from queries.indexing import IndexedField
from shell import i18n
from shell.access import actor

MOST_BOXES = 60  # beyond that a menu is easier than boxes


@dataclass(frozen=True)
class Asking:
    """One operator as the page offers it: its words, how it asks, what it offers."""

    name: str
    operator: str
    words: Any
    kind: str  # none, boxes, select, or a type of input
    options: tuple[tuple[str, str], ...] = ()
    values: tuple[str, ...] = ()


class HubConditions(ZhiyeView):
    """Where a condition is put together that the short panel of a list does not offer."""

    allows = {"list": "record:list"}
    methods = {"panel_view": "list"}

    @expose("/")
    def index_view(self, form_key: str) -> Any:
        form = form_at(form_key, "record:list")
        asked = ListRequest(form, request.args, actor(), i18n.locale())
        fields = {field.fid: field for field in asked.fields if operators_of(field)}
        field = fields.get(request.args.get("field", ""))
        return self.render(
            "admin/hub/conditions.html",
            form=form,
            asked=asked,
            items=[one.item for one in fields.values()],
            field=field,
            askings=_askings(field, asked) if field else [],
        )

    @expose("/panel")
    def panel_view(self, form_key: str) -> Any:
        """Answer the short panel of a list as JSON: pages with two hundred villages in it would all be slower."""
        form = form_at(form_key, "record:list")
        asked = ListRequest(form, request.args, actor(), i18n.locale())
        return jsonify(html=self.render("admin/hub/panel.html", form=form, asked=asked))


def _askings(field: IndexedField, asked: ListRequest) -> list[Asking]:
    chosen = {one.operator: one.values for one in asked.conditions_on(field.fid)}
    return [_asking(field.item, operator, asked, chosen.get(operator, ())) for operator in operators_of(field)]


def _asking(item: Item, operator: str, asked: ListRequest, values: tuple[str, ...]) -> Asking:
    name, words = Asked(item, operator).name, WORDS[operator]
    if operator in NO_VALUE:
        return Asking(name, operator, words, "none")
    if operator == "period":
        return Asking(name, operator, words, "select", tuple(periods()), values)
    if operator == "under":
        return Asking(name, operator, words, "select", tuple(towns_of(item, asked.actor)), values)
    options = tuple(options_of(item, asked.actor, asked.locale)) if item.kind.filter_input == "select" else ()
    kind = "boxes" if operator == "in" and len(options) <= MOST_BOXES else item.kind.filter_input
    return Asking(name, operator, words, "text" if operator == "contains" else kind, options, values)


def views() -> list[ZhiyeView]:
    """Return what admin/__init__.py registers."""
    return [HubConditions(name=_l("条件"), endpoint="hub_conditions", url="/admin/f/<form_key>/conditions")]
