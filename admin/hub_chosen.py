"""What is done with the records ticked on a list, or with one: moving them to another stage, taking them as a file."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from admin.guard import ZhiyeView, expose
from admin.hub_door import chosen_ids, chosen_records, form_at
from models.forms import Form
from models.records import Record, RecordState
from queries import exports
from queries.indexing import shape
from queries.records import Request
from queries.rights import stage_of
from services.exports import export_records
from services.refusals import Refusal
from services.stages import move_stage
from shell import clock, i18n
from shell.access import actor
from shell.downloads import download


class ChosenView(ZhiyeView):
    """Acts on several records of one configured form at once."""

    allows = {"list": "record:list", "edit": "record:edit", "export": "record:export"}
    methods = {"index_view": "edit", "export_view": "export"}

    @expose("/", methods=("GET", "POST"))
    def index_view(self, form_key: str) -> Any:
        form = form_at(form_key, "record:edit")
        stages = shape(form.id).newest.stages
        if not stages:
            abort(404)
        chosen = chosen_records(form, "record:edit")
        if not chosen or any(record.state != RecordState.ACTIVE for record in chosen):
            return _nothing_chosen(form, chosen)
        wanted, error = request.form.get("stage", ""), None
        if request.method == "POST" and wanted:
            error = self._move(form, chosen, wanted)
            if error is None:
                return redirect(_back(form, chosen))
        now = {stage_of(record, shape(form.id).newest) for record in chosen}
        page = self.render(
            "admin/hub/stage.html", form=form, chosen=chosen, stages=stages, now=now, wanted=wanted,
            reason=request.form.get("reason", ""), error=error, back=_back(form, chosen),
        )  # fmt: skip
        return page, error.status if error else 200

    def _move(self, form: Form, chosen: list[Record], stage: str) -> Refusal | None:
        ids = [record.id for record in chosen]
        reason = request.form.get("reason", "")
        try:
            moved = move_stage(
                form, ids, stage=stage, reason=reason, actor=actor(), at=clock.now(), today=clock.today()
            )
        except Refusal as refusal:
            return refusal
        flash(_("已更改 %(n)s 条记录的办理阶段。", n=moved), "success")
        return None

    @expose("/export", methods=("POST",))
    def export_view(self, form_key: str) -> Any:
        form = form_at(form_key, "record:export")
        kind = request.form.get("type", "xlsx")
        if kind not in exports.TYPES:
            abort(404)
        chosen = chosen_records(form, "record:export")
        if not chosen:
            return _nothing_chosen(form, chosen)
        made = export_records(
            form, Request(ids=tuple(chosen_ids())), kind=kind, actor=actor(), at=clock.now(), today=clock.today(),
            locale=i18n.locale(),
        )  # fmt: skip
        return download(made.content, made.content_type, made.filename)


def _nothing_chosen(form: Form, chosen: list[Record] | None) -> Response:
    gone = _("有的记录已作废，或不在您的管辖范围内，什么都没有做。")
    flash(_("请先勾选记录。") if chosen == [] else gone, "error")
    return redirect(url_for("hub.index_view", form_key=form.key))


def _back(form: Form, chosen: list[Record]) -> str:
    if len(chosen) == 1:
        return url_for("hub.details_view", form_key=form.key, record_id=chosen[0].id)
    return url_for("hub.index_view", form_key=form.key)


def views() -> list[ZhiyeView]:
    """Return what admin/__init__.py registers."""
    return [ChosenView(name=_l("勾选的记录"), endpoint="hub_chosen", url="/admin/f/<form_key>/chosen")]
