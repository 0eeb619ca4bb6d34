"""Acts on organisations: create, rename, close, delete what nothing points to. A unit's place never changes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.base import db
from models.orgs import Level, OrgName, OrgUnit
from queries.orgs import PARENTS, children_of, code_taken
from queries.references import references
from services.access import require
from services.audit import changes, record_audit
from services.ids import next_id
from services.locking import advance, lock
from services.pinyin import sort_key
from services.refusals import Refusal
from services.transaction import transaction

MANAGE = "org:manage"


class OrgRefused(Refusal):
    """A unit that would not fit the tree; `field` says which answer is wrong."""

    def __init__(self, field: str, message: Any) -> None:
        self.field = field
        super().__init__(message)


@transaction
def create_org(
    parent: OrgUnit,
    *,
    level: Level,
    code: str,
    name: str,
    valid_from: date,
    actor: Actor,
    at: datetime,
    note: str = "",
) -> OrgUnit:
    """Create a unit under another. Raises OrgRefused on a level that does not belong there or a taken code."""
    require(actor, MANAGE, parent)
    if Level(parent.level) not in PARENTS[level]:
        raise OrgRefused("level", _l("这一层级不能建在所选的上级下面。"))
    _check_code(code)
    if parent.valid_to is not None and parent.valid_to <= valid_from:
        raise OrgRefused("valid_from", _l("上级在这一天已经停用。"))
    org = OrgUnit(
        id=next_id(OrgUnit), parent_id=parent.id, level=level, code=code, name=name, pinyin=sort_key(name),
        valid_from=valid_from, note=note, county_id=parent.county_id, town_id=parent.town_id,
        village_id=parent.village_id,
    )  # fmt: skip
    if level == Level.TOWNSHIP:
        org.town_id = org.id
    elif level == Level.VILLAGE:
        org.village_id = org.id
    db.session.add(org)
    after = {"parent_id": parent.id, "level": level, "code": code, "name": name, "valid_from": valid_from}
    record_audit("org:create", org, actor=actor, at=at, after=after)
    return org


@transaction
def change_org(org: OrgUnit, *, row_version: int, code: str, note: str, actor: Actor, at: datetime) -> OrgUnit:
    """Change a unit's code and note. Its name changes by rename_org, its place never. Raises OrgRefused, Stale."""
    lock(org)
    require(actor, MANAGE, org)
    advance(org, row_version)
    with db.session.no_autoflush:
        _check_code(code, org)
    org.code, org.note = code, note
    before, after = changes(org)
    record_audit("org:change", org, actor=actor, at=at, before=before, after=after)
    return org


@transaction
def rename_org(
    org: OrgUnit, *, name: str, since: date, actor: Actor, at: datetime, row_version: int | None = None
) -> OrgUnit:
    """Give a unit a new name from a day on; the old one is kept with its dates. Raises OrgRefused, Stale.

    From the very day the present name began, the name is corrected instead: it never was in use.
    """
    lock(org)
    require(actor, MANAGE, org)
    advance(org, row_version)
    began = max((past.valid_to for past in org.names if past.valid_to), default=org.valid_from)
    if since < began:
        raise OrgRefused("since", _l("现在的名称从 %(day)s 开始使用，新名称不能比它更早。", day=began.isoformat()))
    if name == org.name:
        raise OrgRefused("name", _l("新名称和现在的名称一样。"))
    before = {"name": org.name}
    if since > began:
        db.session.add(OrgName(org_id=org.id, name=org.name, valid_from=began, valid_to=since))
    org.name, org.pinyin = name, sort_key(name)
    record_audit("org:rename", org, actor=actor, at=at, before=before, after={"name": name, "valid_from": since})
    return org


@transaction
def close_org(
    org: OrgUnit, *, valid_to: date | None, actor: Actor, at: datetime, row_version: int | None = None
) -> OrgUnit:
    """Close a unit from a day on, or open it again with None. Raises OrgRefused while units under it stay open."""
    lock(org)
    require(actor, MANAGE, org)
    advance(org, row_version)
    if valid_to is not None:
        _check_closing(org, valid_to)
    before = {"valid_to": org.valid_to}
    org.valid_to = valid_to
    record_audit("org:close", org, actor=actor, at=at, before=before, after={"valid_to": valid_to})
    return org


@transaction
def delete_org(org: OrgUnit, *, actor: Actor, at: datetime) -> None:
    """Delete a unit entered by mistake. Raises OrgRefused when anything points to it."""
    lock(org)
    require(actor, MANAGE, org)
    if references(org, apart_from=frozenset({"org_name"})):
        raise OrgRefused("", _l("这个组织下面还有组织、用户或登记，不能删除。可以填写停用日期。"))
    before = {"level": org.level, "code": org.code, "name": org.name, "parent_id": org.parent_id}
    record_audit("org:delete", org, actor=actor, at=at, before=before)
    for past in list(org.names):
        db.session.delete(past)
    db.session.flush()
    # A village or township names itself in its place columns; PostgreSQL checks that at the end of the statement.
    db.session.delete(org)


def _check_code(code: str, org: OrgUnit | None = None) -> None:
    if code_taken(code, apart_from=org.id if org else None):
        raise OrgRefused("code", _l("这个编号已经有了，请换一个。"))


def _check_closing(org: OrgUnit, valid_to: date) -> None:
    if org.level == Level.COUNTY:
        raise OrgRefused("valid_to", _l("县一级不能停用。"))
    if valid_to <= org.valid_from:
        raise OrgRefused("valid_to", _l("停用日期要晚于启用日期。"))
    still_open = children_of(org, open_on=valid_to)
    if still_open:
        names = "、".join(child.name for child in still_open[:3])
        raise OrgRefused("valid_to", _l("请先停用它下面的组织：%(names)s。", names=names))
