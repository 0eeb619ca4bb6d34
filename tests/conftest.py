"""Fixtures for all tests: an application on a real, migrated, empty database, on each engine."""

from __future__ import annotations

import gc
import shutil
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from config import Settings
from models.base import db
from tests.pages import JudgingClient
from tests.support import postgres
from tests.support.cast import Cast, assemble
from tests.support.databases import (
    TestDatabase,
    dispose,
    fresh_database,
    make_app,
    postgres_database,
    settings_for,
    sqlite_database,
)

ENGINES = ["sqlite", "postgresql"]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """Return the path of a Chromium, or None."""
    return next((path for name in CHROMIUMS if (path := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    waiting = [item for item in items if item.get_closest_marker("browser")]
    if chromium() or not waiting:
        return
    sys.stderr.write(f"\n!!! NO CHROMIUM: {len(waiting)} BROWSER TESTS ARE SKIPPED !!!\n")
    for item in waiting:
        item.add_marker(pytest.mark.skip(reason="no Chromium here: install chromium and fonts-noto-cjk"))


def pytest_configure() -> None:
    """Look for garbage seldom: the half million objects of an imported application are gone through each time.

    Python's own thresholds are meant for small programs; here they cost an eighth of the time of the tests.
    """
    gc.set_threshold(50_000, 20, 10)


@pytest.fixture(scope="session")
def run_id(request: pytest.FixtureRequest) -> str:
    """A name that all workers of this run share and no other run has."""
    shared = getattr(request.config, "workerinput", {}).get("testrunuid")
    return str(shared or uuid.uuid4().hex)[:12]


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    return str(getattr(request.config, "workerinput", {}).get("workerid", "main"))


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of this worker's applications: both engines share its keys."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def _sqlite(data_dir: Path) -> TestDatabase:
    return sqlite_database(data_dir)


@pytest.fixture(scope="session")
def postgres_address(run_id: str) -> Iterator[str]:
    """The address of a real PostgreSQL on which databases may be created."""
    with postgres.server(run_id) as address:
        yield address


@pytest.fixture(scope="session")
def _postgresql(data_dir: Path, postgres_address: str, run_id: str, worker_name: str) -> Iterator[TestDatabase]:
    with postgres_database(data_dir, postgres_address, f"zhiye_{run_id}_{worker_name}") as database:
        yield database


@pytest.fixture(params=ENGINES, ids=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """The database engine. A test that asks for it, or for `app` or `client`, runs once on each."""
    return str(request.param)


@pytest.fixture
def app(request: pytest.FixtureRequest, engine_name: str) -> Iterator[Flask]:
    """The application on an empty database, its context pushed. Requests of `client` get contexts of their own."""
    database: TestDatabase = request.getfixturevalue(f"_{engine_name}")
    database.reset()
    with database.app.app_context():
        yield database.app
        db.session.remove()


@pytest.fixture
def empty_database(request: pytest.FixtureRequest, engine_name: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database of this test alone, without any table."""
    if engine_name == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    with fresh_database(request.getfixturevalue("postgres_address"), f"zhiye_{uuid.uuid4().hex[:16]}") as url:
        yield url


@pytest.fixture
def empty_app(empty_database: str, data_dir: Path) -> Iterator[Flask]:
    """An application on that database, its context pushed."""
    application = make_app(settings_for(data_dir, empty_database))
    with application.app_context():
        yield application
        dispose()


@pytest.fixture
def settings(app: Flask) -> Settings:
    found: Settings = app.config["ZHIYE"]
    return found


@pytest.fixture
def client(app: Flask) -> JudgingClient:
    """A browser without a screen: each page it opens is judged (tests/pages.py)."""
    return JudgingClient(app, app.response_class)


@pytest.fixture
def db_session(app: Flask) -> Any:
    """The test's own session; writing needs `services.transaction.write_transaction`."""
    return db.session


@pytest.fixture
def cast(app: Flask) -> Cast:
    """A small county and its people (tests/support/cast.py)."""
    return assemble(app)
