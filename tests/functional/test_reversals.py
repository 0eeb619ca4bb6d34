"""Who takes back what: each kind of journal by whoever could have done the like, and some kinds by nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from models.base import db
from models.coins import CoinJournal, JournalKind
from services import coins, reversals
from services.posting import Receipt, head
from services.refusals import NotAllowed, NotFound
from services.reversals import NEVER, UNDONE_BY, AllotmentSpent, NotReversible
from tests.support.cast import AT, SYSTEM, TODAY, Cast
from tests.support.coins import RICE, SOAP, Station, uid

TOWN, OTHER_TOWN, VILLAGE, OTHER_VILLAGE = "official.tianhuangping", "official.meixi", "official.yucun", "official.wuhe"
COUNTY, ADMIN, CLERK, NEXT = "dispatcher.county", "admin", "clerk.yucun", "official.next"
EVERYBODY = (TOWN, OTHER_TOWN, VILLAGE, OTHER_VILLAGE, COUNTY, ADMIN, CLERK, NEXT)
NEAR = {TOWN, VILLAGE}


@pytest.fixture
def station(app: Flask, cast: Cast) -> Station:
    made = Station(cast)
    made.earn("H1", 200)
    return made


def settled(station: Station) -> Receipt:
    station.redeem("H1", {SOAP: 1})
    return coins.settle_station(station.station, uid=uid(), actor=SYSTEM, at=AT, today=TODAY)


def expired(station: Station) -> Receipt:
    station.earn("H2", 5, expires_on=TODAY - timedelta(days=1))
    coins.expire_household(station.household("H2"), TODAY, actor=SYSTEM, at=AT, today=TODAY)
    return station.earn("H2", 1)


# How each kind comes about, and who may take it back.
DONE: dict[JournalKind, tuple[Callable[[Station], object], set[str]]] = {
    JournalKind.ALLOT: (lambda station: station.allot(70), {TOWN, COUNTY, ADMIN}),
    JournalKind.SETTLE: (settled, {TOWN, COUNTY}),
    JournalKind.EARN: (lambda station: station.earn("H1", 5), NEAR),
    JournalKind.BONUS: (lambda station: station.earn("H1", 5, kind=JournalKind.BONUS), NEAR),
    JournalKind.DEDUCT: (lambda station: station.deduct("H1", 5), NEAR),
    JournalKind.REDEEM: (lambda station: station.redeem("H1", {SOAP: 1}), NEAR),
    JournalKind.POST: (lambda station: station.hand_over(station.hold("H1", {RICE: 1})), NEAR),
    JournalKind.HOLD: (lambda station: station.hold("H1", {SOAP: 1}), set()),
    JournalKind.VOID: (lambda station: station.give_back(station.hold("H1", {SOAP: 1})), set()),
    JournalKind.REVERSE: (lambda station: station.reverse(station.earn("H1", 5)), set()),
    JournalKind.EXPIRE: (expired, set()),
}


def newest(kind: JournalKind) -> int:
    number = db.session.scalar(sa.select(sa.func.max(CoinJournal.id)).where(CoinJournal.kind == kind))
    assert number is not None
    return number


def reverse(number: int, station: Station, username: str) -> Receipt:
    original, actor = db.session.get_one(CoinJournal, number), station.cast.actor(username)
    return reversals.reverse(original, reason="记错了", uid=uid(), actor=actor, at=AT, today=TODAY)


def test_every_kind_is_either_undone_by_a_permission_or_never_with_a_reason() -> None:
    assert set(UNDONE_BY) | set(NEVER) == set(JournalKind) == set(DONE)
    assert not set(UNDONE_BY) & set(NEVER)


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize("kind", JournalKind)
def test_a_kind_is_taken_back_by_whoever_could_have_done_the_like_and_by_nobody_else(
    station: Station, kind: JournalKind
) -> None:
    do, may = DONE[kind]
    for username in EVERYBODY:
        do(station)
        number, before = newest(kind), head()
        if username in may:
            receipt = reverse(number, station, username)
            assert db.session.get_one(CoinJournal, receipt.journal_id).reverses == number
            continue
        never = (NotReversible,) if kind in NEVER else ()
        with pytest.raises((NotAllowed, NotFound, *never)) as refused:
            reverse(number, station, username)
        assert head() == before
        if kind in NEVER and username in NEAR:
            assert str(refused.value) == str(NEVER[kind])


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_an_allotment_that_was_awarded_of_cannot_be_taken_back_beyond_what_is_left(app: Flask, cast: Cast) -> None:
    station = Station(cast, budget=0)
    allotted = station.allot(50)
    earned = station.earn("H1", 20)
    with pytest.raises(AllotmentSpent):
        reverse(allotted.journal_id, station, TOWN)
    station.reverse(earned)
    reverse(allotted.journal_id, station, TOWN)
    assert (station.balance("budget"), station.balance("issuer")) == (0, 0)
    with pytest.raises(NotReversible):
        reverse(allotted.journal_id, station, TOWN)
