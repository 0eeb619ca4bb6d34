"""The edit page of a record: what is stored, what was typed over it, and the photographs that stay or come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import request
from flask_babel import gettext as _

from engine.answers import AnswerError, Context, from_json
from engine.definition import Item
from engine.rows import merged, places, with_answer
from forms.answers import KEPT, aside, raw_from_post, raw_from_stored
from forms.dynamic import ItemsForm, edit_filling, whole_form
from forms.filling import Filling
from forms.row_acts import ACTS, acted
from forms.uploads import Upload, take_uploads
from models.access import Actor
from models.files import File
from models.records import Record
from queries.answers import context_for
from queries.files import files_by_uid
from queries.forms import definition
from queries.rows import label_at
from services.carrying import carried
from services.files import store_upload
from services.records import AnswersRefused
from services.refusals import Refusal, Stale
from services.sealing import is_sealed
from services.withheld import edit_context
from shell import clock
from shell.files import file_store
from shell.i18n import locale


class EditPage:
    """One record open for editing. `raw` is what would be saved; nothing typed or uploaded is lost by a refusal."""

    def __init__(self, record: Record, actor: Actor, version: int | None = None) -> None:
        self.record, self.actor = record, actor
        self.definition = definition(record.form_id, version or record.version)
        self.row_version = request.form.get("row_version", record.row_version, type=int)
        self.reason = request.form.get("reason", "").strip()[:200]
        self.emptied = frozenset(request.form.getlist("emptied"))
        self.errors: list[AnswerError] = []
        self.photo_problems: dict[str, list[str]] = {}
        self.notice: Any = ""
        self.status = 200
        self.raw = raw_from_stored(self.definition, record.answers)
        self.gone = ""
        if request.method == "POST":
            self._take_posted()
            self._take_photos()

    @property
    def wants_saving(self) -> bool:
        """Tell whether the button pressed was the one that saves, and every photograph came in."""
        asked_more = request.form.keys() & {"refresh", "remove", *ACTS}
        return request.method == "POST" and not asked_more and not self.photo_problems

    def refuse(self, refusal: Refusal) -> None:
        """Take in why the act was not done; the page then shows it beside what was typed."""
        self.status = refusal.status
        if isinstance(refusal, AnswersRefused):
            self.errors = refusal.outcome.errors
        else:
            self.notice = refusal.message
        if isinstance(refusal, Stale):  # the next save is made knowingly, over what the page now tells
            self.row_version = self.record.row_version

    def filling(self) -> Filling:
        """Return what stands on the page, judged."""
        return self.judged(self.raw)

    def judged(self, raw: dict[str, Any]) -> Filling:
        """Judge raw answers of this record."""
        stored = self.record.answers
        plain = {fid: value for fid, value in stored.items() if not isinstance(value, dict)}
        context = replace(self.context(), previous=from_json(self.definition, plain))
        filling = edit_filling(self.definition, stored, raw=raw, actor=self.actor, context=context, gone=self.gone)
        return replace(filling, aside=aside(request.form, self.gone.partition(" ")[0])) if self.gone else filling

    def context(self) -> Context:
        context = context_for(self.actor, today=clock.today(), locale=locale(), permission="record:edit")
        return edit_context(context, self.record, self.definition, self.actor)

    def form(self, filling: Filling) -> ItemsForm:
        return self.with_problems(whole_form(filling, errors=self.errors))

    def with_problems(self, made: ItemsForm) -> ItemsForm:
        """Put what was wrong with uploads beside their fields."""
        for at, messages in self.photo_problems.items():
            field = made.field_of(at)
            if field is not None:
                field.errors = [*field.errors, *messages]
        return made

    def sealed(self) -> list[tuple[str, str, str]]:
        """Return the encrypted answers that may be emptied: address, label, mask. Required ones are only replaced."""
        answers, locked = self.record.answers, self.context().locked
        return [(at, label_at(self.definition, answers, at, locale()), answer["mask"])
                for at, item, answer in places(self.definition.live_items, answers)
                if item.required is not True and item.fid not in locked and is_sealed(answer)]  # fmt: skip

    def _take_posted(self) -> None:
        """Put what the page sends over what is stored; a row that was taken out and comes back finds its answers."""
        posted = acted(self.definition, raw_from_post(self.definition, request.form), request.form, self.context())
        typed = merged(self.definition.live_items, self.raw, posted.raw)
        self.raw, self.gone = carried(self.definition, self.raw, typed, actor=self.actor), posted.gone
        for at, _item, _uids in self._upload_places():
            self.raw = with_answer(self.raw, at, lambda _uids, at=at: self._kept(at))  # type: ignore[misc]

    def _upload_places(self) -> list[tuple[str, Item, list[str]]]:
        found = places(self.definition.live_items, self.raw)
        return [(at, item, uids or []) for at, item, uids in found if item.kind.takes_files]

    def _kept(self, at: str) -> list[str]:
        """Return the uploads the page still names, as far as they are this record's own."""
        named = [uid for uid in request.form.getlist(f"{KEPT}{at}") if uid != request.form.get("remove")]
        own = files_by_uid(named)
        return [uid for uid in named if uid in own and own[uid].record_id == self.record.id]

    def _take_photos(self) -> None:
        store, at = file_store(), clock.now()

        def keep(upload: Upload) -> File:
            file = store_upload(store, upload.stream, record=self.record, actor=self.actor, at=at, **upload.kept_as())
            self.raw = with_answer(self.raw, upload.address, lambda uids: [*(uids or ()), file.uid])
            return file

        asked = [(at, item) for at, item, _uids in self._upload_places()]
        had = {at: len(uids) for at, _item, uids in self._upload_places()}
        uploads = take_uploads(asked, request.files, request.form, had=had.__getitem__, keep=keep, at=at)
        self.photo_problems = uploads.problems
        if uploads.problems:
            self.status, self.notice = 422, _("有的文件没有保存，其余内容还没有提交，请看下面的提示。")
