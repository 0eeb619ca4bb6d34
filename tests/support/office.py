"""What the tests of the back office share: forms read from pages, and files read back."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from typing import Any
from xml.etree import ElementTree as ET

import sqlalchemy as sa

from models.audit import AuditEvent
from models.base import db
from tests.pages import JudgingClient, parsed, text_of

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def form_values(html: str, action_part: str = "") -> dict[str, Any]:
    """Return what a browser would send for the page's form (the first one that posts to an address like this)."""
    page, _errors = parsed(html)
    for form in page.iter("form"):
        if (form.get("method") or "").lower() == "post" and action_part in (form.get("action") or ""):
            sent: dict[str, Any] = {}
            for name, value in (pair for field in form.iter() for pair in _sent(field)):
                before = sent.get(name, [])
                sent[name] = [*(before if isinstance(before, list) else [before]), value] if name in sent else value
            return sent
    raise AssertionError(f"no form posts to {action_part!r}")


def _sent(field: Any) -> list[tuple[str, str]]:
    name = field.get("name")
    if not name:
        return []
    if field.tag == "select":
        options = list(field.iter("option"))
        chosen = next((o for o in options if o.get("selected") is not None), options[0] if options else None)
        return [(name, chosen.get("value") or "")] if chosen is not None else []
    if field.tag == "textarea":
        return [(name, field.text or "")]
    kind = field.get("type", "text")
    if field.tag != "input" or kind in {"submit", "file"}:
        return []
    if kind in {"checkbox", "radio"} and field.get("checked") is None:
        return []
    return [(name, field.get("value") or "")]


def fill(client: JudgingClient, address: str, /, **answers: Any) -> Any:
    """Open a page with a form, fill some fields, and send it as a browser would."""
    page = client.get(address)
    assert page.status_code == 200, page.status
    return client.post(address, data={**form_values(page.text, address.split("?", 1)[0]), **answers})


def words(html: str) -> str:
    """Return the text of a page's main part."""
    page, _errors = parsed(html)
    main = next(page.iter("main"), None)
    return text_of(main) if main is not None else ""


def read_csv(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf"), "a CSV file needs its BOM"
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def read_xlsx(data: bytes) -> list[list[str]]:
    """Return the cells of the first sheet, and fail when one holds a formula."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        strings = (
            ET.fromstring(book.read("xl/sharedStrings.xml")) if "xl/sharedStrings.xml" in book.namelist() else None
        )
        shared = ["".join(item.itertext()) for item in strings.iter(f"{SHEET}si")] if strings is not None else []
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert not list(sheet.iter(f"{SHEET}f")), "a downloaded sheet holds a formula"
    return [[_cell(cell, shared) for cell in row.iter(f"{SHEET}c")] for row in sheet.iter(f"{SHEET}row")]


def _cell(cell: Any, shared: list[str]) -> str:
    if cell.get("t") == "s":
        return shared[int(cell.find(f"{SHEET}v").text)]
    return "".join(cell.itertext())


def acts(*names: str) -> list[AuditEvent]:
    """Return the audit events of these acts, oldest first."""
    query = sa.select(AuditEvent).order_by(AuditEvent.id)
    return list(db.session.scalars(query.where(AuditEvent.act.in_(names)) if names else query))


def id_in(address: str) -> int:
    """Return the id that an address names."""
    found = re.search(r"[?&]id=(\d+)", address)
    assert found, address
    return int(found.group(1))
