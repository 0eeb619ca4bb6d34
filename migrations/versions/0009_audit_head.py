"""PostgreSQL waits for the audit chain and reads its end in one call: every act does.

Revision ID: 0009
Revises: 0008
Create Date: 2026-12-01 00:20:00+00:00
"""

from __future__ import annotations

from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

LOCK = 0x5A_48_59_45
# Two statements, since what is read must be looked at after the wait: VOLATILE functions see each what is there then.
HEAD = f"""
CREATE FUNCTION audit_head(OUT id bigint, OUT hash varchar) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock({LOCK});
  SELECT e.id, e.hash INTO id, hash FROM audit_event e ORDER BY e.id DESC LIMIT 1;
END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(HEAD)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_head()")
