"""What an import of points records looks up at once: households by their codes, their members, their accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from models.access import Actor
from models.base import db
from models.coins import AccountKind, CoinAccount
from models.people import Household, Resident
from queries.scope import in_scope

T = TypeVar("T")
AT_ONCE = 5_000


def homes_by_code(codes: Sequence[str], actor: Actor) -> dict[str, Household]:
    """Return the households in whose villages the actor may import, by their codes."""
    found: dict[str, Household] = {}
    for part in _parts(codes):
        query = sa.select(Household).where(in_scope(Household, actor, "coin:import"), Household.code.in_(part))
        rows = db.session.scalars(query.options(joinedload(Household.village)).order_by(Household.id.desc()))
        found |= {home.code: home for home in rows}
    return found


def members_of(homes: Sequence[int]) -> dict[tuple[int, str], int]:
    """Return the ids of residents by household and name; of two with one name the first registered."""
    found: dict[tuple[int, str], int] = {}
    for part in _parts(homes):
        query = sa.select(Resident.household_id, Resident.name, Resident.id).where(Resident.household_id.in_(part))
        for home, name, ident in db.session.execute(query.order_by(Resident.id.desc())):
            found[home or 0, name] = ident
    return found


def purses_of(homes: Iterable[int]) -> dict[int, list[int]]:
    """Return purse, debt account and what is owed, by household; only of those that have both accounts."""
    kinds: dict[int, dict[str, tuple[int, int]]] = {}
    for part in _parts(sorted(set(homes))):
        query = sa.select(CoinAccount.household_id, CoinAccount.kind, CoinAccount.id, CoinAccount.balance).where(
            CoinAccount.household_id.in_(part)
        )
        for home, kind, ident, balance in db.session.execute(query):
            kinds.setdefault(home or 0, {})[str(kind)] = (ident, int(balance))
    both = (str(AccountKind.HOUSEHOLD), str(AccountKind.DEBT))
    return {
        home: [by_kind[both[0]][0], by_kind[both[1]][0], -by_kind[both[1]][1]]
        for home, by_kind in kinds.items()
        if all(kind in by_kind for kind in both)
    }


def _parts(things: Sequence[T]) -> Iterator[Sequence[T]]:
    return (things[first : first + AT_ONCE] for first in range(0, len(things), AT_ONCE))
