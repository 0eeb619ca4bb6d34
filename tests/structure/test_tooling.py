"""The tools keep what they promise."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from config import Settings
from shell.version import VERSION

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.txt", "requirements-dev.txt")
BIN = Path(sys.executable).parent


def tracked() -> list[str]:
    """Return the files of the repository, or of the folder where there is no repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_all_settings_are_documented_and_nothing_else() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", (ROOT / "docs/settings.md").read_text("utf-8"), re.MULTILINE)
    assert [field for _, field in rows] == [field.name for field in dataclasses.fields(Settings)]
    source = (ROOT / "config.py").read_text("utf-8")
    assert {variable for variable, _ in rows} == set(re.findall(r'environ(?:\.get\(|, )"(\w+)"', source))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_everything_by_hash_and_says_nothing_else(lock: str) -> None:
    """No address of a registry or of a file, no option: only names, versions, hashes, and who needs them."""
    said = re.compile(r"#.*|[\w.-]+(\[[\w,-]+\])?==[\w.+]+( ; [^:]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|    # .*")
    text = (ROOT / lock).read_text("utf-8")
    assert [line for line in text.splitlines() if not said.fullmatch(line) or "//" in line] == []
    pins = re.split(r"\n(?=[a-z])", text.split("\n", 2)[2])
    assert len(pins) > 20
    assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


def test_the_locks_agree_on_every_version() -> None:
    run, check = (dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)) for lock in LOCKS)
    assert {name for name in run.keys() & check.keys() if run[name] != check[name]} == set()


def test_nothing_generated_and_no_foreign_asset_is_committed() -> None:
    foreign = re.compile(r"\.mo$|\.min\.(js|css)$|\.py[co]$|\.db$|(^|/)(node_modules|\.venv|instance)/")
    assert [path for path in tracked() if foreign.search(path)] == []


def test_no_work_is_left_behind_as_a_comment() -> None:
    left = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    code = [path for path in tracked() if path.endswith((".py", ".html", ".js", ".css", ".md"))]
    assert len(code) > 50
    own = Path(__file__).relative_to(ROOT).as_posix()
    assert [path for path in code if path != own and left.search((ROOT / path).read_text("utf-8"))] == []


def test_the_version_is_the_one_of_the_project() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"] == VERSION


def test_every_lint_exception_has_its_reason_beside_it() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    ignores = text.split("ignore = [", 1)[1].split("]", 1)[0].strip().splitlines()
    assert [line for line in ignores if "#" not in line] == []


def test_make_help_lists_every_word_in_groups() -> None:
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    words = set(re.findall(r"^  make (\S+)", said, re.MULTILINE))
    assert words >= {
        "run", "test", "sure", "format", "lint", "types", "layers", "messages", "messages-check",
        "db-migration", "demo", "bench", "screenshots", "lock",
    }  # fmt: skip
    assert len(re.findall(r"^\S.*$", said, re.MULTILINE)) >= 4
