"""The catalogue of goods of a county."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.base import ZhiyeModelView
from admin.conditions import one_of
from admin.formatters import verbatim
from forms.goods import GoodForm, NewGoodForm
from models.stations import CoinGood
from queries.goods import good_matches
from queries.orgs import county_of
from services.goods import change_good, create_good, store_picture
from shell.access import actor
from shell.clock import now
from shell.files import file_store

MANAGE = "good:manage"


class GoodView(ZhiyeModelView):
    """What can be had for coins. Nobody deletes a good: it is taken off sale."""

    allows = {"list": "station:list", "create": MANAGE, "edit": MANAGE, "export": "station:list"}
    timeline_of = "coin_good"
    details_template = "admin/goods/details.html"
    column_list = ("name", "code", "unit", "price", "on_sale")
    column_details_list = column_list
    column_labels = {
        "name": _l("名称"), "code": _l("条码"), "unit": _l("单位"), "price": _l("价格（道德币）"),
        "on_sale": _l("可以兑换"),
    }  # fmt: skip
    column_formatters = {"name": verbatim, "code": verbatim, "unit": verbatim}
    conditions = (one_of(CoinGood.on_sale, "on_sale", _l("可以兑换"), lambda: [("1", _("是")), ("0", _("否"))]),)
    searchable = True
    search_hint = _l("名称、拼音首字母或条码")

    def get_create_form(self) -> type[NewGoodForm]:
        return NewGoodForm

    def get_edit_form(self) -> type[GoodForm]:
        return GoodForm

    def find(self, query: Any, text: str) -> Any:
        return query.filter(good_matches(text))

    def dress(self, form: Any, row: CoinGood | None) -> Any:
        if row is not None and row.picture:
            form.picture.description = _("已经有图片，不选就不变。")
        return form

    def create(self, form: Any) -> CoinGood:
        county = county_of(actor(), MANAGE)
        return create_good(county, **_answers(form), actor=actor(), at=now())

    def update(self, form: Any, row: CoinGood) -> CoinGood:
        return change_good(row, row_version=form.row_version.data, **_answers(form), actor=actor(), at=now())


def _answers(form: Any) -> dict[str, Any]:
    sent = form.picture.data
    picture = None
    if sent:
        picture = store_picture(file_store(), sent.stream, sent.filename or "", actor=actor(), at=now())
    return {**{name: form[name].data for name in ("code", "name", "unit", "price", "on_sale")}, "picture": picture}
