"""The low-code engine: what stands around forms and records. One pair of functions a noun, called in order.

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-23 01:30:00+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


# ---------- the steps of a form's draft ----------


def upgrade_form_steps() -> None:
    op.create_table('form_step',
    sa.Column('form_id', sa.Integer(), nullable=False),
    sa.Column('n', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('did', sa.String(length=32), nullable=False),
    sa.Column('about', sa.String(length=200), nullable=False),
    sa.Column('document', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('undone', sa.Boolean(), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('n >= 1', name=op.f('ck_form_step_n')),
    sa.ForeignKeyConstraint(['actor_id'], ['user.id'], name=op.f('fk_form_step_actor_id_user')),
    sa.ForeignKeyConstraint(['form_id'], ['form.id'], name=op.f('fk_form_step_form_id_form')),
    sa.PrimaryKeyConstraint('form_id', 'n', name=op.f('pk_form_step'))
    )


def downgrade_form_steps() -> None:
    op.drop_table('form_step')


# ---------- tokens, and what programs handed in ----------


def upgrade_tokens() -> None:
    op.add_column('user', sa.Column('service', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table('api_token',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('tail', sa.String(length=4), nullable=False),
    sa.Column('scopes', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('forms', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_used_origin', sa.String(length=64), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind in ('personal','integration')", name=op.f('ck_api_token_kind')),
    sa.ForeignKeyConstraint(['created_by'], ['user.id'], name=op.f('fk_api_token_created_by_user')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_api_token_user_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_token')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_api_token_token_hash'))
    )
    op.create_index('ix_api_token_user_id', 'api_token', ['user_id', 'revoked_at'], unique=False)
    op.create_table('submission',
    sa.Column('record_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['record_id'], ['record.id'], name=op.f('fk_submission_record_id_record')),
    sa.PrimaryKeyConstraint('record_id', name=op.f('pk_submission'))
    )


def downgrade_tokens() -> None:
    op.drop_table('submission')
    op.drop_table('api_token')
    op.drop_column('user', 'service')


# ---------- webhooks ----------


def upgrade_webhooks() -> None:
    op.create_table('webhook',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('county_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('url', sa.String(length=500), nullable=False),
    sa.Column('secret_sealed', sa.Text(), nullable=False),
    sa.Column('events', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('forms', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('failing_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('row_version', sa.Integer(), server_default='1', nullable=False),
    sa.ForeignKeyConstraint(['county_id'], ['org_unit.id'], name=op.f('fk_webhook_county_id_org_unit')),
    sa.ForeignKeyConstraint(['created_by'], ['user.id'], name=op.f('fk_webhook_created_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook'))
    )
    op.create_index('ix_webhook_county_id', 'webhook', ['county_id', 'active'], unique=False)
    op.create_table('webhook_delivery',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('webhook_id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('event', sa.String(length=32), nullable=False),
    sa.Column('body', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('not_before', sa.DateTime(timezone=True), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('last_attempt_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_status', sa.Integer(), nullable=True),
    sa.Column('last_error', sa.String(length=300), nullable=False),
    sa.CheckConstraint('attempts >= 0', name=op.f('ck_webhook_delivery_attempts')),
    sa.CheckConstraint("state in ('waiting','delivered','failed')", name=op.f('ck_webhook_delivery_state')),
    sa.ForeignKeyConstraint(['webhook_id'], ['webhook.id'], name=op.f('fk_webhook_delivery_webhook_id_webhook')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_delivery')),
    sa.UniqueConstraint('uid', name=op.f('uq_webhook_delivery_uid'))
    )
    op.create_index('ix_webhook_delivery_waiting', 'webhook_delivery', ['state', 'not_before', 'id'], unique=False)
    op.create_index('ix_webhook_delivery_webhook_id', 'webhook_delivery', ['webhook_id', 'id'], unique=False)


def downgrade_webhooks() -> None:
    op.drop_table('webhook_delivery')
    op.drop_table('webhook')


# ---------- imports and exports ----------


def upgrade_imports() -> None:
    op.create_table('import_run',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('form_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('filename', sa.String(length=120), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('mapping', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('problems', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('failure', sa.String(length=300), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('county_id', sa.Integer(), nullable=False),
    sa.Column('town_id', sa.Integer(), nullable=True),
    sa.Column('village_id', sa.Integer(), nullable=True),
    sa.Column('org_id', sa.Integer(), nullable=False),
    sa.CheckConstraint("state in ('uploaded','checking','checked','writing','done','undoing','undone','failed')", name=op.f('ck_import_run_state')),
    sa.ForeignKeyConstraint(['author_id'], ['user.id'], name=op.f('fk_import_run_author_id_user')),
    sa.ForeignKeyConstraint(['form_id'], ['form.id'], name=op.f('fk_import_run_form_id_form')),
    sa.ForeignKeyConstraint(['county_id'], ['org_unit.id'], name=op.f('fk_import_run_county_id_org_unit')),
    sa.ForeignKeyConstraint(['org_id'], ['org_unit.id'], name=op.f('fk_import_run_org_id_org_unit')),
    sa.ForeignKeyConstraint(['town_id'], ['org_unit.id'], name=op.f('fk_import_run_town_id_org_unit')),
    sa.ForeignKeyConstraint(['village_id'], ['org_unit.id'], name=op.f('fk_import_run_village_id_org_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_run')),
    sa.UniqueConstraint('uid', name=op.f('uq_import_run_uid'))
    )
    op.create_index('ix_import_run_form', 'import_run', ['form_id', 'sha256'])
    op.create_index('ix_import_run_author', 'import_run', ['author_id', 'id'])
    op.create_table('imported_record',
    sa.Column('record_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('run_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['record_id'], ['record.id'], name=op.f('fk_imported_record_record_id_record')),
    sa.ForeignKeyConstraint(['run_id'], ['import_run.id'], name=op.f('fk_imported_record_run_id_import_run')),
    sa.PrimaryKeyConstraint('record_id', name=op.f('pk_imported_record'))
    )
    op.create_index('ix_imported_record_run_id', 'imported_record', ['run_id'])


def downgrade_imports() -> None:
    op.drop_table('imported_record')
    op.drop_table('import_run')


def upgrade_exports() -> None:
    op.create_table('export_job',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('form_id', sa.Integer(), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=False),
    sa.Column('request', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('options', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('cancel', sa.Boolean(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=True),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('filename', sa.String(length=160), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('failure', sa.String(length=300), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('county_id', sa.Integer(), nullable=False),
    sa.Column('town_id', sa.Integer(), nullable=True),
    sa.Column('village_id', sa.Integer(), nullable=True),
    sa.Column('org_id', sa.Integer(), nullable=False),
    sa.CheckConstraint("state in ('waiting','running','done','failed','cancelled','expired')", name=op.f('ck_export_job_state')),
    sa.ForeignKeyConstraint(['form_id'], ['form.id'], name=op.f('fk_export_job_form_id_form')),
    sa.ForeignKeyConstraint(['owner_id'], ['user.id'], name=op.f('fk_export_job_owner_id_user')),
    sa.ForeignKeyConstraint(['county_id'], ['org_unit.id'], name=op.f('fk_export_job_county_id_org_unit')),
    sa.ForeignKeyConstraint(['org_id'], ['org_unit.id'], name=op.f('fk_export_job_org_id_org_unit')),
    sa.ForeignKeyConstraint(['town_id'], ['org_unit.id'], name=op.f('fk_export_job_town_id_org_unit')),
    sa.ForeignKeyConstraint(['village_id'], ['org_unit.id'], name=op.f('fk_export_job_village_id_org_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_export_job')),
    sa.UniqueConstraint('uid', name=op.f('uq_export_job_uid'))
    )
    op.create_index('ix_export_job_owner', 'export_job', ['owner_id', 'id'])
    op.create_index('ix_export_job_state', 'export_job', ['state', 'expires_at'])


def downgrade_exports() -> None:
    op.drop_table('export_job')


# ---------- saved views and what statistics read ----------


def upgrade_views() -> None:
    exact = sa.Numeric(precision=38, scale=0).with_variant(sa.BigInteger(), 'sqlite')
    op.create_table('field_month',
    sa.Column('form_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('place_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('fid', sa.String(length=32), nullable=False),
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('value', sa.String(length=200), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('whole', exact, nullable=False),
    sa.Column('micro', exact, nullable=False),
    sa.CheckConstraint('n >= 0', name=op.f('ck_field_month_n')),
    sa.PrimaryKeyConstraint('form_id', 'place_id', 'fid', 'month', 'value', name=op.f('pk_field_month')),
    sqlite_with_rowid=False
    )
    # Lists count their records here from now on. What the records say is counted by `flask forms reindex`.
    for place in ('county_id', 'town_id', 'village_id'):
        op.execute(
            "INSERT INTO field_month (form_id, place_id, fid, month, value, n, whole, micro) "
            f"SELECT form_id, {place}, '', month, '', sum(n), 0, 0 FROM record_count WHERE {place} > 0 AND n > 0 "
            f"GROUP BY form_id, {place}, month"
        )
    op.create_table('register_view',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('form_id', sa.Integer(), nullable=False),
    sa.Column('county_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('org_id', sa.Integer(), nullable=True),
    sa.Column('role', sa.String(length=32), nullable=True),
    sa.Column('document', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), 'postgresql'), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('row_version', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint('(user_id is null) <> (org_id is null)', name=op.f('ck_register_view_owner')),
    sa.CheckConstraint('role is null or org_id is not null', name=op.f('ck_register_view_role')),
    sa.ForeignKeyConstraint(['author_id'], ['user.id'], name=op.f('fk_register_view_author_id_user')),
    sa.ForeignKeyConstraint(['county_id'], ['org_unit.id'], name=op.f('fk_register_view_county_id_org_unit')),
    sa.ForeignKeyConstraint(['form_id'], ['form.id'], name=op.f('fk_register_view_form_id_form')),
    sa.ForeignKeyConstraint(['org_id'], ['org_unit.id'], name=op.f('fk_register_view_org_id_org_unit')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_register_view_user_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_register_view')),
    sa.UniqueConstraint('uid', name=op.f('uq_register_view_uid'))
    )
    with op.batch_alter_table('register_view', schema=None) as batch_op:
        batch_op.create_index('ix_register_view_form_id', ['form_id'], unique=False)

    op.create_table('default_view',
    sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('form_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('view_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['form_id'], ['form.id'], name=op.f('fk_default_view_form_id_form')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_default_view_user_id_user')),
    sa.ForeignKeyConstraint(['view_id'], ['register_view.id'], name=op.f('fk_default_view_view_id_register_view'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'form_id', name=op.f('pk_default_view'))
    )


def downgrade_views() -> None:
    op.drop_table('default_view')
    op.drop_table('register_view')
    op.drop_table('field_month')


# ---------- the workbook a form came from ----------


def upgrade_xlsforms() -> None:
    op.create_table('form_workbook',
    sa.Column('form_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('names', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('marks', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('imported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('imported_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['form_id'], ['form.id'], name=op.f('fk_form_workbook_form_id_form')),
    sa.ForeignKeyConstraint(['imported_by'], ['user.id'], name=op.f('fk_form_workbook_imported_by_user')),
    sa.PrimaryKeyConstraint('form_id', name=op.f('pk_form_workbook'))
    )


def downgrade_xlsforms() -> None:
    op.drop_table('form_workbook')


# ---------- stages and comments of records ----------


def upgrade_stages() -> None:
    op.add_column('record', sa.Column('stage', sa.String(length=64), nullable=True))
    op.add_column('record_revision', sa.Column('stage', sa.String(length=64), nullable=True))


def downgrade_stages() -> None:
    op.drop_column('record_revision', 'stage')
    op.drop_column('record', 'stage')


def upgrade_comments() -> None:
    op.create_table('record_comment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('record_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('files', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('withdraws', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['user.id'], name=op.f('fk_record_comment_author_id_user')),
    sa.ForeignKeyConstraint(['record_id'], ['record.id'], name=op.f('fk_record_comment_record_id_record')),
    sa.ForeignKeyConstraint(['withdraws'], ['record_comment.id'], name=op.f('fk_record_comment_withdraws_record_comment')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_record_comment')),
    sa.UniqueConstraint('withdraws', name=op.f('uq_record_comment_withdraws'))
    )
    op.create_index('ix_record_comment_record', 'record_comment', ['record_id', 'id'], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER record_comment_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON record_comment "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    op.execute(
        "CREATE TRIGGER record_comment_no_replace BEFORE INSERT ON record_comment "
        "WHEN EXISTS (SELECT 1 FROM record_comment WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'record_comment is append-only'); END"
    )
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER record_comment_no_{verb.lower()} BEFORE {verb} ON record_comment "
            "BEGIN SELECT RAISE(ABORT, 'record_comment is append-only'); END"
        )


def downgrade_comments() -> None:
    op.drop_table('record_comment')


# ---------- when and where photographs were taken ----------


def upgrade_files() -> None:
    with op.batch_alter_table('file') as batch_op:
        # The type of a text document is longer than any picture's.
        batch_op.alter_column('mime', existing_type=sa.String(length=64), type_=sa.String(length=100), existing_nullable=False)
        batch_op.add_column(sa.Column('taken_at', sa.DateTime(timezone=True), nullable=True))
        for name in ('latitude', 'longitude', 'accuracy'):
            batch_op.add_column(sa.Column(name, sa.Double(), nullable=True))


def downgrade_files() -> None:
    with op.batch_alter_table('file') as batch_op:
        for name in ('accuracy', 'longitude', 'latitude', 'taken_at'):
            batch_op.drop_column(name)
        batch_op.alter_column(
            'mime', existing_type=sa.String(length=100), type_=sa.String(length=64), existing_nullable=False,
            postgresql_using='left(mime, 64)',
        )


def upgrade() -> None:
    upgrade_files()
    upgrade_stages()
    upgrade_comments()
    upgrade_xlsforms()
    upgrade_imports()
    upgrade_exports()
    upgrade_form_steps()
    upgrade_tokens()
    upgrade_webhooks()
    upgrade_views()


def downgrade() -> None:
    downgrade_xlsforms()
    downgrade_views()
    downgrade_exports()
    downgrade_imports()
    downgrade_webhooks()
    downgrade_tokens()
    downgrade_form_steps()
    downgrade_comments()
    downgrade_stages()
    downgrade_files()
