"""Acts around the figures of the coin ledger: counters written anew from the journals, figures taken away as a file."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from models.access import Actor
from models.base import db
from queries.coin_counts import KEY, counted_anew, counters, differences
from queries.orgs import counties
from services.audit import record_audit
from services.posting import open_ledger
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
