"""Pictures: judged by what they are, and drawn anew so that nothing but the picture remains."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import BinaryIO, TypeVar

from flask_babel import lazy_gettext as _l
from PIL import Image, ImageOps, UnidentifiedImageError

from services.refusals import Refusal

# A JPEG decodes at a half or a quarter of its size, the others only whole, at four bytes a pixel.
PIXEL_CAPS = {"JPEG": 110_000_000, "MPO": 110_000_000, "PNG": 25_000_000, "WEBP": 25_000_000}
LONGEST_SIDE = 2560  # readable on paper at 200 dpi, and a twentieth of what a phone sends
JPEG_QUALITY = 85
_TYPES = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
SIGNATURE_SIDE = 1200
_INK, _MARGIN = 96, 12  # how much darker than paper a stroke is, of 255; pixels left around a drawn signature
_EXIF, _TAKEN = 0x8769, 0x9003  # EXIF 2.32, 4.6.5: the moment of the picture, by the clock of the camera
_ORIENTATION = 0x0112  # EXIF 2.32, 4.6.4: how the camera was held
_TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
_TURNS = threading.BoundedSemaphore(2)  # a large picture takes a hundred megabytes while it is drawn
# What Pillow raises on broken files; the last two come of broken EXIF.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, LookupError, ArithmeticError, TypeError, struct.error)
_T = TypeVar("_T")
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class NotAPicture(Refusal):
    """The bytes are no JPEG, PNG or WebP, whatever the name says."""

    message = _l("这不是能用的照片。请上传 JPG 或 PNG 格式的照片。")


class BrokenPicture(Refusal):
    """It begins like a picture but cannot be read to its end."""

    message = _l("这张照片已损坏，读不出来。请重新拍一张或另选一张。")


class TooManyPixels(Refusal):
    """It is small to send but huge to draw."""

    message = _l("这张照片的尺寸太大，打不开。请把相机调到普通画质，或另选一张。")


class NothingDrawn(Refusal):
    """A signature without a stroke in it."""

    message = _l("签名是空白的，请用手指、笔或鼠标签好再保存。")


@dataclass(frozen=True)
class Picture:
    """A picture drawn anew: its bytes and its type."""

    data: bytes
    mime: str


def redraw(stream: BinaryIO) -> Picture:
    """Decode a picture and encode it again, upright, at most LONGEST_SIDE pixels long, without any metadata.

    EXIF (with the place where it was taken), comments, colour profiles and whatever hangs behind the picture are
    gone. Raises NotAPicture, BrokenPicture or TooManyPixels.
    """
    return _made_of(stream, lambda image: _encoded(_upright(image), image.format or ""))


def in_grey(stream: BinaryIO) -> Image.Image:
    """Decode a picture to shades of grey, upright, at most LONGEST_SIDE pixels long, to be read and not to be kept.

    Raises what `redraw` raises.
    """
    return _made_of(stream, lambda image: _smaller(_on_white(_upright(image)).convert("L")))


def redraw_signature(stream: BinaryIO) -> Picture:
    """Draw a signature anew: dark on white, cut to its strokes when it was drawn on the screen.

    Raises NothingDrawn besides what `redraw` raises.
    """
    picture = redraw(stream)
    with Image.open(BytesIO(picture.data)) as image:
        drawn = "A" in image.getbands()
        grey = _on_white(image).convert("L")
    strokes = grey.point(lambda light: 255 if light < 255 - _INK else 0).getbbox()
    if strokes is None:
        raise NothingDrawn
    if drawn:
        left, top, right, bottom = strokes
        around = (left - _MARGIN, top - _MARGIN, right + _MARGIN, bottom + _MARGIN)
        grey = ImageOps.invert(ImageOps.invert(grey).crop(around))  # what is cut beyond the edge is white
    grey.thumbnail((SIGNATURE_SIDE, SIGNATURE_SIDE), Image.Resampling.LANCZOS)
    out = BytesIO()
    grey.save(out, "PNG")
    return Picture(out.getvalue(), "image/png")


def camera_moment(stream: BinaryIO) -> datetime | None:
    """Return when the camera says it took a picture, without a zone; None where it does not say, or nonsense."""
    stream.seek(0)
    try:
        with Image.open(stream, formats=tuple(_TYPES)) as image:
            said = image.getexif().get_ifd(_EXIF).get(_TAKEN, "")
        return datetime.strptime(str(said).strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - cameras know no zone
    except (*BROKEN, *_BOMBS):
        return None
    finally:
        stream.seek(0)


def _made_of(stream: BinaryIO, made: Callable[[Image.Image], _T]) -> _T:
    """Return what is made of the picture in a stream, two pictures at a time at most."""
    _refuse_strangers(stream)
    with _TURNS:
        return _decoded(stream, made)


def _decoded(stream: BinaryIO, made: Callable[[Image.Image], _T]) -> _T:
    try:
        with Image.open(stream, formats=("JPEG", "PNG", "WEBP")) as image:
            _refuse_bombs(image)
            image.verify()
        stream.seek(0)
        with Image.open(stream, formats=("JPEG", "PNG", "WEBP")) as image:
            return made(image)
    except UnidentifiedImageError:
        raise NotAPicture from None
    except _BOMBS:
        raise TooManyPixels from None
    except BROKEN:
        raise BrokenPicture from None


def _refuse_strangers(stream: BinaryIO) -> None:
    stream.seek(0)
    head = stream.read(12)
    stream.seek(0)
    known = head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (
        head.startswith(b"RIFF") and head[8:12] == b"WEBP"
    )
    if not known:
        raise NotAPicture


def _refuse_bombs(image: Image.Image) -> None:
    if image.width * image.height > PIXEL_CAPS.get(image.format or "", 0):
        raise TooManyPixels


def _upright(image: Image.Image) -> Image.Image:
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    image.load()
    turned = _TURNED.get(image.getexif().get(_ORIENTATION, 1))  # only read: some phones write EXIF that cannot be kept
    return image if turned is None else image.transpose(turned)


def _clear(image: Image.Image) -> bool:
    return "A" in image.getbands() or "transparency" in image.info


def _on_white(image: Image.Image) -> Image.Image:
    """Return a picture on white paper where it is clear: a screenshot may have black ink on nothing."""
    if not _clear(image):
        return image
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image.convert("RGBA"))
    return paper


def _smaller(image: Image.Image) -> Image.Image:
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return image


def _encoded(image: Image.Image, kind: str) -> Picture:
    mime = _TYPES[kind]
    clear = mime != "image/jpeg" and _clear(image)
    plain = _smaller(image.convert("RGBA" if clear else "RGB"))
    plain.info = {}
    out = BytesIO()
    if mime == "image/png":
        plain.save(out, "PNG", optimize=False)
    else:
        plain.save(out, "WEBP" if mime == "image/webp" else "JPEG", quality=JPEG_QUALITY)
    return Picture(out.getvalue(), mime)
