"""Acts on a county's settings: one key at a time, checked against the list in queries/settings.py."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from models.access import Actor, Role
from models.base import db
from models.settings import Setting
from queries.settings import SETTINGS, SettingKind, Spec, setting_row
from services.access import require
from services.audit import record_audit
from services.locking import advance, lock
from services.refusals import NotFound, Refusal, Stale
from services.transaction import transaction

__all__ = ["SETTINGS", "SettingRefused", "change_setting"]


class SettingRefused(Refusal):
    """A value that its key does not take."""

    field = "value"


@transaction
def change_setting(county_id: int, *, key: str, value: Any, row_version: int, actor: Actor, at: datetime) -> Setting:
    """Set a key of a county; `row_version` is 0 while nothing was set. Raises SettingRefused, Stale, NotFound."""
    spec = SETTINGS.get(key)
    if spec is None:
        raise NotFound
    row = setting_row(county_id, key)
    require(actor, "setting:manage", row or Setting(county_id=county_id, key=key))
    clean = _checked(spec, value)
    if row is None:
        if row_version:
            raise Stale
        row = Setting(county_id=county_id, key=key, row_version=0)
        db.session.add(row)
        before = spec.default
    else:
        advance(lock(row), row_version)
        before = row.value
    row.value, row.updated_at = clean, at
    row.row_version = max(row.row_version, 1)
    record_audit(
        "setting:change", row, actor=actor, at=at, before={"value": before}, after={"value": clean}, label=str(key)
    )
    return row


def _checked(spec: Spec, value: Any) -> Any:
    match spec.kind, value:
        case SettingKind.TEXT, str() if len(value) <= spec.most:
            return value.strip()
        case SettingKind.COUNT, int() if 0 <= value <= spec.most and not isinstance(value, bool):
            return value
        case SettingKind.CHOICE, str() if value in spec.choices:
            return str(value)
        case SettingKind.ROLES, list() if set(value) <= set(Role):
            return sorted(value)
    raise SettingRefused(_l("这个值不对，请按说明填写。"))
