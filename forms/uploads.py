"""The upload fields - photographs, documents, sound, signatures - and taking uploads from a request one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, BinaryIO

from flask import current_app
from flask_babel import gettext as _
from wtforms.fields import MultipleFileField
from wtforms.widgets import FileInput

from engine.definition import Item
from engine.kinds.uploads import UploadKind
from engine.messages import Message
from forms.saying import said
from models.files import File
from queries.files import files_by_uid
from services.received import Taken, clean_name, taken_from
from services.refusals import Refusal

_PICTURES = "image/jpeg,image/png,image/webp"  # with this list an iPhone converts its own format before sending
ACCEPT: Mapping[str, str] = {
    "image": _PICTURES,
    "signature": _PICTURES,
    "audio": "audio/*,.mp3,.m4a,.wav,.ogg,.webm",
    "file": ".pdf,.docx,.xlsx,.csv,.txt,.jpg,.jpeg,.png",
}
PLACE = "p_"  # before the name of an upload field: where the device is, as the browser says


class UploadField(MultipleFileField):
    """Uploads: `data` lists the uids already kept; new ones come as files under the same name."""

    def __init__(self, label: str = "", *, item: Item, **kwargs: Any) -> None:
        super().__init__(label, render_kw={"accept": ACCEPT[item.type]}, **kwargs)
        self.item, self.takes = item, item.type
        self.most = most_of(item)
        self.widget = FileInput(multiple=self.most > 1)

    @property
    def kept(self) -> list[str]:
        """Return the uids of what is already kept."""
        return [uid for uid in self.data or [] if isinstance(uid, str)]

    @cached_property
    def files(self) -> list[File]:
        """Return what is already kept, in the order in which it came."""
        known = files_by_uid(self.kept)
        return [known[uid] for uid in self.kept if uid in known]

    @property
    def room(self) -> int:
        """Return how many more may come."""
        return max(self.most - len(self.kept), 0)

    @property
    def largest_mb(self) -> int:
        """Return how large one may be: what the form says, and at most what the county takes."""
        county = int(current_app.config["ZHIYE"].upload_max_mb)
        return min(int(self.item.config.get("max_mb", county)), county)

    @property
    def placed(self) -> bool:
        """Tell whether the place is kept with each photograph."""
        return bool(self.item.config.get("place_time"))

    def process_data(self, value: Any) -> None:
        self.data = list(value or [])


def most_of(item: Item) -> int:
    """Return how many uploads an item takes."""
    kind = item.kind
    return kind.most(item) if isinstance(kind, UploadKind) else 0


@dataclass(frozen=True)
class Upload:
    """One file that came, and the question it answers; `address` is that of the answer."""

    address: str
    item: Item
    stream: BinaryIO
    name: str
    taken: Taken | None

    def kept_as(self) -> dict[str, Any]:
        """Return what services.files.store_upload asks of an upload besides its stream and its owner."""
        most = self.item.config.get("max_mb")
        return {
            "filename": self.name, "fid": self.item.fid, "takes": self.item.type, "max_mb": most, "taken": self.taken,
        }  # fmt: skip


@dataclass
class Uploads:
    """What came of the uploads of one request."""

    kept: list[File] = field(default_factory=list)
    problems: dict[str, list[str]] = field(default_factory=dict)  # address -> messages


def take_uploads(
    asked: Iterable[tuple[str, Item]],
    files: Any,
    posted: Any,
    *,
    had: Callable[[str], int],
    keep: Callable[[Upload], File],
    at: datetime,
) -> Uploads:
    """Keep each upload; one bad photograph does not cost the good ones.

    `asked` are the questions by address, `files` and `posted` the request's two MultiDicts, `had` counts what an
    answer has already, `keep` stores one upload.
    """
    uploads = Uploads()
    for address, item in asked:
        sent = [one for one in files.getlist(f"f_{address}") if one.filename]
        room = max(most_of(item) - had(address), 0)
        for one in sent[:room]:
            place = posted.get(f"{PLACE}{address}", "")
            taken = taken_from(one.stream, place, at) if item.config.get("place_time") else None
            try:
                uploads.kept.append(keep(Upload(address, item, one.stream, one.filename, taken)))
            except Refusal as refusal:
                told = _("“%(name)s”没有上传：%(why)s", name=clean_name(one.filename), why=refusal.message)
                uploads.problems.setdefault(address, []).append(told)
        if len(sent) > room:
            uploads.problems.setdefault(address, []).append(_left_out(item))
    return uploads


def _left_out(item: Item) -> str:
    """Say that more came than the question takes."""
    kind = item.kind
    most = said(Message(kind.too_many, {"most": most_of(item)})) if isinstance(kind, UploadKind) else ""
    return str(_("%(most)s，多出的没有保存。", most=most))
