"""FormHub: list, detail, edit, void, export and print of every configured form, at /admin/f/<form_key>/.

One view serves all forms. The form is looked up by its key on each request and its definition by version, so a form
published in another process is here at once (docs/adr/0003-one-hub-view.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin.base import Admin
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from admin.guard import ZhiyeView, expose
from admin.hub_door import chosen_records, form_at, record_at
from admin.hub_edit import EditPage
from admin.hub_list import ListRequest
from admin.hub_rows import Rows
from admin.hub_views import open_list
from engine.definition import Definition, Item, Page
from engine.rows import answer_at
from engine.schema import fid_of
from forms.live import live
from models.forms import Form
from models.records import Record, RecordRevision, RecordState
from queries import audit, exports, records, registers
from queries.comments import remarks
from queries.duplicates import Hint, duplicates
from queries.forms import definition
from queries.indexing import shape
from queries.rights import FieldRights, on_form, rights_on, stage_shown
from queries.rows import label_at, rows_told
from queries.settings import county_title
from services import records as acts
from services.access import may
from services.carrying import opened
from services.exports import export_records
from services.refusals import Refusal
from shell import clock, i18n
from shell.access import actor
from shell.downloads import download
from shell.files import allow_photos


class FormHub(ZhiyeView):
    """The register of any configured form."""

    allows = {
        "list": "record:list",
        "edit": "record:edit",
        "delete": "record:delete",
        "export": "record:export",
        "reveal": "record:reveal",
        "history": "record:history",
    }
    methods = {
        "index_view": "list",
        "details_view": "list",
        "edit_view": "edit",
        "void_view": "delete",
        "bulk_view": "delete",
        "export_view": "export",
        "reveal_view": "reveal",
        "revision_view": "history",
    }

    def create_blueprint(self, admin: Admin) -> Any:
        blueprint = super().create_blueprint(admin)
        blueprint.url_value_preprocessor(allow_photos)
        return blueprint

    @expose("/")
    def index_view(self, form_key: str) -> Any:
        form = form_at(form_key, "record:list")
        opened = open_list(form, request.args, actor(), i18n.locale())
        asked = opened.asked
        page = records.page(form, actor(), asked.query)
        return self.render(
            "admin/hub/list.html",
            form=form,
            opened=opened,
            can=on_form(actor(), form.id).can,
            asked=asked,
            page=page,
            count=page.count,
            rows=Rows(asked.base, asked.labels(), page.records, _table(form, page.records, asked.fids)),
        )

    @expose("/<int:record_id>/")
    def details_view(self, form_key: str, record_id: int) -> Any:
        form, record = record_at(form_key, record_id, "record:list")
        pinned = definition(form.id, record.version)
        rights = rights_on(record, actor())
        events = audit.timeline("record", record.id, actor()) if may(actor(), "record:history", record) else None
        return self.render(
            "admin/hub/details.html",
            form=form,
            record=record,
            office=county_title(form.county_id),
            pages=[(page, _shown(form, record, page, rights)) for page in pinned.pages],
            rows_told=rows_told(record, pinned, rights=rights, today=clock.today(), locale=i18n.locale()),
            stage=stage_shown(record, shape(form.id).newest),
            duplicates=_duplicates(form, record, pinned) if record.state == RecordState.ACTIVE else [],
            is_older=record.version < (form.current_version or 0),
            remarks=remarks(record),
            may_comment=may(actor(), "record:comment", record),
            print_remarks="remarks" in request.args,
            events=events,
            revisions=records.revisions(record) if events is not None else [],
            is_active=record.state == RecordState.ACTIVE,
            may_edit=may(actor(), "record:edit", record),
            may_delete=may(actor(), "record:delete", record),
            reveals=rights.reveal if may(actor(), "record:reveal", record) else (),
        )

    @expose("/<int:record_id>/edit", methods=("GET", "POST"))
    def edit_view(self, form_key: str, record_id: int) -> Any:
        form, record = record_at(form_key, record_id, "record:edit")
        if record.state != RecordState.ACTIVE:
            abort(404)
        page = EditPage(record, actor())
        if page.wants_saving:
            saved = self._save(form_key, record, page)
            if saved:
                return saved
        filling = page.filling()
        told = {"made": page.form(filling), "live": live(filling)}
        return self.render("admin/hub/edit.html", form=form, record=record, page=page, **told), page.status

    def _save(self, form_key: str, record: Record, page: EditPage) -> Response | None:
        ident, number = record.id, record.number  # the session forgets them when the act ends
        try:
            acts.change_record(
                record,
                raw=opened(page.raw),
                row_version=page.row_version,
                emptied=page.emptied,
                reason=page.reason,
                actor=actor(),
                at=clock.now(),
                today=clock.today(),
                locale=i18n.locale(),
            )
        except Refusal as refusal:
            page.refuse(refusal)
            return None
        flash(_("已保存 %(number)s。", number=number), "success")
        return redirect(url_for(".details_view", form_key=form_key, record_id=ident))

    @expose("/<int:record_id>/void", methods=("GET", "POST"))
    def void_view(self, form_key: str, record_id: int) -> Any:
        form, record = record_at(form_key, record_id, "record:delete")
        if record.state != RecordState.ACTIVE:
            abort(404)
        return self._void(form, [record])

    @expose("/bulk", methods=("POST",))
    def bulk_view(self, form_key: str) -> Any:
        form = form_at(form_key, "record:delete")
        chosen = chosen_records(form, "record:delete")
        if not chosen:
            gone = _("有的记录已不在您的管辖范围内，什么都没有改。")
            flash(_("请先勾选要作废的记录。") if chosen is not None else gone, "error")
            return redirect(url_for(".index_view", form_key=form_key))
        return self._void(form, chosen, bulk=True)

    def _void(self, form: Form, chosen: list[Record], *, bulk: bool = False) -> Any:
        reason, error = request.form.get("reason", "").strip(), None
        if request.method == "POST" and (not bulk or "reason" in request.form):
            try:
                acts.void_records(form, [one.id for one in chosen], reason=reason, actor=actor(), at=clock.now())
            except Refusal as refusal:
                error = refusal
            else:
                flash(_("已作废 %(n)s 条。", n=len(chosen)), "success")
                return redirect(url_for(".index_view", form_key=form.key))
        return self.render("admin/hub/void.html", form=form, chosen=chosen, bulk=bulk, reason=reason, error=error)

    @expose("/export")
    def export_view(self, form_key: str) -> Any:
        form = form_at(form_key, "record:export")
        asked = ListRequest(form, request.args, actor(), i18n.locale())
        kind = request.args.get("type", "xlsx")
        if kind not in exports.TYPES:
            abort(404)
        try:
            made = export_records(
                form, asked.query, kind=kind, actor=actor(), at=clock.now(), today=clock.today(), locale=i18n.locale()
            )
        except Refusal as refusal:
            flash(str(refusal), "error")
            return redirect(asked.around_url("hub_export.index_view"))
        return download(made.content, made.content_type, made.filename)

    @expose("/<int:record_id>/reveal/<path:fid>", methods=("GET", "POST"))
    def reveal_view(self, form_key: str, record_id: int, fid: str) -> Any:
        form, record = record_at(form_key, record_id, "record:reveal")
        items = definition(form.id, record.version).every_item
        item = next((one for one in items if one.fid == fid_of(fid)), None)
        open_to = fid_of(fid) in rights_on(record, actor()).reveal
        if item is None or answer_at(record.answers, fid) is None or not open_to:
            abort(404)
        label = label_at(definition(form.id, record.version), record.answers, fid, i18n.locale())
        reason, value, error = request.form.get("reason", "").strip(), None, None
        if request.method == "POST":
            try:
                value = acts.reveal(record, fid, reason=reason, actor=actor(), at=clock.now())
            except Refusal as refusal:
                error = refusal
        page = self.render(
            "admin/hub/reveal.html",
            form=form,
            record=record,
            at=fid,
            label=label,
            reason=reason,
            value=value,
            error=error,
        )
        return page, {"Cache-Control": "no-store, private"}

    @expose("/<int:record_id>/revisions/<int:number>")
    def revision_view(self, form_key: str, record_id: int, number: int) -> Any:
        form, record = record_at(form_key, record_id, "record:history")
        revision = records.revision(record, number)
        if revision is None:
            abort(404)
        pinned = definition(form.id, revision.version)
        rights = rights_on(record, actor())
        pages = [(page, _shown(form, revision, page, rights)) for page in pinned.pages]
        rows = rows_told(revision, pinned, rights=rights, today=clock.today(), locale=i18n.locale())
        return self.render(
            "admin/hub/revision.html", form=form, record=record, revision=revision, pages=pages, rows_told=rows
        )


def _duplicates(form: Form, record: Record, pinned: Definition) -> list[Hint]:
    """Return the earlier records that may be about the same matter."""
    return duplicates(
        form, record.answers, pinned, actor=actor(), at=record.created_at, before=record, locale=i18n.locale()
    )


def _table(form: Form, rows: Sequence[records.Listed], fids: list[str]) -> list[list[registers.Cell]]:
    return registers.table(rows, fids, known=shape(form.id), actor=actor(), locale=i18n.locale())


def _shown(
    form: Form, answered: Record | RecordRevision, page: Page, rights: FieldRights
) -> list[tuple[Item, registers.Cell, Any]]:
    """Return what a detail page says of one page of the form: item, cell, and the stored answer (for photographs)."""
    items = [item for item in page.items if item.kind.answerable and item.fid in rights.view]
    pinned = definition(form.id, answered.version)
    fids = [item.fid for item in items]
    told = registers.cells(answered, fids, definition=pinned, rights=rights, locale=i18n.locale())
    return [(item, cell, answered.answers.get(item.fid)) for item, cell in zip(items, told, strict=True)]


def views() -> list[ZhiyeView]:
    """Return what admin/__init__.py registers."""
    return [FormHub(name=_l("台账"), endpoint="hub", url="/admin/f/<form_key>")]
