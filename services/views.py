"""Acts on saved views of registers: save, change, delete, choose the one a register opens with."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from engine.texts import narrow
from models.access import Actor, Role
from models.base import db
from models.forms import Form
from models.orgs import OrgUnit
from models.views import DefaultView, RegisterView
from queries.scope import get_in_scope
from queries.views import may_change
from services.access import require
from services.audit import record_audit
from services.locking import advance, lock
from services.refusals import NotAllowed, NotFound, Refusal
from services.transaction import transaction

NAME_LENGTH = 40
MOST_VIEWS = 50
DOCUMENT_LENGTH = 8_000
LONG_NUMBER = re.compile(r"[0-9]{10}")
PARTS = frozenset({"columns", "search", "sort", "conditions", "chart"})


class NameMissing(Refusal):
    message = _l("请给视图起个名字，最多 %(most)s 个字。", most=NAME_LENGTH)


class TooManyViews(Refusal):
    message = _l("这个台账里已有 %(most)s 个这样的视图，请先删掉不用的。", most=MOST_VIEWS)


class PersonalNumber(Refusal):
    """A view would keep a whole phone or ID number in plain letters, and show it to whoever gets its address."""

    message = _l("视图里不能保存手机号、身份证号这样的长号码。请去掉搜索的号码再保存。")


class DocumentRefused(Refusal):
    message = _l("这个视图的条件太多，保存不下。请减少条件或列后再保存。")


@transaction
def create_view(
    form: Form,
    *,
    name: str,
    document: Mapping[str, Any],
    org_id: int | None = None,
    role: Role | None = None,
    actor: Actor,
    at: datetime,
) -> RegisterView:
    """Save a view for oneself, or for the people of an organisation and below (in one role, or all).

    Raises NameMissing, TooManyViews, DocumentRefused, PersonalNumber, NotAllowed and NotFound.
    """
    require(actor, "record:list", form)
    owner = _owner(org_id, role, actor)
    _leave_room(form, owner)
    view = RegisterView(
        uid=uuid.uuid4().hex, form_id=form.id, county_id=form.county_id, name=_name(name), document=_checked(document),
        author_id=actor.user_id, created_at=at, updated_at=at, row_version=1, **owner,
    )  # fmt: skip
    db.session.add(view)
    record_audit("view:create", view, actor=actor, at=at, after={"name": view.name, "form": form.title} | _whose(owner))
    return view


@transaction
def change_view(
    view: RegisterView,
    *,
    name: str,
    row_version: int,
    document: Mapping[str, Any] | None = None,
    actor: Actor,
    at: datetime,
) -> RegisterView:
    """Rename a view and, with a document, overwrite what it shows. Raises NameMissing, Stale, NotFound."""
    view = _own(view, actor)
    advance(view, row_version)
    before = view.name
    view.name, view.updated_at = _name(name), at
    if document is not None:
        view.document = _checked(document)
    told = {"name": view.name} if view.name != before else {}
    record_audit("view:change", view, actor=actor, at=at, before={"name": before} if told else {}, after=told)
    return view


@transaction
def delete_view(view: RegisterView, *, actor: Actor, at: datetime) -> None:
    """Delete a view, for everybody who used it. Raises NotFound."""
    view = _own(view, actor)
    record_audit("view:delete", view, actor=actor, at=at, before={"name": view.name})
    db.session.execute(sa.delete(DefaultView).where(DefaultView.view_id == view.id))
    db.session.delete(view)


@transaction
def choose_default(form: Form, view: RegisterView | None, *, actor: Actor) -> None:
    """Let a register open with a view for oneself, or with everything again. Raises NotFound."""
    require(actor, "record:list", form)
    if actor.user_id is None or (view is not None and view.form_id != form.id):
        raise NotFound
    mine = (DefaultView.user_id == actor.user_id, DefaultView.form_id == form.id)
    db.session.execute(sa.delete(DefaultView).where(*mine))
    if view is not None:
        db.session.add(DefaultView(user_id=actor.user_id, form_id=form.id, view_id=view.id))


def _own(view: RegisterView, actor: Actor) -> RegisterView:
    view = lock(view)
    require(actor, "record:list", view)
    if not may_change(view, actor):
        raise NotFound
    return view


def _owner(org_id: int | None, role: Role | None, actor: Actor) -> dict[str, Any]:
    if org_id is None:
        if actor.user_id is None or role is not None:
            raise NotFound
        return {"user_id": actor.user_id, "org_id": None, "role": None}
    require(actor, "view:share")
    if get_in_scope(OrgUnit, org_id, actor, "view:share") is None:
        raise NotAllowed
    return {"user_id": None, "org_id": org_id, "role": role}


def _leave_room(form: Form, owner: Mapping[str, Any]) -> None:
    same = RegisterView.user_id == owner["user_id"] if owner["user_id"] else RegisterView.org_id == owner["org_id"]
    number = db.session.scalar(sa.select(sa.func.count()).where(RegisterView.form_id == form.id, same)) or 0
    if number >= MOST_VIEWS:
        raise TooManyViews


def _name(name: str) -> str:
    clean = " ".join(name.split())
    if not clean or len(clean) > NAME_LENGTH:
        raise NameMissing
    return clean


def _checked(document: Mapping[str, Any]) -> dict[str, Any]:
    if set(document) - PARTS or len(json.dumps(document, ensure_ascii=False)) > DOCUMENT_LENGTH:
        raise DocumentRefused
    if LONG_NUMBER.search(narrow(str(document.get("search", "")))):
        raise PersonalNumber
    return dict(document)


def _whose(owner: Mapping[str, Any]) -> dict[str, Any]:
    return {key: owner[key] for key in ("org_id", "role") if owner[key]}
