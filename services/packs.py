"""Packs applied: compared with what a county has, then taken over whole or not at all."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from engine import editing
from engine.definition import check, diff, parse
from engine.messages import N_, Message
from models.access import Actor, Role
from models.base import db
from models.categories import Category, CategoryKind
from models.forms import Form
from models.orgs import OrgUnit
from models.views import RegisterView
from models.xlsforms import FormWorkbook
from queries import packs as reads
from queries.forms import definition, form_of_county, taken
from services.access import require
from services.audit import record_audit
from services.categories import change_category, create_category
from services.form_drafts import import_definition
from services.form_names import free_prefix
from services.forms import create_form, publish_form
from services.refusals import NotAllowed, NotFound, Refusal
from services.transaction import transaction
from services.views import change_view, create_view

MOST_BYTES = 20 * 1024 * 1024


class State(StrEnum):
    NEW = "new"
    SAME = "same"
    CHANGED = "changed"
    REFUSED = "refused"


@dataclass(frozen=True)
class Line:
    """One thing of a pack against the county: what would become of it, and why in words."""

    section: str
    name: str
    state: State
    details: tuple[Message, ...] = field(default=())


class PackUnreadable(Refusal):
    """A file that is no pack, or one that was altered."""


class PackRefused(Refusal):
    """A pack of which something cannot be taken over; `lines` names it. Nothing was changed."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        super().__init__(_l("这个配置包有 %(n)s 处不能采用，什么都没有改。", n=len(lines)))


def export_pack(county_id: int, *, keys: list[str] | None = None, actor: Actor, at: datetime) -> dict[str, Any]:
    """Return a county's pack. Raises NotFound for a key that is no form in use."""
    _require(county_id, actor)
    try:
        return reads.pack(county_id, keys=keys, made_at=at)
    except LookupError as missing:
        raise NotFound from missing


def read_pack(content: bytes) -> dict[str, Any]:
    """Read a pack and check that it is whole. Raises PackUnreadable."""
    if len(content) > MOST_BYTES:
        raise PackUnreadable(_l("配置包太大，最多 %(most)s MB。", most=MOST_BYTES // 1024 // 1024))
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as broken:
        raise PackUnreadable(_l("这不是一个配置包：文件内容读不出来。")) from broken
    if not isinstance(document, dict) or document.get("schema") != reads.SCHEMA:
        raise PackUnreadable(_l("这不是一个配置包，或者是更新的系统导出的。"))
    if document.get("sha256") != reads.digest(document):
        raise PackUnreadable(_l("配置包的内容和校验码对不上，可能被改动过或没有传完整。请重新导出。"))
    if not all(isinstance(document.get(name), list) for name in (*reads.SECTIONS, "roles")):
        raise PackUnreadable(_l("配置包缺少内容，可能是更新的系统导出的。"))
    return document


def compare(document: Mapping[str, Any], county_id: int, *, actor: Actor) -> list[Line]:
    """Say what applying a pack would do, thing by thing. Changes nothing."""
    _require(county_id, actor)
    try:
        return [
            *_roles(document),
            *(_form(one, county_id) for one in document["forms"]),
            *(_category(one, county_id) for one in document["categories"]),
            *(_view(one, county_id, document) for one in document["views"]),
            *(_template(one, county_id, document) for one in document["templates"]),
        ]
    except (KeyError, TypeError, AttributeError, ValueError) as broken:
        raise PackUnreadable(_l("配置包缺少内容，可能是更新的系统导出的。")) from broken


@transaction
def apply_pack(
    document: Mapping[str, Any], county_id: int, *, publish: bool = False, actor: Actor, at: datetime, today: date
) -> list[Line]:
    """Take a pack over, whole or not at all: forms become drafts, or with `publish` new versions.

    What the county has and the pack does not stays. Raises PackRefused and PackUnreadable.
    """
    lines = compare(document, county_id, actor=actor)
    refused = [line for line in lines if line.state == State.REFUSED]
    if refused:
        raise PackRefused(refused)
    states = {(line.section, line.name): line.state for line in lines}
    for one in document["forms"]:
        _take_form(one, states["forms", one["key"]], county_id, publish=publish, actor=actor, at=at)
    for one in document["categories"]:
        _take_category(one, states["categories", _called(one)], county_id, actor=actor, at=at, today=today)
    for one in document["views"]:
        _take_view(one, states["views", _seen(one)], county_id, actor=actor, at=at)
    for one in document["templates"]:
        if states["templates", _kept(one)] != State.SAME:
            _take_template(one, county_id, actor=actor, at=at)
    after = {"from": document["from"], "sha256": document["sha256"], "lines": len(lines)}
    record_audit("pack:apply", db.session.get_one(OrgUnit, county_id), actor=actor, at=at, after=after)
    return lines


def _require(county_id: int, actor: Actor) -> None:
    for permission in ("form:design", "category:manage"):
        require(actor, permission)
    if not actor.system and county_id not in {grant.county_id for grant in actor.grants_for("form:design")}:
        raise NotAllowed


# ---------- comparing ----------


def _roles(document: Mapping[str, Any]) -> Iterator[Line]:
    known = {role.value for role in Role}
    for role in document["roles"]:
        if role not in known:
            yield Line("roles", str(role), State.REFUSED, (Message(N_("这里没有这个角色，请先升级系统")),))


def _form(one: Mapping[str, Any], county_id: int) -> Line:
    key, document = one["key"], one["definition"]
    problems = [Message(problem.message, problem.params) for problem in check(document)]
    if problems or document["key"] != key:
        return Line("forms", key, State.REFUSED, tuple(problems) or (Message(N_("表单标识和定义里的不一样")),))
    here = form_of_county(county_id, key)
    if here is None:
        return Line("forms", key, State.NEW)
    follower = parse(_follower(here, document))
    current = definition(here.id, here.current_version) if here.current_version else None
    changes = diff(current, follower)
    if current is not None and current.sha256 == follower.sha256:
        return Line("forms", key, State.SAME)
    told = tuple(Message(change.message, change.params) for change in changes)
    return Line("forms", key, State.CHANGED if all(change.allowed for change in changes) else State.REFUSED, told)


def _follower(here: Form, document: dict[str, Any]) -> dict[str, Any]:
    """Return a pack's definition as what may follow the version in use: what was published here stays, retired."""
    if here.current_version is None:
        return document
    return editing.restored(document, definition(here.id, here.current_version).document)


def _category(one: Mapping[str, Any], county_id: int) -> Line:
    here = _category_here(one, county_id)
    if here is None:
        return Line("categories", _called(one), State.NEW)
    parent = here.parent.code if here.parent else None
    if (here.name, here.position, parent) == (one["name"], one["position"], one["parent"]) and here.valid_to is None:
        return Line("categories", _called(one), State.SAME)
    told = Message(N_("现在叫“%(name)s”"), {"name": here.name})
    return Line("categories", _called(one), State.CHANGED, (told,))


def _category_here(one: Mapping[str, Any], county_id: int) -> Category | None:
    query = sa.select(Category).where(
        Category.county_id == county_id, Category.kind == CategoryKind(one["kind"]), Category.code == one["code"]
    )
    return db.session.scalar(query)


def _called(one: Mapping[str, Any]) -> str:
    return f"{one['kind']}/{one['code']} {one['name']}"


def _view(one: Mapping[str, Any], county_id: int, document: Mapping[str, Any]) -> Line:
    if one["form"] not in {form["key"] for form in document["forms"]}:
        return Line("views", _seen(one), State.REFUSED, (Message(N_("配置包里没有它的表单")),))
    here = _view_here(one, county_id)
    if here is None:
        return Line("views", _seen(one), State.NEW)
    same = here.document == one["document"]
    return Line("views", _seen(one), State.SAME if same else State.CHANGED)


def _view_here(one: Mapping[str, Any], county_id: int) -> RegisterView | None:
    query = (
        sa.select(RegisterView)
        .join(Form, Form.id == RegisterView.form_id)
        .where(
            Form.key == one["form"],
            RegisterView.org_id == county_id,
            RegisterView.name == one["name"],
            RegisterView.role.is_(None) if one["role"] is None else RegisterView.role == Role(one["role"]),
        )
        .order_by(RegisterView.id)
        .limit(1)
    )
    return db.session.scalar(query)


def _seen(one: Mapping[str, Any]) -> str:
    return f"{one['form']}/{one['name']}" + (f"（{one['role']}）" if one["role"] else "")


def _template(one: Mapping[str, Any], county_id: int, document: Mapping[str, Any]) -> Line:
    name = _kept(one)
    if one["form"] not in {form["key"] for form in document["forms"]}:
        return Line("templates", name, State.REFUSED, (Message(N_("配置包里没有它的表单")),))
    content = _content(one)
    form = form_of_county(county_id, one["form"])
    here = db.session.get(FormWorkbook, form.id) if form else None
    if here is None:
        return Line("templates", name, State.NEW)
    return Line("templates", name, State.SAME if here.content == content else State.CHANGED)


def _kept(one: Mapping[str, Any]) -> str:
    return f"{one['form']}/{one['name']}"


def _content(one: Mapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(one["content"], validate=True)
    except binascii.Error as broken:
        raise PackUnreadable(_l("配置包里的工作簿读不出来。")) from broken


# ---------- taking over ----------


def _take_form(
    one: Mapping[str, Any], state: State, county_id: int, *, publish: bool, actor: Actor, at: datetime
) -> None:
    form = form_of_county(county_id, one["key"])
    if form is None:
        prefix = free_prefix(county_id, one["title"]) if taken(county_id, prefix=one["prefix"]) else one["prefix"]
        form = create_form(
            county_id, key=one["key"], title=one["title"], prefix=prefix, definition=one["definition"],
            actor=actor, at=at,
        )  # fmt: skip
        db.session.flush()
    elif state == State.CHANGED:
        draft = _follower(form, one["definition"])
        import_definition(form, draft, row_version=form.row_version, actor=actor, at=at)
    if publish and state != State.SAME:
        publish_form(form, row_version=form.row_version, actor=actor, at=at)


def _take_category(
    one: Mapping[str, Any], state: State, county_id: int, *, actor: Actor, at: datetime, today: date
) -> None:
    if state == State.SAME:
        return
    parent = _category_here({**one, "code": one["parent"]}, county_id) if one["parent"] else None
    told = {"code": one["code"], "name": one["name"], "position": one["position"], "parent_id": parent and parent.id}
    here = _category_here(one, county_id)
    if here is None:
        create_category(county_id, kind=CategoryKind(one["kind"]), valid_from=today, actor=actor, at=at, **told)
        db.session.flush()
    else:
        change_category(here, row_version=here.row_version, valid_from=here.valid_from, actor=actor, at=at, **told)


def _take_view(one: Mapping[str, Any], state: State, county_id: int, *, actor: Actor, at: datetime) -> None:
    if state == State.SAME:
        return
    here = _view_here(one, county_id)
    if here is not None:
        change_view(here, name=one["name"], row_version=here.row_version, document=one["document"], actor=actor, at=at)
        return
    form = form_of_county(county_id, one["form"])
    if form is None:
        raise NotFound
    role = Role(one["role"]) if one["role"] else None
    create_view(form, name=one["name"], document=one["document"], org_id=county_id, role=role, actor=actor, at=at)


def _take_template(one: Mapping[str, Any], county_id: int, *, actor: Actor, at: datetime) -> None:
    form, content = form_of_county(county_id, one["form"]), _content(one)
    if form is None:
        raise NotFound
    kept = db.session.get(FormWorkbook, form.id)
    if kept is None:
        kept = FormWorkbook(form_id=form.id, marks={"open": []})
        db.session.add(kept)
    kept.name, kept.content, kept.names = one["name"], content, one["names"]
    kept.sha256 = hashlib.sha256(content).hexdigest()
    kept.imported_at, kept.imported_by = at, actor.user_id
