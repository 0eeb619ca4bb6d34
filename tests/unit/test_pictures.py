"""Pictures come out as pictures and nothing else."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from services.pictures import LONGEST_SIDE, BrokenPicture, NotAPicture, TooManyPixels, redraw
from services.received import clean_name
from tests.support.codes import bomb
from tests.support.entry import located_picture, picture


def test_the_place_and_the_phone_are_gone_and_the_picture_stands_upright() -> None:
    sent = located_picture(orientation=6)
    assert b"SECRET-PHONE" in sent
    drawn = redraw(BytesIO(sent))
    assert b"SECRET-PHONE" not in drawn.data
    assert b"Exif" not in drawn.data
    with Image.open(BytesIO(drawn.data)) as image:
        assert image.size == (480, 640)
        assert not image.getexif()


@pytest.mark.parametrize(("kind", "mime"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_each_allowed_kind_keeps_its_kind(kind: str, mime: str) -> None:
    assert redraw(BytesIO(picture(kind))).mime == mime


def test_a_large_photograph_becomes_smaller() -> None:
    with Image.open(BytesIO(redraw(BytesIO(picture(size=(6000, 4000)))).data)) as image:
        assert max(image.size) == LONGEST_SIDE


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "I;16", "1", "LA"])
def test_every_colour_mode_can_be_drawn(mode: str) -> None:
    out = BytesIO()
    Image.new(mode, (40, 30)).save(out, "JPEG" if mode == "CMYK" else "PNG")
    assert redraw(out).data


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7\n" + picture(),
        b"GIF89a" + b"\0" * 40,
        b"PK\x03\x04" + b"\0" * 40,
        b"BM" + b"\0" * 60,
        b"\0\0\0\x18ftypheic" + b"\0" * 40,
        b"x",
    ],
)
def test_what_is_no_picture_is_refused_whatever_its_name(content: bytes) -> None:
    with pytest.raises(NotAPicture):
        redraw(BytesIO(content))


@pytest.mark.parametrize("content", [picture()[:2000], picture("PNG")[:500], b"\xff\xd8\xff" + b"<script>" * 50])
def test_a_broken_picture_is_refused(content: bytes) -> None:
    with pytest.raises((BrokenPicture, NotAPicture)):
        redraw(BytesIO(content))


@pytest.mark.parametrize("size", [(6000, 6000), (20000, 20000), (65000, 65000)])
def test_a_bomb_is_refused_before_it_is_drawn(size: tuple[int, int]) -> None:
    with pytest.raises(TooManyPixels):
        redraw(BytesIO(bomb(*size)))


@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", b"PK\x03\x04payload", b"%PDF-1.7 payload"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_hangs_behind_a_picture_is_cut_off(kind: str, tail: bytes) -> None:
    assert tail not in redraw(BytesIO(picture(kind) + tail)).data


def test_a_script_in_a_comment_is_cut_out() -> None:
    assert b"<script>" not in redraw(BytesIO(picture(comment=b"<script>alert(1)</script>"))).data


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("现场 照片.jpg", "现场 照片.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\张三\\漏水.png", "漏水.png"),
        ("a\r\nSet-Cookie: x=1.jpg", "aSet-Cookie: x=1.jpg"),
        ("\u202egpj.exe", "gpj.exe"),
        ("", "附件"),
        ("...", "附件"),
    ],
)
def test_a_name_is_kept_as_plain_text(given: str, kept: str) -> None:
    assert clean_name(given) == kept


def test_a_long_name_keeps_its_ending() -> None:
    assert clean_name("漏" * 300 + ".jpg") == "漏" * 116 + ".jpg"
