"""补录到新版: a record of an older version is shown what changed, asked what is new, and saved under the newest."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin.base import Admin
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.guard import ZhiyeView, expose
from admin.hub_door import active_at
from admin.hub_edit import EditPage
from engine.definition import Item, Page
from engine.rows import answer_at
from forms.answers import raw_from_stored
from forms.dynamic import ItemsForm, page_form
from forms.filling import Filling
from forms.live import live
from forms.parts import labels, part_of, told_changes
from models.access import Actor
from models.records import Record
from queries.forms import definition
from queries.indexing import shape
from services.carrying import opened
from services.refusals import Refusal
from services.sealing import is_sealed
from services.upgrading import upgrade_record
from shell import clock, i18n
from shell.access import actor
from shell.files import allow_photos


class UpgradePage(EditPage):
    """A record open under the newest version: only what is new or no longer right is asked."""

    def __init__(self, record: Record, actor: Actor) -> None:
        self.pinned = definition(record.form_id, record.version)
        super().__init__(record, actor, max(shape(record.form_id).definitions))

    def changes(self) -> list[str]:
        return told_changes(self.pinned, self.definition, self.context().locked)

    def left_behind(self) -> list[str]:
        """Return the labels of answered questions that the newest version no longer asks."""
        asked = {item.fid for item in self.definition.live_items}
        gone = [fid for fid in self.record.answers if fid not in asked and fid not in self.context().locked]
        return labels(self.pinned, gone, i18n.locale())

    @cached_property
    def asked(self) -> Page:
        """The questions this page asks: those the record's version did not have, and those that are wrong now.

        It is settled by what is stored, so that it does not change while somebody fills it in.
        """
        stored = self.record.answers
        judged = self.judged(raw_from_stored(self.definition, stored)).outcome
        before = {item.fid for item in self.pinned.live_items}
        wrong = {error.at.partition("/")[0] for error in judged.errors
                 if error.at and not is_sealed(answer_at(stored, error.at))}  # fmt: skip
        fids = {item.fid for item in self.definition.live_items if item.fid not in before} | wrong
        return part_of(self.definition, fids - self.context().locked, _("补录到新版"))

    def _upload_places(self) -> list[tuple[str, Item, list[str]]]:
        """Return the uploads this page asks for; the others it does not show, so it says nothing of them."""
        asked = {item.fid for item in self.asked.live_items}
        return [one for one in super()._upload_places() if one[0].partition("/")[0] in asked]

    def form(self, filling: Filling) -> ItemsForm:
        return self.with_problems(page_form(filling, self.asked, errors=self.errors))


class UpgradeView(ZhiyeView):
    """The page that brings one record under the newest version of its form."""

    allows = {"list": "record:list", "edit": "record:edit"}
    methods = {"index_view": "edit"}

    def create_blueprint(self, admin: Admin) -> Any:
        blueprint = super().create_blueprint(admin)
        blueprint.url_value_preprocessor(allow_photos)
        return blueprint

    @expose("/", methods=("GET", "POST"))
    def index_view(self, form_key: str, record_id: int) -> Any:
        form, record = active_at(form_key, record_id, "record:edit")
        if record.version == max(shape(form.id).definitions):
            if request.method == "POST":
                abort(409)
            flash(_("这条记录已经是最新版的了，不用补录。"), "info")
            return redirect(url_for("hub.details_view", form_key=form_key, record_id=record_id))
        page = UpgradePage(record, actor())
        if page.wants_saving and self._save(record, page):
            flash(_("已补录到新版。补录前的内容在“历次内容”里。"), "success")
            return redirect(url_for("hub.details_view", form_key=form_key, record_id=record_id))
        filling = page.filling()
        made = page.form(filling)
        shown = self.render(
            "admin/hub/upgrade.html", form=form, record=record, page=page, made=made,
            newest=max(shape(form.id).definitions), live=live(filling, (page.asked,)),
        )  # fmt: skip
        return shown, page.status

    @staticmethod
    def _save(record: Record, page: UpgradePage) -> bool:
        try:
            upgrade_record(
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
            return False
        return True


def views() -> list[ZhiyeView]:
    """Return what admin/__init__.py registers."""
    url = "/admin/f/<form_key>/<int:record_id>/upgrade"
    return [UpgradeView(name=_l("补录到新版"), endpoint="hub_upgrade", url=url)]
