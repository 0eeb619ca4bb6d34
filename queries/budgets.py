"""What villages may award in a quarter: allotted, awarded, left."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from models.base import db
from models.coins import AccountKind, CoinAccount, CoinJournal, CoinLine
from models.orgs import OrgUnit

MONTHS_EACH = 3
QUARTER = re.compile(r"(19|20)[0-9]{2}Q[1-4]")


@dataclass(frozen=True)
class Budget:
    """A village's coins of a quarter; `left` is what it may award now, whenever that was allotted."""

    village: OrgUnit
    allotted: int
    awarded: int
    left: int


def quarter_of(day: date) -> str:
    """Return the quarter of a day, such as "2026Q4"."""
    return f"{day.year}Q{(day.month - 1) // MONTHS_EACH + 1}"


def days_of(quarter: str) -> tuple[date, date]:
    """Return the first and the last day of a quarter. Raises ValueError on anything else."""
    if not QUARTER.fullmatch(quarter):
        raise ValueError(quarter)
    first = date(int(quarter[:4]), (int(quarter[5:]) - 1) * MONTHS_EACH + 1, 1)
    return first, (first + timedelta(days=100)).replace(day=1) - timedelta(days=1)


def budgets(found: Sequence[OrgUnit], quarter: str) -> Sequence[Budget]:
    """Return villages, which must have been read in scope, with their coins of a quarter.

    What was taken back counts against the quarter in which that was done. Raises ValueError on anything but a quarter.
    """
    ids = [village.id for village in found]
    mine = CoinAccount.kind == AccountKind.BUDGET, CoinAccount.village_id.in_(ids)
    rows = db.session.execute(sa.select(CoinAccount.village_id, CoinAccount.balance).where(*mine))
    left: dict[int | None, int] = {row.village_id: int(row.balance) for row in rows}
    came, went = _moved(ids, quarter, inward=True), _moved(ids, quarter, inward=False)
    return [
        Budget(
            village,
            came.get((village.id, True), 0) - went.get((village.id, True), 0),
            went.get((village.id, False), 0) - came.get((village.id, False), 0),
            left.get(village.id, 0),
        )
        for village in found
    ]


def _moved(ids: Sequence[int], quarter: str, *, inward: bool) -> dict[tuple[int, bool], int]:
    """Return what came into budgets (or went out of them), by village and by whether the county was the other side."""
    other = aliased(CoinAccount)
    here, there = (CoinLine.to_id, CoinLine.from_id) if inward else (CoinLine.from_id, CoinLine.to_id)
    county = (other.kind == AccountKind.ISSUER).label("county")
    query = (
        sa.select(CoinAccount.village_id, county, sa.func.sum(CoinLine.amount).label("coins"))
        .select_from(CoinAccount)
        .join(CoinLine, here == CoinAccount.id)
        .join(CoinJournal, CoinJournal.id == CoinLine.journal_id)
        .join(other, other.id == there)
        .where(
            CoinAccount.kind == AccountKind.BUDGET,
            CoinAccount.village_id.in_(ids),
            CoinJournal.effective_on.between(*days_of(quarter)),
        )
        .group_by(CoinAccount.village_id, county)
    )
    return {(row.village_id, bool(row.county)): int(row.coins) for row in db.session.execute(query)}
