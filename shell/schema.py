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
