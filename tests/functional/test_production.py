"""What a production server refuses, however it is started."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

from flask import Flask

from services.transaction import write_transaction
from tests.support.cast import Cast
from tests.support.server import ROOT

SECRET = "a secret that is long enough for the tests"


def start(data_dir: Path, database_url: str = "", secret: str = SECRET) -> subprocess.CompletedProcess[str]:
    """Import the application as gunicorn would, in a process of its own."""
    environment = {
        **os.environ,
        "ZHIYE_ENV": "production",
        "ZHIYE_DATA": str(data_dir),
        "DATABASE_URL": database_url,
        "SECRET_KEY": secret,
    }
    code = "import app, gc; print(app.production().config['ZHIYE'].production, gc.get_freeze_count() > 100_000)"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_server_that_only_imports_the_application_starts_without_demo_accounts(app: Flask, cast: Cast) -> None:
    settings = app.config["ZHIYE"]
    assert start(settings.data_dir, settings.database_url).stdout == "True True\n"


def test_a_server_that_only_imports_the_application_refuses_demo_accounts(app: Flask, cast: Cast) -> None:
    settings = app.config["ZHIYE"]
    with write_transaction():
        cast.user("grid.yucun").demo = True
    answer = start(settings.data_dir, settings.database_url)
    assert answer.returncode == 1
    assert "演示账号" in answer.stderr


def test_a_server_that_only_imports_the_application_refuses_a_weak_secret(tmp_path: Path) -> None:
    answer = start(tmp_path, secret="changeme")
    assert answer.returncode == 1
    assert "SECRET_KEY" in answer.stderr


def test_a_new_data_folder_is_closed_to_others(tmp_path: Path) -> None:
    start(tmp_path / "fresh")
    assert stat.S_IMODE((tmp_path / "fresh").stat().st_mode) == 0o700
