"""What an upload holds: measured, judged and made harmless by the kind of question that takes it."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import BinaryIO

from flask_babel import lazy_gettext as _l

from engine.context import Context
from engine.kinds.datetime import CHINA
from engine.kinds.geopoint import GeopointKind
from engine.messages import Invalid
from services.documents import ENDINGS as DOCUMENT_ENDINGS
from services.documents import fitting_name, read_document
from services.pictures import camera_moment, redraw, redraw_signature
from services.refusals import Refusal
from services.sounds import ENDINGS as SOUND_ENDINGS
from services.sounds import read_sound

NAME_LENGTH = 120
IN_PLACE = frozenset({"image/jpeg", "image/png", "image/webp", *SOUND_ENDINGS})  # what a browser shows or plays
DRAWN = frozenset({"image", "signature"})
BELIEVED_FOR, AHEAD = timedelta(days=3650), timedelta(days=1)  # of a camera's clock
_MIB = 1024 * 1024


class FileTooLarge(Refusal):
    """More bytes than the county takes."""

    status = 413

    def __init__(self, most: int, takes: str) -> None:
        params = {"most": most // _MIB}
        if takes in DRAWN:
            said = _l("这张照片太大，最多 %(most)s MB。请把相机调到普通画质，或另选一张。", **params)
        else:
            said = _l("这个文件太大，最多 %(most)s MB。请分成几份，或压缩后再上传。", **params)
        super().__init__(said)


class EmptyFile(Refusal):
    """A file without a byte in it."""

    message = _l("这个文件是空的，没有内容。请重新选择。")


@dataclass(frozen=True)
class Taken:
    """Where and when a photograph was taken, as far as it is known: degrees (WGS 84), metres, the camera's clock."""

    latitude: float | None = None
    longitude: float | None = None
    accuracy: float | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Content:
    """What is kept of an upload: its bytes, its type and its name."""

    data: bytes
    mime: str
    name: str


def receive(stream: BinaryIO, filename: str, *, takes: str, most: int) -> Content:
    """Return what is kept of an upload for a kind of question; `most` is in bytes.

    Raises FileTooLarge, EmptyFile, and what services/pictures.py, services/documents.py and services/sounds.py raise.
    """
    refuse_size(stream, most, takes)
    return _READERS[takes](stream, clean_name(filename))


def ending_of(mime: str) -> str:
    """Return the usual ending of a kept type."""
    return SOUND_ENDINGS[mime] if mime in SOUND_ENDINGS else DOCUMENT_ENDINGS[mime][0]


def taken_from(stream: BinaryIO, place: str, at: datetime) -> Taken:
    """Return when and where a photograph was taken: the camera's clock, and the place the browser sent beside it.

    A place that is none is left out. So is a moment that cannot be: later than tomorrow, or years ago.
    """
    moment = camera_moment(stream)
    aware = moment.replace(tzinfo=CHINA).astimezone(UTC) if moment else None
    believed = aware if aware and at - BELIEVED_FOR < aware < at + AHEAD else None
    return Taken(*_degrees(place), at=believed)


def _degrees(place: str) -> tuple[float | None, float | None, float | None]:
    try:
        known = GeopointKind().parse(None, place, Context(today=date.max))  # type: ignore[arg-type]  # it asks no item
    except Invalid:
        known = None
    latitude, longitude, accuracy = (*(float(part) for part in (known or "").split()), None, None, None)[:3]
    return latitude, longitude, accuracy


def _photo(stream: BinaryIO, name: str) -> Content:
    picture = redraw(stream)
    return Content(picture.data, picture.mime, name)


def _signature(stream: BinaryIO, name: str) -> Content:
    picture = redraw_signature(stream)
    return Content(picture.data, picture.mime, name)


def _document(stream: BinaryIO, name: str) -> Content:
    document = read_document(stream)
    fitting, mime = fitting_name(name, document.mime)
    return Content(document.data, mime, fitting)


def _sound(stream: BinaryIO, name: str) -> Content:
    data, mime = read_sound(stream)
    return Content(data, mime, name)


_READERS: dict[str, Callable[[BinaryIO, str], Content]] = {
    "image": _photo, "signature": _signature, "file": _document, "audio": _sound,
}  # fmt: skip


def clean_name(filename: str) -> str:
    """Keep a file's own name as plain text: no folders, no control or direction characters, at most 120 long."""
    base = unicodedata.normalize("NFC", filename or "").replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(sign for sign in base if unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    plain = " ".join(plain.split()).strip(". ")
    stem, dot, ending = plain.rpartition(".")
    if len(plain) > NAME_LENGTH:
        plain = stem[: NAME_LENGTH - 1 - len(ending)] + dot + ending if len(ending) <= 8 else plain[:NAME_LENGTH]  # noqa: PLR2004 - longest ending worth keeping
    return plain or "附件"


def refuse_size(stream: BinaryIO, most: int, takes: str) -> None:
    """Refuse what is empty or has too many bytes. Raises EmptyFile, FileTooLarge."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    if size == 0:
        raise EmptyFile
    if size > most:
        raise FileTooLarge(most, takes)
