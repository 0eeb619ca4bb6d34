"""Packs in the back office: one county's forms, categories and views as a file, compared and taken over."""

from __future__ import annotations

import json
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.guard import ZhiyeView, expose
from forms.packs import PackForm
from forms.saying import said
from queries.forms import published_forms
from services.packs import Line, PackRefused, State, apply_pack, compare, export_pack, read_pack
from services.refusals import NotAllowed, NotFound, Refusal
from shell.access import actor
from shell.clock import now, today
from shell.downloads import JSON, download

UNPROCESSABLE = 422
MOST_ON_PAGE = 2 * 1024 * 1024  # what goes from the comparison to the next page; larger packs go by command
STATES = {
    State.NEW: (_l("新增"), "ok"),
    State.SAME: (_l("相同"), ""),
    State.CHANGED: (_l("更新"), "warn"),
    State.REFUSED: (_l("不能采用"), "danger"),
}
SECTIONS = {
    "forms": _l("表单"),
    "roles": _l("角色"),
    "categories": _l("类别"),
    "views": _l("视图"),
    "templates": _l("工作簿"),
}


class PacksView(ZhiyeView):
    """Export, comparison, and taking over."""

    allows = {"list": "form:design"}
    methods = {"export_view": "list", "compare_view": "list", "apply_view": "list"}

    @expose("/")
    def index_view(self) -> Any:
        return self._index(PackForm())

    def _index(self, form: PackForm, status: int = 200) -> Any:
        return self.render("admin/packs/index.html", form=form, forms=published_forms(actor(), "form:design")), status

    @expose("/pack.json")
    def export_view(self) -> Any:
        keys = request.args.getlist("form") or None
        made = export_pack(_county(), keys=keys, actor=actor(), at=now())
        text = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
        name = _("%(county)s配置包", county=made["from"])
        return download(text, JSON, f"{name}.json")

    @expose("/compare", methods=("POST",))
    def compare_view(self) -> Any:
        form = PackForm()
        if not form.validate_on_submit():
            return self._index(form, UNPROCESSABLE)
        content = form.upload.data.read(MOST_ON_PAGE + 1)
        if len(content) > MOST_ON_PAGE:
            form.upload.errors = [_("这个配置包太大，网页上最多 2 MB。请让运维人员用命令采用。")]
            return self._index(form, UNPROCESSABLE)
        try:
            document = read_pack(content)
            lines = compare(document, _county(), actor=actor())
        except (NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            form.upload.errors = [refusal.message]
            return self._index(form, UNPROCESSABLE)
        return self._compared(document, lines)

    def _compared(self, document: dict[str, Any], lines: list[Line], status: int = 200) -> Any:
        told = [
            (SECTIONS[line.section], line, STATES[line.state], [said(one) for one in line.details]) for line in lines
        ]
        return self.render(
            "admin/packs/compare.html",
            origin=document["from"],
            lines=told,
            text=json.dumps(document, ensure_ascii=False),
            refused=sum(line.state == State.REFUSED for line in lines),
            changing=sum(line.state in {State.NEW, State.CHANGED} for line in lines),
        ), status

    @expose("/apply", methods=("POST",))
    def apply_view(self) -> Any:
        publish = request.form.get("publish") == "1"
        try:
            document = read_pack(request.form.get("pack", "").encode())
            apply_pack(document, _county(), publish=publish, actor=actor(), at=now(), today=today())
        except (NotAllowed, NotFound):
            raise
        except PackRefused as refused:
            flash(refused.message, "danger")
            return self._compared(document, refused.lines, UNPROCESSABLE)
        except Refusal as refusal:
            flash(refusal.message, "danger")
            return redirect(url_for(".index_view"))
        flash(_("配置包已采用。") if publish else _("配置包已采用，表单放进了草稿，检查后再发布。"), "success")
        return redirect(url_for("forms.index_view"))


def _county() -> int:
    return next(grant.county_id for grant in actor().grants_for("form:design"))
