"""Points records from a workbook: all or none, every bad row named by its sheet row, and each file once.

A row does what the daily table would do with it: what its rule lets the official post at once is posted, anything else
becomes a claim, with 评议, approval and notice before it. Only where no rules are in force may a row name no item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db, table_of
from models.claims import CoinClaim
from models.coins import AccountKind, CoinJournal, CoinLot, JournalKind
from queries.point_imports import purses_of
from queries.point_rules import expires_on
from services.access import require
from services.audit import record_audit
from services.claim_filing import Asked, file_claim
from services.coins import hash_uid
from services.point_judging import BadRow, Judge, Judged
from services.point_sheets import Points
from services.posting import Entry, Line, Once, Place, open_ledger, post_all
from services.purses import account_id, purses
from services.refusals import Refusal
from services.transaction import transaction

_lot = table_of(CoinLot)


class RowsRefused(Refusal):
    """Nothing was posted; `rows` are all that must be put right."""

    def __init__(self, rows: Sequence[BadRow]) -> None:
        self.rows = rows
        super().__init__(_l("有 %(n)s 行不能记，所以一行也没有记。请改正下面的行，再上传一次。", n=len(rows)))


@dataclass(frozen=True)
class Imported:
    """How many records were posted, the coins they are, how many are known from this file, how many became claims."""

    posted: int
    coins: int
    known: int
    filed: int = 0


@transaction
def import_points(points: Points, *, actor: Actor, at: datetime, today: date) -> Imported:
    """Post all records of a file, or none. Raises RowsRefused with every bad row, BudgetShort."""
    open_ledger()
    require(actor, "coin:import")
    judge = Judge(points, actor, today)
    sources = {row: f"import:{judge.county_id}:{points.sha256}:{row}" for row, _values in points.rows}
    if _known_before(next(iter(sources.values()))):
        return Imported(0, 0, len(points.rows))
    records = [record for row, values in points.rows if (record := judge.record(row, values))]
    if judge.bad:
        raise RowsRefused(judge.bad)
    posted = [record for record in records if not record.claimed]
    filed = [record for record in records if record.claimed]
    _post(posted, sources, actor=actor, at=at, today=today)
    _file(filed, sources, actor=actor, at=at, today=today)
    total = sum(record.points for record in posted)
    about = {"rows": len(records), "coins": total, "sha256": points.sha256}
    record_audit("coin:import", records[0].home.village, actor=actor, at=at, after=about)
    return Imported(len(posted), total, 0, len(filed))


def _known_before(source: str) -> bool:
    posted = sa.select(sa.exists().where(CoinJournal.source_key == source))
    filed = sa.select(sa.exists().where(CoinClaim.uid == hash_uid(source)))
    return bool(db.session.scalar(posted) or db.session.scalar(filed))


def _file(records: Sequence[Judged], sources: Mapping[int, str], *, actor: Actor, at: datetime, today: date) -> None:
    """File a claim for each record. Raises RowsRefused with those that cannot be one."""
    bad: list[BadRow] = []
    for record in records:
        if record.item is None:
            continue
        asked = Asked(
            item=record.item, points=record.points, done_on=record.day, what=record.note or record.item.name,
            evidence=record.note, resident_id=record.resident_id,
        )  # fmt: skip
        try:
            file_claim(record.home, asked, uid=hash_uid(sources[record.row]), actor=actor, at=at, today=today)
        except Refusal as refusal:
            bad.append(BadRow(record.row, refusal.message))
    if bad:
        raise RowsRefused(bad)


def _post(records: Sequence[Judged], sources: Mapping[int, str], *, actor: Actor, at: datetime, today: date) -> None:
    known = purses_of([record.home.id for record in records])
    budgets: dict[int, int] = {}
    entries, lots = [], []
    for record in records:
        home = record.home
        if home.id not in known:
            known[home.id] = [*purses(home, today=today), 0]
        if home.village_id not in budgets:
            budgets[home.village_id or 0] = account_id(AccountKind.BUDGET, home.village, today=today)
        purse, debt, owed = known[home.id]
        paid = min(owed, record.points)
        known[home.id][2] -= paid
        budget, rest = budgets[home.village_id or 0], record.points - paid
        lines: list[Line] = [(budget, taker, part) for taker, part in ((debt, paid), (purse, rest)) if part]
        entries.append(_entry(record, sources[record.row], lines))
        lots.append((purse, rest, _last_day(record)))
    numbers = post_all(entries, actor=actor, at=at, today=today)
    rows = [
        {"account_id": purse, "journal_id": number, "amount": rest, "remaining": rest, "expires_on": last}
        for number, (purse, rest, last) in zip(numbers, lots, strict=True)
        if rest
    ]
    if rows:
        db.session.connection().execute(sa.insert(_lot), rows)


def _entry(record: Judged, source: str, lines: Sequence[Line]) -> Entry:
    item = record.item.id if record.item else None
    body = {
        "act": "earn", "household": record.home.id, "points": record.points, "on": record.day.isoformat(),
        "item": item, "resident": record.resident_id, "source": source,
    }  # fmt: skip
    return Entry(
        kind=JournalKind.EARN, once=Once.of(hash_uid(source), body), place=Place.of(record.home),
        effective_on=record.day, lines=lines, memo=record.note or (record.item.name if record.item else ""),
        source_key=source, rule_item_id=item, resident_id=record.resident_id,
    )  # fmt: skip


def _last_day(record: Judged) -> date:
    return expires_on(record.item.rule_set, record.day) if record.item else date(record.day.year, 12, 31)
