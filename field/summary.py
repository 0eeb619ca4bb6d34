"""Check your answers: everything that was answered, in words, with what is still wrong."""

from __future__ import annotations

from dataclasses import dataclass

from engine.definition import Item, Page
from field.entry import Entry
from forms.answers import PREFIX
from forms.filling import say


@dataclass(frozen=True)
class Line:
    """One question with its answer; uploads are shown as what they are."""

    item: Item
    fid: str
    label: str
    text: str
    photos: list[str]
    problems: list[str]


@dataclass(frozen=True)
class Section:
    """One page of the form."""

    title: str
    address: str
    lines: list[Line]


@dataclass(frozen=True)
class Summary:
    """All pages, and all problems as (address, label, message)."""

    sections: list[Section]
    problems: list[tuple[str, str, str]]


def summary(entry: Entry) -> Summary:
    """Return the answers of an entry as its author may see them: only what was carried over and not typed is masked."""
    grouped = entry.outcome.errors_by_fid()
    problems = {fid: [say(error) for error in errors] for fid, errors in grouped.items()}
    sections = [_section(entry, page, problems) for page in entry.pages]
    listed = [
        (f"{section.address}#{PREFIX}{line.fid}", line.label, message)
        for section in sections
        for line in section.lines
        for message in line.problems
    ]
    return Summary(sections, listed + [("", "", message) for message in problems.get(None, [])])


def _section(entry: Entry, page: Page, problems: dict[str | None, list[str]]) -> Section:
    shown = [item for item in page.live_items if item.fid in entry.outcome.shown]
    items = [item for item in shown if item.kind.answerable and item.kind.visible]
    lines = [_line(entry, item, problems.get(item.fid, [])) for item in items]
    return Section(page.text(entry.context.locale), entry.address(page), lines)


def _line(entry: Entry, item: Item, problems: list[str]) -> Line:
    value = entry.outcome.values.get(item.fid)
    photos = list(value) if item.kind.takes_files and value else []
    mask = entry.masks.get(item.fid)
    told = mask or item.kind.display(item, value, entry.context) if value is not None and not photos else ""
    return Line(item, item.fid, item.text(entry.context.locale), told, photos, problems)
