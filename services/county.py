"""Setting up a county from nothing: its centre, the classes of disputes, the working calendar, the first admin."""

from __future__ import annotations

import re
from datetime import date, datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from models.access import Actor, Role
from models.base import db
from models.orgs import Level, OrgUnit
from services.accounts import create_user, grant_role
from services.audit import record_audit
from services.calendar import seed_years
from services.categories import seed_categories
from services.ids import next_id
from services.passwords import one_time_password
from services.pinyin import sort_key
from services.refusals import NotAllowed, Refusal
from services.transaction import transaction

CODE = re.compile(r"[0-9]{6}")


class BadCountyCode(Refusal):
    message = _l("县的代码是六位数字（行政区划代码），例如 330523。")


class CountyExists(Refusal):
    message = _l("这个代码的县已经建立过了。")


@transaction
def create_county(
    *, code: str, name: str, username: str, admin_name: str, today: date, actor: Actor, at: datetime
) -> str:
    """Create a county with its first admin and return the admin's one-time password.

    `code` is the division code of GB/T 2260. Only for operators at the
    machine. Raises BadCountyCode, CountyExists, NotAllowed and what create_user raises.
    """
    if not actor.system:
        raise NotAllowed
    if not CODE.fullmatch(code):
        raise BadCountyCode
    if db.session.scalar(sa.select(sa.exists().where(OrgUnit.code == code))):
        raise CountyExists
    centre = county_unit(code, name, valid_from=today)
    record_audit("org:create", centre, actor=actor, at=at, after={"code": code, "name": name})
    seed_categories(centre.id, valid_from=today, actor=actor, at=at)
    seed_years(actor=actor, at=at)
    password = one_time_password()
    admin = create_user(
        centre, username=username, name=admin_name, password=password, must_change_password=True, actor=actor, at=at
    )
    grant_role(admin, org=centre, role=Role.ADMIN, valid_from=today, actor=actor, at=at)
    return password


def county_unit(code: str, name: str, *, valid_from: date) -> OrgUnit:
    """Add a county's own unit, whose place is itself. Belongs inside an act."""
    unit = OrgUnit(
        id=next_id(OrgUnit), code=code, name=name, level=Level.COUNTY, pinyin=sort_key(name), valid_from=valid_from
    )
    unit.county_id = unit.id
    db.session.add(unit)
    db.session.flush()
    return unit
