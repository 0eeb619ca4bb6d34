"""The demo county: seeds an empty database with organisations, accounts, forms and entries."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from models.access import Actor, Grant, Role
from models.accounts import User
from models.base import db
from models.forms import Form
from models.orgs import Level, OrgName, OrgUnit
from queries.accounts import memberships_of
from services import demo_county as county
from services.accounts import create_user, grant_role
from services.audit import record_audit
from services.demo_entries import demo_entries
from services.demo_forms import FORMS
from services.forms import create_form, publish_form
from services.ids import next_id
from services.pinyin import sort_key
from services.records import create_record
from services.transaction import transaction

SINCE = date(2019, 1, 1)


def is_empty() -> bool:
    """Tell whether nothing has been set up yet: no organisation and no user."""
    return not db.session.scalar(sa.select(sa.exists().select_from(OrgUnit)))


@transaction
def seed_county(*, actor: Actor, at: datetime) -> OrgUnit:
    """Create the county centre, 15 townships, 208 villages, 18 departments, 13 committees and the named studios."""
    code, name = county.COUNTY
    centre = _unit(code, name, Level.COUNTY, None)
    for old, start, end in county.COUNTY_NAMES:
        db.session.add(OrgName(org_id=centre.id, name=old, valid_from=_year(start), valid_to=_year(end)))
    towns = {
        town: _unit(f"{code}{position:03d}", town, Level.TOWNSHIP, centre)
        for position, town in enumerate(county.TOWNSHIPS, start=1)
    }
    for position, (town, village, note) in enumerate(county.villages(), start=1):
        _unit(f"{towns[town].code}{position:03d}", village, Level.VILLAGE, towns[town], note)
    for prefix, level, names in (
        ("B", Level.DEPARTMENT, county.DEPARTMENTS),
        ("T", Level.COMMITTEE, county.COMMITTEES),
    ):
        for position, unit in enumerate(names, start=1):
            _unit(f"{code}{prefix}{position:02d}", unit, level, centre)
    for position, (studio, seat) in enumerate(county.STUDIOS, start=1):
        _unit(f"{code}G{position:02d}", studio, Level.STUDIO, towns[seat] if seat else centre)
    record_audit("org:seed", centre, actor=actor, at=at, after={"villages": county.VILLAGE_COUNT})
    return centre


@transaction
def seed_accounts(*, actor: Actor, at: datetime) -> list[User]:
    """Create the demo accounts, one per role, all with the published demo password."""
    users = []
    for username, name, role, org_name in county.ACCOUNTS:
        org = db.session.scalars(sa.select(OrgUnit).where(OrgUnit.name == org_name)).one()
        user = create_user(org, username=username, name=name, password=county.PASSWORD, demo=True, actor=actor, at=at)
        grant_role(user, org=org, role=Role(role), valid_from=SINCE, actor=actor, at=at)
        users.append(user)
    return users


def seed_forms(*, actor: Actor, at: datetime) -> list[Form]:
    """Create and publish the demo registers, each as an admin would."""
    centre = db.session.scalars(sa.select(OrgUnit).where(OrgUnit.level == Level.COUNTY)).one()
    forms = []
    for document, prefix in FORMS:
        title = document["title"]["zh_Hans_CN"]
        form = create_form(
            centre.id, key=document["key"], title=title, prefix=prefix, definition=document, actor=actor, at=at
        )
        publish_form(form, row_version=form.row_version, actor=actor, at=at)
        forms.append(form)
    return forms


def seed_records(forms: list[Form], *, at: datetime) -> int:
    """Enter demo entries over the last 40 days, each by its village's own worker or the township; return how many."""
    rows = demo_entries(at)
    actors = {name: _actor(name, at) for name in {row.author for row in rows}}
    by_key = {form.key: form for form in forms}
    for number, row in enumerate(rows):
        village = db.session.scalars(sa.select(OrgUnit.id).where(OrgUnit.name == row.village)).one()
        create_record(
            by_key[row.form], version=1, raw={"a1": village, **row.answers}, uid=f"{number:032x}",
            actor=actors[row.author], at=row.at, today=row.at.date(),
        )  # fmt: skip
    return len(rows)


def _actor(username: str, at: datetime) -> Actor:
    user = db.session.scalars(sa.select(User).where(User.username == username)).one()
    grants = tuple(
        Grant(Role(held.role), held.org_id, held.org.name, Level(held.org.level),
              held.org.county_id or 0, held.org.town_id, held.org.village_id)
        for held in memberships_of(user.id, at.date())
    )  # fmt: skip
    return Actor(user.id, user.username, user.name, grants=grants, origin="demo")


def _unit(code: str, name: str, level: Level, parent: OrgUnit | None, note: str = "") -> OrgUnit:
    unit = OrgUnit(
        code=code, name=name, level=level, parent_id=parent.id if parent else None, note=note,
        pinyin=sort_key(name), valid_from=SINCE,
    )  # fmt: skip
    unit.id = next_id(OrgUnit)
    unit.county_id = parent.county_id if parent else unit.id
    unit.town_id = unit.id if level == Level.TOWNSHIP else (parent.town_id if parent else None)
    unit.village_id = unit.id if level == Level.VILLAGE else None
    db.session.add(unit)
    db.session.flush()
    return unit


def _year(year: int | None) -> date | None:
    return date(year, 1, 1) if year else None
