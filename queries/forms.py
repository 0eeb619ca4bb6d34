"""Configured forms as reads: what an actor may fill or configure, and parsed definitions."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import SessionTransaction, defer

from engine.definition import Definition, parse
from models.access import PERMISSIONS, Actor
from models.accounts import Membership, User
from models.audit import AuditEvent
from models.base import db, table_of
from models.forms import Form, FormState, FormVersion
from models.orgs import OrgUnit
from models.prepared import Prepared, entity, many, numbered
from models.records import RecordCount
from queries.scope import covers, in_scope, limited

MOST_FORMS = 500
MOST_CHANGES = 20

CACHED_DEFINITIONS = 1024
Marks = tuple[tuple[int, str], ...]  # number and SHA-256 of each version, in their order
_parsed: dict[str, Definition] = {}  # by SHA-256 of the document
_seen: WeakKeyDictionary[SessionTransaction, dict[int, Marks]] = WeakKeyDictionary()  # by read transaction
_MARKS = Prepared(
    sa.select(FormVersion.number, FormVersion.sha256)
    .where(FormVersion.form_id == sa.bindparam("form"))
    .order_by(FormVersion.number)
)
# Without the draft, the largest part: what needs it reads it when it asks. With the marks: who opens a form needs them.
_FORM = [column for column in table_of(Form).c if column.key != "draft"]
_NAMES = [column.key for column in _FORM]
_BY_KEY = Prepared(
    sa.select(*_FORM, FormVersion.number.label("version"), FormVersion.sha256)
    .outerjoin(FormVersion, FormVersion.form_id == Form.id)
    .where(Form.key == sa.bindparam("key"))
    .order_by(Form.id, FormVersion.number)
)


def form_by_key(key: str, actor: Actor, permission: str) -> Form | None:
    """Return the form of the actor's county, or None where it is missing, another county's, or closed to this actor."""
    # Other counties may have one of this key.
    form = next((one for one in _by_key(key) if covers(actor, permission, one)), None)
    if form is None or form.current_version is None or not permission.startswith("record:"):
        return form
    return form if _opens(form, definition(form.id, form.current_version), actor, permission) else None


def _by_key(key: str) -> list[Form]:
    """Return the forms of a key, of any county, and let the page know their versions."""
    found = []
    for _id, group in groupby(_BY_KEY.all(key=key), key=lambda row: row.id):
        rows = list(group)
        if not db.session.info.get("writing"):
            _seen_here()[rows[0].id] = tuple((row.version, row.sha256) for row in rows if row.version is not None)
        found.append(entity(Form, dict(zip(_NAMES, rows[0], strict=False))))
    return found


def _opens(form: Form | FormLine, newest: Definition, actor: Actor, permission: str) -> bool:
    """Tell whether what the form says of itself leaves the actor this permission in its county."""
    if not newest.access or actor.system:
        return True
    grants = limited(actor, newest.access).grants_for(permission)
    return any(grant.county_id == form.county_id for grant in grants)


def form_of_county(county_id: int, key: str) -> Form | None:
    """Return a county's form by its key, for operators' commands."""
    return db.session.scalar(sa.select(Form).where(Form.key == key, Form.county_id == county_id))


@dataclass(frozen=True, slots=True)
class FormLine:
    """A form in use, as menus name it."""

    id: int
    key: str
    title: str
    county_id: int
    current_version: int


def form_lines(actor: Actor, permission: str = "record:list") -> list[FormLine]:
    """Return the forms in use of the actor's county that are not closed to the actor, by title."""
    counties = sorted({grant.county_id for grant in actor.grants_for(permission)})
    every = actor.system
    rows = _lines(None if every else len(counties)).all(**({} if every else numbered(counties)))
    allowed = [row for row in rows if actor.forms is None or row.id in actor.forms]
    found = [(FormLine(row.id, row.key, row.title, row.county_id, row.current_version), row.sha256) for row in allowed]
    return [one for one, sha in found if _opens(one, parsed_once(one.id, one.current_version, sha), actor, permission)]


@functools.cache
def _lines(counties: int | None) -> Prepared:
    """Return the query of every page's navigation for a reader in so many counties, for the system with None."""
    where = [] if counties is None else [Form.county_id.in_(many(counties))]
    current = sa.and_(FormVersion.form_id == Form.id, FormVersion.number == Form.current_version)
    return Prepared(
        sa.select(Form.id, Form.key, Form.title, Form.county_id, Form.current_version, FormVersion.sha256)
        .join(FormVersion, current)
        .where(Form.state == FormState.PUBLISHED, *where)
        .order_by(Form.title, Form.id)
    )


def published_forms(actor: Actor, permission: str = "record:list") -> list[Form]:
    """Return the same as rows, for pages that do something with them."""
    ids = [one.id for one in form_lines(actor, permission)]
    undrafted = defer(Form.draft)  # only the designer reads drafts
    query = sa.select(Form).where(Form.id.in_(ids)).order_by(Form.title, Form.id).options(undrafted)
    return list(db.session.scalars(query))


def version_marks(form_id: int) -> Marks:
    """Return the number and the SHA-256 of all versions of a form.

    One read of a form in a page keeps any number of worker processes right. An act reads each time, for it may wait for
    a version that another act publishes, unless it holds the form.
    """
    seen = _seen_here()
    found = seen.get(form_id) or _marks(form_id)
    if form_id in seen or not db.session.info.get("writing"):
        seen[form_id] = found
    return found


def keep_marks(form_id: int) -> None:
    """Let an act that holds a form, so that nobody publishes it, read its versions once."""
    _seen_here()[form_id] = ()  # not what was read before it was held, nor before this act itself published it


def _seen_here() -> dict[int, Marks]:
    """Return what the session's transaction has read; it ends with it."""
    transaction = db.session().get_transaction()
    return {} if transaction is None else _seen.setdefault(transaction, {})


def _marks(form_id: int) -> Marks:
    return tuple((row.number, row.sha256) for row in _MARKS.all(form=form_id))


def definition(form_id: int, number: int) -> Definition:
    """Return a published definition, parsed once per process: a version never changes. Raises LookupError."""
    sha256 = dict(version_marks(form_id)).get(number)
    if sha256 is None:
        raise LookupError(f"form {form_id} has no version {number}")
    return parsed_once(form_id, number, sha256)


def parsed_once(form_id: int, number: int, sha256: str) -> Definition:
    """Return the definition of a version that is known to have this SHA-256."""
    if sha256 not in _parsed:
        if len(_parsed) >= CACHED_DEFINITIONS:
            _parsed.clear()
        key = (FormVersion.form_id == form_id, FormVersion.number == number)
        _parsed[sha256] = parse(db.session.scalars(sa.select(FormVersion.definition).where(*key)).one())
    return _parsed[sha256]


def versions(form_id: int) -> list[FormVersion]:
    """Return the published versions of a form, newest first."""
    query = sa.select(FormVersion).where(FormVersion.form_id == form_id).order_by(FormVersion.number.desc())
    return list(db.session.scalars(query))


# ---------- for the designer ----------


def configured_forms(actor: Actor, *, state: str = "", words: str = "") -> list[Form]:
    """Return the forms an actor may look at in the designer, last changed first, narrowed by state, title or key."""
    query = sa.select(Form).where(in_scope(Form, actor, "form:list"))
    if state in set(FormState):
        query = query.where(Form.state == state)
    if words.strip():
        part = words.strip()
        query = query.where(
            sa.or_(Form.title.contains(part, autoescape=True), Form.key.contains(part, autoescape=True))
        )
    return list(db.session.scalars(query.order_by(Form.updated_at.desc(), Form.id.desc()).limit(MOST_FORMS)))


def record_totals(form_ids: Sequence[int]) -> dict[int, int]:
    """Return how many active records each form has, from the counters."""
    query = sa.select(RecordCount.form_id, sa.func.sum(RecordCount.n)).where(RecordCount.form_id.in_(form_ids))
    return {form_id: int(n) for form_id, n in db.session.execute(query.group_by(RecordCount.form_id))}


def last_number(form_id: int) -> int:
    """Return the number of the newest version, 0 before the first."""
    return db.session.scalar(sa.select(sa.func.max(FormVersion.number)).where(FormVersion.form_id == form_id)) or 0


def taken(county_id: int, *, key: str = "", prefix: str = "") -> bool:
    """Tell whether a form of the county has this key or this prefix of numbers."""
    same = Form.key == key if key else Form.prefix == prefix
    return bool(db.session.scalar(sa.select(sa.exists().where(Form.county_id == county_id, same))))


def published_fids(form: Form) -> frozenset[str]:
    """Return the fids that were ever published: nothing published leaves a form, so the newest version has all."""
    number = last_number(form.id)
    return frozenset(item.fid for item in definition(form.id, number).every_item) if number else frozenset()


def entry_user_ids(county_id: int, day: date) -> list[int]:
    """Return the active users who may fill forms in a county on a day."""
    roles = PERMISSIONS["record:create"]
    query = (
        sa.select(User.id)
        .join(User.memberships)
        .join(Membership.org)
        .where(
            User.active,
            ~User.service,
            OrgUnit.county_id == county_id,
            Membership.role.in_(roles),
            Membership.valid_from <= day,
            sa.or_(Membership.valid_to.is_(None), Membership.valid_to > day),
        )
        .distinct()
        .order_by(User.id)
    )
    return list(db.session.scalars(query))


def changes_since(form: Form, row_version: int) -> list[AuditEvent]:
    """Return who changed a form after somebody opened it at `row_version`, newest first, at most 20."""
    query = (
        sa.select(AuditEvent)
        .where(AuditEvent.thing == "form", AuditEvent.thing_id == str(form.id), AuditEvent.act.like("form:%"))
        .order_by(AuditEvent.id.desc())
        .limit(MOST_CHANGES)
    )
    return [
        event for event in db.session.scalars(query) if int((event.after or {}).get("row_version", 0)) > row_version
    ]
