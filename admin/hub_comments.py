"""Remarks on a record: written below its answers, with attachments, and withdrawn by their authors."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin.base import Admin
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.guard import ZhiyeView, expose
from admin.hub_door import record_at
from models.files import File
from models.records import Record
from queries.comments import get_comment, remarks
from services import comments as acts
from services.access import may
from services.files import store_upload
from services.refusals import Refusal
from shell import clock
from shell.access import actor
from shell.files import allow_photos, file_store


class CommentsView(ZhiyeView):
    """The remarks of one record of any configured form."""

    allows = {"list": "record:list", "write": "record:comment"}
    methods = {"index_view": "list", "write_view": "write", "withdraw_view": "write"}

    def create_blueprint(self, admin: Admin) -> Any:
        blueprint = super().create_blueprint(admin)
        blueprint.url_value_preprocessor(allow_photos)
        return blueprint

    @expose("/")
    def index_view(self, form_key: str, record_id: int) -> Any:
        form, record = record_at(form_key, record_id, "record:list")
        return self._page(form, record)

    @expose("/new", methods=("POST",))
    def write_view(self, form_key: str, record_id: int) -> Any:
        form, record = record_at(form_key, record_id, "record:comment")
        text = request.form.get("text", "")
        try:
            files = _kept(record)
            acts.write_comment(record, text=text, files=files, actor=actor(), at=clock.now())
        except Refusal as refusal:
            return self._page(form, record, text=text, error=refusal), refusal.status
        flash(_("已写下备注。"), "success")
        return redirect(self._back(form_key, record_id))

    @expose("/<int:number>/withdraw", methods=("GET", "POST"))
    def withdraw_view(self, form_key: str, record_id: int, number: int) -> Any:
        form, record = record_at(form_key, record_id, "record:comment")
        comment = get_comment(record, number)
        if comment is None or comment.author_id != actor().user_id:
            abort(404)
        if request.method == "GET":
            return self.render("admin/hub/withdraw.html", form=form, record=record, comment=comment)
        try:
            acts.withdraw_comment(comment, actor=actor(), at=clock.now())
        except Refusal as refusal:
            flash(str(refusal), "error")
        else:
            flash(_("已撤回。原来的位置会写明撤回过一条备注。"), "success")
        return redirect(self._back(form_key, record_id))

    def _page(self, form: Any, record: Record, *, text: str = "", error: Refusal | None = None) -> Any:
        return self.render(
            "admin/hub/comments.html",
            form=form,
            record=record,
            remarks=remarks(record),
            may_comment=may(actor(), "record:comment", record),
            text=text,
            error=error,
            most_files=acts.MOST_FILES,
        )

    @staticmethod
    def _back(form_key: str, record_id: int) -> str:
        return url_for("hub_comments.index_view", form_key=form_key, record_id=record_id)


def _kept(record: Record) -> list[File]:
    """Keep the files that came with a remark; a bad one refuses the whole, so that nothing is half said."""
    sent = [one for one in request.files.getlist("files") if one.filename]
    if len(sent) > acts.MOST_FILES:
        raise Refusal(_("一条备注最多附 %(n)s 个文件。", n=acts.MOST_FILES))
    return [_store(record, one) for one in sent]


def _store(record: Record, sent: Any) -> File:
    takes = "image" if (sent.mimetype or "").startswith("image/") else "file"
    return store_upload(
        file_store(), sent.stream, filename=sent.filename, record=record, fid="", takes=takes,
        permission="record:comment", actor=actor(), at=clock.now(),
    )  # fmt: skip


def views() -> list[ZhiyeView]:
    """Return what admin/__init__.py registers."""
    url = "/admin/f/<form_key>/<int:record_id>/comments"
    return [CommentsView(name=_l("备注"), endpoint="hub_comments", url=url)]
