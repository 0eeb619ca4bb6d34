"""The embedded server and the worker, as real processes."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import TestDatabase
from tests.support.server import FLASK, ROOT, Process, Server

UP = "枝叶已启动"
SECRET = "a secret that is long enough for the tests"
QUICK = {"ZHIYE_PASSWORD_MEMORY_MB": "1"}


@pytest.fixture
def data(tmp_path: Path, _sqlite: TestDatabase) -> Path:
    """A data folder with a migrated, empty database."""
    folder = tmp_path / "data"
    folder.mkdir()
    assert _sqlite.template
    shutil.copy(_sqlite.template, folder / "zhiye.db")
    return folder


@pytest.fixture
def environment(data: Path) -> dict[str, str]:
    return {"ZHIYE_DATA": str(data), "SECRET_KEY": SECRET, **QUICK}


@pytest.fixture
def server(environment: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    process = Server(environment, tmp_path / "server.log")
    try:
        process.wait_for(UP)
        yield process
    finally:
        process.end()


def slow_upload(server: Server, size: int) -> socket.socket:
    """Begin a POST and send half of its body."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    head = f"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {size}\r\nConnection: keep-alive\r\n\r\n"
    connection.sendall(head.encode() + b"x" * (size // 2))
    return connection


def refuses_connections(server: Server) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=2).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_answers_the_request_that_is_arriving_and_exits_0(server: Server, number: int) -> None:
    size = 200_000
    connection = slow_upload(server, size)
    with connection:
        time.sleep(0.3)  # the server has read the first half
        server.send(number)
        server.wait_for("正在停止")
        time.sleep(0.3)
        assert refuses_connections(server)
        assert server.process.poll() is None
        connection.sendall(b"x" * (size - size // 2))
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 ")
    head, body = answer.split(b"\r\n\r\n", 1)
    length = next(line for line in head.lower().splitlines() if line.startswith(b"content-length:"))
    assert len(body) == int(length.split(b":")[1])
    assert server.process.wait(20) == 0
    assert "已停止。" in server.output


def test_a_stop_does_not_wait_for_idle_connections(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        answer = b""
        while not answer.endswith(b"}\n"):
            answer += connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200")
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 5
        assert connection.recv(1) == b""


def test_the_embedded_consumer_runs_the_schedule(server: Server, data: Path) -> None:
    until = time.monotonic() + 20
    with sqlite3.connect(data / "zhiye.db") as connection:
        while time.monotonic() < until:
            found = connection.execute("SELECT state FROM job_run WHERE job = 'outbox'").fetchall()
            if ("done",) in found:
                break
            time.sleep(0.2)
        assert ("done",) in found, server.output
    connection.close()
    report = json.loads(server.get("/healthz")[1])
    assert report["queue"]["idle_seconds"] < 60
    assert server.stop() == 0
    assert "Traceback" not in server.output


def test_nothing_becomes_a_served_demo_and_the_second_start_is_quick(
    tmp_path: Path, engine_name: str, empty_database: str
) -> None:
    environment = {"ZHIYE_DATA": str(tmp_path / "fresh"), **QUICK}
    if engine_name == "postgresql":
        environment["DATABASE_URL"] = empty_database
    first = Server(environment, tmp_path / "first.log", "--prepare")
    try:
        first.wait_for(UP)
        status, report = first.get("/healthz")
        assert (status, json.loads(report)["database"]["engine"]) == (200, engine_name)
        assert first.address in first.output
        assert "official.yucun" in first.output
        assert first.stop() == 0
    finally:
        first.end()
    assert (tmp_path / "fresh" / "jobs.db").exists()
    began = time.monotonic()
    second = Server(environment, tmp_path / "second.log", "--prepare")
    try:
        second.wait_for(UP)
        assert second.get("/healthz")[0] == 200
        assert time.monotonic() - began < 10  # 1.7 s alone on two cores; here the other worker is busy too
        assert second.stop() == 0
    finally:
        second.end()


def test_production_does_not_start_with_demo_accounts_or_a_short_secret(tmp_path: Path) -> None:
    environment = {"ZHIYE_DATA": str(tmp_path / "fresh"), **QUICK}
    demo = Process(["db", "upgrade"], environment, tmp_path / "upgrade.log")
    assert demo.process.wait(60) == 0, demo.output
    demo = Process(["demo"], environment, tmp_path / "demo.log")
    assert demo.process.wait(60) == 0, demo.output
    for change, said in (({}, "演示账号"), ({"SECRET_KEY": "changeme"}, "SECRET_KEY")):
        refused = Server({**environment, "ZHIYE_ENV": "production", **change}, tmp_path / "refused.log", "--prepare")
        assert refused.process.wait(60) == 1
        assert said in refused.output
        assert "Traceback" not in refused.output


def test_the_worker_stops_with_0(environment: dict[str, str], tmp_path: Path) -> None:
    worker = Process(["worker"], environment, tmp_path / "worker.log")
    try:
        worker.wait_for("任务进程已启动")
        assert worker.stop() == 0
        assert "Traceback" not in worker.output
    finally:
        worker.end()


def test_the_commands_are_listed() -> None:
    said = subprocess.run(
        [FLASK, "--app", "app", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {"serve", "worker", "demo", "audit", "db"} <= {line.split()[0] for line in said.splitlines() if line.split()}
