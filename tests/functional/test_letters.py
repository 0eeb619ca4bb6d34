"""Papers as PDF: what people wrote stays text, no character is lost in silence, other languages say their own words."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask_babel import force_locale
from pypdf import PdfReader

from services.letters import Letter, Part
from services.typesetting import to_pdf

AT = datetime(2026, 11, 22, 14, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
PAPER = Letter(
    title="道德币家庭对账单", office="安吉县综治中心", reference="余村村 H1", subtitle="2026-11", notes=["一句说明"],
    facts=[("户主", "张三"), ("余额", "10")], seals=["村（社区）盖章"], foot="校验码 0123",
    parts=[
        Part("明细", ["日期", "事由", "道德币"], [["2026-11-22", "扫地", "10"]], "无", ["", "合计", "10"], (2,), (1,)),
        Part("预约", ["券"], [], "没有预约"),
    ],
)  # fmt: skip


@pytest.fixture
def engine_name() -> str:
    return "sqlite"  # no paper is made by a database


@pytest.fixture(autouse=True)
def _request(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def read(letter: Letter, **more: bool) -> tuple[PdfReader, str]:
    reader = PdfReader(io.BytesIO(to_pdf(letter, at=AT, **more)))
    return reader, "\n".join(page.extract_text() for page in reader.pages)


@pytest.mark.parametrize("system_fonts", [True, False], ids=["system fonts", "the wheel's fonts"])
def test_a_paper_says_all_of_its_letter_on_a4(*, system_fonts: bool) -> None:
    reader, text = read(PAPER, system_fonts=system_fonts)
    words = (
        "道德币家庭对账单",
        "安吉县综治中心",
        "余村村 H1",
        "张三",
        "扫地",
        "合计",
        "没有预约",
        "一句说明",
        "盖章",
        "0123",
    )
    assert [word for word in words if word not in text] == []
    assert [(round(page.mediabox.width), round(page.mediabox.height)) for page in reader.pages] == [(595, 842)]
    assert reader.metadata is not None
    assert reader.metadata.title == "道德币家庭对账单"


@pytest.mark.parametrize("sign", ["\U00020bb7", "\U00031350", "\ue000"])
def test_a_character_that_no_font_has_is_told_by_its_number(sign: str) -> None:
    _reader, text = read(replace(PAPER, facts=[("户主", f"{sign}野")]), system_fonts=False)
    assert f"〔U+{ord(sign):04X}〕野" in text
    assert f"请以登记为准：U+{ord(sign):04X}。" in text.replace("\n", "").replace(" ", "")


def test_what_people_wrote_is_never_read_as_code() -> None:
    hostile = '#panic("x") *粗* $x^2$ \\ ] " <a> {n} #read("/etc/hostname")'
    _reader, text = read(replace(PAPER, facts=[("户主", hostile)], foot=hostile))
    assert text.replace("\n", "").count(hostile) == 2


def test_long_tables_repeat_their_heads_and_pages_are_numbered() -> None:
    lines = [["2026-11-22", f"第 {number} 件", "1"] for number in range(120)]
    reader, _text = read(replace(PAPER, parts=[replace(PAPER.parts[0], lines=lines)]))
    pages = [page.extract_text() for page in reader.pages]
    assert len(pages) >= 3
    for number, text in enumerate(pages, start=1):
        assert f"第 {number} 页，共 {len(pages)} 页" in text
        assert "校验码" in text
        assert "事由" in text or "第 " not in text.partition("校验码")[0]  # the last page may have the seal alone


def test_an_english_paper_numbers_its_pages_in_english() -> None:
    with force_locale("en"):
        _reader, text = read(PAPER)
    assert "Page 1 of 1" in text
