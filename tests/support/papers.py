"""What tests of papers share: reading a PDF back, and two households with all that can happen to coins."""

from __future__ import annotations

import io
from datetime import date

from pypdf import PdfReader

from models.base import db
from models.people import Household
from services import coins
from services.transaction import write_transaction
from tests.support.cast import AT, SYSTEM, TODAY
from tests.support.coins import RICE, SOAP, Station
from tests.support.points import item, publish_rules


def day(month: int, number: int) -> date:
    return date(2026, month, number)


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def name(head: str, station: Station, code: str = "H1") -> None:
    ident = station.household(code).id
    with write_transaction():
        db.session.get_one(Household, ident).head_name = head


def lived(station: Station) -> None:
    """Let two households live through a quarter: earnings, sales, a voucher, a reversal that makes a debt, expiry."""
    publish_rules(station.cast)
    clean = item("clean").id
    station.earn("H1", 50, effective_on=day(10, 5), expires_on=day(10, 31), rule_item_id=clean, memo="扫了村道")
    station.redeem("H1", {RICE: 1}, today=day(10, 20))
    for code in ("H1", "H2"):
        coins.expire_household(station.household(code), day(10, 31), actor=SYSTEM, at=AT, today=TODAY)
    wrong = station.earn("H2", 30, effective_on=day(10, 8))
    station.redeem("H2", {SOAP: 3}, today=day(10, 9))
    station.reverse(wrong)
    station.earn("H1", 40, effective_on=day(11, 3), rule_item_id=clean)
    station.earn("H1", 60, effective_on=day(11, 4), expires_on=None)
    station.deduct("H1", 8, effective_on=day(11, 6), rule_item_id=item("fine").id)
    station.hold("H1", {RICE: 1})
    station.earn("H2", 40, effective_on=day(11, 10))
