"""Codes in a photograph: read by the server, and nothing of the photograph is kept."""

from __future__ import annotations

from typing import BinaryIO

import zxingcpp
from flask_babel import lazy_gettext as _l

from services.pictures import in_grey
from services.received import refuse_size
from services.refusals import Refusal

# What our pages draw; the bars of goods and other labels in the picture are none of ours.
_FORMATS = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.MicroQRCode])


class NoCode(Refusal):
    """A picture without a code that could be read."""

    message = _l("照片里没有读出二维码。请把码放在画面中间，拍得近一些、清楚一些再试；也可以直接输入码下面的编号。")


def read_codes(stream: BinaryIO, *, most: int) -> list[str]:
    """Return the texts of the QR codes in a photograph, each once; `most` is in bytes.

    Raises NoCode, EmptyFile, FileTooLarge, NotAPicture, BrokenPicture, TooManyPixels.
    """
    refuse_size(stream, most, "image")
    found = zxingcpp.read_barcodes(in_grey(stream), formats=_FORMATS)
    texts = list(dict.fromkeys(text for one in found if (text := _plain(one.bytes))))
    if not texts:
        raise NoCode
    return texts


def _plain(content: bytes) -> str:
    """Return what a code says as one line of text; what is no text says nothing that we could know."""
    return " ".join(content.decode("utf-8", "ignore").replace("\0", "").split())
