"""The tokens of the style sheet: readable in both themes, and no class that nobody defined."""

from __future__ import annotations

import re
from pathlib import Path

import flask_bootstrap
import pytest

from shell.assets import icon

ROOT = Path(__file__).resolve().parents[2]
CSS = (ROOT / "static" / "zhiye.css").read_text(encoding="utf-8")
SHEETS = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "static").glob("*.css"))
BOOTSTRAP = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5" / "css" / "bootstrap.min.css"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
AA_TEXT, AA_CONTROL = 4.5, 3.0
TEXT_PAIRS = [
    ("ink", "bg"), ("ink", "surface"), ("muted", "bg"), ("muted", "surface"), ("muted", "hover"),
    ("accent-strong", "surface"), ("accent-strong", "bg"), ("accent-strong", "accent-soft"), ("on-accent", "accent"),
    ("on-accent", "accent-strong"), ("danger", "surface"), ("danger", "danger-soft"), ("surface", "danger"),
    ("warn", "warn-soft"), ("late", "late-soft"), ("info", "info-soft"), ("ink", "warn-soft"), ("ink", "danger-soft"),
    ("late", "surface"), ("ink", "info-soft"), ("ink", "accent-soft"), ("ink", "raised"), ("danger", "raised"),
]  # fmt: skip


def tokens(theme: str) -> dict[str, str]:
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part)) for part in CSS.split("@media screen", 1))
    return light if theme == "light" else light | dark


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), TEXT_PAIRS)
def test_text_stands_out_from_its_ground(theme: str, front: str, back: str) -> None:
    palette = tokens(theme)
    assert contrast(palette[front], palette[back]) >= AA_TEXT


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_borders_of_fields_can_be_seen(theme: str) -> None:
    palette = tokens(theme)
    assert contrast(palette["field-line"], palette["surface"]) >= AA_CONTROL


def test_colours_stand_in_the_tokens_only() -> None:
    rules = CSS.split("/* ---------- ground", 1)[1].split("@media print", 1)[0]
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", rules)) <= {"#1f7a5a"}  # the ticked box keeps its white tick in the dark


def classes_of(template: Path) -> set[str]:
    source = re.sub(r"\{#.*?#\}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    source = re.sub(r"[\w-]*\{\{.*?\}\}[\w-]*", " ", source, flags=re.DOTALL)
    source = re.sub(r"\{%.*?%\}", " ", source, flags=re.DOTALL)
    return {name for value in re.findall(r'\bclass="([^"]*)"', source) for name in value.split()}


def test_templates_use_only_classes_of_bootstrap_and_ours() -> None:
    defined = set(re.findall(r"\.([A-Za-z][\w-]*)", SHEETS + BOOTSTRAP.read_text(encoding="utf-8")))
    unknown = {str(t.relative_to(ROOT)): classes_of(t) - defined for t in TEMPLATES}
    assert {name: classes for name, classes in unknown.items() if classes} == {}


def test_every_icon_named_in_a_template_exists() -> None:
    named = {name for t in TEMPLATES for name in re.findall(r'\bicon\("([\w-]+)"', t.read_text(encoding="utf-8"))}
    assert len(named) > 10
    assert all(icon(name).startswith("<svg") for name in named)


def test_the_scripts_hold_no_words_of_any_language() -> None:
    for script in (ROOT / "static").rglob("*.js"):
        assert not re.search(r"[\u4e00-\u9fff]", script.read_text(encoding="utf-8")), script.name
