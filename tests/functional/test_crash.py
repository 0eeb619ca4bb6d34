"""The server is killed while people save: what was acknowledged is there once, and the house is in order."""

from __future__ import annotations

import http.client
import http.cookiejar
import os
import random
import re
import signal
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from models.base import db
from models.records import Record
from queries.chain import first_break
from services.demo_forms import HAZARD
from tests.support.cast import PASSWORD, Cast
from tests.support.server import Server

SAVES, WRITERS, KILLS = 200, 4, 4
UP = "枝叶已启动"


class Browser:
    """Cookies and forms over real HTTP, for one grid worker."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), urllib.request.ProxyHandler({})
        )

    def open(self, path: str, data: dict[str, str] | None = None) -> tuple[str, str]:
        """Return the final path and the page."""
        body = urllib.parse.urlencode(data).encode() if data is not None else None
        with self.opener.open(self.address + path, body, timeout=20) as answer:
            return urllib.parse.urlsplit(answer.url).path, answer.read().decode()

    def sign_in(self, username: str) -> None:
        _path, page = self.open("/login")
        self.open("/login", {"csrf_token": hidden(page, "csrf_token"), "username": username, "password": PASSWORD})

    def enter(self, village: int, story: str) -> None:
        """Enter one record from the first page to the receipt; returns only when the receipt was shown."""
        path, page = self.open("/field/f/hazard/new")
        answers = {"f_a1": str(village), "f_a2": "村口", "f_a3": "fire", "f_a4": "2026-11-20", "f_a6": story}
        kept = {name: hidden(page, name) for name in ("csrf_token", "base", "tab", "asked")}
        path, page = self.open(path, {**kept, **answers, "next": "1"})
        path, page = self.open(path, {"csrf_token": hidden(page, "csrf_token")})
        assert path.startswith("/field/done/"), path


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return found[1]


class Writer(threading.Thread):
    """A grid worker who goes on entering records whatever happens to the server."""

    def __init__(self, server_address: list[str], village: int, number: int, wanted: int) -> None:
        super().__init__(daemon=True)
        self.address, self.village, self.number, self.wanted = server_address, village, number, wanted
        self.acknowledged: list[str] = []

    def run(self) -> None:
        tries = 0
        while len(self.acknowledged) < self.wanted and tries < self.wanted * 20:
            tries += 1
            story = f"编号{self.number}之{tries}的情况说明"
            try:
                browser = Browser(self.address[0])
                browser.sign_in("grid.yucun")
                while len(self.acknowledged) < self.wanted:
                    tries += 1
                    story = f"编号{self.number}之{tries}的情况说明"
                    browser.enter(self.village, story)
                    self.acknowledged.append(story)
            except (OSError, http.client.HTTPException, AssertionError):  # killed in the middle of anything
                time.sleep(0.2)


@pytest.fixture
def published(cast: Cast) -> Cast:
    cast.publish(HAZARD, "YHPC")
    db.session.remove()
    return cast


def test_every_acknowledged_save_is_there_once_after_kill_9(published: Cast, app: Flask, tmp_path: Path) -> None:
    settings = app.config["ZHIYE"]
    environment = {
        "ZHIYE_DATA": str(settings.data_dir),
        "SECRET_KEY": settings.secret_key,
        "ZHIYE_RATE_LIMITS": "no",
        "ZHIYE_EMBEDDED_JOBS": "no",
        "ZHIYE_PASSWORD_MEMORY_MB": "1",
        "DATABASE_URL": settings.database_url,
    }
    chance = random.Random(20261122)
    server = Server(environment, tmp_path / "server0.log")
    address = [server.address]
    try:
        server.wait_for(UP)
        village = published.units["余村村"]
        writers = [Writer(address, village, number, SAVES // WRITERS) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        for kill in range(1, KILLS + 1):
            time.sleep(chance.uniform(1.0, 2.5))
            os.kill(server.process.pid, signal.SIGKILL)
            server.process.wait(10)
            server = Server(environment, tmp_path / f"server{kill}.log")
            server.wait_for(UP)
            address[0] = server.address
        for writer in writers:
            writer.join(120)
    finally:
        server.end()
    acknowledged = [story for writer in writers for story in writer.acknowledged]
    assert len(acknowledged) == SAVES
    db.session.remove()
    stories = [answers["a6"] for answers in db.session.scalars(sa.select(Record.answers))]
    assert {story: stories.count(story) for story in acknowledged if stories.count(story) != 1} == {}
    assert len(stories) == len(set(stories))
    _checked, broken = first_break()
    assert broken is None
    if db.engine.dialect.name == "sqlite":
        assert db.session.scalar(sa.text("PRAGMA integrity_check")) == "ok"
