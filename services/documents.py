"""Documents: judged by what they are, not by their name. Programs, pages and macros are refused.

Served as attachments only, so what is judged here is whether somebody may be hurt by opening one on a desk computer.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from flask_babel import lazy_gettext as _l

from services.pictures import redraw
from services.refusals import Refusal

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ENDINGS = {
    "application/pdf": ("pdf",), DOCX: ("docx",), XLSX: ("xlsx",), "text/csv": ("csv",), "text/plain": ("txt", "csv"),
    "image/jpeg": ("jpg", "jpeg"), "image/png": ("png",), "image/webp": ("webp",),
}  # fmt: skip
PARTS_MOST, UNPACKED_MOST, LIST_MOST = 5_000, 300 * 1024 * 1024, 1024 * 1024
_TAIL = 2048  # where a PDF ends, with what some programs leave behind it
_PARTS = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}
# Visual Basic, its older sheet macros, ActiveX controls, and programs packed into a page.
_RUNS = re.compile(r"vbaproject|vbadata|/macrosheets/|/activex/|/embeddings/.*\.(bin|exe|js|vbs|bat|cmd|scr|ps1)$")
_MARKUP = re.compile(r"<\s*(!doctype|html|head|body|script|svg|iframe|object|embed|\?xml|\?php)\b", re.IGNORECASE)
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class NotADocument(Refusal):
    """The bytes are none of the kinds of document, whatever the name says."""

    message = _l("不能上传这种文件。可以上传文档、表格、PDF、CSV、纯文本和 JPG、PNG 图片。")


class BrokenDocument(Refusal):
    """It begins like a document but cannot be read to its end."""

    message = _l("这个文件已损坏，打不开。请重新保存一份再上传。")


class OldOffice(Refusal):
    """A document of Office 97 to 2003, which can hide anything."""

    message = _l("这是旧格式的文档或表格，或加了密码的文件。请去掉密码，另存为现在通用的格式或 PDF 再上传。")


class HasMacros(Refusal):
    """A document with a program in it."""

    message = _l("这个文件里带有宏或程序，不能上传。请另存为不带宏的文档、表格或 PDF 再上传。")


class TooMuchInside(Refusal):
    """A small archive that unpacks to more than any document needs."""

    message = _l("这个文件解开后太大，不能上传。请删掉不用的内容，或分成几份再上传。")


@dataclass(frozen=True)
class Document:
    """A document as it is kept: its bytes and its type."""

    data: bytes
    mime: str


def read_document(stream: BinaryIO) -> Document:
    """Judge a document by its bytes; a picture is drawn anew.

    Raises NotADocument, BrokenDocument, OldOffice, HasMacros, TooMuchInside, and what services/pictures.py raises.
    """
    stream.seek(0)
    head = stream.read(16)
    stream.seek(0)
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        picture = redraw(stream)
        return Document(picture.data, picture.mime)
    data = stream.read()
    if head.startswith(_OLD_OFFICE):
        raise OldOffice
    return Document(data, _type(head, data))


def _type(head: bytes, data: bytes) -> str:
    if head.startswith(b"%PDF-"):
        if b"%%EOF" not in data[-_TAIL:]:
            raise BrokenDocument
        return "application/pdf"
    if head.startswith(b"PK\x03\x04"):
        return _office_type(data)
    _refuse_other_than_text(data)
    return "text/plain"


def _office_type(data: bytes) -> str:
    """Tell a text from a workbook by the parts inside, and look for programs among them."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > PARTS_MOST or sum(part.file_size for part in parts) > UNPACKED_MOST:
                raise TooMuchInside
            names = {part.filename.lower() for part in parts}
            types = _content_types(archive)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError, zlib.error):
        raise BrokenDocument from None
    if any(_RUNS.search(name) for name in names) or re.search(rb"macroenabled|vbaproject|activex", types):
        raise HasMacros
    found = [mime for part, mime in _PARTS.items() if part in names and mime.encode() in types]
    if len(found) != 1:
        raise NotADocument
    return found[0]


def _content_types(archive: zipfile.ZipFile) -> bytes:
    """Return what the archive says of its parts, in small letters; nothing where it says nothing."""
    try:
        with archive.open("[Content_Types].xml") as part:
            return part.read(LIST_MOST).lower()
    except KeyError:
        return b""


def _refuse_other_than_text(data: bytes) -> None:
    text = _text(data)
    if text is None or text.startswith("#!") or _MARKUP.search(text):
        raise NotADocument
    if any(ord(sign) < ord(" ") and sign not in "\t\n\r\f" for sign in text):
        raise NotADocument


def _text(data: bytes) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):  # the second is what Chinese office programs write
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def fitting_name(name: str, mime: str) -> tuple[str, str]:
    """Return (name, type) as they are kept: the ending says what the file is, and CSV is told from text by it."""
    ending = name.rpartition(".")[2].lower()
    if mime == "text/plain" and ending == "csv":
        return name, "text/csv"
    known = ENDINGS.get(mime, ())
    return (name, mime) if not known or ending in known else (f"{name}.{known[0]}", mime)
