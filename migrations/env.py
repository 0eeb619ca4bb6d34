"""Runs migrations on the application's own database, on SQLite and on PostgreSQL, all or nothing."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import models
import sqlalchemy as sa
from alembic import context
from models.base import Base, UtcDateTime, db
from shell.schema import told_by_models

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

LOCK = 7_261_048_119  # one migration at a time on PostgreSQL, however many processes start together

for module in pkgutil.iter_modules(models.__path__):
    import_module(f"models.{module.name}")


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our column types into migrations as what they are in the database, free of application code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, sa.JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")'
    return False


def skip_empty(_context: object, _revision: object, directives: list[Any]) -> None:
    """Write no migration file when the models have not changed."""
    if directives and directives[0].upgrade_ops.is_empty():
        directives.clear()


def run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
        include_name=told_by_models,
        process_revision_directives=skip_empty,
        compare_type=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        context.run_migrations()
        if connection.dialect.name == "sqlite":
            refuse_broken_keys(connection)


def refuse_broken_keys(connection: sa.Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise RuntimeError(f"the migration breaks {len(broken)} foreign keys, first: {tuple(broken[0])}")


def run_on_sqlite(engine: sa.Engine) -> None:
    """Migrate with foreign keys unenforced; they are checked before the commit instead.

    SQLite rebuilds a table to alter it; dropping the old one would carry out its ON DELETE rules.
    """
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            run(connection)
        finally:
            driver.execute("PRAGMA foreign_keys=ON")


def main() -> None:
    if context.is_offline_mode():
        raise RuntimeError("Migrations run on a live database only: they check what they find there.")
    if db.engine.dialect.name == "sqlite":
        run_on_sqlite(db.engine)
        return
    with db.engine.connect() as connection:
        run(connection)


main()
