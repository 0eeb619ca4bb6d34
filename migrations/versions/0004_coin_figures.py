"""Counters of the coin ledger by place, month and rule item, kept by a trigger; a key by which a notice is sent once.

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-30 09:10:00+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

# Which way a line's coins went, by the kinds of the account they left and the one they came to.
FLOWS = (
    ("issuer", "budget", "allot"),
    ("budget", "issuer", "allot_back"),
    ("budget", "household", "earn"),
    ("budget", "debt", "earn"),
    ("household", "budget", "earn_back"),
    ("debt", "budget", "earn_back"),
    ("household", "issuer", "deduct"),
    ("issuer", "household", "deduct_back"),
    ("household", "station", "redeem"),
    ("station", "household", "redeem_back"),
    ("household", "expired", "expire"),
    ("expired", "budget", "expire_back"),
    ("station", "settled", "settle"),
)
_FLOW = " ".join(
    f"WHEN a.kind = '{giver}' AND b.kind = '{taker}' THEN '{flow}'" for giver, taker, flow in FLOWS
)
_MONTH = {"sqlite": "substr(j.effective_on, 1, 7)", "postgresql": "to_char(j.effective_on, 'YYYY-MM')"}
_COUNTED = (
    "SELECT j.county_id, {month}, coalesce(j.town_id, 0), coalesce(j.village_id, 0), CASE {flow} END AS flow,"
    " coalesce(j.rule_item_id, 0), {n}, {coins} FROM coin_journal j, coin_account a, coin_account b{more}"
    " WHERE j.id = {line}.journal_id AND a.id = {line}.from_id AND b.id = {line}.to_id"
    " AND CASE {flow} END IS NOT NULL"
)
_INTO = "INSERT INTO coin_month (county_id, month, town_id, village_id, flow, rule_item_id, n, coins) "
_ADDED = (
    " ON CONFLICT (county_id, month, town_id, village_id, flow, rule_item_id)"
    " DO UPDATE SET n = coin_month.n + excluded.n, coins = coin_month.coins + excluded.coins"
)
_FIRST = "CASE WHEN {line}.n = 1 THEN 1 ELSE 0 END"


def upgrade() -> None:
    op.create_table('coin_month',
    sa.Column('county_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('town_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('village_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('flow', sa.String(length=16), nullable=False),
    sa.Column('rule_item_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('coins', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('n >= 0 and coins >= 0', name=op.f('ck_coin_month_n')),
    sa.PrimaryKeyConstraint('county_id', 'month', 'town_id', 'village_id', 'flow', 'rule_item_id',
                            name=op.f('pk_coin_month')),
    sqlite_with_rowid=False,
    )
    name = op.get_bind().dialect.name
    first = _FIRST.format(line="l")
    there = _COUNTED.format(
        month=_MONTH[name], flow=_FLOW, n=f"sum({first})", coins="sum(l.amount)", more=", coin_line l", line="l"
    )
    op.execute(f"{_INTO}{there} GROUP BY 1, 2, 3, 4, 5, 6")
    added = _COUNTED.format(
        month=_MONTH[name], flow=_FLOW, n=_FIRST.format(line="NEW"), coins="NEW.amount", more="", line="NEW"
    )
    act = f"{_INTO}{added}{_ADDED}"
    if name == "sqlite":
        op.execute(f"CREATE TRIGGER coin_line_counts AFTER INSERT ON coin_line BEGIN {act}; END")
    else:
        op.execute(
            f"CREATE FUNCTION coin_line_counts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {act}; RETURN NULL; END $$"
        )
        op.execute(
            "CREATE TRIGGER coin_line_counts AFTER INSERT ON coin_line FOR EACH ROW EXECUTE FUNCTION coin_line_counts()"
        )
    op.add_column('outbox', sa.Column('source_key', sa.String(length=120), nullable=True))
    op.create_index('ix_outbox_source_key', 'outbox', ['source_key'], unique=True)


def downgrade() -> None:
    op.drop_index('ix_outbox_source_key', table_name='outbox')
    op.drop_column('outbox', 'source_key')
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER coin_line_counts")
    else:
        op.execute("DROP TRIGGER coin_line_counts ON coin_line")
        op.execute("DROP FUNCTION coin_line_counts()")
    op.drop_table('coin_month')
