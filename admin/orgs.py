"""Organisations: the tree of a county by township, names with dates, closing instead of deleting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import selectinload

from admin.base import ZhiyeModelView
from admin.conditions import one_of
from admin.formatters import labelled, verbatim
from admin.guard import expose
from forms.orgs import CloseForm, NewOrgForm, OrgForm, RenameForm
from models.orgs import Level, OrgUnit
from queries.labels import LEVELS
from queries.orgs import PARENTS, children_of, matches, org_tree
from queries.scope import OWN_UNIT_LEVELS, get_in_scope
from services.orgs import change_org, close_org, create_org, delete_org, rename_org
from shell.access import actor
from shell.assets import asset
from shell.clock import now, today

SHOWN_SINGLY = 3  # more departments, committees or studios than this fold into one line


class OrgView(ZhiyeModelView):
    """Units of the scope. Without a search the page is the tree; with one it is a list."""

    allows = {
        "list": "org:list",
        "create": "org:manage",
        "edit": "org:manage",
        "delete": "org:manage",
        "export": "org:list",
    }
    methods = {"rename_view": "edit", "close_view": "edit"}
    timeline_of = "org_unit"
    details_template = "admin/orgs/details.html"
    column_list = ("name", "level", "code", "parent", "valid_from", "valid_to")
    column_details_list = ("name", "level", "code", "parent", "valid_from", "valid_to", "note")
    column_labels = {
        "name": _l("名称"), "level": _l("层级"), "code": _l("编号"), "parent": _l("上级"), "note": _l("说明"),
        "valid_from": _l("启用日期"), "valid_to": _l("停用日期"),
    }  # fmt: skip
    column_formatters = {"level": labelled(LEVELS), "code": verbatim}
    conditions = (one_of(OrgUnit.level, "level", _l("层级"), LEVELS.items),)
    eager = (selectinload(OrgUnit.parent),)
    default_order = ("code", False)
    searchable = True
    search_hint = _l("名称、旧名称、拼音首字母或编号")

    def get_create_form(self) -> type[NewOrgForm]:
        return NewOrgForm

    def get_edit_form(self) -> type[OrgForm]:
        return OrgForm

    def find(self, query: Any, text: str) -> Any:
        return query.filter(matches(text))

    @property
    def extra_css(self) -> list[str]:
        return [asset("office.css")]

    @expose("/")
    def index_view(self) -> Any:
        asked = self.asked()
        if asked.search or asked.conditions or asked.after or asked.sort:
            return super().index_view()
        tree = org_tree(actor(), self.permission())
        return self.list_page("admin/orgs/tree.html", tree=_nested(tree), levels=LEVELS)

    def dress(self, form: Any, row: OrgUnit | None) -> Any:
        if row is None:
            above = [(depth, unit) for depth, unit in org_tree(actor(), self.permission()) if _may_hold(unit)]
            form.parent_id.offer([(str(unit.id), "— " * depth + unit.name) for depth, unit in above])
            if form.valid_from.data is None:
                form.valid_from.data = today()
        return form

    def details_context(self, row: OrgUnit) -> dict[str, Any]:
        return {**super().details_context(row), "past_names": row.names, "children": children_of(row), "levels": LEVELS}

    def create(self, form: Any) -> OrgUnit:
        parent = get_in_scope(OrgUnit, int(form.parent_id.data), actor(), self.permission())
        if parent is None:
            abort(404)
        return create_org(
            parent, level=Level(form.level.data), code=form.code.data, name=form.name.data, note=form.note.data,
            valid_from=form.valid_from.data, actor=actor(), at=now(),
        )  # fmt: skip

    def update(self, form: Any, row: OrgUnit) -> OrgUnit:
        version, code, note = form.row_version.data, form.code.data, form.note.data
        return change_org(row, row_version=version, code=code, note=note, actor=actor(), at=now())

    def delete(self, row: OrgUnit) -> None:
        delete_org(row, actor=actor(), at=now())

    @expose("/rename/", methods=("GET", "POST"))
    def rename_view(self) -> Any:
        row = self.one()
        form = RenameForm(obj=row, data={"since": today()})

        def act() -> Any:
            version = form.row_version.data
            name, since = str(form.name.data), form.since.data or today()
            return rename_org(row, name=name, since=since, row_version=version, actor=actor(), at=now())

        return self._act_page(form, row, act, _("更改名称：%(name)s", name=row.name))

    @expose("/close/", methods=("GET", "POST"))
    def close_view(self) -> Any:
        row = self.one()
        form = CloseForm(obj=row)

        def act() -> Any:
            version, day = form.row_version.data, form.valid_to.data
            return close_org(row, valid_to=day, row_version=version, actor=actor(), at=now())

        return self._act_page(form, row, act, _("停用：%(name)s", name=row.name))

    def _act_page(self, form: Any, row: OrgUnit, act: Callable[[], Any], title: str) -> Any:
        ident = row.id
        if form.validate_on_submit() and self.attempt(form, act, lambda: self.get_one(ident)) is not None:
            flash(_("已保存。"), "success")
            return redirect(self.get_save_return_url(row))
        return self.form_page(self.edit_template, form, model=row, page_title=title)


def _may_hold(unit: OrgUnit) -> bool:
    level = Level(unit.level)
    still_open = unit.valid_to is None or unit.valid_to > today()
    return still_open and any(level in above for above in PARENTS.values())


def _nested(tree: list[tuple[int, OrgUnit]]) -> list[dict[str, Any]]:
    """Turn (depth, unit) rows into nested branches for the page; many units of one small level become one group."""
    roots: list[dict[str, Any]] = []
    path: list[list[dict[str, Any]]] = [roots]
    for depth, unit in tree:
        branch: dict[str, Any] = {"unit": unit, "below": []}
        path[depth].append(branch)
        path[depth + 1 :] = [branch["below"]]
    _group(roots)
    return roots


def _group(branches: list[dict[str, Any]]) -> None:
    for branch in branches:
        _group(branch["below"])
        small = [item for item in branch["below"] if item["unit"].level in OWN_UNIT_LEVELS]
        groups = [[item for item in small if item["unit"].level == level] for level in Level]
        branch["groups"] = [items for items in groups if len(items) > SHOWN_SINGLY]
        folded = {id(item) for items in branch["groups"] for item in items}
        branch["single"] = [item for item in branch["below"] if id(item) not in folded]
