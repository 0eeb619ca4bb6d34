"""The counters of the coin ledger count a settlement that is taken back.

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-30 18:05:00+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

SETTLE = "WHEN a.kind = 'station' AND b.kind = 'settled' THEN 'settle'"
BACK = " WHEN a.kind = 'settled' AND b.kind = 'station' THEN 'settle_back'"


def upgrade() -> None:
    _rewritten(SETTLE, SETTLE + BACK)


def downgrade() -> None:
    op.execute("DELETE FROM coin_month WHERE flow = 'settle_back'")
    _rewritten(SETTLE + BACK, SETTLE)


def _rewritten(old: str, new: str) -> None:
    """Put the trigger of migration 0004 in place again, with one case more or less."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        there = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE name = 'coin_line_counts'"))
        op.execute("DROP TRIGGER coin_line_counts")
    else:
        there = connection.scalar(sa.text("SELECT pg_get_functiondef('coin_line_counts()'::regprocedure)"))
    connection.exec_driver_sql(there.replace(old, new))
