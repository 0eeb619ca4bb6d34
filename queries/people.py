"""Residents and households as reads: search by part of a name, by initials, or by an exact number's keyed hash."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.people import Household, Resident
from queries.blind import blind
from queries.scope import in_scope

PHONE_DIGITS, ID_DIGITS = 11, 18
LOOKUP_MAX = 20


def resident_matches(text: str) -> sa.ColumnElement[bool]:
    """Return the condition for residents found by a search: a whole phone or ID number, else part of a name."""
    number = "".join(text.split()).upper()
    if len(number) == PHONE_DIGITS and number.isdigit():
        return Resident.phone_hash == blind(number, context="resident.phone")
    if len(number) == ID_DIGITS and number[:-1].isdigit():
        return Resident.id_no_hash == blind(number, context="resident.id_no")
    return _named(Resident.name, Resident.pinyin, text)


def household_matches(text: str) -> sa.ColumnElement[bool]:
    """Return the condition for households found by their code, or by part of the head's name."""
    return sa.or_(Household.code == text, _named(Household.head_name, Household.pinyin, text))


def _named(name: Any, pinyin: Any, text: str) -> sa.ColumnElement[bool]:
    letters = "".join(text.lower().split())
    if not letters.isascii():
        found: sa.ColumnElement[bool] = name.contains(text, autoescape=True)
        return found
    # "zhangsan zs": the whole of it begins with the full spelling, the initials begin after the blank.
    return sa.or_(pinyin.startswith(letters, autoescape=True), pinyin.contains(f" {letters}", autoescape=True))


def id_no_taken(county_id: int, id_no_hash: str, *, apart_from: int | None) -> bool:
    query = sa.select(Resident.id).where(
        Resident.county_id == county_id, Resident.id_no_hash == id_no_hash, Resident.id != (apart_from or 0)
    )
    return db.session.scalar(query) is not None


def household_code_taken(county_id: int, code: str, *, apart_from: int | None) -> bool:
    query = sa.select(Household.id).where(
        Household.county_id == county_id, Household.code == code, Household.id != (apart_from or 0)
    )
    return db.session.scalar(query) is not None


def household_by_code(code: str, actor: Actor, permission: str) -> Household | None:
    """Return the household with a code, inside the actor's scope."""
    query = sa.select(Household).where(Household.code == code, in_scope(Household, actor, permission))
    return db.session.scalars(query.limit(1)).first()


def find_households(text: str, actor: Actor, permission: str) -> list[Household]:
    """Return at most 20 households of the scope for a look-up."""
    query = sa.select(Household).where(in_scope(Household, actor, permission), household_matches(text))
    return list(db.session.scalars(query.order_by(Household.code).limit(LOOKUP_MAX)))
