"""The upload field, and taking uploads from a request one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from flask_babel import gettext as _
from wtforms.fields import MultipleFileField
from wtforms.widgets import FileInput

from engine.definition import Item
from models.files import File
from services.files import clean_name
from services.refusals import Refusal

ACCEPT = "image/jpeg,image/png,image/webp"  # with this list an iPhone converts its own format before sending


class PhotoField(MultipleFileField):
    """Photographs: `data` lists the uids already kept; new ones come as files under the same name."""

    def __init__(self, label: str = "", *, most: int = 1, **kwargs: Any) -> None:
        attributes: dict[str, Any] = {"accept": ACCEPT}
        super().__init__(label, render_kw=attributes, **kwargs)
        self.most = most
        self.widget = FileInput(multiple=most > 1)

    @property
    def kept(self) -> list[str]:
        """Return the uids of the photographs already kept."""
        return [uid for uid in self.data or [] if isinstance(uid, str)]

    @property
    def room(self) -> int:
        """Return how many more may come."""
        return max(self.most - len(self.kept), 0)

    def process_data(self, value: Any) -> None:
        self.data = list(value or [])


@dataclass
class Uploads:
    """What came of the uploads of one request."""

    kept: list[File] = field(default_factory=list)
    problems: dict[str, list[str]] = field(default_factory=dict)  # fid -> messages


def take_uploads(
    items: list[Item],
    files: Any,
    *,
    had: Callable[[Item], int],
    keep: Callable[[Item, BinaryIO, str], File],
) -> Uploads:
    """Keep each upload of the items; one bad photograph does not cost the good ones.

    `files` is the request's MultiDict, `had` counts what an item has already, `keep` stores one stream.
    """
    uploads = Uploads()
    for item in items:
        sent = [one for one in files.getlist(f"f_{item.fid}") if one.filename]
        room = item.config.get("multiple", 1) - had(item)
        for one in sent[: max(room, 0)]:
            try:
                uploads.kept.append(keep(item, one.stream, one.filename))
            except Refusal as refusal:
                told = _("“%(name)s”没有上传：%(why)s", name=clean_name(one.filename), why=refusal.message)
                uploads.problems.setdefault(item.fid, []).append(told)
        if len(sent) > room:
            told = _("最多上传 %(most)s 张照片，多出的没有保存。", most=item.config.get("multiple", 1))
            uploads.problems.setdefault(item.fid, []).append(told)
    return uploads
