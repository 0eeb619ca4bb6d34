"""The daily table of points keeps what is typed before it is saved.

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-30 17:10:00+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('points_draft',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('village_id', sa.Integer(), nullable=False),
    sa.Column('rule_item_id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('sealed', sa.Text(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['rule_item_id'], ['coin_rule_item.id'], name=op.f('fk_points_draft_rule_item_id_coin_rule_item')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_points_draft_user_id_user')),
    sa.ForeignKeyConstraint(['village_id'], ['org_unit.id'], name=op.f('fk_points_draft_village_id_org_unit')),
    sa.PrimaryKeyConstraint('user_id', 'village_id', 'rule_item_id', name=op.f('pk_points_draft'))
    )
    op.create_index('ix_points_draft_updated_at', 'points_draft', ['updated_at'])


def downgrade() -> None:
    op.drop_table('points_draft')
