"""The ledger of 道德币: accounts, journals, holds, lots, stations and their stock, rules; and what guards them.

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-23 02:19:23.410985+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

GENESIS = "0" * 64
# Who may never be changed or deleted.
APPEND_ONLY = {
    "coin_journal": ("id",),
    "coin_line": ("journal_id", "n"),
    "coin_lot_use": ("lot_id", "journal_id"),
    "coin_stock_move": ("id",),
    "coin_hold_item": ("hold_id", "good_id"),
    "coin_period": ("county_id", "ym"),
    "coin_claim_step": ("id",),
}
UNDELETABLE = ("coin_account", "coin_hold", "coin_lot", "coin_stock", "coin_claim")
_PUBLISHED = "EXISTS (SELECT 1 FROM coin_rule_set s WHERE s.id = {row}.rule_set_id AND s.state = 'published')"
# What REPLACE would silently delete besides, on a connection without recursive_triggers.
UNREPLACED = {
    "coin_journal": "uid = NEW.uid OR source_key = NEW.source_key OR reverses = NEW.reverses"
    " OR resolves = NEW.resolves",
    "coin_account": "id = NEW.id OR code = NEW.code",
    "coin_hold": "id = NEW.id OR code = NEW.code",
    "coin_lot": "id = NEW.id",
    "coin_stock": "station_id = NEW.station_id AND good_id = NEW.good_id",
}
_NEWEST_LINE = (
    "SELECT CASE WHEN l.from_id = NEW.id THEN l.from_after ELSE l.to_after END FROM coin_line l"
    " WHERE (l.from_id = NEW.id AND l.journal_id = (SELECT max(id) FROM coin_journal))"
    " OR (l.to_id = NEW.id AND l.journal_id = (SELECT max(id) FROM coin_journal))"
    " ORDER BY l.n DESC LIMIT 1"
)
_OPEN_HOLDS = "SELECT coalesce(sum(h.amount), 0) FROM coin_hold h WHERE h.account_id = NEW.id AND h.state = 'open'"
_OPEN_GOODS = (
    "SELECT coalesce(sum(i.quantity), 0) FROM coin_hold h JOIN coin_hold_item i ON i.hold_id = h.id"
    " WHERE h.station_id = NEW.station_id AND h.state = 'open' AND i.good_id = NEW.good_id"
)
_NEWEST_MOVE = (
    "SELECT m.after FROM coin_stock_move m WHERE m.station_id = NEW.station_id AND m.good_id = NEW.good_id"
    " ORDER BY m.id DESC LIMIT 1"
)
_USED = "SELECT coalesce(sum(u.amount), 0) FROM coin_lot_use u WHERE u.lot_id = NEW.id"
_MONTH = {"sqlite": "substr(NEW.effective_on, 1, 7)", "postgresql": "to_char(NEW.effective_on, 'YYYY-MM')"}
# (name, table, event, when it is refused, why). One spelling for both engines.
REFUSED = (
    ("coin_journal_chain", "coin_journal", "INSERT",
     f"NOT ((NEW.id = 1 AND NEW.prev_hash = '{GENESIS}') OR EXISTS (SELECT 1 FROM coin_journal j"
     " WHERE j.id = NEW.id - 1 AND j.hash = NEW.prev_hash))",
     "a journal continues the chain"),
    ("coin_journal_closed", "coin_journal", "INSERT",
     "EXISTS (SELECT 1 FROM coin_period p WHERE p.county_id = NEW.county_id AND p.ym >= {month})",
     "the month is closed"),
    ("coin_line_newest", "coin_line", "INSERT",
     "NEW.journal_id <> (SELECT max(id) FROM coin_journal)", "only the newest journal gets lines"),
    ("coin_line_stale", "coin_line", "INSERT",
     "NEW.from_after <> (SELECT a.balance - NEW.amount FROM coin_account a WHERE a.id = NEW.from_id)"
     " OR NEW.to_after <> (SELECT a.balance + NEW.amount FROM coin_account a WHERE a.id = NEW.to_id)",
     "a line states the balances it leaves"),
    ("coin_account_empty", "coin_account", "INSERT", "NEW.balance <> 0 OR NEW.held <> 0", "an account begins empty"),
    ("coin_account_named", "coin_account", "UPDATE",
     "NEW.id <> OLD.id OR NEW.code <> OLD.code OR NEW.kind <> OLD.kind OR NEW.min_balance <> OLD.min_balance"
     " OR NEW.household_id IS DISTINCT FROM OLD.household_id OR NEW.station_id IS DISTINCT FROM OLD.station_id",
     "an account stays what it is"),
    ("coin_account_balance", "coin_account", "UPDATE",
     f"NEW.balance <> OLD.balance AND NEW.balance IS DISTINCT FROM ({_NEWEST_LINE})", "only a line moves a balance"),
    ("coin_account_held", "coin_account", "UPDATE",
     f"NEW.held <> OLD.held AND NEW.held <> ({_OPEN_HOLDS})", "only holds set coins aside"),
    ("coin_account_closed", "coin_account", "UPDATE",
     "NEW.closed_on IS NOT NULL AND (NEW.balance <> 0 OR NEW.held <> 0)", "only an empty account is closed"),
    ("coin_hold_open", "coin_hold", "INSERT", "NEW.state <> 'open'", "a hold begins open"),
    ("coin_hold_once", "coin_hold", "UPDATE",
     "NEW.id <> OLD.id OR NEW.account_id <> OLD.account_id OR NEW.station_id <> OLD.station_id"
     " OR NEW.amount <> OLD.amount OR NEW.code <> OLD.code OR NEW.expires_at <> OLD.expires_at OR OLD.state <> 'open'"
     " OR NOT EXISTS (SELECT 1 FROM coin_journal j WHERE j.resolves = NEW.id"
     " AND j.kind = CASE NEW.state WHEN 'posted' THEN 'post' WHEN 'voided' THEN 'void' END)",
     "a hold ends once, by its journal"),
    ("coin_lot_whole", "coin_lot", "INSERT", "NEW.remaining <> NEW.amount", "a lot begins whole"),
    ("coin_lot_spent", "coin_lot", "UPDATE",
     "NEW.id <> OLD.id OR NEW.account_id <> OLD.account_id OR NEW.journal_id <> OLD.journal_id"
     " OR NEW.amount <> OLD.amount OR NEW.expires_on IS DISTINCT FROM OLD.expires_on"
     f" OR NEW.remaining <> NEW.amount - ({_USED})",
     "only a use changes a lot"),
    ("coin_stock_empty", "coin_stock", "INSERT", "NEW.on_hand <> 0 OR NEW.reserved <> 0", "stock begins empty"),
    ("coin_stock_moved", "coin_stock", "UPDATE",
     "NEW.station_id <> OLD.station_id OR NEW.good_id <> OLD.good_id"
     f" OR (NEW.on_hand <> OLD.on_hand AND NEW.on_hand IS DISTINCT FROM ({_NEWEST_MOVE}))"
     f" OR (NEW.reserved <> OLD.reserved AND NEW.reserved <> ({_OPEN_GOODS}))",
     "only moves and holds change stock"),
    ("coin_stock_move_stale", "coin_stock_move", "INSERT",
     "NEW.after IS DISTINCT FROM (SELECT s.on_hand + NEW.quantity FROM coin_stock s"
     " WHERE s.station_id = NEW.station_id AND s.good_id = NEW.good_id)",
     "a move states what it leaves"),
    ("coin_hold_item_open", "coin_hold_item", "INSERT",
     "NEW.hold_id <> (SELECT max(id) FROM coin_journal)", "goods are set aside with their hold"),
    ("coin_rule_item_fixed", "coin_rule_item", "UPDATE",
     f"NEW.rule_set_id <> OLD.rule_set_id OR {_PUBLISHED.format(row='OLD')}", "published rules stay"),
    ("coin_rule_item_whole", "coin_rule_item", "INSERT", _PUBLISHED.format(row="NEW"), "published rules stay"),
    ("coin_rule_item_kept", "coin_rule_item", "DELETE", _PUBLISHED.format(row="OLD"), "published rules stay"),
    ("coin_rule_set_fixed", "coin_rule_set", "UPDATE",
     "OLD.state = 'published' AND (NEW.id <> OLD.id OR NEW.state <> OLD.state OR NEW.number <> OLD.number"
     " OR NEW.org_id <> OLD.org_id OR NEW.county_id <> OLD.county_id"
     " OR NEW.village_id IS DISTINCT FROM OLD.village_id OR NEW.valid_from <> OLD.valid_from"
     " OR NEW.expiry_years IS DISTINCT FROM OLD.expiry_years"
     " OR NEW.expiry_months IS DISTINCT FROM OLD.expiry_months OR NEW.note <> OLD.note)",
     "published rules stay"),
    ("coin_rule_set_kept", "coin_rule_set", "DELETE", "OLD.state = 'published'", "published rules stay"),
    ("coin_claim_fixed", "coin_claim", "UPDATE",
     "OLD.journal_id IS NOT NULL OR NEW.id <> OLD.id OR NEW.uid <> OLD.uid OR NEW.household_id <> OLD.household_id"
     " OR NEW.rule_item_id <> OLD.rule_item_id OR NEW.points <> OLD.points OR NEW.done_on <> OLD.done_on"
     " OR NEW.filer_id IS DISTINCT FROM OLD.filer_id",
     "a claim stays what was claimed"),
)  # fmt: skip
# (name, table, event, what follows).
FOLLOWS = (
    ("coin_line_moves", "coin_line", "INSERT",
     ("UPDATE coin_account SET balance = NEW.from_after WHERE id = NEW.from_id",
      "UPDATE coin_account SET balance = NEW.to_after WHERE id = NEW.to_id")),
    ("coin_hold_sets_aside", "coin_hold", "INSERT",
     ("UPDATE coin_account SET held = held + NEW.amount WHERE id = NEW.account_id",)),
    ("coin_hold_lets_go", "coin_hold", "UPDATE",
     ("UPDATE coin_account SET held = held - NEW.amount WHERE id = NEW.account_id",
      "UPDATE coin_stock SET reserved = reserved - (SELECT i.quantity FROM coin_hold_item i"
      " WHERE i.hold_id = NEW.id AND i.good_id = coin_stock.good_id) WHERE station_id = NEW.station_id"
      " AND good_id IN (SELECT i.good_id FROM coin_hold_item i WHERE i.hold_id = NEW.id)")),
    ("coin_hold_item_reserves", "coin_hold_item", "INSERT",
     ("UPDATE coin_stock SET reserved = reserved + NEW.quantity WHERE good_id = NEW.good_id"
      " AND station_id = (SELECT h.station_id FROM coin_hold h WHERE h.id = NEW.hold_id)",)),
    ("coin_lot_use_takes", "coin_lot_use", "INSERT",
     ("UPDATE coin_lot SET remaining = remaining - NEW.amount WHERE id = NEW.lot_id",)),
    ("coin_stock_move_counts", "coin_stock_move", "INSERT",
     ("UPDATE coin_stock SET on_hand = NEW.after WHERE station_id = NEW.station_id AND good_id = NEW.good_id",)),
)  # fmt: skip


ROLES = (
    "'admin','dispatcher','township_official','village_official','grid_worker','department_handler','mediator',"
    "'discipline_inspector','judge','leader','auditor'"
)


def upgrade() -> None:
    create_tables()
    create_claims()
    _roles(f"{ROLES},'station_clerk','villager'")
    with op.batch_alter_table("user") as batch:
        batch.add_column(sa.Column("resident_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_user_resident_id_resident"), "resident", ["resident_id"], ["id"])
    sqlite = op.get_bind().dialect.name == "sqlite"
    month = _MONTH["sqlite" if sqlite else "postgresql"]
    for name, table, event, condition, why in REFUSED:
        (_refuse_sqlite if sqlite else _refuse_postgresql)(name, table, event, condition.replace("{month}", month), why)
    for name, table, event, statements in FOLLOWS:
        (_follow_sqlite if sqlite else _follow_postgresql)(name, table, event, statements)
    (_keep_sqlite if sqlite else _keep_postgresql)()


def _roles(roles: str) -> None:
    with op.batch_alter_table("membership") as batch:
        batch.drop_constraint(op.f("ck_membership_role"), type_="check")
        batch.create_check_constraint(op.f("ck_membership_role"), f"role in ({roles})")


def downgrade() -> None:
    op.drop_table("coin_claim_step")
    op.drop_table("coin_claim")
    drop_tables()  # the triggers go with their tables
    op.execute("DELETE FROM membership WHERE role IN ('station_clerk','villager')")
    _roles(ROLES)
    with op.batch_alter_table("user") as batch:
        batch.drop_constraint(op.f("fk_user_resident_id_resident"), type_="foreignkey")
        batch.drop_column("resident_id")
    if op.get_bind().dialect.name == "postgresql":
        for name, *_rest in (*REFUSED, *FOLLOWS):
            op.execute(f"DROP FUNCTION {name}()")


def _refuse_sqlite(name: str, table: str, event: str, condition: str, why: str) -> None:
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{why}'); END"
    )


def _refuse_postgresql(name: str, table: str, event: str, condition: str, why: str) -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN"
        f" RAISE EXCEPTION '{why}' USING ERRCODE = 'integrity_constraint_violation'; END IF;"
        " RETURN coalesce(NEW, OLD); END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def _follow_sqlite(name: str, table: str, event: str, statements: tuple[str, ...]) -> None:
    op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {'; '.join(statements)}; END")


def _follow_postgresql(name: str, table: str, event: str, statements: tuple[str, ...]) -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {'; '.join(statements)}; RETURN NULL; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def _keep_sqlite() -> None:
    """Refuse UPDATE, DELETE and INSERT OR REPLACE: REPLACE runs DELETE triggers only under recursive_triggers."""
    for table, key in APPEND_ONLY.items():
        same = " AND ".join(f"{column} = NEW.{column}" for column in key)
        _refuse_sqlite(f"{table}_no_replace", table, "INSERT", f"EXISTS (SELECT 1 FROM {table} WHERE {same})",
                       f"{table} is append-only")
        _refuse_sqlite(f"{table}_no_update", table, "UPDATE", "1", f"{table} is append-only")
    for table, condition in UNREPLACED.items():
        _refuse_sqlite(f"{table}_no_other", table, "INSERT", f"EXISTS (SELECT 1 FROM {table} WHERE {condition})",
                       f"{table} is never replaced")
    for table in (*APPEND_ONLY, *UNDELETABLE):
        _refuse_sqlite(f"{table}_no_delete", table, "DELETE", "1", f"{table} is never deleted from")


def _keep_postgresql() -> None:
    for table in (*APPEND_ONLY, *UNDELETABLE):
        events = "UPDATE OR DELETE OR TRUNCATE" if table in APPEND_ONLY else "DELETE OR TRUNCATE"
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE {events} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )




def create_claims() -> None:
    op.create_table('coin_claim',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('household_id', sa.Integer(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=True),
    sa.Column('rule_item_id', sa.Integer(), nullable=False),
    sa.Column('points', sa.Integer(), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=False),
    sa.Column('what', sa.String(length=200), nullable=False),
    sa.Column('evidence', sa.String(length=500), nullable=False),
    sa.Column('photo', sa.String(length=32), nullable=True),
    sa.Column('record_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('filer_id', sa.Integer(), nullable=True),
    sa.Column('filed_on', sa.Date(), nullable=False),
    sa.Column('notice_until', sa.Date(), nullable=True),
    sa.Column('appealed', sa.Boolean(), nullable=False),
    sa.Column('waits_for', sa.String(length=200), nullable=False),
    sa.Column('journal_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('county_id', sa.Integer(), nullable=False),
    sa.Column('town_id', sa.Integer(), nullable=True),
    sa.Column('village_id', sa.Integer(), nullable=True),
    sa.Column('org_id', sa.Integer(), nullable=False),
    sa.Column('row_version', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint("(state = 'posted') = (journal_id is not null)", name=op.f('ck_coin_claim_posted')),
    sa.CheckConstraint("state in ('filed','agreed','notice','contested','posted','refused','withdrawn')", name=op.f('ck_coin_claim_state')),
    sa.CheckConstraint("state not in ('notice','contested') or notice_until is not null", name=op.f('ck_coin_claim_notice')),
    sa.CheckConstraint('points > 0', name=op.f('ck_coin_claim_points')),
    sa.ForeignKeyConstraint(['county_id'], ['org_unit.id'], name=op.f('fk_coin_claim_county_id_org_unit')),
    sa.ForeignKeyConstraint(['filer_id'], ['user.id'], name=op.f('fk_coin_claim_filer_id_user')),
    sa.ForeignKeyConstraint(['household_id'], ['household.id'], name=op.f('fk_coin_claim_household_id_household')),
    sa.ForeignKeyConstraint(['journal_id'], ['coin_journal.id'], name=op.f('fk_coin_claim_journal_id_coin_journal')),
    sa.ForeignKeyConstraint(['org_id'], ['org_unit.id'], name=op.f('fk_coin_claim_org_id_org_unit')),
    sa.ForeignKeyConstraint(['record_id'], ['record.id'], name=op.f('fk_coin_claim_record_id_record')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_coin_claim_resident_id_resident')),
    sa.ForeignKeyConstraint(['rule_item_id'], ['coin_rule_item.id'], name=op.f('fk_coin_claim_rule_item_id_coin_rule_item')),
    sa.ForeignKeyConstraint(['town_id'], ['org_unit.id'], name=op.f('fk_coin_claim_town_id_org_unit')),
    sa.ForeignKeyConstraint(['village_id'], ['org_unit.id'], name=op.f('fk_coin_claim_village_id_org_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coin_claim')),
    sa.UniqueConstraint('journal_id', name=op.f('uq_coin_claim_journal_id')),
    sa.UniqueConstraint('uid', name=op.f('uq_coin_claim_uid'))
    )
    op.create_index('ix_coin_claim_county', 'coin_claim', ['county_id', 'state', 'id'], unique=False)
    op.create_index('ix_coin_claim_due', 'coin_claim', ['state', 'notice_until'], unique=False)
    op.create_index('ix_coin_claim_filer', 'coin_claim', ['filer_id', 'id'], unique=False)
    op.create_index('ix_coin_claim_household', 'coin_claim', ['household_id', 'id'], unique=False)
    op.create_index('ix_coin_claim_item', 'coin_claim', ['rule_item_id', 'done_on'], unique=False)
    op.create_index('ix_coin_claim_photo', 'coin_claim', ['photo'], unique=False)
    op.create_index('ix_coin_claim_town', 'coin_claim', ['town_id', 'state', 'id'], unique=False)
    op.create_index('ix_coin_claim_village', 'coin_claim', ['village_id', 'state', 'id'], unique=False)
    op.create_table('coin_claim_step',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('claim_id', sa.Integer(), nullable=False),
    sa.Column('act', sa.String(length=16), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('actor_name', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['user.id'], name=op.f('fk_coin_claim_step_actor_id_user')),
    sa.ForeignKeyConstraint(['claim_id'], ['coin_claim.id'], name=op.f('fk_coin_claim_step_claim_id_coin_claim')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coin_claim_step'))
    )
    op.create_index('ix_coin_claim_step_claim_id', 'coin_claim_step', ['claim_id', 'id'], unique=False)


def create_tables() -> None:
    # ### commands auto generated by Alembic - please adjust! ###
    op.create_table('coin_good',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('county_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('pinyin', sa.String(length=200), nullable=False),
    sa.Column('unit', sa.String(length=16), nullable=False),
    sa.Column('price', sa.Integer(), nullable=False),
    sa.Column('picture', sa.String(length=32), nullable=True),
    sa.Column('on_sale', sa.Boolean(), nullable=False),
    sa.Column('row_version', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint('price > 0', name=op.f('ck_coin_good_price')),
    sa.ForeignKeyConstraint(['county_id'], ['org_unit.id'], name=op.f('fk_coin_good_county_id_org_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coin_good')),
    sa.UniqueConstraint('county_id', 'code', name=op.f('uq_coin_good_county_id_code'))
    )
    op.create_table('coin_station',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('opened_on', sa.Date(), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('county_id', sa.Integer(), nullable=False),
    sa.Column('town_id', sa.Integer(), nullable=True),
    sa.Column('village_id', sa.Integer(), nullable=True),
    sa.Column('org_id', sa.Integer(), nullable=False),
    sa.Column('row_version', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint('closed_on is null or closed_on >= opened_on', name=op.f('ck_coin_station_dates')),
    sa.ForeignKeyConstraint(['county_id'], ['org_unit.id'], name=op.f('fk_coin_station_county_id_org_unit')),
    sa.ForeignKeyConstraint(['org_id'], ['org_unit.id'], name=op.f('fk_coin_station_org_id_org_unit')),
    sa.ForeignKeyConstraint(['town_id'], ['org_unit.id'], name=op.f('fk_coin_station_town_id_org_unit')),
    sa.ForeignKeyConstraint(['village_id'], ['org_unit.id'], name=op.f('fk_coin_station_village_id_org_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coin_station')),
    sa.UniqueConstraint('county_id', 'code', name=op.f('uq_coin_station_county_id_code'))
    )
    with op.batch_alter_table('coin_station', schema=None) as batch_op:
        batch_op.create_index('ix_coin_station_village', ['village_id', 'id'], unique=False)

    op.create_table('coin_account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('household_id', sa.Integer(), nullable=True),
    sa.Column('station_id', sa.Integer(), nullable=True),
    sa.Column('min_balance', sa.BigInteger(), nullable=False),
    sa.Column('balance', sa.BigInteger(), nullable=False),
    sa.Column('held', sa.BigInteger(), nullable=False),
    sa.Column('opened_on', sa.Date(), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('county_id', sa.Integer(), nullable=False),
    sa.Column('town_id', sa.Integer(), nullable=True),
    sa.Column('village_id', sa.Integer(), nullable=True),
    sa.Column('org_id', sa.Integer(), nullable=False),
    sa.CheckConstraint("(kind = 'station') = (station_id is not null)", name=op.f('ck_coin_account_station')),
    sa.CheckConstraint("(kind in ('household','debt')) = (household_id is not null)", name=op.f('ck_coin_account_household')),
    sa.CheckConstraint("kind <> 'debt' or balance <= 0", name=op.f('ck_coin_account_debt')),
    sa.CheckConstraint("kind in ('issuer','budget','household','debt','station','expired','settled')", name=op.f('ck_coin_account_kind')),
    sa.CheckConstraint("min_balance = 0 or (min_balance = -1000000000000000 and kind in ('issuer','debt'))", name=op.f('ck_coin_account_floor')),
    sa.CheckConstraint('balance - held >= min_balance', name=op.f('ck_coin_account_available')),
    sa.CheckConstraint('held >= 0', name=op.f('ck_coin_account_held')),
    sa.ForeignKeyConstraint(['county_id'], ['org_unit.id'], name=op.f('fk_coin_account_county_id_org_unit')),
    sa.ForeignKeyConstraint(['household_id'], ['household.id'], name=op.f('fk_coin_account_household_id_household')),
    sa.ForeignKeyConstraint(['org_id'], ['org_unit.id'], name=op.f('fk_coin_account_org_id_org_unit')),
    sa.ForeignKeyConstraint(['station_id'], ['coin_station.id'], name=op.f('fk_coin_account_station_id_coin_station')),
    sa.ForeignKeyConstraint(['town_id'], ['org_unit.id'], name=op.f('fk_coin_account_town_id_org_unit')),
    sa.ForeignKeyConstraint(['village_id'], ['org_unit.id'], name=op.f('fk_coin_account_village_id_org_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coin_account')),
    sa.UniqueConstraint('code', name=op.f('uq_coin_account_code'))
    )
    with op.batch_alter_table('coin_account', schema=None) as batch_op:
        batch_op.create_index('ix_coin_account_county', ['county_id', 'kind', 'id'], unique=False)
        batch_op.create_index('ix_coin_account_household_id', ['household_id', 'kind'], unique=True)
        batch_op.create_index('ix_coin_account_station_id', ['station_id'], unique=True)
        batch_op.create_index('ix_coin_account_village', ['village_id', 'kind', 'id'], unique=False)

    op.create_table('coin_period',
    sa.Column('county_id', sa.Integer(), nullable=False),
    sa.Column('ym', sa.String(length=7), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_by', sa.Integer(), nullable=True),
    sa.Column('head_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('head_hash', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['closed_by'], ['user.id'], name=op.f('fk_coin_period_closed_by_user')),
    sa.ForeignKeyConstraint(['county_id'], ['org_unit.id'], name=op.f('fk_coin_period_county_id_org_unit')),
    sa.PrimaryKeyConstraint('county_id', 'ym', name=op.f('pk_coin_period'))
    )
    op.create_table('coin_rule_set',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('expiry_years', sa.Integer(), nullable=True),
    sa.Column('expiry_months', sa.Integer(), nullable=True),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('published_by', sa.Integer(), nullable=True),
    sa.Column('county_id', sa.Integer(), nullable=False),
    sa.Column('town_id', sa.Integer(), nullable=True),
    sa.Column('village_id', sa.Integer(), nullable=True),
    sa.Column('org_id', sa.Integer(), nullable=False),
    sa.Column('row_version', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint("state in ('draft','published')", name=op.f('ck_coin_rule_set_state')),
    sa.CheckConstraint('(expiry_years is null) <> (expiry_months is null)', name=op.f('ck_coin_rule_set_expiry')),
    sa.CheckConstraint('valid_to is null or valid_to > valid_from', name=op.f('ck_coin_rule_set_dates')),
    sa.ForeignKeyConstraint(['county_id'], ['org_unit.id'], name=op.f('fk_coin_rule_set_county_id_org_unit')),
    sa.ForeignKeyConstraint(['org_id'], ['org_unit.id'], name=op.f('fk_coin_rule_set_org_id_org_unit')),
    sa.ForeignKeyConstraint(['published_by'], ['user.id'], name=op.f('fk_coin_rule_set_published_by_user')),
    sa.ForeignKeyConstraint(['town_id'], ['org_unit.id'], name=op.f('fk_coin_rule_set_town_id_org_unit')),
    sa.ForeignKeyConstraint(['village_id'], ['org_unit.id'], name=op.f('fk_coin_rule_set_village_id_org_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coin_rule_set')),
    sa.UniqueConstraint('org_id', 'number', name=op.f('uq_coin_rule_set_org_id_number'))
    )
    op.create_table('coin_stock',
    sa.Column('station_id', sa.Integer(), nullable=False),
    sa.Column('good_id', sa.Integer(), nullable=False),
    sa.Column('on_hand', sa.Integer(), nullable=False),
    sa.Column('reserved', sa.Integer(), nullable=False),
    sa.Column('low_at', sa.Integer(), nullable=False),
    sa.CheckConstraint('on_hand - reserved >= 0', name=op.f('ck_coin_stock_available')),
    sa.CheckConstraint('reserved >= 0', name=op.f('ck_coin_stock_reserved')),
    sa.ForeignKeyConstraint(['good_id'], ['coin_good.id'], name=op.f('fk_coin_stock_good_id_coin_good')),
    sa.ForeignKeyConstraint(['station_id'], ['coin_station.id'], name=op.f('fk_coin_stock_station_id_coin_station')),
    sa.PrimaryKeyConstraint('station_id', 'good_id', name=op.f('pk_coin_stock'))
    )
    op.create_table('coin_rule_item',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('rule_set_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('points_min', sa.Integer(), nullable=False),
    sa.Column('points_max', sa.Integer(), nullable=False),
    sa.Column('cap_person_month', sa.Integer(), nullable=True),
    sa.Column('cap_household_month', sa.Integer(), nullable=True),
    sa.Column('cap_village_month', sa.Integer(), nullable=True),
    sa.Column('evidence', sa.String(length=8), nullable=False),
    sa.Column('claimants', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('approvers', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('review', sa.Boolean(), nullable=False),
    sa.Column('notice_days', sa.Integer(), nullable=False),
    sa.Column('form_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("direction = 'earn' or (notice_days > 0 and evidence <> 'none')", name=op.f('ck_coin_rule_item_deduction')),
    sa.CheckConstraint("direction in ('earn','deduct')", name=op.f('ck_coin_rule_item_direction')),
    sa.CheckConstraint("evidence in ('none','text','photo')", name=op.f('ck_coin_rule_item_evidence')),
    sa.CheckConstraint('notice_days >= 0 and notice_days <= 60', name=op.f('ck_coin_rule_item_notice')),
    sa.CheckConstraint('points_min > 0 and points_max >= points_min', name=op.f('ck_coin_rule_item_points')),
    sa.ForeignKeyConstraint(['form_id'], ['form.id'], name=op.f('fk_coin_rule_item_form_id_form')),
    sa.ForeignKeyConstraint(['rule_set_id'], ['coin_rule_set.id'], name=op.f('fk_coin_rule_item_rule_set_id_coin_rule_set')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coin_rule_item')),
    sa.UniqueConstraint('rule_set_id', 'code', name=op.f('uq_coin_rule_item_rule_set_id_code'))
    )
    op.create_table('coin_journal',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('body_hash', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('actor_name', sa.String(length=64), nullable=False),
    sa.Column('origin', sa.String(length=64), nullable=False),
    sa.Column('memo', sa.String(length=200), nullable=False),
    sa.Column('rule_item_id', sa.Integer(), nullable=True),
    sa.Column('resident_id', sa.Integer(), nullable=True),
    sa.Column('source_key', sa.String(length=120), nullable=True),
    sa.Column('reverses', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('resolves', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('county_id', sa.Integer(), nullable=False),
    sa.Column('town_id', sa.Integer(), nullable=True),
    sa.Column('village_id', sa.Integer(), nullable=True),
    sa.Column('org_id', sa.Integer(), nullable=False),
    sa.CheckConstraint("(kind = 'reverse') = (reverses is not null)", name=op.f('ck_coin_journal_reverses')),
    sa.CheckConstraint("(kind in ('post','void')) = (resolves is not null)", name=op.f('ck_coin_journal_resolves')),
    sa.CheckConstraint("kind in ('allot','earn','deduct','redeem','hold','post','void','reverse','expire','settle','bonus')", name=op.f('ck_coin_journal_kind')),
    sa.CheckConstraint('id >= 1', name=op.f('ck_coin_journal_id')),
    sa.ForeignKeyConstraint(['actor_id'], ['user.id'], name=op.f('fk_coin_journal_actor_id_user')),
    sa.ForeignKeyConstraint(['county_id'], ['org_unit.id'], name=op.f('fk_coin_journal_county_id_org_unit')),
    sa.ForeignKeyConstraint(['org_id'], ['org_unit.id'], name=op.f('fk_coin_journal_org_id_org_unit')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_coin_journal_resident_id_resident')),
    sa.ForeignKeyConstraint(['resolves'], ['coin_journal.id'], name=op.f('fk_coin_journal_resolves_coin_journal')),
    sa.ForeignKeyConstraint(['reverses'], ['coin_journal.id'], name=op.f('fk_coin_journal_reverses_coin_journal')),
    sa.ForeignKeyConstraint(['rule_item_id'], ['coin_rule_item.id'], name=op.f('fk_coin_journal_rule_item_id_coin_rule_item')),
    sa.ForeignKeyConstraint(['town_id'], ['org_unit.id'], name=op.f('fk_coin_journal_town_id_org_unit')),
    sa.ForeignKeyConstraint(['village_id'], ['org_unit.id'], name=op.f('fk_coin_journal_village_id_org_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coin_journal')),
    sa.UniqueConstraint('resolves', name=op.f('uq_coin_journal_resolves')),
    sa.UniqueConstraint('reverses', name=op.f('uq_coin_journal_reverses')),
    sa.UniqueConstraint('source_key', name=op.f('uq_coin_journal_source_key')),
    sa.UniqueConstraint('uid', name=op.f('uq_coin_journal_uid'))
    )
    with op.batch_alter_table('coin_journal', schema=None) as batch_op:
        batch_op.create_index('ix_coin_journal_county', ['county_id', 'effective_on', 'id'], unique=False)
        batch_op.create_index('ix_coin_journal_rule_item_id', ['rule_item_id', 'id'], unique=False)
        batch_op.create_index('ix_coin_journal_village', ['village_id', 'effective_on', 'id'], unique=False)

    op.create_table('coin_hold',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('station_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=16), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state in ('open','posted','voided')", name=op.f('ck_coin_hold_state')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_coin_hold_amount')),
    sa.ForeignKeyConstraint(['account_id'], ['coin_account.id'], name=op.f('fk_coin_hold_account_id_coin_account')),
    sa.ForeignKeyConstraint(['id'], ['coin_journal.id'], name=op.f('fk_coin_hold_id_coin_journal')),
    sa.ForeignKeyConstraint(['station_id'], ['coin_station.id'], name=op.f('fk_coin_hold_station_id_coin_station')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coin_hold')),
    sa.UniqueConstraint('code', name=op.f('uq_coin_hold_code'))
    )
    with op.batch_alter_table('coin_hold', schema=None) as batch_op:
        batch_op.create_index('ix_coin_hold_account', ['account_id', 'state'], unique=False)
        batch_op.create_index('ix_coin_hold_due', ['state', 'expires_at'], unique=False)
        batch_op.create_index('ix_coin_hold_station', ['station_id', 'state'], unique=False)

    op.create_table('coin_line',
    sa.Column('journal_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('from_id', sa.Integer(), nullable=False),
    sa.Column('to_id', sa.Integer(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('from_after', sa.BigInteger(), nullable=False),
    sa.Column('to_after', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount > 0 and amount <= 1000000000', name=op.f('ck_coin_line_amount')),
    sa.CheckConstraint('from_id <> to_id', name=op.f('ck_coin_line_accounts')),
    sa.ForeignKeyConstraint(['from_id'], ['coin_account.id'], name=op.f('fk_coin_line_from_id_coin_account')),
    sa.ForeignKeyConstraint(['journal_id'], ['coin_journal.id'], name=op.f('fk_coin_line_journal_id_coin_journal')),
    sa.ForeignKeyConstraint(['to_id'], ['coin_account.id'], name=op.f('fk_coin_line_to_id_coin_account')),
    sa.PrimaryKeyConstraint('journal_id', 'n', name=op.f('pk_coin_line'))
    )
    with op.batch_alter_table('coin_line', schema=None) as batch_op:
        batch_op.create_index('ix_coin_line_from', ['from_id', 'journal_id', 'n'], unique=False)
        batch_op.create_index('ix_coin_line_to', ['to_id', 'journal_id', 'n'], unique=False)

    op.create_table('coin_lot',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('journal_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('remaining', sa.BigInteger(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.CheckConstraint('amount > 0', name=op.f('ck_coin_lot_amount')),
    sa.CheckConstraint('remaining >= 0 and remaining <= amount', name=op.f('ck_coin_lot_remaining')),
    sa.ForeignKeyConstraint(['account_id'], ['coin_account.id'], name=op.f('fk_coin_lot_account_id_coin_account')),
    sa.ForeignKeyConstraint(['journal_id'], ['coin_journal.id'], name=op.f('fk_coin_lot_journal_id_coin_journal')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coin_lot'))
    )
    with op.batch_alter_table('coin_lot', schema=None) as batch_op:
        batch_op.create_index('ix_coin_lot_account', ['account_id', 'expires_on', 'id'], unique=False)
        batch_op.create_index('ix_coin_lot_due', ['expires_on', 'account_id'], unique=False)

    op.create_table('coin_stock_move',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('station_id', sa.Integer(), nullable=False),
    sa.Column('good_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('after', sa.Integer(), nullable=False),
    sa.Column('price', sa.Integer(), nullable=True),
    sa.Column('journal_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(kind in ('redeem','return')) = (journal_id is not null)", name=op.f('ck_coin_stock_move_journal')),
    sa.CheckConstraint("kind in ('in','out','count','loss','redeem','return')", name=op.f('ck_coin_stock_move_kind')),
    sa.CheckConstraint('quantity <> 0', name=op.f('ck_coin_stock_move_quantity')),
    sa.ForeignKeyConstraint(['actor_id'], ['user.id'], name=op.f('fk_coin_stock_move_actor_id_user')),
    sa.ForeignKeyConstraint(['good_id'], ['coin_good.id'], name=op.f('fk_coin_stock_move_good_id_coin_good')),
    sa.ForeignKeyConstraint(['journal_id'], ['coin_journal.id'], name=op.f('fk_coin_stock_move_journal_id_coin_journal')),
    sa.ForeignKeyConstraint(['station_id'], ['coin_station.id'], name=op.f('fk_coin_stock_move_station_id_coin_station')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coin_stock_move'))
    )
    with op.batch_alter_table('coin_stock_move', schema=None) as batch_op:
        batch_op.create_index('ix_coin_stock_move_journal_id', ['journal_id'], unique=False)
        batch_op.create_index('ix_coin_stock_move_stock', ['station_id', 'good_id', 'id'], unique=False)

    op.create_table('coin_hold_item',
    sa.Column('hold_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('good_id', sa.Integer(), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('price', sa.Integer(), nullable=False),
    sa.CheckConstraint('quantity > 0 and price > 0', name=op.f('ck_coin_hold_item_amounts')),
    sa.ForeignKeyConstraint(['good_id'], ['coin_good.id'], name=op.f('fk_coin_hold_item_good_id_coin_good')),
    sa.ForeignKeyConstraint(['hold_id'], ['coin_hold.id'], name=op.f('fk_coin_hold_item_hold_id_coin_hold')),
    sa.PrimaryKeyConstraint('hold_id', 'good_id', name=op.f('pk_coin_hold_item'))
    )
    op.create_table('coin_lot_use',
    sa.Column('lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('journal_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount <> 0', name=op.f('ck_coin_lot_use_amount')),
    sa.ForeignKeyConstraint(['journal_id'], ['coin_journal.id'], name=op.f('fk_coin_lot_use_journal_id_coin_journal')),
    sa.ForeignKeyConstraint(['lot_id'], ['coin_lot.id'], name=op.f('fk_coin_lot_use_lot_id_coin_lot')),
    sa.PrimaryKeyConstraint('lot_id', 'journal_id', name=op.f('pk_coin_lot_use'))
    )
    with op.batch_alter_table('coin_lot_use', schema=None) as batch_op:
        batch_op.create_index('ix_coin_lot_use_journal_id', ['journal_id'], unique=False)

    # ### end Alembic commands ###


def drop_tables() -> None:
    # ### commands auto generated by Alembic - please adjust! ###
    with op.batch_alter_table('coin_lot_use', schema=None) as batch_op:
        batch_op.drop_index('ix_coin_lot_use_journal_id')

    op.drop_table('coin_lot_use')
    op.drop_table('coin_hold_item')
    with op.batch_alter_table('coin_stock_move', schema=None) as batch_op:
        batch_op.drop_index('ix_coin_stock_move_stock')
        batch_op.drop_index('ix_coin_stock_move_journal_id')

    op.drop_table('coin_stock_move')
    with op.batch_alter_table('coin_lot', schema=None) as batch_op:
        batch_op.drop_index('ix_coin_lot_due')
        batch_op.drop_index('ix_coin_lot_account')

    op.drop_table('coin_lot')
    with op.batch_alter_table('coin_line', schema=None) as batch_op:
        batch_op.drop_index('ix_coin_line_to')
        batch_op.drop_index('ix_coin_line_from')

    op.drop_table('coin_line')
    with op.batch_alter_table('coin_hold', schema=None) as batch_op:
        batch_op.drop_index('ix_coin_hold_station')
        batch_op.drop_index('ix_coin_hold_due')
        batch_op.drop_index('ix_coin_hold_account')

    op.drop_table('coin_hold')
    with op.batch_alter_table('coin_journal', schema=None) as batch_op:
        batch_op.drop_index('ix_coin_journal_village')
        batch_op.drop_index('ix_coin_journal_rule_item_id')
        batch_op.drop_index('ix_coin_journal_county')

    op.drop_table('coin_journal')
    op.drop_table('coin_rule_item')
    op.drop_table('coin_stock')
    op.drop_table('coin_rule_set')
    op.drop_table('coin_period')
    with op.batch_alter_table('coin_account', schema=None) as batch_op:
        batch_op.drop_index('ix_coin_account_village')
        batch_op.drop_index('ix_coin_account_station_id')
        batch_op.drop_index('ix_coin_account_household_id')
        batch_op.drop_index('ix_coin_account_county')

    op.drop_table('coin_account')
    with op.batch_alter_table('coin_station', schema=None) as batch_op:
        batch_op.drop_index('ix_coin_station_village')

    op.drop_table('coin_station')
    op.drop_table('coin_good')
    # ### end Alembic commands ###
