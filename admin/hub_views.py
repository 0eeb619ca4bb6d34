"""Saved views of a register: the list opened with one, and the pages to save, change and delete them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from admin.guard import ZhiyeView, expose
from admin.hub_door import form_at
from admin.hub_list import EVERYTHING, ListRequest
from models.access import Actor, Role
from models.forms import Form
from models.views import RegisterView
from queries import registers
from queries.accounts import ROLE_LABELS
from queries.forms import definition
from queries.indexing import STAGE
from queries.views import ViewLine, fids_of, may_change, shareable_orgs, view_lines, view_of
from services import views as acts
from services.refusals import Refusal
from shell import clock, i18n
from shell.access import actor

LONGEST_ID = 10  # digits beyond what an id of an organisation may have


@dataclass(frozen=True)
class Opened:
    """A register page with the views there are, the one it shows, and what of it is there no more."""

    asked: ListRequest
    lines: Sequence[ViewLine]
    lost: bool = False  # the address named a view that does not exist
    gone: int = 0  # fields the view names that are retired, removed or closed to the reader


def open_list(form: Form, args: MultiDict[str, str], reader: Actor, locale: str) -> Opened:
    """Read the address of a list. `view` shows a view as it was saved, `base` tells from which one the page came.

    Without anything asked the reader's own default view is shown.
    """
    lines = view_lines(form, reader)
    uid = args.get("view") or args.get("base") or ""
    view = _line(form, uid, lines) if uid and uid != EVERYTHING else None
    if not args:
        view = next((line for line in lines if line.is_default), None)
    lost = bool(uid) and uid != EVERYTHING and view is None
    if view is None or args.get("base"):
        return Opened(ListRequest(form, args, reader, locale, view), lines, lost)
    known = _live(form) & {STAGE, *(item.fid for item in registers.columns(form, reader))}
    gone = len(set(fids_of(view.document)) - known)
    shown = args_of(view.document, known)
    if "after" in args:
        shown["after"] = args["after"]
    return Opened(ListRequest(form, shown, reader, locale, view), lines, gone=gone)


def args_of(document: Mapping[str, Any], known: set[str]) -> MultiDict[str, str]:
    """Return a view as the arguments of a list's address, without the fields that are not known any more."""
    args: MultiDict[str, str] = MultiDict()
    columns = [fid for fid in document.get("columns", ()) if fid in known]
    sort = str(document.get("sort", ""))
    if document.get("search"):
        args["q"] = document["search"]
    if sort.removeprefix("-") in known:
        args["sort"] = sort
    if columns:
        args["cols"] = ",".join(columns)
    for one in document.get("conditions", ()):
        if one["fid"] in known:
            name = f"f_{one['fid']}" if one["op"] == "eq" else f"f_{one['fid']}_{one['op']}"
            args[name] = ",".join(one["values"]) or "1"
    return args


def _live(form: Form) -> set[str]:
    return {STAGE, *(item.fid for item in definition(form.id, form.current_version or 1).every_live_item)}


def _line(form: Form, uid: str, lines: Sequence[ViewLine]) -> ViewLine | None:
    """Return the view of an address: one of the menu, or one that somebody passed on."""
    found = next((line for line in lines if line.uid == uid), None)
    if found is not None:
        return found
    view = view_of(form, uid)
    if view is None:
        return None
    return ViewLine(
        view.id, view.uid, view.name, view.document, own=False, org_name=view.org.name if view.org else "",
        role=view.role, is_default=False, row_version=view.row_version,
    )  # fmt: skip


class HubViews(ZhiyeView):
    """The saved views of one register."""

    allows = {"list": "record:list"}
    methods = dict.fromkeys(("new_view", "edit_view", "delete_view", "default_view", "columns_view"), "list")

    @expose("/")
    def index_view(self, form_key: str) -> Any:
        form = form_at(form_key, "record:list")
        lines = [(line, _may_change(form, line)) for line in view_lines(form, actor())]
        return self.render("admin/hub/views.html", form=form, lines=lines, roles=ROLE_LABELS)

    @expose("/new", methods=("GET", "POST"))
    def new_view(self, form_key: str) -> Any:
        form = form_at(form_key, "record:list")
        asked = ListRequest(form, request.args, actor(), i18n.locale())
        name, error = request.form.get("name", ""), None
        if request.method == "POST":
            org_id, role = _owner(request.form.get("owner", ""))
            document = asked.document() | chart_of(request.args)
            try:
                made = acts.create_view(
                    form, name=name, document=document, org_id=org_id, role=role, actor=actor(), at=clock.now()
                )
            except Refusal as refusal:
                error = refusal
            else:
                flash(_("已保存视图“%(name)s”。", name=made.name), "success")
                return redirect(_opened(form, made))
        page = self.render(
            "admin/hub/view_new.html", form=form, asked=asked, name=name, error=error, orgs=shareable_orgs(actor()),
            roles=ROLE_LABELS, owner=request.form.get("owner", ""), chart=chart_of(request.args),
        )  # fmt: skip
        return page, error.status if error else 200

    @expose("/<view_uid>/edit", methods=("GET", "POST"))
    def edit_view(self, form_key: str, view_uid: str) -> Any:
        form, view = _changeable(form_key, view_uid)
        asked = ListRequest(form, request.args, actor(), i18n.locale())
        document = asked.document() | chart_of(request.args)
        name, error = request.form.get("name", view.name), None
        if request.method == "POST":
            overwritten = {"chart": view.document["chart"]} | document if "chart" in view.document else document
            try:
                acts.change_view(
                    view, name=name, row_version=request.form.get("row_version", 0, type=int),
                    document=overwritten if request.form.get("overwrite") else None, actor=actor(), at=clock.now(),
                )  # fmt: skip
            except Refusal as refusal:
                error = refusal
            else:
                flash(_("已保存视图“%(name)s”。", name=name), "success")
                return redirect(_opened(form, view))
        page = self.render(
            "admin/hub/view_edit.html", form=form, view=view, asked=asked, name=name, error=error,
            offers=bool(request.args), chart=chart_of(request.args),
        )  # fmt: skip
        return page, error.status if error else 200

    @expose("/<view_uid>/delete", methods=("GET", "POST"))
    def delete_view(self, form_key: str, view_uid: str) -> Any:
        form, view = _changeable(form_key, view_uid)
        name = view.name
        if request.method == "POST":
            acts.delete_view(view, actor=actor(), at=clock.now())
            flash(_("已删除视图“%(name)s”。", name=name), "success")
            return redirect(url_for(".index_view", form_key=form_key))
        return self.render("admin/hub/view_delete.html", form=form, view=view)

    @expose("/default", methods=("POST",))
    def default_view(self, form_key: str) -> Any:
        form, uid = form_at(form_key, "record:list"), request.form.get("uid", "")
        view = view_of(form, uid) if uid else None
        if uid and view is None:
            abort(404)
        acts.choose_default(form, view, actor=actor())
        if view:
            flash(_("以后打开这个台账，先显示“%(name)s”。", name=view.name), "success")
        else:
            flash(_("以后打开这个台账，先显示全部记录。"), "success")
        return redirect(url_for(".index_view", form_key=form_key))

    @expose("/columns")
    def columns_view(self, form_key: str) -> Any:
        form = form_at(form_key, "record:list")
        asked = ListRequest(form, request.args, actor(), i18n.locale())
        order, ticked = _arranged(asked)
        if request.args.get("apply"):
            return redirect(asked.url(cols=",".join(fid for fid in order if fid in ticked) or None))
        return self.render(
            "admin/hub/columns.html", form=form, asked=asked, items=[asked.by_fid[fid] for fid in order], ticked=ticked
        )


def chart_of(args: MultiDict[str, str]) -> dict[str, dict[str, str]]:
    """Return the part of a view that opens the statistics page: what its address asks for."""
    given = {name.removeprefix("c_"): value[:100] for name, value in args.items() if name.startswith("c_") and value}
    return {"chart": given} if given else {}


def _arranged(asked: ListRequest) -> tuple[list[str], set[str]]:
    """Return the columns in the order under way, and which are ticked; a step up or down moves one of them."""
    given = [fid for fid in dict.fromkeys(request.args.getlist("order")) if fid in asked.by_fid]
    order = [*given, *(fid for fid in (*asked.fids, *asked.by_fid) if fid not in given)]
    order = list(dict.fromkeys(order))
    ticked = set(request.args.getlist("c")) if given else set(asked.fids)
    for name, step in (("up", -1), ("down", 1)):
        fid = request.args.get(name, "")
        if fid in order and 0 <= order.index(fid) + step < len(order):
            place = order.index(fid)
            order[place], order[place + step] = order[place + step], order[place]
    return order, ticked


def _changeable(form_key: str, uid: str) -> tuple[Form, RegisterView]:
    form = form_at(form_key, "record:list")
    view = view_of(form, uid)
    if view is None or not may_change(view, actor()):
        abort(404)
    return form, view


def _may_change(form: Form, line: ViewLine) -> bool:
    if line.own:
        return True
    view = view_of(form, line.uid)
    return view is not None and may_change(view, actor())


def _owner(text: str) -> tuple[int | None, Role | None]:
    """Read whose a view shall be: "" for oneself, "12" for the people of an organisation, "12:leader" for one role."""
    org, _colon, role = text.partition(":")
    if not org:
        return None, None
    ident = int(org) if org.isdecimal() and org.isascii() and len(org) < LONGEST_ID else 0
    if not ident or (role and role not in set(Role)):
        abort(404)
    return ident, Role(role) if role else None


def _opened(form: Form, view: RegisterView) -> str:
    """Return where a saved view is shown: its chart, where it has nothing but that."""
    if set(view.document) == {"chart"}:
        return url_for("hub_statistics.index_view", form_key=form.key, view=view.uid)
    return url_for("hub.index_view", form_key=form.key, view=view.uid)


def views() -> list[ZhiyeView]:
    """Return what admin/__init__.py registers."""
    return [HubViews(name=_l("视图"), endpoint="hub_views", url="/admin/f/<form_key>/views")]
