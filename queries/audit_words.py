"""What an audit event changed, in words: fields by their labels, stored words, ids and answers as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import get_locale
from flask_babel import gettext as _

from engine.context import Context
from engine.definition import Item
from engine.schema import ROW_ID, nested
from models.access import Actor
from models.audit import AuditEvent
from models.base import db
from models.categories import Category
from models.orgs import OrgUnit
from models.people import Household
from models.records import Record
from queries.answers import org_name
from queries.indexing import Shape, shape
from queries.labels import FIELDS, WORDS
from queries.registers import MASKED_KINDS, cell, cells
from queries.rights import FieldRights, Rights

PLACES = frozenset({"county_id", "town_id", "village_id", "org_id"})
NAMED: Mapping[str, tuple[Any, Any]] = {
    "org_unit": (OrgUnit.id, OrgUnit.name),
    "category": (Category.id, Category.name),
    "household": (Household.id, Household.code),
}
# Changes that tell a reader nothing.
SILENT = frozenset({"comment", "row_version", "updated_at", "created_at", "pinyin"})

Change = tuple[str, str, str]  # label, before, after


@dataclass(frozen=True)
class Known:
    """What had to be fetched to put some events into words: names by (table, id), the form of each record."""

    names: Mapping[tuple[str, int], str]
    shapes: Mapping[str, Shape]
    readable: Mapping[str, frozenset[str]]  # by record: the fields that this reader may view


def known_of(events: Iterable[AuditEvent], actor: Actor) -> Known:
    """Fetch at once what these events point to: one query a table."""
    events = list(events)
    return Known(_names(events), *_of_records(events, actor))


def changes_of(event: AuditEvent, known: Known) -> Iterator[Change]:
    """Yield what an event changed."""
    before, after = event.before or {}, event.after or {}
    for key in dict.fromkeys([*before, *after]):
        if key in SILENT or (key == "org" and "org_id" in after) or (key.endswith("_hash") and key != "password_hash"):
            continue
        if event.thing == "record" and _closed(event, key, known):
            continue
        if event.thing == "record" and (answers := _answers(event, key, known)):
            yield from answers
            continue
        if key.startswith("item:"):
            yield _item_change(before.get(key), after.get(key))
            continue
        old, new = (_value(event.thing, key, values.get(key), known.names) for values in (before, after))
        if key == "layout" and old == new:
            old, new = "", _("调整了顺序")
        if old != new or _secret(key):
            yield str(FIELDS.get(key) or _("其他")), "" if _secret(key) else old, new


def _closed(event: AuditEvent, fid: str, known: Known) -> bool:
    """Tell whether a key is an answer, or a list of rows with one in it, that the reader may not view."""
    form = known.shapes.get(event.thing_id)
    items = {item.fid: item for item in form.newest.every_item} if form else {}
    if fid not in items:
        return False
    held = {fid, *(item.fid for item, _holders in nested(items[fid].items))}
    return not held <= known.readable[event.thing_id]


def _answers(event: AuditEvent, fid: str, known: Known) -> list[Change]:
    """Return the change of one answer of a record, of a repeat those in its rows.

    They are told by the newest version of the form that has the field.
    """
    form = known.shapes.get(event.thing_id)
    numbers = sorted(form.definitions, reverse=True) if form else ()
    for number in numbers:
        definition = form.definitions[number]  # type: ignore[union-attr]
        item = next((item for item in definition.items if item.fid == fid), None)
        if item is not None:
            locale = str(get_locale() or "zh_Hans_CN")
            if item.kind.repeats:
                old_rows, new_rows = ((values or {}).get(fid) or [] for values in (event.before, event.after))
                moved = (item.text(locale), "", _("调整了顺序"))
                return list(_row_changes(item, old_rows, new_rows, locale)) or [moved]
            old, new = (_answer_text(values or {}, item, definition, locale) for values in (event.before, event.after))
            return [(item.text(locale), old, new)]
    return []


Rows = list[Mapping[str, Any]]


def _row_changes(item: Item, before: Rows, after: Rows, locale: str, around: str = "") -> Iterator[Change]:
    """Yield what changed in the rows of a repeat: rows that went or came as a whole, others answer by answer."""
    old, new = ({row[ROW_ID]: row for row in rows} for rows in (before, after))
    for number, row in enumerate(before, start=1):
        if row[ROW_ID] not in new:
            yield _row_label(item, number, locale, around), _row_text(item, row, locale), _("（这一行删掉了）")
    for number, row in enumerate(after, start=1):
        label, earlier = _row_label(item, number, locale, around), old.get(row[ROW_ID])
        if earlier is None:
            yield label, "", _row_text(item, row, locale)
            continue
        for one in item.row_items:
            was, now = earlier.get(one.fid), row.get(one.fid)
            if was != now and one.kind.repeats:
                yield from _row_changes(one, was or [], now or [], locale, f"{label}·")
            elif was != now:
                yield f"{label}·{one.text(locale)}", _told_text(one, was, locale), _told_text(one, now, locale)


def _row_label(item: Item, number: int, locale: str, around: str) -> str:
    return f"{around}{_('%(label)s第 %(n)s 行', label=item.text(locale), n=number)}"


def _row_text(item: Item, row: Mapping[str, Any], locale: str) -> str:
    texts = (_told_text(one, row.get(one.fid), locale) for one in item.row_items)
    return "，".join(text for text in texts if text)


def _told_text(item: Item, value: Any, locale: str) -> str:
    """Say one answer of a row as the event holds it: the mask where it is secret."""
    if value is None or not item.kind.answerable:
        return ""
    if item.sealed or item.type in MASKED_KINDS:
        return str(value)
    return cell(item, value, Context(today=date.min, org_name=org_name, locale=locale, translate=_)).text


def _answer_text(values: Mapping[str, Any], item: Any, definition: Any, locale: str) -> str:
    value = values.get(item.fid)
    if value is None:
        return ""
    if item.sealed or item.type in MASKED_KINDS:  # the event holds the mask, never the number or name
        return str(value)
    told, one = _Told(None, {item.fid: value}), frozenset({item.fid})
    return cells(told, [item.fid], definition=definition, rights=FieldRights(one), locale=locale)[0].text


@dataclass
class _Told:
    """One stored answer, seen as a record that has only it."""

    version: Any
    answers: Any


def _item_change(before: Any, after: Any) -> Change:
    """Return what happened to one question of a form's draft; what exactly, the versions compare."""
    old, new = (plain_text(item["label"]) if item else "" for item in (before, after))
    if old == new:
        old, new = "", _("改了设置") if after != before else ""
    return _("题目“%(label)s”", label=plain_text((after or before)["label"])), old, new


def plain_text(text: Any) -> str:
    """Return the Chinese of a text of a form, which may come in several languages."""
    return str(text.get("zh_Hans_CN", "")) if isinstance(text, dict) else str(text)


def _of_records(events: Iterable[AuditEvent], actor: Actor) -> tuple[dict[str, Shape], dict[str, frozenset[str]]]:
    """Return the forms of the records in these events, and what the reader may see of each record."""
    ids = {int(event.thing_id) for event in events if event.thing == "record" and event.thing_id.isdigit()}
    if not ids:
        return {}, {}
    placed = (Record.county_id, Record.town_id, Record.village_id, Record.org_id)
    rows = db.session.execute(
        sa.select(Record.id, Record.form_id, Record.stage, *placed).where(Record.id.in_(ids))
    ).all()
    rights = {row.form_id: Rights(shape(row.form_id).newest, actor) for row in rows}
    return (
        {str(row.id): shape(row.form_id) for row in rows},
        {str(row.id): rights[row.form_id].readable(row) for row in rows},
    )


def _secret(key: str) -> bool:
    return key.endswith("_sealed") or key == "password_hash"


def _value(thing: str, key: str, value: Any, names: Mapping[tuple[str, int], str]) -> str:
    if isinstance(value, list) and key == "layout":
        return "、".join(plain_text(title) for _page, title, _fids in value)
    if isinstance(value, list):
        return "、".join(_value(thing, key, item, names) for item in value)
    match value:
        case None | "":
            text: Any = ""
        case str() if _secret(key):
            text = _("已更新（加密保存，不显示）")
        case bool():
            text = _("是") if value else _("否")
        case dict() if "zh_Hans_CN" in value:
            text = plain_text(value)
        case dict():
            text = _("（%(n)s 项）", n=len(value))
        case int():
            text = names.get((_target(thing, key), value)) or value
        case _other:
            text = WORDS.get(key, {}).get(str(value)) or value
    return str(text)


def _target(thing: str, key: str) -> str:
    """Return the table an id column points to, or nothing."""
    if key in PLACES or (key == "parent_id" and thing == "org_unit"):
        return "org_unit"
    return {"parent_id": "category", "household_id": "household"}.get(key, "")


def _names(events: Iterable[AuditEvent]) -> dict[tuple[str, int], str]:
    """Fetch the names of everything that ids in these events point to, one query a table."""
    wanted: dict[str, set[int]] = {}
    for event in events:
        for key, value in [*(event.before or {}).items(), *(event.after or {}).items()]:
            target = _target(event.thing, key)
            if target and isinstance(value, int):
                wanted.setdefault(target, set()).add(value)
    found = {}
    for table, ids in wanted.items():
        key, name = NAMED[table]
        rows = db.session.execute(sa.select(key, name).where(key.in_(ids)))
        found.update({(table, ident): text for ident, text in rows})
    return found
