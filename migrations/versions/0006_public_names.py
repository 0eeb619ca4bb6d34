"""Whether public papers hide names was a switch and is a choice now: what a county had chosen is carried over.

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-30 18:00:00+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

SWITCH, CHOICE = 'mask_public_names', 'public_names'
setting = sa.table(
    'setting', sa.column('id', sa.Integer), sa.column('county_id', sa.Integer), sa.column('key', sa.String),
    sa.column('value', sa.JSON().with_variant(JSONB(), 'postgresql')),
)


def upgrade() -> None:
    """A county that has made the new choice already keeps it: it is the later one."""
    connection = op.get_bind()
    chosen = set(connection.scalars(sa.select(setting.c.county_id).where(setting.c.key == CHOICE)))
    switches = connection.execute(sa.select(setting).where(setting.c.key == SWITCH)).all()
    for row in switches:
        mine = setting.c.id == row.id
        if row.county_id in chosen:
            connection.execute(sa.delete(setting).where(mine))
        else:
            style = 'family' if row.value else 'full'
            connection.execute(sa.update(setting).where(mine).values(key=CHOICE, value=style))


def downgrade() -> None:
    """Nothing to do: the code of 0005 reads the choice, too, and no longer the switch."""
