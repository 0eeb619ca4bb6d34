"""Acts around the figures of the coin ledger: counters written anew from the journals, figures taken away as a file."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from models.orgs import OrgUnit
from queries.coin_counts import KEY, counted_anew, counters, differences
from queries.exports import Sheet
from queries.orgs import counties
from services.access import require
from services.audit import record_audit
from services.exports import Export
from services.posting import open_ledger
from services.statistics import export_sheet
from services.transaction import transaction


@transaction
def recount(*, actor: Actor, at: datetime) -> int:
    """Write the counters anew from the journals, while nobody posts; return how many were not as they must be."""
    open_ledger()
    connection = db.session.connection()
    wrong = len(differences(connection))
    if wrong:
        connection.execute(sa.delete(counters))
        anew = counted_anew(connection.dialect.name)
        connection.execute(sa.insert(counters).from_select([*KEY, "n", "coins"], anew))
    for county in counties():
        record_audit("coin:recount", county, actor=actor, at=at, after={"mended": wrong})
    return wrong


def export_figures(unit: OrgUnit, sheet: Sheet, *, kind: str, actor: Actor, at: datetime, today: date) -> Export:
    """Write the figures of a unit as xlsx or csv. Raises NotAllowed, NotFound, and KeyError on an unknown kind."""
    require(actor, "coin:export", unit)
    return export_sheet(unit, "coin:statistics", sheet, kind=kind, actor=actor, at=at, today=today)
