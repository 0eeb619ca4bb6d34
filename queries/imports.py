"""Imports as reads: runs in scope, what was imported before, and the look-ups that thousands of rows share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from engine.context import Context
from models.access import Actor
from models.base import db
from models.forms import Form
from models.imports import ImportedRecord, ImportRun, ImportState
from models.orgs import OrgUnit
from models.records import Record, RecordState
from queries.answers import context_for, offered
from queries.scope import in_scope

PERMISSION = "record:import"
SHOWN = 50
NAMED = 5
STANDING = (ImportState.WRITING, ImportState.DONE, ImportState.UNDOING)  # its records are there, or about to be


def runs(form: Form, actor: Actor) -> list[ImportRun]:
    """Return the newest imports into a form that the actor may look at."""
    query = sa.select(ImportRun).where(ImportRun.form_id == form.id, in_scope(ImportRun, actor, PERMISSION))
    return list(db.session.scalars(query.order_by(ImportRun.id.desc()).limit(SHOWN)))


def run_by_uid(form: Form, uid: str, actor: Actor) -> ImportRun | None:
    """Return an import in the actor's scope, or None."""
    query = sa.select(ImportRun).where(
        ImportRun.uid == uid, ImportRun.form_id == form.id, in_scope(ImportRun, actor, PERMISSION)
    )
    return db.session.scalar(query)


def earlier_run(form_id: int, sha256: str, *, but: int = 0) -> ImportRun | None:
    """Return the import of the same file into the same form that still stands, or None. Whoever made it."""
    query = sa.select(ImportRun).where(
        ImportRun.form_id == form_id,
        ImportRun.sha256 == sha256,
        ImportRun.state.in_(STANDING),
        ImportRun.id != but,
    )
    return db.session.scalar(query.order_by(ImportRun.id).limit(1))


def last_mapping(form_id: int, author_id: int | None) -> Mapping[str, Any]:
    """Return the columns of the last import into a form that was carried out, the actor's own before others'."""
    query = sa.select(ImportRun.mapping).where(
        ImportRun.form_id == form_id, ImportRun.state.in_((ImportState.DONE, ImportState.UNDONE))
    )
    own = sa.case((ImportRun.author_id == author_id, 0), else_=1)
    return db.session.scalar(query.order_by(own, ImportRun.id.desc()).limit(1)) or {}


def imported_ids(run_id: int) -> list[int]:
    """Return the records that came of a run."""
    query = sa.select(ImportedRecord.record_id).where(ImportedRecord.run_id == run_id)
    return list(db.session.scalars(query.order_by(ImportedRecord.record_id)))


def import_of(record_id: int) -> int | None:
    """Return the run that a record came of, or None."""
    return db.session.scalar(sa.select(ImportedRecord.run_id).where(ImportedRecord.record_id == record_id))


def touched_since(run_id: int) -> tuple[int, list[str]]:
    """Return how many records of a run were changed or voided since, and the first numbers of them."""
    query = (
        sa.select(Record.number)
        .join(ImportedRecord, ImportedRecord.record_id == Record.id)
        .where(ImportedRecord.run_id == run_id, sa.or_(Record.row_version != 1, Record.state != RecordState.ACTIVE))
        .order_by(Record.id)
    )
    numbers = list(db.session.scalars(query))
    return len(numbers), numbers[:NAMED]


def steady_context(actor: Actor, *, today: date, locale: str) -> Context:
    """Return the context of `context_for` that asks the database once for each organisation, not once a row."""
    context = context_for(actor, today=today, locale=locale)
    return replace(context, org_allowed=cache(context.org_allowed), org_name=cache(context.org_name))


@dataclass(frozen=True)
class Units:
    """The organisations that somebody may put on a record, found by name or code."""

    by_word: Mapping[tuple[str | None, str], frozenset[int]]

    def find(self, level: str | None, word: str) -> frozenset[int]:
        """Return the ids that a word may mean at a level; blanks and separators in it do not count."""
        return self.by_word.get((level, folded(word)), frozenset())


def folded(word: str) -> str:
    """Return a word without blanks and separators, as names are compared."""
    return "".join(sign for sign in word.casefold() if sign.isalnum())


def units(actor: Actor, *, today: date) -> Units:
    """Return the organisations that may be named in an import: by name, by township and name, by code."""
    town = aliased(OrgUnit)
    in_use = sa.or_(OrgUnit.valid_to.is_(None), OrgUnit.valid_to > today)
    query = (
        sa.select(OrgUnit.id, OrgUnit.name, OrgUnit.code, OrgUnit.level, town.name)
        .outerjoin(town, town.id == OrgUnit.town_id)
        .where(offered(actor, "record:create"), in_use)
    )
    found: dict[tuple[str | None, str], set[int]] = {}
    for ident, name, code, level, town_name in db.session.execute(query):
        for word in {folded(name), folded(code or ""), folded(f"{town_name or ''}{name}")} - {""}:
            found.setdefault((str(level), word), set()).add(ident)
            found.setdefault((None, word), set()).add(ident)
    return Units({key: frozenset(ids) for key, ids in found.items()})


def unit_names(actor: Actor, level: str | None, *, today: date) -> list[str]:
    """Return the names that a drop-down of a template offers, by township and pinyin; doubles with their township."""
    town = aliased(OrgUnit)
    in_use = sa.or_(OrgUnit.valid_to.is_(None), OrgUnit.valid_to > today)
    query = (
        sa.select(OrgUnit.name, town.name)
        .outerjoin(town, town.id == OrgUnit.town_id)
        .where(offered(actor, "record:create"), in_use)
        .order_by(OrgUnit.town_id, OrgUnit.pinyin, OrgUnit.id)
    )
    rows = db.session.execute(query.where(OrgUnit.level == level) if level else query).all()
    names = [name for name, _town in rows]
    return [name if names.count(name) == 1 else f"{town_name or ''}{name}" for name, town_name in rows]
