"""What an upload may hold, judged by its bytes and never by its name."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from services.received import receive
from services.refusals import Refusal
from tests.support.entry import picture
from tests.support.things import DOCX, DOCX_TYPES, FILM, HTML, M4A, MACRO_TYPES, PDF, WAV, archive, drawing

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("takes", "content", "name", "told"),
    [
        ("file", HTML, "文书.pdf", "不能上传这种文件"),
        ("file", b"\xef\xbb\xbf" + HTML, "a.txt", "不能上传这种文件"),
        ("file", "姓名\n".encode() + HTML, "名单.csv", "不能上传这种文件"),
        ("file", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "图.png", "不能上传这种文件"),
        ("file", b"MZ" + bytes(300), "证明.docx", "不能上传这种文件"),
        ("file", b"#!/bin/sh\nrm -rf ~\n", "a.txt", "不能上传这种文件"),
        ("file", archive({"virus.exe": b"MZ"}), "证明.docx", "不能上传这种文件"),
        ("file", DOCX[:-30], "断.docx", "已损坏"),
        ("file", b"%PDF-1.7 " + b"x" * 5000, "断.pdf", "已损坏"),
        ("file", archive({"[Content_Types].xml": MACRO_TYPES, "word/document.xml": b""}), "证明.docx", "带有宏"),
        ("file", archive({"[Content_Types].xml": DOCX_TYPES, "word/document.xml": b"", "word/vbaProject.bin": b""}),
         "证明.docx", "带有宏"),
        ("file", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "旧.doc", "旧格式"),
        ("file", archive(dict.fromkeys(map(str, range(5001)), b"")), "炸.docx", "太大"),
        ("file", b"x" * (1024 * 1024 + 1), "大.txt", "这个文件太大，最多 1 MB"),
        ("file", b"", "空.txt", "是空的"),
        ("audio", FILM, "片.m4a", "不是能用的录音"),
        ("audio", HTML, "a.mp3", "不是能用的录音"),
        ("audio", PDF, "a.wav", "不是能用的录音"),
        ("signature", drawing(None), "signature.png", "签名是空白的"),
        ("signature", b"data:image/png;base64,AAAA", "signature.png", "不是能用的照片"),
    ],
)  # fmt: skip
def test_what_is_no_good_file_is_refused_in_words(takes: str, content: bytes, name: str, told: str) -> None:
    with pytest.raises(Refusal) as refusal:
        receive(io.BytesIO(content), name, takes=takes, most=MIB)
    assert told in str(refusal.value)


@pytest.mark.parametrize(
    ("takes", "content", "name", "mime", "kept"),
    [
        ("file", DOCX, "证明.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ""),
        ("file", PDF, "../判决 书.pdf", "application/pdf", "判决 书.pdf"),
        ("file", "姓名,岁数".encode("gb18030"), "名单.csv", "text/csv", ""),
        ("file", b"\xef\xbb\xbf1 < 2, a <b", "说明.txt", "text/plain", ""),
        ("file", b"echo hello\r\n", "run.bat", "text/plain", "run.bat.txt"),
        ("file", PDF, "页面.html", "application/pdf", "页面.html.pdf"),
        ("file", picture() + HTML, "两面.jpg", "image/jpeg", ""),
        ("audio", M4A, "陈述.m4a", "audio/mp4", ""),
        ("audio", WAV, "a.wav", "audio/wav", ""),
        ("audio", b"ID3\x04\0\0\0\0\0\x02ab\xff\xfb\x90\x00" + bytes(400), "a.mp3", "audio/mpeg", ""),
        ("audio", b"OggS" + bytes(22) + b"\x01\x13OpusHead", "a.ogg", "audio/ogg", ""),
        ("audio", b"\x1a\x45\xdf\xa3" + bytes(20) + b"webm" + bytes(40) + b"A_OPUS", "a.webm", "audio/webm", ""),
        ("signature", drawing("blue") + HTML, "signature.png", "image/png", ""),
    ],
)
def test_a_good_file_is_kept_under_the_ending_of_what_it_is(
    takes: str, content: bytes, name: str, mime: str, kept: str
) -> None:
    found = receive(io.BytesIO(content), name, takes=takes, most=MIB)
    assert (found.mime, found.name) == (mime, kept or name)
    assert HTML not in found.data


def test_a_signature_is_dark_on_white_and_cut_to_its_strokes() -> None:
    found = receive(io.BytesIO(drawing("blue")), "signature.png", takes="signature", most=MIB)
    with Image.open(io.BytesIO(found.data)) as image:
        assert image.mode == "L"
        assert image.getpixel((0, 0)) == 255
        assert image.width < 400
