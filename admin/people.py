"""Residents: found by part of a name or an exact number, masked in lists, revealed with a reason."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import selectinload

from admin.formatters import labelled, verbatim
from admin.personal import HouseholdLookup, PersonalView, masked, masked_name, town_condition
from forms.people import ResidentForm
from models.people import Resident
from queries.labels import SEXES
from queries.people import resident_matches
from services.people import change_resident, create_resident, delete_resident
from shell.access import actor
from shell.clock import now

ANSWERS = ("name", "sex", "birth_date", "household_code", "moved_out_on", "id_no", "phone", "address")


class ResidentView(PersonalView):
    """Residents of the scope."""

    allows = {
        "list": "resident:list",
        "create": "resident:create",
        "edit": "resident:edit",
        "delete": "resident:delete",
        "export": "resident:export",
        "reveal": "resident:reveal",
    }
    timeline_of = "resident"
    sealed = ("id_no", "phone", "address")
    form_ajax_refs = {"household": HouseholdLookup()}
    column_list = ("name", "sex", "birth_date", "id_no", "phone", "village", "household")
    column_details_list = (*column_list, "address", "moved_out_on", "updated_at")
    column_labels = {
        "name": _l("姓名"), "sex": _l("性别"), "birth_date": _l("出生日期"), "id_no": _l("身份证号"),
        "phone": _l("手机号"), "village": _l("所在村"), "household": _l("户编号"), "address": _l("住址"),
        "moved_out_on": _l("迁出日期"), "updated_at": _l("更新时间"),
    }  # fmt: skip
    column_formatters = {
        "name": masked_name, "sex": labelled(SEXES), "id_no": masked("id_no"), "phone": masked("phone"),
        "address": masked("address"), "household": verbatim,
    }  # fmt: skip
    column_formatters_detail = {name: show for name, show in column_formatters.items() if name != "name"}
    eager = (selectinload(Resident.village), selectinload(Resident.household))
    conditions = (town_condition(Resident),)
    search_hint = _l("姓名、拼音首字母，或完整的手机号、身份证号")

    def get_create_form(self) -> type[ResidentForm]:
        return ResidentForm

    def get_edit_form(self) -> type[ResidentForm]:
        return ResidentForm

    def dress(self, form: Any, row: Resident | None) -> Any:
        if row is not None and row.household and not form.is_submitted():
            form.household_code.data = row.household.code
        form.household_code.render_kw = {"data-lookup": self.get_url(".ajax_lookup", name="household")}
        return super().dress(form, row)

    def find(self, query: Any, text: str) -> Any:
        return query.filter(resident_matches(text))

    def create(self, form: Any) -> Resident:
        return create_resident(form.village_id.data, answers=_answers(form), actor=actor(), at=now())

    def update(self, form: Any, row: Resident) -> Resident:
        version, village = form.row_version.data, form.village_id.data
        return change_resident(
            row, village_id=village, row_version=version, answers=_answers(form), actor=actor(), at=now()
        )

    def delete(self, row: Resident) -> None:
        delete_resident(row, actor=actor(), at=now())

    def lost(self, row: Resident) -> list[str]:  # noqa: ARG002 - it names nobody
        return [_("这位居民的姓名、证件、电话和住址"), _("删除后不能恢复；审计日志里只留下经过。")]

    def name_to_type(self, row: Resident) -> str:
        return row.name


def _answers(form: Any) -> dict[str, Any]:
    return {**{name: form[name].data for name in ANSWERS}, "clear": form.clear.data if "clear" in form else ()}
