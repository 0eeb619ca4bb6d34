"""What a county may set at run time: the list of keys with their defaults, and the value in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.base import db
from models.orgs import OrgUnit
from models.settings import Setting
from queries.accounts import TOTP_ROLES
from queries.public_names import NameStyle


class SettingKind(StrEnum):
    TEXT = "text"
    COUNT = "count"
    ROLES = "roles"
    CHOICE = "choice"


@dataclass(frozen=True)
class Spec:
    """One key: how its value is typed and checked, what it means, and what holds where nothing is set."""

    key: str
    kind: SettingKind
    label: Any
    default: Any
    help: Any
    most: int = 100  # characters of a text, or the largest count
    choices: Mapping[str, Any] = field(default_factory=dict)  # of a choice: what each value is called


COUNTY_TITLE = "county_title"
PUBLIC_CONTACT = "public_contact"
REVEAL_LIMIT = "reveal_limit"
EXPIRY_NOTICE_DAYS = "expiry_notice_days"
PUBLIC_NAMES = "public_names"

NAME_STYLES: Mapping[str, Any] = {
    NameStyle.FULL: _l("全名，例如“张小三”"),
    NameStyle.ENDS: _l("隐去中间，例如“张*三”"),
    NameStyle.FAMILY: _l("只写姓，例如“张**”"),
    NameStyle.CODE: _l("只写户编号"),
}

SETTINGS: Mapping[str, Spec] = {
    spec.key: spec
    for spec in (
        Spec(COUNTY_TITLE, SettingKind.TEXT, _l("显示名称"), "", _l("页面和打印件上的单位名称；留空时用县中心的。")),
        Spec(PUBLIC_CONTACT, SettingKind.TEXT, _l("公开联系方式"), "", _l("群众求助时看到的电话或地址。"), most=200),
        Spec(
            TOTP_ROLES, SettingKind.ROLES, _l("须用两步验证的角色"), (),
            _l("有这些角色的人，下次打开页面时要先开启两步验证。"),
        ),
        Spec(
            PUBLIC_NAMES, SettingKind.CHOICE, _l("公示时怎么写户主"), NameStyle.FAMILY,
            _l("道德币公示和月度公示表上怎么称呼一户。只公示加分，扣分不公示。"), choices=NAME_STYLES,
        ),
        Spec(
            REVEAL_LIMIT, SettingKind.COUNT, _l("每人每天查看完整信息的次数"), 50,
            _l("查看完整的身份证号、手机号、住址，每次都要写原因并留下记录；到了次数，当天不能再看。"), most=1000,
        ),
        Spec(
            EXPIRY_NOTICE_DAYS, SettingKind.COUNT, _l("道德币到期前几天提醒"), 30,
            _l("提醒有账号的村民和本村的村干部，每个到期日只提醒一次；填 0 表示不提醒。"), most=365,
        ),
    )
}  # fmt: skip


def setting(county_id: int, key: str) -> Any:
    """Return the value in force in a county. Raises KeyError on a key that is not in the list."""
    row = setting_row(county_id, key)
    return SETTINGS[key].default if row is None else row.value


def name_style(county_id: int) -> NameStyle:
    """Return how public notices and sheets of a county call a household."""
    return NameStyle(setting(county_id, PUBLIC_NAMES))


def public_face(code: str) -> tuple[str, str]:
    """Return the name and the contact that a county shows to people who are not signed in; nothing before it exists."""
    unit = db.session.execute(sa.select(OrgUnit.id, OrgUnit.name).where(OrgUnit.code == code)).one_or_none()
    if unit is None:
        return "", ""
    chosen = {key: row.value for key, row in settings_of(unit.id).items()}
    return chosen.get(COUNTY_TITLE) or unit.name, chosen.get(PUBLIC_CONTACT) or ""


def county_title(county_id: int) -> str:
    """Return the name a county prints on its papers: the chosen one, or that of its centre."""
    name = db.session.scalar(sa.select(OrgUnit.name).where(OrgUnit.id == county_id)) or ""
    return setting(county_id, COUNTY_TITLE) or name


def setting_row(county_id: int, key: str) -> Setting | None:
    """Return the stored row, or None while the default holds."""
    return db.session.scalar(sa.select(Setting).where(Setting.county_id == county_id, Setting.key == key))


def settings_of(county_id: int) -> dict[str, Setting]:
    """Return the stored rows of a county by key."""
    query = sa.select(Setting).where(Setting.county_id == county_id, Setting.key.in_(SETTINGS))
    return {row.key: row for row in db.session.scalars(query)}
