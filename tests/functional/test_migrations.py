"""Migrations: up, down, up, with data too; and what they make is what the models say."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade

from cli.demo import seed
from models.access import Role
from models.accounts import Membership
from models.base import Base, db
from models.orgs import Level, OrgUnit
from models.settings import Setting
from queries.ledger_audit import audit_ledger
from queries.public_names import NameStyle
from queries.settings import name_style
from services.transaction import write_transaction
from shell.schema import MIGRATIONS, expected_revision, told_by_models
from tests.support.cast import AT, SINCE

SHADOW = "record_fts"  # SQLite's full-text table and what it keeps behind it


def tables() -> set[str]:
    found = set(sa.inspect(db.engine).get_table_names())
    return {name for name in found if name != "alembic_version" and not name.startswith(SHADOW)}


def rows() -> dict[str, int]:
    existing = tables()
    with db.engine.connect() as connection:
        return {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table.name in existing
        }


def test_there_is_one_newest_migration() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [expected_revision()]


@pytest.mark.usefixtures("empty_app")
def test_up_down_and_up_again() -> None:
    upgrade()
    made = tables()
    assert made >= {"org_unit", "user", "record", "audit_event"}
    downgrade(revision="base")
    assert tables() == set()
    upgrade()
    assert tables() == made


@pytest.mark.usefixtures("empty_app")
def test_a_migration_back_and_forth_keeps_its_data_where_the_tables_stay() -> None:
    upgrade()
    seed()
    newer = sa.select(sa.func.count()).where(Membership.role.in_((Role.STATION_CLERK, Role.VILLAGER)))
    before = rows() | {"membership": rows()["membership"] - (db.session.scalar(newer) or 0)}  # unknown to 0002
    assert before["org_unit"] > 200
    db.session.remove()
    downgrade(revision="0003")
    upgrade()
    assert audit_ledger().breaches == [], "journals from before the counters are not counted"
    db.session.remove()
    for step in list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())[:-1]:
        downgrade(revision=str(step.down_revision))
    stayed = tables()
    upgrade()
    assert {table: n for table, n in rows().items() if table in stayed} == {
        table: n for table, n in before.items() if table in stayed
    }
    downgrade(revision="base")
    assert tables() == set()
    upgrade()
    assert set(rows().values()) == {0}


@pytest.mark.usefixtures("app")
def test_the_migrated_schema_is_what_the_models_say() -> None:
    options = {"compare_type": True, "include_name": told_by_models}
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.usefixtures("empty_app")
def test_what_a_county_had_chosen_about_names_in_public_is_carried_over() -> None:
    upgrade(revision="0005")
    before = {"hides": (True, None), "shows": (False, None), "chose": (True, "code"), "silent": (None, None)}
    with write_transaction():
        for number, (code, chosen) in enumerate(before.items(), start=1):
            county = OrgUnit(
                id=number, code=code, name=code, level=Level.COUNTY, county_id=number, valid_from=SINCE, row_version=1
            )
            db.session.add(county)
            db.session.flush()
            for key, value in zip(("mask_public_names", "public_names"), chosen, strict=True):
                if value is not None:
                    db.session.add(Setting(county_id=number, key=key, value=value, updated_at=AT, row_version=3))
    db.session.remove()
    upgrade()
    found = db.session.execute(
        sa.select(OrgUnit.code, Setting.key, Setting.value, Setting.row_version).join_from(
            OrgUnit, Setting, Setting.county_id == OrgUnit.id
        )
    )
    assert sorted(tuple(row) for row in found) == [
        ("chose", "public_names", "code", 3), ("hides", "public_names", "family", 3),
        ("shows", "public_names", "full", 3),
    ]  # fmt: skip
    styles = [name_style(number) for number in range(1, 5)]
    assert styles == [NameStyle.FAMILY, NameStyle.FULL, NameStyle.CODE, NameStyle.FAMILY]
    db.session.remove()
    downgrade(revision="0005")
    upgrade()
    assert [name_style(number) for number in range(1, 5)] == styles


def test_a_failing_migration_leaves_nothing_behind(empty_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("halfway")

    monkeypatch.setattr("alembic.op.execute", fail)
    with pytest.raises(ValueError, match="halfway"):
        upgrade()
    db.engine.dispose()
    assert tables() == set()
    assert empty_app.testing
