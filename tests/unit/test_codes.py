"""Codes are read from photographs as people take them, and from nothing else."""

from __future__ import annotations

from io import BytesIO

import pytest
import segno
from PIL import Image

from services.codes import NoCode, read_codes
from services.pictures import BrokenPicture, NotAPicture, TooManyPixels
from services.received import EmptyFile, FileTooLarge
from services.refusals import Refusal
from tests.support.codes import bomb, photo_of
from tests.support.entry import picture

MIB = 1024 * 1024
VOUCHER = "7KQ2M9XD"


def read(sent: bytes, most: int = 16 * MIB) -> list[str]:
    return read_codes(BytesIO(sent), most=most)


@pytest.mark.parametrize("angle", [0, 17, 45, 90, 201])
def test_a_code_is_read_however_the_phone_was_held(angle: float) -> None:
    assert read(photo_of(VOUCHER, angle=angle)) == [VOUCHER]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_code_is_read_from_each_kind_of_picture(kind: str) -> None:
    assert read(photo_of(VOUCHER, kind=kind)) == [VOUCHER]


def test_a_micro_code_of_an_earlier_voucher_is_read_too() -> None:
    assert read(photo_of(VOUCHER, micro=True)) == [VOUCHER]


def test_black_ink_on_nothing_is_read_as_on_white_paper() -> None:
    out = BytesIO()
    segno.make(VOUCHER, micro=False).save(out, kind="png", scale=6, light=None)
    assert read(out.getvalue()) == [VOUCHER]


def test_codes_side_by_side_are_all_told_and_one_code_twice_is_one() -> None:
    assert sorted(read(photo_of(VOUCHER, "YC-0012"))) == [VOUCHER, "YC-0012"]
    assert read(photo_of(VOUCHER, VOUCHER)) == [VOUCHER]


def test_what_a_code_says_is_one_line_of_text() -> None:
    assert read(photo_of(b"7KQ2\0M9XD\r\n ")) == [VOUCHER]
    assert read(photo_of("张三 的\n 户码")) == ["张三 的 户码"]


def test_a_code_that_is_no_text_says_nothing() -> None:
    with pytest.raises(NoCode):
        read(photo_of(b"\xff\xfe\xff\0"))


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", EmptyFile),
        (b"7KQ2M9XD", NotAPicture),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", NotAPicture),
        (photo_of(VOUCHER)[:4000], BrokenPicture),
        (b"\xff\xd8\xff" + b"\0" * 500, NotAPicture),
        (bomb(65000, 65000), TooManyPixels),
        (bomb(6000, 6000), TooManyPixels),
        (b"\xff" * (MIB + 1), FileTooLarge),
        (picture(), NoCode),
        (photo_of(), NoCode),
    ],
    ids=["empty", "text", "drawing", "cut off", "hollow", "bomb", "large bomb", "too large", "landscape", "noise"],
)  # fmt: skip
def test_what_shows_no_code_is_refused_with_its_reason(sent: bytes, why: type[Refusal]) -> None:
    with pytest.raises(why):
        read(sent, most=MIB)


def test_a_photograph_of_twelve_million_pixels_is_read() -> None:
    with Image.open(BytesIO(photo_of(VOUCHER))) as small:
        out = BytesIO()
        small.resize((4000, 3000)).save(out, "JPEG", quality=70)
    assert read(out.getvalue()) == [VOUCHER]
