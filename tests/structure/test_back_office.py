"""Whole-app facts of the back office: every view is guarded, every act has words, every list sorts by an index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from admin.base import ReadOnlyModelView, ZhiyeModelView
from admin.guard import Guarded
from models.access import PERMISSIONS
from models.base import Base
from queries.audit import ACT_LABELS
from queries.labels import FIELDS, THINGS
from shell.access import SIGNED_IN
from tests.support.databases import make_app, settings_for

WORD = re.compile(r'(?<![f\w])"((?:[a-z]+):(?:[a-z_]+))"')
ROOT = Path(__file__).resolve().parents[2]
ACT = re.compile(r'record_audit\(\s*(f?"[a-z_{}]+:[a-z_]+")')


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return make_app(settings_for(tmp_path_factory.mktemp("office")))


def office_views(app: Flask) -> list[Guarded]:
    return list(app.extensions["admin"][0]._views)


def test_every_view_of_the_back_office_is_guarded(application: Flask) -> None:
    assert len(office_views(application)) >= 10
    for view in office_views(application):
        assert isinstance(view, Guarded), view


def test_every_route_of_a_view_has_a_permission_that_exists(application: Flask) -> None:
    for view in office_views(application):
        for rule, method, _verbs in view._urls:
            permission = view.permission_for(method)
            assert permission in {*PERMISSIONS, SIGNED_IN}, (view, rule)


def test_no_flask_admin_route_exists_that_our_views_did_not_open(application: Flask) -> None:
    rules = {rule.rule for rule in application.url_map.iter_rules()}
    assert not [rule for rule in rules if "ajax/update" in rule]
    assert not [rule for rule in rules if rule.startswith("/admin/static")]


def test_lists_sort_only_by_columns_with_an_index_and_without_nulls(application: Flask) -> None:
    for view in office_views(application):
        if not isinstance(view, ZhiyeModelView):
            continue
        names = [*view.column_sortable_list, view.default_order[0]]
        table = view.model.__table__
        indexed = {next(iter(index.columns)).name for index in table.indexes} | {table.primary_key.columns[0].name}
        unique = [item for item in table.constraints if isinstance(item, sa.UniqueConstraint)]
        indexed |= {next(iter(item.columns)).name for item in unique}
        for name in names:
            assert name in indexed, (view, name)
            assert not table.columns[name].nullable, (view, name)


def test_append_only_tables_have_read_only_views(application: Flask) -> None:
    for view in office_views(application):
        if isinstance(view, ZhiyeModelView) and view.model.__tablename__ in {"audit_event", "record_revision"}:
            assert isinstance(view, ReadOnlyModelView)


def acts_in_code() -> set[str]:
    found = set()
    for path in [*(ROOT / "services").glob("*.py"), *(ROOT / "jobs").glob("*.py")]:
        found |= {match.strip('"') for match in ACT.findall(path.read_text(encoding="utf-8"))}
        found |= {word for word in WORD.findall(path.read_text(encoding="utf-8")) if word not in PERMISSIONS}
    expanded = {act for act in found if not act.startswith('f"')}
    for act in found - expanded:
        action = act.rsplit(":", 1)[1]
        expanded |= {f"{noun}:{action}" for noun in ("resident", "household")}
    return expanded


def test_every_act_in_the_audit_has_its_sentence() -> None:
    assert len(acts_in_code()) > 20
    assert acts_in_code() - set(ACT_LABELS) == set()


def test_every_table_that_is_audited_has_a_name() -> None:
    named = {
        "org_unit",
        "user",
        "resident",
        "household",
        "category",
        "calendar_day",
        "setting",
        "form",
        "record",
        "file",
    }
    assert named <= set(THINGS)
    assert set(THINGS) <= set(Base.metadata.tables)


def test_every_column_of_an_audited_table_has_a_label() -> None:
    silent = {"id", "row_version", "created_at", "updated_at"}
    for table in ("org_unit", "category", "calendar_day", "setting", "resident", "household"):
        for column in Base.metadata.tables[table].columns:
            if column.name not in silent and not column.name.endswith("_hash"):
                assert column.name in FIELDS, (table, column.name)
