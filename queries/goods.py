"""The catalogue of goods as reads."""

from __future__ import annotations

import sqlalchemy as sa

from models.base import db
from models.stations import CoinGood


def good_code_taken(county_id: int, code: str, *, apart_from: int | None = None) -> bool:
    query = sa.select(CoinGood.id).where(
        CoinGood.county_id == county_id, CoinGood.code == code, CoinGood.id != (apart_from or 0)
    )
    return db.session.scalar(query) is not None


def good_matches(text: str) -> sa.ColumnElement[bool]:
    """Return the condition for goods found by part of the name, by initials, or by the scanned code."""
    letters = "".join(text.lower().split())
    return sa.or_(
        CoinGood.name.contains(text, autoescape=True),
        CoinGood.code == text,
        CoinGood.pinyin.contains(f" {letters}", autoescape=True) if letters.isascii() else sa.false(),
    )


def good_of_county(ident: int, county_id: int) -> CoinGood | None:
    """Return a good of a county's catalogue, on sale or not."""
    return db.session.scalar(sa.select(CoinGood).where(CoinGood.id == ident, CoinGood.county_id == county_id))
