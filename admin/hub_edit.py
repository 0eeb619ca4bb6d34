"""The edit page of a record: what is stored, what was typed over it, and the photographs that stay or come."""

from __future__ import annotations

from typing import Any, BinaryIO

from flask import request
from flask_babel import gettext as _

from engine.answers import AnswerError, from_json
from engine.definition import Item
from forms.answers import PREFIX, raw_from_post, raw_from_stored
from forms.dynamic import ItemsForm, edit_form
from forms.filling import deciding
from forms.uploads import take_uploads
from models.access import Actor
from models.files import File
from models.records import Record
from queries.answers import context_for
from queries.files import files_by_uid
from queries.forms import definition
from services.files import store_upload
from services.records import AnswersRefused
from services.refusals import Refusal, Stale
from services.sealing import is_sealed
from shell import clock
from shell.files import file_store
from shell.i18n import locale


class EditPage:
    """One record open for editing. `raw` is what would be saved; nothing typed or uploaded is lost by a refusal."""

    def __init__(self, record: Record, actor: Actor) -> None:
        self.record, self.actor = record, actor
        self.definition = definition(record.form_id, record.version)
        self.row_version = request.form.get("row_version", record.row_version, type=int)
        self.reason = request.form.get("reason", "").strip()[:200]
        self.emptied = frozenset(request.form.getlist("emptied"))
        self.errors: list[AnswerError] = []
        self.photo_problems: dict[str, list[str]] = {}
        self.notice: Any = ""
        self.status = 200
        self.raw = raw_from_stored(self.definition, record.answers)
        if request.method == "POST":
            self.raw |= raw_from_post(self.definition, request.form)
            for item in self._photo_items():
                self.raw[item.fid] = self._kept(item)
            self._take_photos()

    @property
    def wants_saving(self) -> bool:
        """Tell whether the button pressed was the one that saves, and every photograph came in."""
        asked_more = request.form.keys() & {"refresh", "remove"}
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

    def form(self) -> ItemsForm:
        stored = self.record.answers
        plain = {fid: value for fid, value in stored.items() if not isinstance(value, dict)}
        context = context_for(
            self.actor,
            today=clock.today(),
            locale=locale(),
            previous=from_json(self.definition, plain),
            permission="record:edit",
        )
        photos = {item.fid: self.raw.get(item.fid) or [] for item in self._photo_items()}
        posted = request.form if request.method == "POST" else None
        made = edit_form(
            self.definition, {**stored, **photos}, actor=self.actor, context=context, posted=posted, errors=self.errors
        )
        for fid, messages in self.photo_problems.items():
            field = made.field_of(fid)
            if field is not None:
                field.errors = [*field.errors, *messages]
        return made

    def sealed(self) -> list[tuple[Item, str]]:
        """Return the encrypted answers that may be emptied, each with its mask; required ones can only be replaced."""
        may_be_blank = ((item, self.record.answers.get(item.fid)) for item in self.definition.live_items
                        if item.required is not True)  # fmt: skip
        return [(item, answer["mask"]) for item, answer in may_be_blank if is_sealed(answer)]

    def depends(self) -> str:
        """Return the names of the fields whose change redraws the page."""
        return " ".join(sorted(PREFIX + fid for fid in deciding(self.definition)))

    def _photo_items(self) -> list[Item]:
        return [item for item in self.definition.live_items if item.type == "image"]

    def _kept(self, item: Item) -> list[str]:
        """Return the photographs the page still names, as far as they are this record's own."""
        named = [uid for uid in request.form.getlist(f"kept_{item.fid}") if uid != request.form.get("remove")]
        own = files_by_uid(named)
        return [uid for uid in named if uid in own and own[uid].record_id == self.record.id]

    def _take_photos(self) -> None:
        store = file_store()

        def keep(item: Item, stream: BinaryIO, filename: str) -> File:
            file = store_upload(
                store, stream, filename=filename, record=self.record, fid=item.fid, actor=self.actor, at=clock.now()
            )
            self.raw[item.fid] = [*self.raw[item.fid], file.uid]
            return file

        had = {item.fid: len(self.raw[item.fid]) for item in self._photo_items()}
        uploads = take_uploads(self._photo_items(), request.files, had=lambda item: had[item.fid], keep=keep)
        self.photo_problems = uploads.problems
        if uploads.problems:
            self.status, self.notice = 422, _("有照片没有保存，其余内容还没有提交，请看下面的提示。")
