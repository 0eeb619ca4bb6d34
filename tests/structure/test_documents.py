"""The documents hold together: links lead somewhere, every role finds its manual, quoted words exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from models.access import Role
from queries.accounts import ROLE_LABELS
from services.demo_county import ACCOUNTS, PASSWORD

ROOT = Path(__file__).resolve().parents[2]
MANUALS = ROOT / "docs" / "manual"
LINK = re.compile(r"\]\(([^)\s]+)\)")
SAID = "屏幕上说"
MOST_BYTES = 1_500_000


def documents() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def links(path: Path) -> Iterator[str]:
    """Yield where a document leads, without fragments; links to the web and within the page are left out."""
    for target in LINK.findall(path.read_text("utf-8")):
        if not target.startswith(("http://", "https://", "mailto:", "#")):
            yield target.split("#")[0]


def table_rows(path: Path, heading: str) -> Iterator[list[str]]:
    """Yield the cells of the tables whose first column has that heading."""
    inside = False
    for line in path.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        inside = line.startswith("|") and (inside or cells[0] == heading)
        if inside and cells[0] != heading and not set(cells[0]) <= {"-"}:
            yield cells


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file(path: Path) -> None:
    assert [target for target in links(path) if not (path.parent / target).exists()] == []


def test_every_manual_is_linked_from_the_readme() -> None:
    linked = set(links(ROOT / "README.md"))
    manuals = [path.relative_to(ROOT).as_posix() for path in MANUALS.glob("*.md")]
    assert len(manuals) >= 5
    assert [path for path in manuals if path not in linked] == []


def test_every_role_is_told_of_in_a_manual() -> None:
    told = "".join(path.read_text("utf-8") for path in MANUALS.glob("*.md"))
    assert [role for role in Role if str(ROLE_LABELS[role]) not in told] == []


def test_the_readme_names_every_demo_account_and_the_one_password() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert re.findall(r"^\| `([\w.]+)` \|", text, re.MULTILINE) == [account[0] for account in ACCOUNTS]
    assert f"`{PASSWORD}`" in text


def test_what_the_manuals_quote_from_the_screen_is_said_by_the_code() -> None:
    source = "".join(
        path.read_text("utf-8")
        for pattern in ("*/*.py", "*/*/*.py", "templates/**/*.html")
        for path in ROOT.glob(pattern)
        if path.relative_to(ROOT).parts[0] not in {".venv", "tests", "instance"}
    )
    quoted = [row[0] for path in sorted(MANUALS.glob("*.md")) for row in table_rows(path, SAID)]
    assert len(quoted) > 20
    assert [text for text in quoted if text not in source] == []


def test_every_picture_is_used_and_all_of_them_are_small() -> None:
    pictures = sorted((ROOT / "docs" / "images").glob("*.png"))
    used = {(path.parent / target).resolve() for path in documents() for target in links(path)}
    assert [picture.name for picture in pictures if picture not in used] == []
    assert sum(picture.stat().st_size for picture in pictures) < MOST_BYTES
    for picture in pictures:
        with Image.open(picture) as opened:
            assert opened.width in {1366, 780}


def test_every_room_has_its_line_in_the_architecture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rooms = [
        path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name not in {"tests", "tools", "bench"}
    ]
    assert [room for room in rooms if f"| `{room}/` |" not in text] == []


def test_every_file_the_architecture_names_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = set(re.findall(r"`((?:\w+/)+\w+\.py)", text))
    assert len(named) > 10
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_name_of_the_glossary_exists() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8").split("## Fixed words of the coming")[0]
    source = "".join(path.read_text("utf-8") for path in ROOT.glob("[a-z]*/**/*.py"))
    words = {
        word for row in re.findall(r"^\|[^|]+\|([^|]+)\|", text, re.MULTILINE) for word in re.findall(r"`(\w+)", row)
    }
    assert len(words) > 40
    assert [word for word in sorted(words) if not re.search(rf"\b{word}\w*\b", source)] == []
