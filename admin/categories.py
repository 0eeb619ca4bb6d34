"""Categories: classes of disputes, channels and hazards as trees with dates."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.base import ZhiyeModelView
from admin.conditions import one_of
from admin.formatters import labelled, verbatim
from admin.paging import Asked, Listing
from forms.categories import CategoryForm, NewCategoryForm
from models.categories import Category, CategoryKind
from queries.categories import below, category_tree
from queries.labels import CATEGORY_KINDS
from queries.orgs import county_of
from services.categories import change_category, create_category, delete_category
from shell.access import actor
from shell.clock import now, today


def _indented(_view: Any, _context: Any, row: Category, _name: str) -> str:
    """Show an entry under its parent: each step is a dash, so that paper and screen readers tell it too."""
    depth: int = g.get("category_depths", {}).get(row.id, 0)
    return "— " * depth + row.name


class CategoryView(ZhiyeModelView):
    """A county's category lists, shown as a tree: small, so never paged."""

    allows = {
        "list": "category:list",
        "create": "category:manage",
        "edit": "category:manage",
        "delete": "category:manage",
        "export": "category:list",
    }
    timeline_of = "category"
    column_list = ("name", "kind", "code", "position", "valid_from", "valid_to")
    column_details_list = ("name", "kind", "code", "parent", "position", "valid_from", "valid_to")
    column_labels = {
        "name": _l("名称"), "kind": _l("种类"), "code": _l("编号"), "parent": _l("上级类别"), "position": _l("顺序"),
        "valid_from": _l("启用日期"), "valid_to": _l("停用日期"),
    }  # fmt: skip
    column_formatters = {"kind": labelled(CATEGORY_KINDS), "name": _indented, "code": verbatim}
    column_formatters_export = {"kind": labelled(CATEGORY_KINDS)}
    conditions = (one_of(Category.kind, "kind", _l("种类"), CATEGORY_KINDS.items),)
    searchable = True
    search_hint = _l("名称或编号")

    def get_create_form(self) -> type[CategoryForm]:
        return NewCategoryForm

    def get_edit_form(self) -> type[CategoryForm]:
        return CategoryForm

    def dress(self, form: Any, row: Category | None) -> Any:
        """Offer as parents the entries of the county: of the same kind, not below the entry itself."""
        closed = below(row) if row else set()
        where = Category.kind == row.kind if row else None
        tree = [entry for _depth, entry in category_tree(actor(), where=where) if entry.id not in closed]
        named = [(str(entry.id), f"{CATEGORY_KINDS[entry.kind]} · {entry.name}") for entry in tree]
        form.parent_id.offer([("", _("（没有上级）")), *named])
        if row is None and form.valid_from.data is None:
            form.valid_from.data = today()
        return form

    def listing(self, asked: Asked) -> Listing:
        rows = self.export_rows(asked)
        return Listing(rows, len(rows))

    def export_rows(self, asked: Asked) -> list[Category]:
        ids = self.narrowed(asked).with_entities(Category.id).subquery()
        tree = category_tree(actor(), where=Category.id.in_(sa.select(ids.c.id)))
        g.category_depths = {row.id: depth for depth, row in tree}
        return [row for _depth, row in tree]

    def find(self, query: Any, text: str) -> Any:
        return query.filter(Category.name.contains(text, autoescape=True) | (Category.code == text))

    def create(self, form: Any) -> Category:
        county = county_of(actor(), "category:manage")
        kind = CategoryKind(form.kind.data)
        return create_category(county, kind=kind, **_answers(form), actor=actor(), at=now())

    def update(self, form: Any, row: Category) -> Category:
        return change_category(row, row_version=form.row_version.data, **_answers(form), actor=actor(), at=now())

    def delete(self, row: Category) -> None:
        delete_category(row, actor=actor(), at=now())


def _answers(form: CategoryForm) -> dict[str, Any]:
    names = ("code", "name", "parent_id", "position", "valid_from", "valid_to")
    return {name: form[name].data for name in names}
