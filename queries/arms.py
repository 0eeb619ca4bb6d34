"""The arms of lists in the words of this installation's database."""

from __future__ import annotations

from models.base import db
from queries.indexing import IndexedField
from queries.listing import Arms, Cursor, Scope
from queries.listing_postgres import PostgresArms


def arms_over(
    scope: Scope, *, descending: bool = True, cursor: Cursor = None, sort: IndexedField | None = None
) -> Arms:
    """Return empty arms over a scope; the page begins at `cursor`."""
    made = Arms if db.engine.dialect.name == "sqlite" else PostgresArms
    return made(scope, descending=descending, cursor=cursor, sort=sort)
