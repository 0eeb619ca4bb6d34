"""Entry under way: a draft is opened, saved page by page, handed in or discarded. Nothing typed is lost on the way."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from engine.answers import defaults
from engine.defaults import earlier_fids
from engine.definition import Definition, Item
from engine.rows import merged, places, taken_out, with_answer
from models.access import Actor
from models.base import db, table_of
from models.drafts import Draft
from models.files import File
from models.forms import Form, FormState
from models.records import Record
from models.rows import Changes
from queries.answers import context_for
from queries.drafts import earlier_answers, untouched_drafts
from queries.forms import definition
from queries.indexing import held_shape
from services.access import require
from services.audit import record_audit
from services.carrying import carried, opened, with_hidden
from services.files import attach_files, forget
from services.form_holds import AnyForm, draft_to_hand_in, form_of_draft
from services.records import enter
from services.refusals import NotFound, Refusal, Stale
from services.transaction import transaction
from services.vault import vault
from services.versions import FormNotInUse, VersionClosed

SEAL = "draft.answers"
UNTOUCHED_FOR = timedelta(days=1)
SPARE_ROWS = 20  # of those taken out, that can be brought back
_draft = table_of(Draft)
_DROP = Changes(
    _draft,
    {"ident": sa.BigInteger()},
    sa.delete(_draft).where(_draft.c.id == sa.bindparam("ident")),
    lambda row: sa.delete(_draft).where(_draft.c.id.in_(sa.select(row.c.ident))),
)


class ChangedElsewhere(Stale):
    """Another window has saved the same page since this one was opened."""

    message = _l(
        "这份草稿的这一页在另一个窗口里改过，所以这次没有保存。您填写的内容还在下面，另一个窗口的内容列在题目旁边；"
        "核对后再点一次，就以下面的内容为准。"
    )


class CheckedBefore(Stale):
    """The draft was changed in another window after its answers were shown for checking."""

    message = _l("核对之后，这份草稿又在另一个窗口里改过，所以还没有提交。请对照下面最新的内容，再提交一次。")


class MustForward(Refusal):
    """The newest version of the form wants older drafts carried over before they are handed in."""

    status = 409
    message = _l("这张表单改版了。您填的内容都在，请先转到新版，再接着填。")


@dataclass(frozen=True)
class Contents:
    """What a draft holds: raw answers by fid, and who saved each page last (page id -> [row_version, tab]).

    `spare` are the rows last taken out of repeats, by id: one that comes again finds its answers there. A draft that
    was carried over from the version `came_from` asks the questions `fresh` first (services/forwarding.py).
    """

    answers: dict[str, Any] = field(default_factory=dict)
    saves: dict[str, list[Any]] = field(default_factory=dict)
    spare: dict[str, Any] = field(default_factory=dict)
    fresh: list[str] = field(default_factory=list)
    came_from: int = 0


def contents(draft: Any) -> Contents:
    """Open a draft. Raises Unsealable when it was altered or its key is gone."""
    return Contents(**json.loads(vault().unseal(draft.sealed_answers, context=SEAL)))


def _sealed(inside: Contents) -> str:
    return vault().seal(json.dumps(asdict(inside), ensure_ascii=False), context=SEAL)


@transaction
def open_draft(
    form: Form,
    *,
    query: Mapping[str, Any] | None = None,
    actor: Actor,
    at: datetime,
    today: date,
    locale: str = "zh_Hans_CN",
) -> Draft:
    """Begin an entry of the form's current version. Raises FormNotInUse, NotAllowed, NotFound.

    `query` are texts of the address bar by name; only items whose default names one of them take it.

    Each call is an entry of its own: two windows opened at once must not write into each other. Entries begun
    yesterday and never touched are forgotten on the way.
    """
    require(actor, "record:create", form)
    if form.state != FormState.PUBLISHED or form.current_version is None or actor.user_id is None:
        raise FormNotInUse
    for forgotten in untouched_drafts(actor, before=at - UNTOUCHED_FOR):
        db.session.delete(forgotten)
    asked = definition(form.id, form.current_version)
    earlier = earlier_answers(form, actor, earlier_fids(asked.live_items))
    values = defaults(asked, context_for(actor, today=today, locale=locale, query=query, earlier=earlier))
    answers = {fid: asked.item(fid).to_json(value) for fid, value in values.items()}
    draft = Draft(
        uid=secrets.token_hex(16),
        user_id=actor.user_id,
        form_id=form.id,
        version=form.current_version,
        sealed_answers=_sealed(Contents(answers)),
        created_at=at,
        updated_at=at,
    )
    db.session.add(draft)
    db.session.flush()
    return draft


@transaction
def save_draft(
    draft: Draft,
    *,
    page_id: str,
    answers: Mapping[str, Any],
    base: int,
    tab: str,
    actor: Actor,
    at: datetime,
) -> Draft:
    """Save the raw answers of one page.

    `base` is the draft's row_version when the window was opened and `tab` the window's random name: a window may
    save again and again, but not over what another one has saved on that page meanwhile (ChangedElsewhere). Details
    of a person who was just chosen are carried into the questions that take them.
    """
    draft = locked_draft(draft, actor)
    inside = contents(draft)
    saved_at_version, saved_by = inside.saves.get(page_id, [0, ""])
    if saved_at_version > base and saved_by != tab:
        raise ChangedElsewhere
    whole = definition(draft.form_id, draft.version)
    asked = whole.live_items
    typed = merged(asked, inside.answers, with_hidden(asked, inside.answers, answers), inside.spare)
    told = carried(whole, inside.answers, typed, actor=actor)
    spare = dict(list({**inside.spare, **taken_out(asked, inside.answers, told)}.items())[-SPARE_ROWS:])
    saves = {**inside.saves, page_id: [draft.row_version + 1, tab]}
    return write_draft(draft, replace(inside, answers=told, saves=saves, spare=spare), at=at)


@transaction
def add_file(draft: Draft, file: File, *, address: str, actor: Actor, at: datetime) -> Draft:
    """Put an upload behind those that an answer already has. Photographs of two windows do not collide."""
    draft = locked_draft(draft, actor)
    inside = contents(draft)
    answers = with_answer(inside.answers, address, lambda uids: [*_without(uids, file.uid), file.uid])
    return write_draft(draft, replace(inside, answers=answers), at=at)


@transaction
def remove_file(draft: Draft, file: File, *, actor: Actor, at: datetime) -> Draft:
    """Take an upload off a draft."""
    draft = locked_draft(draft, actor)
    if file.draft_uid != draft.uid:
        raise NotFound
    inside = contents(draft)
    answers = inside.answers
    for address, _item, uids in _upload_places(definition(draft.form_id, draft.version), inside):
        if file.uid in uids:
            answers = with_answer(answers, address, lambda uids: _without(uids, file.uid))
    forget(file, actor=actor, at=at)
    return write_draft(draft, replace(inside, answers=answers), at=at)


@transaction
def discard_draft(draft: Draft, *, actor: Actor, at: datetime) -> None:
    """Throw a draft and its uploads away."""
    draft = locked_draft(draft, actor)
    form = db.session.get_one(Form, draft.form_id)
    for file in db.session.scalars(sa.select(File).where(File.draft_uid == draft.uid)).all():
        forget(file, actor=actor, at=at)
    record_audit("draft:discard", draft, actor=actor, at=at, label=form.title)
    db.session.delete(draft)


@transaction
def hand_in(
    uid: str, *, base: int | None = None, actor: Actor, at: datetime, today: date, locale: str = "zh_Hans_CN"
) -> Record:
    """Turn the draft of this uid into a record that carries it, and drop the draft.

    `base` is the row_version that was shown for checking: what nobody has checked is not handed in (CheckedBefore).
    Raises AnswersRefused (with its outcome), FormNotInUse, VersionClosed: the draft then stays as it is. Raises
    NotFound when the draft is gone, as for the second of two clicks: queries.drafts.own_record then knows the record.
    """
    require(actor, "record:create")
    draft = draft_to_hand_in(uid)
    if draft is None or draft.user_id != actor.user_id:
        raise NotFound
    if base is not None and base != draft.row_version:
        raise CheckedBefore
    form = form_of_draft(draft, actor)
    with held_shape(form.id) as known:
        refuse_stale(form, draft.version, today=today)
        inside = contents(draft)
        record = enter(
            form, known, opened(inside.answers), version=draft.version, uid=uid, actor=actor, at=at, today=today,
            locale=locale, besides=[(_DROP, [{"ident": draft.id}])],
        )  # fmt: skip
        uploads = _uploads(known.definitions[draft.version], inside)
    if uploads:
        attach_files(record, uids=uploads, draft_uid=uid, actor=actor)
    return record


def refuse_stale(form: AnyForm, version: int, *, today: date) -> None:
    """Refuse a draft that its form no longer takes, before somebody fills it in for nothing.

    The newest version says what becomes of older drafts. Raises FormNotInUse, VersionClosed and MustForward, as the
    hand-in does; for the last two services/forwarding.py carries the draft over.
    """
    if form.state != FormState.PUBLISHED or form.current_version is None:
        raise FormNotInUse
    if form.current_version == version:
        return
    newest = definition(form.id, form.current_version)
    if newest.stale_policy == "refuse_after" and newest.refuse_after is not None and today > newest.refuse_after:
        raise VersionClosed(newest.refuse_after)
    if newest.stale_policy == "fast_forward":
        raise MustForward


def _uploads(asked: Definition, inside: Contents) -> set[str]:
    return {uid for _address, _item, uids in _upload_places(asked, inside) for uid in uids}


def _upload_places(asked: Definition, inside: Contents) -> list[tuple[str, Item, list[str]]]:
    found = places(asked.items, inside.answers)
    return [one for one in found if one[1].kind.takes_files and isinstance(one[2], list)]


def _without(uids: Any, uid: str) -> list[str]:
    return [one for one in uids or [] if one != uid]


def locked_draft(draft: Draft, actor: Actor) -> Draft:
    """Read the draft again under the write lock; NotFound when it is gone or somebody else's."""
    require(actor, "record:create")
    key = sa.inspect(draft).identity
    query = sa.select(Draft).where(Draft.id == (key or (0,))[0]).with_for_update()
    fresh = db.session.scalar(query.execution_options(populate_existing=True))
    if fresh is None or fresh.user_id != actor.user_id:
        raise NotFound
    return fresh


def write_draft(draft: Draft, inside: Contents, *, at: datetime) -> Draft:
    draft.sealed_answers = _sealed(inside)
    draft.row_version += 1
    draft.updated_at = at
    db.session.flush()
    return draft
