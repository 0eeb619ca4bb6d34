"""PostgreSQL's word index also knows where a record stands among all, so that the newest are looked through first.

Revision ID: 0008
Revises: 0007
Create Date: 2026-11-30 20:00:00+00:00
"""

from __future__ import annotations

from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

STANDING = ", ".join(f"'@{n}.' || (record_id >> {n})::text" for n in (13, 16, 19))


def upgrade() -> None:
    _indexed(f"(grams || ARRAY[{STANDING}])")


def downgrade() -> None:
    _indexed("grams")


def _indexed(words: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_record_search_grams")
        op.execute(f"CREATE INDEX ix_record_search_grams ON record_search USING gin ({words})")
