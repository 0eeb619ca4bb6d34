"""The low-code engine: what stands around forms and records. One pair of functions a noun, called in order.

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-23 01:30:00+00:00
"""

from __future__ import annotations

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
