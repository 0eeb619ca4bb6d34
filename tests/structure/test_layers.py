"""The direction of imports holds, and a wrong import is found with its file and line."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).parent / "lint-imports"
ROOMS = (
    "admin",
    "api",
    "cli",
    "desk",
    "engine",
    "field",
    "forms",
    "jobs",
    "models",
    "portal",
    "queries",
    "services",
    "shell",
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the rooms that a test may spoil."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copy(ROOT / "config.py", tmp_path)
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINT, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("spoiled", "line"),
    [
        ("engine/answers.py", "import sqlalchemy"),
        ("engine/answers.py", "from models import base"),
        ("models/orgs.py", "import flask"),
        ("queries/scope.py", "import services.jobs"),
        ("services/jobs.py", "from werkzeug import Response"),
        ("services/jobs.py", "import shell.clock"),
        ("shell/clock.py", "import desk.blueprint"),
        ("portal/health.py", "import jobs.queue"),
    ],
)
def test_a_wrong_import_fails_with_file_and_line(copy: Path, spoiled: str, line: str) -> None:
    path = copy / spoiled
    path.write_text(f"{path.read_text('utf-8')}\n{line}\n", "utf-8")
    found = lint(copy)
    assert found.returncode == 1
    assert "BROKEN" in found.stdout
    module = spoiled.removesuffix(".py").replace("/", ".")
    last = len(path.read_text("utf-8").splitlines())
    assert f"{module} ->" in found.stdout
    assert f"l.{last}" in found.stdout


def test_nothing_imports_the_application(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text("from app import create_app\n\nprint(create_app)\n")
    said = subprocess.run(
        [LINT.with_name("ruff"), "check", "--no-cache", "--config", str(ROOT / "pyproject.toml"), str(wrong)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 1
    assert "TID251" in said.stdout
    assert "wrong.py:1" in said.stdout
