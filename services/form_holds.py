"""Forms held while their records change: read under lock, as far as records need them, by statements prepared once."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa

from models.access import Actor
from models.base import db, table_of
from models.drafts import Draft
from models.forms import Form, FormState
from models.prepared import Prepared
from models.records import Record
from models.rows import Changes, Part, write_together
from queries.forms import keep_marks
from queries.scope import covers
from queries.webhooks import listened_to
from services.access import require
from services.refusals import NotFound
from services.versions import FormNotInUse

_draft, _form, _record = table_of(Draft), table_of(Form), table_of(Record)


@dataclass(frozen=True, slots=True)
class HeldForm:
    """What acts on records need of a form. Its draft, the largest part, nobody reads while entering."""

    __tablename__: ClassVar[str] = "form"  # as queries/scope.py knows forms

    id: int
    county_id: int
    key: str
    prefix: str
    state: FormState
    current_version: int | None
    next_number: int
    heard: bool  # whether any webhook of the county is to be told of what happens


AnyForm = Form | HeldForm
_READ = sa.select(
    *(_form.c[name] for name in HeldForm.__slots__ if name in _form.c), listened_to(_form.c.county_id).label("heard")
)
_OWN = Prepared(_READ.where(_form.c.id == sa.bindparam("ident")).with_for_update())
_SHARED = (
    _READ.join(_record, _record.c.form_id == _form.c.id)
    .where(_record.c.id == sa.bindparam("ident"))
    .with_for_update(read=True, of=_form)
)
_OF_RECORD = Prepared(_SHARED)
_BOTH = Prepared(  # the form first, as everybody locks them
    _SHARED.add_columns(*(column.label(f"record_{column.key}") for column in _record.c)).suffix_with(
        "FOR UPDATE OF record", dialect="postgresql"
    )
)
_WIDTH = len(HeldForm.__slots__)
_WITH_DRAFT = Prepared(
    sa.select(*_draft.c, *(column.label(f"held_{column.key}") for column in _READ.selected_columns))
    .join_from(_draft, _form, _form.c.id == _draft.c.form_id)
    .where(_draft.c.uid == sa.bindparam("uid"))
    .with_for_update()
)
_RecordRow = namedtuple("_RecordRow", _record.c.keys())  # type: ignore[misc]
_COUNT_ON = Changes(
    _form,
    {"ident": sa.Integer(), "following": sa.Integer()},
    sa.update(_form).where(_form.c.id == sa.bindparam("ident")).values(next_number=sa.bindparam("following")),
    lambda row: sa.update(_form).where(_form.c.id == row.c.ident).values(next_number=row.c.following),
)


def open_form(form_id: int, actor: Actor) -> HeldForm:
    """Hold the form until the act ends: its numbers are given one after another, and no version comes between.

    Raises NotAllowed, NotFound and FormNotInUse.
    """
    db.session.flush()  # prepared statements see nothing that an act around this one has not written yet
    row = _OWN.first(ident=form_id)
    if row is None:
        raise NotFound
    return _opened(row, actor)


def draft_to_hand_in(uid: str) -> Any | None:
    """Hold a draft and its form; return the columns of both, for `form_of_draft`. None where there is no such draft."""
    db.session.flush()
    return _WITH_DRAFT.first(uid=uid)


def form_of_draft(row: Any, actor: Actor) -> HeldForm:
    """Return the form that `draft_to_hand_in` holds, as `open_form` does."""
    return _opened(row[-_WIDTH:], actor)


def _opened(row: Any, actor: Actor) -> HeldForm:
    held = _held(row)
    if not covers(actor, "record:create", held):
        raise NotFound  # another county's form is not even refused
    require(actor, "record:create", held)
    if held.state != FormState.PUBLISHED:
        raise FormNotInUse
    return held


def count_on(form: HeldForm, records: int = 1) -> None:
    """Let the form's next record have the number after those just given."""
    write_together([counted_on(form, records)])


def counted_on(form: HeldForm, records: int = 1) -> Part:
    """Return the same for a statement that writes more than that."""
    return _COUNT_ON, [{"ident": form.id, "following": form.next_number + records}]


def form_of(record_id: int) -> HeldForm:
    """Keep a record's form from getting a new version while the record changes. Raises NotFound."""
    db.session.flush()
    row = _OF_RECORD.first(ident=record_id)
    if row is None:
        raise NotFound
    return _held(row)


def record_to_change(record_id: int) -> tuple[HeldForm, Any]:
    """Hold a record and, as `form_of`, its form; return that, and the record's columns. Raises NotFound."""
    db.session.flush()
    row = _BOTH.first(ident=record_id)
    if row is None:
        raise NotFound
    return _held(row), _RecordRow._make(row[_WIDTH:])


def _held(row: Any) -> HeldForm:
    held = HeldForm(*row[:_WIDTH])
    keep_marks(held.id)  # whoever publishes waits for the lock
    return held
