"""Households of a village: a code, a head, a sealed address, and who lives there."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import selectinload

from admin.formatters import verbatim
from admin.personal import PersonalView, masked, masked_name, town_condition
from forms.people import HouseholdForm
from models.people import Household
from queries.people import household_matches
from queries.scope import covers
from services.people import change_household, create_household, delete_household
from services.personal import mask_name
from shell.access import actor
from shell.clock import now

ANSWERS = ("code", "head_name", "address_hint", "address", "closed_on")


class HouseholdView(PersonalView):
    """Households of the scope."""

    allows = {
        "list": "household:list",
        "create": "household:create",
        "edit": "household:edit",
        "delete": "household:delete",
        "export": "household:export",
        "reveal": "household:reveal",
    }
    timeline_of = "household"
    sealed = ("address",)
    column_list = ("code", "head_name", "village", "address_hint", "closed_on")
    column_details_list = ("code", "head_name", "village", "address_hint", "address", "closed_on", "updated_at")
    column_labels = {
        "code": _l("户编号"), "head_name": _l("户主"), "village": _l("所在村"), "address_hint": _l("位置提示"),
        "address": _l("住址"), "closed_on": _l("销户日期"), "updated_at": _l("更新时间"),
    }  # fmt: skip
    column_formatters = {"code": verbatim, "head_name": masked_name, "address": masked("address")}
    column_formatters_detail = {"code": verbatim, "address": masked("address")}
    eager = (selectinload(Household.village),)
    conditions = (town_condition(Household),)
    search_hint = _l("户编号，或户主姓名、拼音首字母")

    def get_create_form(self) -> type[HouseholdForm]:
        return HouseholdForm

    def get_edit_form(self) -> type[HouseholdForm]:
        return HouseholdForm

    def find(self, query: Any, text: str) -> Any:
        return query.filter(household_matches(text))

    def details_context(self, row: Household) -> dict[str, Any]:
        members = [(member.id, mask_name(member.name)) for member in row.members]
        may = covers(actor(), "coin:export", row)
        statement = url_for("desk.household_statement", household_id=row.id) if may else ""
        return {**super().details_context(row), "members": members, "statement": statement}

    def create(self, form: Any) -> Household:
        return create_household(form.village_id.data, answers=_answers(form), actor=actor(), at=now())

    def update(self, form: Any, row: Household) -> Household:
        version, village = form.row_version.data, form.village_id.data
        return change_household(
            row, village_id=village, row_version=version, answers=_answers(form), actor=actor(), at=now()
        )

    def delete(self, row: Household) -> None:
        delete_household(row, actor=actor(), at=now())

    def lost(self, row: Household) -> list[str]:
        return [_("户编号 %(code)s 的户主和住址", code=row.code), _("删除后不能恢复；审计日志里只留下经过。")]


def _answers(form: Any) -> dict[str, Any]:
    return {**{name: form[name].data for name in ANSWERS}, "clear": form.clear.data if "clear" in form else ()}
