"""What residents and households share: village choices, masks, and looking at a sealed value with a reason."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import request
from flask_admin.model.ajax import AjaxModelLoader
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types

from admin.base import ZhiyeModelView
from admin.conditions import one_of
from admin.guard import expose
from admin.refusing import attempt
from forms.people import RevealForm
from queries.labels import PERSONAL
from queries.orgs import town_names, towns, villages
from queries.people import find_households
from services import personal
from services.people import reveal
from shell.access import actor
from shell.clock import now, today


class HouseholdLookup(AjaxModelLoader):  # type: ignore[misc]
    """Households of the scope for the household field: code and village only."""

    def __init__(self) -> None:
        super().__init__("household", {})

    def format(self, model: Any) -> tuple[str, str]:
        return model.code, f"{model.code} {personal.mask_name(model.head_name)}"

    def get_one(self, pk: Any) -> Any:
        return next(iter(find_households(str(pk), actor(), "household:list")), None)

    def get_list(self, query: str, offset: int = 0, limit: int = 10) -> list[Any]:  # noqa: ARG002
        return find_households(query, actor(), "household:list")[:limit]


class PersonalView(ZhiyeModelView):
    """Rows with sealed values. Lists, exports and details show masks; one value is shown by a reveal."""

    methods = {"reveal_view": "reveal"}
    details_template = "admin/people/details.html"
    create_template = "admin/people/create.html"
    edit_template = "admin/people/edit.html"
    sealed: ClassVar[tuple[str, ...]] = ()
    searchable = True

    def dress(self, form: Any, row: Any) -> Any:
        """Offer the villages of the scope; tell what is stored by its mask; offer to clear it."""
        names = town_names(actor(), self.permission())
        units = villages(actor(), self.permission(), on=today())
        form.village_id.offer((str(unit.id), unit.name, names.get(unit.town_id or 0, "")) for unit in units)
        stored = [which for which in self.sealed if row is not None and getattr(row, f"{which}_sealed")]
        for which in stored:
            form[which].description = _("已保存 %(mask)s，留空表示不变。", mask=personal.mask(row, which))
        form.clear.choices = [SelectChoice(which, PERSONAL[which]) for which in stored]
        if not stored:
            del form.clear
        if row is not None and not request.form:
            for which in self.sealed:
                form[which].data = ""
        return form

    def title_of(self, row: Any) -> str:  # noqa: ARG002 - a title stays in the browser's history: it names nobody
        return str(self.name)

    def details_context(self, row: Any) -> dict[str, Any]:
        may_reveal = self.may("reveal") and any(getattr(row, f"{which}_sealed") for which in self.sealed)
        return {**super().details_context(row), "may_reveal": may_reveal, "wide_columns": ("address",)}

    @expose("/reveal/", methods=("GET", "POST"))
    def reveal_view(self) -> Any:
        row = self.one()
        ident = row.id
        form = RevealForm()
        form.which.offer([(which, PERSONAL[which]) for which in self.sealed if getattr(row, f"{which}_sealed")])
        shown = None
        if form.validate_on_submit():
            which, reason = form.which.data, form.reason.data
            shown = attempt(form, lambda: reveal(row, which, reason=reason or "", actor=actor(), at=now()))
        return self.render(
            "admin/people/reveal.html", form=form, shown=shown, model=self.get_one(ident),
            back=self.get_url(".details_view", id=ident), label=PERSONAL.get(form.which.data or "", ""),
        )  # fmt: skip


def masked(which: str) -> Any:
    """Make a column formatter that shows a sealed value by its mask."""

    def show(_view: Any, _context: Any, row: Any, _name: str) -> str:
        return personal.mask(row, which)

    return show


def masked_name(_view: Any, _context: Any, row: Any, name: str) -> str:
    return personal.mask_name(getattr(row, name))


def town_condition(model: Any) -> Any:
    """Make the condition on a township, with the townships of the scope to choose from."""
    return one_of(model.town_id, "town", _l("乡镇（街道）"), lambda: [(str(u.id), u.name) for u in towns(actor())])
