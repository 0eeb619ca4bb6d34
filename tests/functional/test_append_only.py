"""What has been written into the chain, the revisions and the form versions stays, whoever asks the database."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from models.audit import AuditEvent
from models.base import db
from models.forms import FormVersion
from models.records import RecordRevision
from queries.chain import first_break
from services.transaction import write_transaction
from tests.support.cast import Cast
from tests.support.registers import enter, publish

TABLES = {
    AuditEvent.__tablename__: "act = 'forged'",
    RecordRevision.__tablename__: "reason = 'forged'",
    FormVersion.__tablename__: "sha256 = 'forged'",
}


@pytest.mark.parametrize("table", TABLES)
def test_an_append_only_table_refuses_update_and_delete(cast: Cast, table: str) -> None:
    enter(cast, publish(cast))
    count = sa.select(sa.func.count()).select_from(sa.table(table))
    before = db.session.scalar(count)
    assert before
    for statement in (f"UPDATE {table} SET {TABLES[table]}", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="append-only"), write_transaction():
            db.session.execute(sa.text(statement))
    assert db.session.scalar(count) == before
    assert first_break() == (db.session.scalar(sa.select(sa.func.count(AuditEvent.id))), None)


@pytest.mark.parametrize("table", TABLES)
def test_a_row_cannot_be_replaced_or_the_table_emptied(cast: Cast, table: str) -> None:
    enter(cast, publish(cast))
    if db.engine.dialect.name == "sqlite":
        statement = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
    else:
        statement = f"TRUNCATE {table} CASCADE"
    with pytest.raises(DBAPIError, match="append-only"), write_transaction():
        db.session.execute(sa.text(statement))


def test_a_page_cannot_write_at_all(cast: Cast) -> None:
    assert cast.units
    with pytest.raises(DBAPIError, match=r"readonly|read-only"):
        db.session.execute(sa.text("UPDATE org_unit SET name = 'forged'"))
