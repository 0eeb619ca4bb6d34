"""What a county may set at run time: the list of keys with their defaults, and the value in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.base import db
from models.orgs import OrgUnit
from models.settings import Setting
from queries.accounts import TOTP_ROLES


class SettingKind(StrEnum):
    TEXT = "text"
    COUNT = "count"
    ROLES = "roles"
    SWITCH = "switch"


@dataclass(frozen=True)
class Spec:
    """One key: how its value is typed and checked, what it means, and what holds where nothing is set."""

    key: str
    kind: SettingKind
    label: Any
    default: Any
    help: Any
    most: int = 100  # characters of a text, or the largest count


COUNTY_TITLE = "county_title"
PUBLIC_CONTACT = "public_contact"
REVEAL_LIMIT = "reveal_limit"
MASK_NAMES = "mask_public_names"
EXPIRY_NOTICE_DAYS = "expiry_notice_days"

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
            MASK_NAMES, SettingKind.SWITCH, _l("公示时隐去名字"), True,  # noqa: FBT003 - a value
            _l("道德币公示和公开榜上的姓名只显示姓，例如“张**”。"),
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


def masks_names(county_id: int) -> bool:
    """Tell whether public notices and boards of a county show family names alone."""
    return bool(setting(county_id, MASK_NAMES))


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
