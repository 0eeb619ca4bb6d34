"""Facts about all templates: they compile, pages have one title in one heading, and nothing runs inline."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from tests.support.databases import TestDatabase

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "templates"
LAYOUT = "layout.html"
PIECES = {"macros", "records"}  # folders of macros and includes
NAMES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))


def source(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def plain(name: str) -> str:
    """Return a template without its comments."""
    return re.sub(r"\{#.*?#\}", "", source(name), flags=re.DOTALL)


def tree(name: str) -> nodes.Template:
    return Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"]).parse(source(name))


def parent(name: str) -> str | None:
    """Return the template that this one fills, where it names one."""
    found = tree(name).find(nodes.Extends)
    if found is None:
        return None
    # Flask-Admin's master.html fills what the theme names: our own base.
    return str(found.template.value) if isinstance(found.template, nodes.Const) else "admin/base.html"


def file_of(name: str) -> str:
    """Return the file of a template by the name others call it; Flask-Admin knows the theme's as admin/..."""
    return name if (FOLDER / name).is_file() else f"zhiye/{name}"


def line_of_descent(name: str) -> list[str]:
    """Return a template and all it fills, up to the layout."""
    above = parent(name)
    return [name] if above is None else [name, *line_of_descent(file_of(above))]


def is_piece(name: str) -> bool:
    """Tell whether a template is a part of pages: macros, includes, or what only others fill."""
    return name.partition("/")[0] in PIECES or name.rsplit("/", 1)[-1].startswith("_") or parent(name) is None


PAGES = [name for name in NAMES if name != LAYOUT and not is_piece(name)]


def test_there_are_pages_and_all_of_them_fill_the_one_layout() -> None:
    assert len(PAGES) > 30
    assert {name: line_of_descent(name)[-1] for name in PAGES if line_of_descent(name)[-1] != LAYOUT} == {}


@pytest.mark.parametrize("name", NAMES)
def test_every_template_compiles(_sqlite: TestDatabase, name: str) -> None:  # noqa: PT019 - its value is needed
    _sqlite.app.jinja_env.compile(source(name), name, str(FOLDER / name))


@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_its_title_once(name: str) -> None:
    """The layout repeats the block `title` in <title> and <h1>: a page has a heading only where it fills `header`."""
    descent = line_of_descent(name)[:-1]
    blocks = {block.name for one in descent for block in tree(one).find_all(nodes.Block)}
    assert blocks & {"title", "page_title"}, f"{name} has no title"
    text = "".join(plain(one) for one in descent)
    assert len(re.findall(r"<h1\b", text)) == (1 if "header" in blocks else 0)
    assert len(re.findall(r"<h1[^>]*>{{ self\.title\(\) }}</h1>", text)) == (1 if "header" in blocks else 0)


def test_the_layout_has_the_one_heading_and_begins_the_title_with_it() -> None:
    layout = plain(LAYOUT)
    assert re.findall(r"<h1>\s*{% block title %}", layout) == ["<h1>{% block title %}"]
    assert layout.count("<h1") == layout.count("<title>") == 1
    assert re.search(r"<title>\{\{ self\.title\(\)", layout)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_runs_or_is_styled_inline(name: str) -> None:
    text = plain(name)
    assert re.findall(r"<[^>]*\s(on[a-z]+)\s*=", text) == []
    assert re.findall(r"<[^>]*\sstyle\s*=", text) == []
    assert re.findall(r"""(?:href|src|action)=["']\s*javascript:""", text, re.IGNORECASE) == []
    scripts = re.findall(r"<(?:script|style)\b[^>]*>", text)
    assert [one for one in scripts if "src=" not in one and "nonce=" not in one] == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_but_a_rendered_field_is_marked_as_safe(name: str) -> None:
    text = plain(name).replace("{{ f()|safe }}", "")
    assert not re.search(r"\|\s*safe\b|autoescape\s+false|Markup\(", text)
