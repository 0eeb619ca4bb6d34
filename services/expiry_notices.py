"""Notices before coins expire: to each account of a household, and one for its village's officials. Each once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask_babel import lazy_gettext as _l

from models.access import Role
from models.base import db
from models.people import Household
from queries.accounts import holders
from queries.expiry import Due, accounts_of, due_between
from queries.messages import sent
from queries.orgs import counties
from queries.settings import EXPIRY_NOTICE_DAYS, setting
from queries.stations import stations_of
from services.messages import put_notice
from services.transaction import transaction

OWN_PATH, FIGURES_PATH = "/own/coins", "/coins/figures"


@dataclass(frozen=True)
class Told:
    """How many accounts of households, and how many officials, got a notice."""

    accounts: int
    officials: int


def remind(*, at: datetime, today: date) -> Told:
    """Tell of all coins that expire within the days that a county sets; village by village, each its own act."""
    accounts = officials = 0
    for county in [one.id for one in counties()]:
        days = setting(county, EXPIRY_NOTICE_DAYS)
        dues = due_between(county, today, today + timedelta(days=days)) if days else {}
        for village, found in dues.items():
            told = remind_village(village, found, at=at, today=today)
            accounts, officials = accounts + told.accounts, officials + told.officials
    return Told(accounts, officials)


@transaction
def remind_village(village_id: int | None, dues: Sequence[Due], *, at: datetime, today: date) -> Told:
    """Tell the accounts of households, and the officials of their village, what expires on which day.

    Who was told of a household's (or a village's) coins of one day is never told of them again: not in a second run,
    not in a late one, and not when the amount has changed since.
    """
    villagers = set(holders((Role.VILLAGER,), today))
    texts: dict[str, tuple[int, str, str]] = {}
    for due, user_id in accounts_of(dues):
        key = f"coins_expire:h{due.household_id}:{due.on.isoformat()}:{user_id}"
        texts[key] = user_id, _own_text(due), OWN_PATH if user_id in villagers else ""
    accounts = _put(texts, at=at)
    officials = holders((Role.VILLAGE_OFFICIAL,), today, org_id=village_id) if village_id else []
    summaries = {
        f"coins_expire:v{village_id}:{on.isoformat()}:{user_id}": (user_id, text, FIGURES_PATH)
        for on, text in _summaries(dues)
        for user_id in officials
    }
    return Told(accounts, _put(summaries, at=at))


def _put(texts: Mapping[str, tuple[int, str, str]], *, at: datetime) -> int:
    """Put the notices whose keys are new into the outbox; return how many."""
    before = sent(list(texts))
    new = {key: told for key, told in texts.items() if key not in before}
    for key, (user_id, text, path) in new.items():
        put_notice(user_id, text=text, path=path, source_key=key, at=at)
    return len(new)


def _own_text(due: Due) -> str:
    names = [one.name for one in stations_of(db.session.get_one(Household, due.household_id))]
    where = "、".join(names) or str(_l("道德易站"))
    text = _l("您家有 %(n)s 道德币 %(day)s 到期，过了这一天就不能用了。可以在这之前到%(where)s兑换物品。",
              n=due.coins, day=due.on.isoformat(), where=where)  # fmt: skip
    return str(text)


def _summaries(dues: Sequence[Due]) -> Iterable[tuple[date, str]]:
    for on in sorted({due.on for due in dues}):
        those = [due for due in dues if due.on == on]
        text = _l("本村有 %(households)s 户共 %(n)s 道德币 %(day)s 到期。请提醒村民在这之前到易站兑换物品。",
                  households=len(those), n=sum(due.coins for due in those), day=on.isoformat())  # fmt: skip
        yield on, str(text)
