"""Workbooks that are broken, huge, booby-trapped or no workbooks: each gets a clear word and changes nothing."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
import xlsxwriter

from models.base import db
from models.imports import ImportRun
from models.records import Record
from services.workbooks import COLUMNS_MOST, ROWS_MOST, WorkbookRefused, open_table
from tests.pages import JudgingClient
from tests.support.cast import Cast
from tests.support.registers import publish

MIB = 1024 * 1024
MOST = 16 * MIB
SHEET = "xl/worksheets/sheet1.xml"


def plain(rows: int = 2, columns: int = 2) -> bytes:
    """Return a small honest workbook."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        paper = book.add_worksheet("登记")
        for row in range(rows):
            for column in range(columns):
                paper.write(row, column, "所在村")
    return out.getvalue()


def with_parts(**parts: str | bytes) -> bytes:
    """Return the honest workbook with parts put in or replaced; two underscores stand for a slash."""
    out = io.BytesIO()
    given = {name.replace("__", "/").replace("_dot_", "."): content for name, content in parts.items()}
    with zipfile.ZipFile(io.BytesIO(plain())) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename not in given:
                new.writestr(entry.filename, old.read(entry.filename))
        for name, content in given.items():
            new.writestr(name, content)
    return out.getvalue()


def bomb() -> bytes:
    """Return two hundred megabytes of nothing in a few kilobytes."""
    return with_parts(xl__worksheets__sheet2_dot_xml=b" " * (60 * MIB))


def lying_bomb() -> bytes:
    """Return a bomb whose directory says that it is small."""
    data = bytearray(bomb())
    place = data.rindex(b"PK\x01\x02")  # the last entry of the directory is the one put in
    struct.pack_into("<L", data, place + 24, 100)
    return bytes(data)


def broken() -> bytes:
    data = bytearray(plain())
    middle = data.index(b"PK\x03\x04", 10)
    data[middle + 40 : middle + 400] = b"\xff" * 360
    return bytes(data)


def entity_bomb() -> bytes:
    return with_parts(
        **{SHEET.replace("/", "__").replace(".", "_dot_"): '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet/>'}
    )


def far_away() -> bytes:
    """Return a sheet of two cells with seventeen thousand million between them."""
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    sheet = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{cells}</sheetData></worksheet>'
    return with_parts(**{SHEET.replace("/", "__").replace(".", "_dot_"): sheet})


def document() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<document/>")
    return out.getvalue()


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "没有内容"),
    "cut short": (lambda: plain()[:-200], "已经损坏"),
    "garbled": (broken, "已经损坏"),
    "50 MB": (lambda: b"PK\x03\x04" + bytes(50 * MIB), "这个文件有 51 MB，最多 16 MB"),
    "zip bomb": (bomb, "大得不正常"),
    "lying zip bomb": (lying_bomb, "大得不正常"),
    "too many entries": (lambda: with_parts(**{f"x{n}": "" for n in range(2100)}), "大得不正常"),
    "entities": (entity_bomb, "已经损坏"),
    "macro": (lambda: with_parts(xl__vbaProject_dot_bin=b"x"), "带有宏"),
    "macro by type": (
        lambda: with_parts(
            **{"[Content_Types]_dot_xml": "<Types><Override ContentType='application/x.macroEnabled'/></Types>"}
        ),
        "带有宏",
    ),
    "old format": (lambda: b"\xd0\xcf\x11\xe0" + bytes(600), "旧版表格文件"),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "认不出这个文件"),
    "web page": (lambda: b"<html><table><tr><td>1</td></tr></table></html>", "认不出这个文件"),
    "text document": (document, "认不出这个文件"),
    "external links": (lambda: with_parts(xl__externalLinks__externalLink1_dot_xml="<x/>"), "链接着别的文件"),
    "far away": (far_away, f"超过 {ROWS_MOST} 行"),
    "too many columns": (lambda: plain(1, COLUMNS_MOST + 1), f"超过 {COLUMNS_MOST} 列"),
    "too many rows": (lambda: plain(ROWS_MOST + 2, 1), f"超过 {ROWS_MOST} 行"),
    "too many rows of text": (lambda: b"a\n" * (ROWS_MOST + 2), f"超过 {ROWS_MOST} 行"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_clear_words(name: str) -> None:
    make, words = HOSTILE[name]
    with pytest.raises(WorkbookRefused) as refused:
        open_table(make(), most_bytes=MOST)
    assert words in str(refused.value.message)


def formulas() -> bytes:
    """Return a workbook with a formula nobody computed, one that was, and texts that would be formulas elsewhere."""
    book = openpyxl.Workbook()
    paper = book.active
    assert paper is not None
    paper.title = "登记"
    paper.append(["所在村", "纠纷类型", "经过"])
    paper.append(["余村村", "漏水", "=1+1"])
    for value in ("=HYPERLINK(1)", "@SUM(1)", "-2+3", "+cmd|' /C calc'!A0"):
        paper.append(["余村村", "漏水", ""])
        paper.cell(paper.max_row, 3, value).data_type = "s"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def posted(data: bytes) -> dict[str, Any]:
    """Return a form with one file; the test client would put fifty megabytes into a file and forget it."""
    head = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n'
    return {"data": head + data + b"\r\n--cut--\r\n", "content_type": "multipart/form-data; boundary=cut"}


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_uploads_that_are_refused_or_laden_with_formulas_leave_the_register_as_it_was(
    cast: Cast, client: JudgingClient
) -> None:
    publish(cast)
    cast.sign_in(client, "official.yucun")
    address = "/admin/f/quarrels/import/"
    client.get(address)
    for name in ("50 MB", "lying zip bomb", "macro", "picture"):
        answer = client.post(address, **posted(HOSTILE[name][0]()))
        assert answer.status_code == 422, name
        assert HOSTILE[name][1] in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ImportRun)) == 0

    run = client.post(address, data={"file": (io.BytesIO(formulas()), "登记.xlsx")}).location
    client.post(f"{run}check", data={"sheet": "登记", "c--1": "a1", "c--2": "a2", "c--3": "c1"})
    page = client.get(run).text
    assert "有 4 处问题" in page
    for line, words in ((2, "没有算出的值"), (3, "像公式"), (4, "像公式"), (6, "像公式")):
        assert words in page.split(f"第 {line} 行", 1)[1].split("</tr>", 1)[0]
    client.post(f"{run}confirm")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Record)) == 0
