"""Whether the database has the schema that this code expects."""

from __future__ import annotations

import functools
from pathlib import Path

from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


@functools.cache
def expected_revision() -> str | None:
    """Return the newest migration that lies in the code."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def told_by_models(name: str | None, kind: str, _parents: object = None) -> bool:
    """Tell whether the models describe this part of the schema, for comparing the two.

    Full-text search is made by migrations alone: SQLite's FTS5 tables, PostgreSQL's GIN index.
    """
    return not (name or "").startswith(("sqlite_", "record_fts") if kind == "table" else "ix_record_search_grams")
